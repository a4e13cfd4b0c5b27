"""Where a process reads files and imports them: in tasks of its own, whatever becomes of the requests that began it."""

from __future__ import annotations

import asyncio
import logging
from collections import OrderedDict, defaultdict
from collections.abc import Awaitable, Callable, Coroutine
from contextlib import suppress
from functools import partial
from types import TracebackType
from typing import Any, Generic, TypeVar

import anyio
import msgspec
from anyio import CapacityLimiter, to_thread

from tuppence.ledger.accounts import Account, AccountChange, change_account, list_accounts
from tuppence.ledger.edits import By
from tuppence.ledger.household import Ledger, household_of
from tuppence.ledger.import_places import Place, PlaceUnusable, place_keys, targets_of
from tuppence.ledger.import_turns import ImportLost
from tuppence.ledger.importing import ImportRefused, Target, run_import
from tuppence.ledger.imports import UnreadableBankFile
from tuppence.ledger.imports.matching import RowRefused
from tuppence.ledger.transfers import movements_revision
from tuppence.ledger.uploads import Outcome, UnknownUpload, Upload, end_upload
from tuppence.store import StoreBusy, StoreUnusable
from tuppence.web.import_review import Reading, Review, places_of, reading, reviewed

READINGS_KEPT = 4
REVIEWS_KEPT = 16
_REFUSALS = (
    ImportRefused, RowRefused, ImportLost, UnreadableBankFile, UnknownUpload, PlaceUnusable, StoreBusy, StoreUnusable,
)  # fmt: skip
_logger = logging.getLogger(__name__)

T = TypeVar("T")
AfterImport = Callable[[Ledger, int | None], Awaitable[object]]
"""Is told when a file was imported, and by which user."""


class _Abandoned(Exception):
    """Nobody wants to know any more."""


class Work(Generic[T]):
    """Something that takes a while."""

    def __init__(self, key: Any, stage: str) -> None:
        """stage: what is being done, for people."""
        self.key, self.stage = key, stage
        self.done, self.total = 0, 0
        """In the units of the stage; a total of 0 is not known yet."""
        self.waits_for = 0
        """So many others are before it."""
        self._abandoned = False
        self._task: asyncio.Task[T] | None = None

    def start(self, doing: Coroutine[Any, Any, T]) -> None:
        """Begin. What it raises is for those who ask for the result; nobody has to."""
        self._task = asyncio.create_task(doing)
        self._task.add_done_callback(lambda task: task.cancelled() or task.exception())

    def at(self, stage: str) -> None:
        """Another stage begins."""
        self.stage, self.done, self.total = stage, 0, 0

    def tell(self, done: int, total: int) -> None:
        """So much is done. May be called in any thread. Raises to end what nobody waits for any more."""
        if self._abandoned:
            raise _Abandoned
        self.done, self.total = done, total

    @property
    def is_over(self) -> bool:
        """Whether there is a result, or a failure."""
        return self._task is not None and self._task.done()

    @property
    def has_failed(self) -> bool:
        """Whether it is over without a result."""
        task = self._task
        return task is not None and task.done() and (task.cancelled() or task.exception() is not None)

    async def settled(self, patience: float | None) -> bool:
        """Whether it is over within `patience` seconds; None: however long it takes."""
        assert self._task is not None
        return bool((await asyncio.wait({self._task}, timeout=patience))[0])

    async def result(self) -> T:
        """What comes of it. Whoever waits may leave. Raises what it raised."""
        assert self._task is not None
        return await asyncio.shield(self._task)

    def cancel(self) -> None:
        """End it."""
        if self._task is not None:
            self._task.cancel()

    def abandon(self) -> None:
        """Nobody waits for it any more: end it, in whichever thread it is."""
        self._abandoned = True
        self.cancel()


