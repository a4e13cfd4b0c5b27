"""The turn log: what happens during turns, kept as it happens and read from any process, from any point, once.

One writer per process takes the events of all its turns, joins neighbouring pieces of text, numbers them, and commits
them together: at once when it was idle, otherwise every 40 ms, and less often under load. Nobody is shown an event
before it is committed. Readers in the same process are handed what was committed; those in others look whether the
file has changed.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import AsyncGenerator, Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import closing, suppress
from itertools import islice
from pathlib import Path
from types import TracebackType
from typing import Literal, TypeAlias, TypeVar

from tuppence.assistant.events import TerminalEvent, TurnEvent
from tuppence.assistant.log_watch import LogWatch
from tuppence.assistant.logged_event import LoggedEvent, joined, logged
from tuppence.assistant.turn_log_file import FILENAME, NewEvents, TurnLogFile, Written
from tuppence.assistant.turns import ending_of, turn_with_id
from tuppence.llm.closing import finished
from tuppence.store import Store, StoreUnusable

BETWEEN_COMMITS = 0.04  # seconds
_PER_EVENT = 0.0002  # seconds; until an event is with its reader it has cost a fraction of that
_LONGEST_BETWEEN = 0.12  # seconds; longer, and people would see the text come in jerks
BETWEEN_LOOKS = 0.05  # seconds between looks for stops that other processes ask for
KEPT = 24 * 60 * 60.0  # seconds that events are kept after their turn's last one
_EVENTS_BETWEEN_CHECKPOINTS = 4000  # each touches at most one page of 4 KiB
_TAIL = 64  # committed events that are held for each running turn, for its readers in this process
_SETTLING = 10.0  # seconds granted at the end to what is still to be written

REMARKS = ("stepped_in", "earlier_talk_left_out")
"""The names of the events that are no part of what a model says, and stay true."""

Interruption: TypeAlias = Literal["stopped", "shut_down", "lost", "log_failed"]
"""Why a turn must not go on: a person stopped it; the application ends; another process took ours for dead and ended
the turn; or its events cannot be kept."""
Interrupt: TypeAlias = Callable[[Interruption], None]
"""Told once to stop running a turn; returns at once."""
_T = TypeVar("_T")


def pause_after(events: int) -> float:
    """Seconds from one commit to the next, by how many events it had.

    Where hundreds of answers run at once they come a little less often: neighbouring pieces of text are joined, so that
    there are fewer events, and a busy process is not late with all of them.
    """
    return min(max(BETWEEN_COMMITS, events * _PER_EVENT), _LONGEST_BETWEEN)


class _OpenTurn:
    """A turn that this process runs, and what of it is committed."""

    def __init__(self, interrupt: Interrupt) -> None:
        self.interrupt = interrupt
        self.waiting: list[TurnEvent] = []
        self.last = 0
        self.news = asyncio.Event()
        self.failure: StoreUnusable | None = None
        self.fenced = False
        self._tail: deque[LoggedEvent] = deque(maxlen=_TAIL)

    def taken(self) -> list[LoggedEvent]:
        """What waits, numbered and encoded; nothing waits any more."""
        waiting, self.waiting = self.waiting, []
        return [logged(n, event) for n, event in enumerate(joined(waiting), start=self.last + 1)]

    def committed(self, events: Sequence[LoggedEvent]) -> None:
        self.last = events[-1].n
        self._tail.extend(events)
        self.wake()

    def wake(self) -> None:
        """Have its readers look again."""
        self.news.set()
        self.news.clear()

    def after(self, n: int) -> list[LoggedEvent] | None:
        """What is committed and follows number `n`; None when that is more than is held here."""
        missing = self.last - n
        if missing <= 0:
            return []
        held = len(self._tail)
        return list(islice(self._tail, held - missing, None)) if missing <= held else None


class TurnLog:
    """The log beside a store's database, for `async with`; one for each process, used in one event loop."""

    def __init__(self, store: Store, writing: TurnLogFile, reading: TurnLogFile) -> None:
        self._store = store
        self._write_file, self._read_file = writing, reading
        self._writer = ThreadPoolExecutor(1, thread_name_prefix="turn log writer")
        self._reader = ThreadPoolExecutor(1, thread_name_prefix="turn log reader")
        self._helper = ThreadPoolExecutor(1, thread_name_prefix="turn log checkpoints")
        self._loop = asyncio.get_running_loop()
        self._open: dict[str, _OpenTurn] = {}
        self._full: dict[str, _OpenTurn] = {}  # those with events that wait
        self._landing = asyncio.Event()
        self._in_flight: list[tuple[_OpenTurn, NewEvents]] | None = None
        self._timer: asyncio.Handle | None = None
        self._flushed_at, self._pause = float("-inf"), BETWEEN_COMMITS
        self._since_checkpoint = 0  # events
        self._checkpointing: Future[None] | None = None
        self._stops_timer: asyncio.Handle | None = None
        self._watch = LogWatch(reading, self._reader)
        self._closed = False

    @classmethod
    async def open(cls, store: Store) -> TurnLog:
        """The log of `store`'s turns, a file beside its database, made when missing. Raises StoreUnusable."""
        path = store.path.with_name(FILENAME)
        writing = await asyncio.to_thread(TurnLogFile, path)
        try:
            return cls(store, writing, await asyncio.to_thread(TurnLogFile, path))
        except BaseException:
            writing.close()
            raise

    async def __aenter__(self) -> TurnLog:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None
    ) -> None:
        await self.aclose()

    async def aclose(self) -> None:
        """Write what waits, end all iterations, close the file."""
        if not self._closed:
            await finished(self._close, within=_SETTLING)

    # ------------------------------------------------------------------------------------------------------- writing

    def begin(self, turn_id: str, interrupt: Interrupt) -> None:
        """From now on this process writes the turn's events. `interrupt` is told when it must not go on."""
        self._open[turn_id] = _OpenTurn(interrupt)
        self._watch.wake()  # its readers need not look into the file any more
        if self._stops_timer is None:
            self._stops_timer = self._loop.call_later(BETWEEN_LOOKS, self._look_for_stops)

    def writes(self, turn_id: str) -> bool:
        """Whether this process runs the turn now."""
        return turn_id in self._open

    def append(self, turn_id: str, event: TurnEvent) -> None:
        """Add an event of a turn that this process began. Nothing is added any more once the turn was interrupted by
        the log itself."""
        turn = self._open[turn_id]
        if turn.failure is not None or turn.fenced:
            return
        turn.waiting.append(event)
        self._full[turn_id] = turn
        self._plan_flush()

    async def committed(self, turn_id: str) -> None:
        """Return when everything that was appended is committed. Raises StoreUnusable when that cannot be done."""
        turn = self._open[turn_id]
        while turn_id in self._full or (self._in_flight and any(one is turn for one, _ in self._in_flight)):
            self._hurry()
            await self._landing.wait()
        if turn.failure is not None:
            raise turn.failure

    def release(self, turn_id: str) -> None:
        """The turn is over, and its row says so: readers to whom the log did not tell the end look there."""
        turn = self._open.pop(turn_id, None)
        self._full.pop(turn_id, None)
        if turn is not None:
            turn.wake()

    async def stop(self, turn_id: str) -> None:
        """Have the process that runs the turn stop it, whichever that is; within 100 ms or so it hears of it.

        Nothing happens when nobody runs it. Raises StoreUnusable.
        """
        if (turn := self._open.get(turn_id)) is not None:
            turn.interrupt("stopped")
        else:
            await self._in(self._writer, lambda: self._write_file.ask_to_stop(turn_id))

    async def end(self, turn_id: str, event: TerminalEvent) -> int:
        """Give a turn that its process left behind its last event, unless it has one; the number of the last event.

        Should that process live after all, it is told that it has lost the turn. Raises StoreUnusable.
        """
        return await self._in(self._writer, lambda: self._write_file.end(turn_id, event))

    async def delete_old(self) -> None:
        """Delete the events of turns that ended over a day ago. Raises StoreUnusable."""
        await self._in(self._writer, lambda: self._write_file.delete_old(KEPT))

    async def forget(self, turn_ids: Sequence[str]) -> None:
        """Delete everything about turns that do not exist any more. Raises StoreUnusable."""
        await self._in(self._writer, lambda: self._write_file.forget(turn_ids))

    def _plan_flush(self) -> None:
        if self._timer is None and self._in_flight is None:
            wait = self._flushed_at + self._pause - self._loop.time()
            self._timer = self._loop.call_later(wait, self._flush) if wait > 0 else self._loop.call_soon(self._flush)

    def _hurry(self) -> None:
        """Flush without waiting for the 40 ms to be over."""
        self._flushed_at = float("-inf")
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        if self._full:
            self._plan_flush()

    def _flush(self) -> None:
        self._timer = None
        if not self._full:
            return
        full, self._full = self._full, {}
        self._in_flight = [(turn, NewEvents(turn_id, turn.taken())) for turn_id, turn in full.items()]
        self._flushed_at = self._loop.time()
        batch = [new for _, new in self._in_flight]
        events = sum(len(new.events) for new in batch)
        self._pause = pause_after(events)
        self._since_checkpoint += events
        self._submit(lambda: self._write_file.write(batch, self._open), self._landed)

    def _landed(self, written: Future[Written]) -> None:
        """Show what was committed; tell the runners of what was not."""
        flight, self._in_flight = self._in_flight or [], None
        failure = written.exception()
        fenced = frozenset[str]() if failure is not None else written.result().fenced
        for turn, new in flight:
            if failure is None and new.turn_id not in fenced:
                turn.committed(new.events)
                continue
            turn.failure, turn.fenced = _as_unusable(failure), failure is None
            turn.waiting.clear()
            self._full.pop(new.turn_id, None)
            turn.interrupt("log_failed" if failure is not None else "lost")
        if failure is None:
            self._tell_stops(written.result().stops)
        if self._since_checkpoint >= _EVENTS_BETWEEN_CHECKPOINTS:
            self._checkpoint()
        self._landing.set()
        self._landing.clear()
        if self._full:
            self._plan_flush()

    def _checkpoint(self) -> None:
        """Begin one, in a thread of its own: it waits for the disk, and the writer should not."""
        if self._checkpointing is None or self._checkpointing.done():
            self._since_checkpoint = 0
            self._checkpointing = self._helper.submit(_checkpoint, self._write_file.path)

    # --------------------------------------------------------------------------------------------------------- stops

    def _look_for_stops(self) -> None:
        """While turns run: see what was asked of us, unless a commit has just done so."""
        self._stops_timer = None
        if not self._open or self._closed:
            return
        if self._in_flight is not None or self._loop.time() - self._flushed_at < BETWEEN_LOOKS:
            self._stops_timer = self._loop.call_later(BETWEEN_LOOKS, self._look_for_stops)
        else:
            self._submit(lambda: self._write_file.taken_stops(self._open), self._stops_seen)

    def _stops_seen(self, seen: Future[frozenset[str]]) -> None:
        if seen.exception() is None:  # otherwise the next commit fails too, and says so
            self._tell_stops(seen.result())
        if self._stops_timer is None and not self._closed:
            self._stops_timer = self._loop.call_later(BETWEEN_LOOKS, self._look_for_stops)

    def _tell_stops(self, stops: frozenset[str]) -> None:
        for turn_id in stops:
            if (turn := self._open.get(turn_id)) is not None:
                turn.interrupt("stopped")

    # ------------------------------------------------------------------------------------------------------- reading

    async def events(self, turn_id: str, after: int = 0) -> AsyncGenerator[list[LoggedEvent], None]:
        """The turn's committed events that follow number `after`, in batches, each event once, to the last one.

        Where the log has no last event although the turn has ended (its process died in between, or the events are
        older than a day), that is derived from the turn's row. Without such a turn, and when the log is closed, the
        iteration ends without one. Raises StoreUnusable.
        """
        glanced = -1
        while not self._closed:
            changes, turn = self._watch.changes, self._open.get(turn_id)
            batch = turn.after(after) if turn is not None else None
            if batch is None:
                batch = await self.logged(turn_id, after)
            if not batch and turn is None and self._watch.glances != glanced:
                glanced = self._watch.glances
                batch = await self._ending(turn_id, after)
                if batch is None:
                    return
            if batch:
                yield batch
                after = batch[-1].n
                if batch[-1].is_last:
                    return
            elif turn is None:
                await self._watch.changed_since(changes)
            elif self._open.get(turn_id) is turn and turn.last <= after and not self._closed:
                await turn.news.wait()

    async def logged(self, turn_id: str, after: int = 0) -> list[LoggedEvent]:
        """What is committed of a turn by now and follows number `after`. Raises StoreUnusable."""
        return await self._in(self._reader, lambda: self._read_file.events_after(turn_id, after))

    async def remarks(self, turn_ids: Sequence[str]) -> dict[str, list[LoggedEvent]]:
        """What else the log holds of the turns besides the making of their answers: who stepped in, what was left out.

        Raises StoreUnusable.
        """
        return await self._in(
            self._reader, lambda: {one: self._read_file.events_named(one, REMARKS) for one in turn_ids}
        )

    async def _ending(self, turn_id: str, after: int) -> list[LoggedEvent] | None:
        """How a turn ended of which nothing more is in the log; empty while it runs. None when nothing will follow."""
        turn = await turn_with_id(self._store, turn_id)
        if turn is None:
            return None
        ending = ending_of(turn)
        batch = await self.logged(turn_id, after)  # once more: all that came before the row said so is there by now
        if batch or ending is None:
            return batch
        last = await self._in(self._reader, lambda: self._read_file.last_event(turn_id))
        if last is not None and last.is_last:
            return None
        return [logged(max(after, last.n if last else 0) + 1, ending)]

    # ------------------------------------------------------------------------------------------------------- threads

    async def _in(self, thread: ThreadPoolExecutor, work: Callable[[], _T]) -> _T:
        return await self._loop.run_in_executor(thread, work)

    def _submit(self, work: Callable[[], _T], done: Callable[[Future[_T]], None]) -> None:
        """Do `work` in the writer's thread, then call `done` in the event loop."""
        submitted = self._writer.submit(work)
        submitted.add_done_callback(lambda future: self._loop.call_soon_threadsafe(done, future))

    async def _close(self) -> None:
        if self._closed:
            return
        while self._full or self._in_flight is not None:
            self._hurry()
            await self._landing.wait()
        self._closed = True
        self._watch.close()
        for turn in self._open.values():
            turn.wake()
        if self._stops_timer is not None:
            self._stops_timer.cancel()
        self._helper.shutdown(wait=False)
        if self._checkpointing is not None:
            await asyncio.wait({asyncio.wrap_future(self._checkpointing)})
        for thread, file in ((self._writer, self._write_file), (self._reader, self._read_file)):
            closing = thread.submit(file.close)
            thread.shutdown(wait=False)
            await asyncio.wrap_future(closing)


def _checkpoint(path: Path) -> None:
    """Where this fails, the next batch will, and tell."""
    with suppress(StoreUnusable), closing(TurnLogFile(path)) as file:
        file.checkpoint()


def _as_unusable(failure: BaseException | None) -> StoreUnusable | None:
    """What to tell those whose events could not be written."""
    if failure is None or isinstance(failure, StoreUnusable):
        return failure
    unusable = StoreUnusable(f"The log of answers could not be written ({type(failure).__name__}). Ask again.")
    unusable.__cause__ = failure
    return unusable