class ImportDesk:
    """What one process has under way. For `async with`; left before the store is closed, it ends what still runs."""

    def __init__(self, process_id: str, after_import: AfterImport | None = None) -> None:
        """process_id: the `Presence.id` of the process. after_import: None: nothing follows."""
        self.process_id = process_id
        self._after_import = after_import
        self._readings: OrderedDict[str, Work[Reading]] = OrderedDict()  # by upload, as the others
        self._reviews: OrderedDict[str, Work[Review]] = OrderedDict()
        self._imports: dict[str, tuple[int, Work[None]]] = {}  # with the household
        self._turns: defaultdict[int, asyncio.Lock] = defaultdict(asyncio.Lock)
        self._reader = CapacityLimiter(1)

    async def __aenter__(self) -> ImportDesk:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None
    ) -> None:
        await self.aclose()

    async def aclose(self) -> None:
        """End whatever runs; imports leave nothing behind."""
        await asyncio.sleep(0)  # what was cancelled before it has begun could not tidy up
        looking: list[Work[Any]] = [*self._readings.values(), *self._reviews.values()]
        importing = [work for _, work in self._imports.values()]
        for work in looking:
            work.abandon()
        for work in importing:
            work.cancel()
        for work in [*looking, *importing]:
            await work.settled(None)

    # ------------------------------------------------------------------------------------------------------- looking

    async def review(self, ledger: Ledger, upload: Upload) -> Work[Review]:
        """What importing the file would do, as the ledger is now; under way or over.

        Its result raises UnreadableBankFile, UnknownUpload, StoreBusy.
        """
        known = await list_accounts(ledger, archived=True)
        async with ledger.store.reading() as connection:
            revision = await movements_revision(connection, ledger)
        key = (msgspec.json.encode(upload.answers), tuple(known), revision)
        work = self._reviews.get(upload.id)
        if work is None or work.key != key or work.has_failed:
            if work is not None:
                work.abandon()
            work = Work(key, "Reading the file")
            work.start(self._review(ledger, upload, known, work))
            self._reviews[upload.id] = work
        _keep_latest(self._reviews, upload.id, REVIEWS_KEPT)
        return work

    async def _review(self, ledger: Ledger, upload: Upload, known: list[Account], work: Work[Review]) -> Review:
        read = await self._read(ledger, upload, work)
        work.at("Comparing it with what is there")
        currency = (await household_of(ledger)).currency
        return await reviewed(ledger, upload, read, known, currency=currency, progress=work.tell)

    async def _read(self, ledger: Ledger, upload: Upload, work: Work[Any]) -> Reading:
        """The file, read; `work` tells how far that is."""
        read = self._reading(ledger, upload)
        while not await read.settled(0.05):
            work.done, work.total = read.done, read.total
        return await read.result()

    def _reading(self, ledger: Ledger, upload: Upload) -> Work[Reading]:
        key = msgspec.json.encode(upload.answers.read)
        work = self._readings.get(upload.id)
        if work is None or work.key != key:
            if work is not None:
                work.abandon()
            work = Work(key, "Reading the file")
            read = partial(reading, ledger, upload, work.tell)
            work.start(to_thread.run_sync(read, limiter=self._reader))
            self._readings[upload.id] = work
        _keep_latest(self._readings, upload.id, READINGS_KEPT)
        return work

    def forget(self, upload_id: str) -> None:
        """The file is gone."""
        for kept in (self._readings, self._reviews):
            if (work := kept.pop(upload_id, None)) is not None:
                work.abandon()

    # ----------------------------------------------------------------------------------------------------- importing

    def importing(self, upload_id: str) -> Work[None] | None:
        """The import of a file that runs or waits in this process."""
        _, work = self._imports.get(upload_id, (0, None))
        if work is not None:
            households = [household for household, _ in self._imports.values()]
            place = list(self._imports).index(upload_id)
            work.waits_for = households[:place].count(households[place])
        return work

    def begin(self, ledger: Ledger, upload: Upload, by: By) -> None:
        """Import a file that was claimed (`claim_upload`) in its turn. What becomes of it is kept with the file."""
        work: Work[None] = Work(upload.id, "Importing")
        self._imports[upload.id] = ledger.household, work
        work.start(self._import(ledger, upload, by, work))

    async def _import(self, ledger: Ledger, upload: Upload, by: By, work: Work[None]) -> None:
        """Import a file and keep what became of it, whatever that is."""
        failure = "Tuppence ended before the file was imported. Nothing of it was kept: import it again."
        outcome: Outcome | None = None
        places: dict[str, Place] = {}
        try:
            async with self._turns[ledger.household]:
                outcome, places = await self._imported(ledger, upload, by, work)
        except _REFUSALS as error:
            failure = str(error)
        except Exception:
            failure = "The file could not be imported because of a mistake in Tuppence. Nothing of it was kept."
            _logger.exception("The import of the upload %s failed inside Tuppence.", upload.id)
            raise
        finally:
            with anyio.CancelScope(shield=True):
                await end_upload(ledger, upload.id, outcome or Outcome(failure=failure), places)
            try:
                if outcome is not None:
                    await self._follow(ledger, by)
            finally:
                del self._imports[upload.id]
                self.forget(upload.id)

    async def _follow(self, ledger: Ledger, by: By) -> None:
        """Begin what follows an import, which stands whatever becomes of that."""
        if self._after_import is None:
            return
        try:
            await self._after_import(ledger, by.user_id)
        except Exception:
            _logger.exception("What follows an import could not begin.")
            raise

    async def _imported(
        self, ledger: Ledger, upload: Upload, by: By, work: Work[None]
    ) -> tuple[Outcome, dict[str, Place]]:
        """What came of importing the file, and where its accounts are now."""
        work.at("Reading the file")
        read = await self._read(ledger, upload, work)
        known = await list_accounts(ledger, archived=True)
        currency = (await household_of(ledger)).currency
        imported = read.bank_file.accounts
        found = targets_of(places_of(upload, imported, known, currency), imported, known)
        targets: list[Target] = []
        for target in found:
            if isinstance(target, PlaceUnusable):
                raise target
            targets.append(target)
        work.at("Importing")
        result = await run_import(ledger, read.bank_file, targets, filename=upload.filename, progress=work.tell)
        for target, one in zip(targets, imported, strict=True):
            if isinstance(target, Account) and target.number is None and one.id is not None:
                with suppress(LookupError):  # it was deleted meanwhile
                    await change_account(ledger, target.id, AccountChange(number=one.id), by)
        ids = iter(result.accounts)
        went = [None if target is None else next(ids).account_id for target in targets]
        places = {
            key: Place(choice="known", account=identity)
            for key, identity in zip(place_keys(imported), went, strict=True)
            if identity is not None
        }
        return Outcome(imports=tuple(one.token for one in result.accounts), transfers=result.transfers), places


def _keep_latest(kept: OrderedDict[str, Work[Any]], latest: str, number: int) -> None:
    """Let go of the results that nobody asked for the longest."""
    kept.move_to_end(latest)
    over = [upload for upload, work in kept.items() if work.is_over]
    for upload in over[: max(0, len(kept) - number)]:
        del kept[upload]
