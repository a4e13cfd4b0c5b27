"""A Reply made into the bytes of an Answer, with the disturbances that belong inside the stream."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable

from tuppence.understudy.conversation import Question
from tuppence.understudy.delivery import Answer, Frame
from tuppence.understudy.reply import Event, Reply, compact_json
from tuppence.understudy.wire import Wire

_EVENT_STREAM = "text/event-stream; charset=utf-8"
_JSON = "application/json"
_FRAME = re.compile(rb".*?(?:\r\n\r\n|\n\n|\r\r)|.+", re.DOTALL)
_UNKNOWN = Event("weather_report", {"type": "weather_report", "sky": "clear"})


def answer_to(reply: Reply, question: Question | None, wire: Wire, request_id: str) -> Answer:
    """The answer as bytes. `question` None: nothing of a model was asked, the reply brings its own body."""
    if reply.error is not None:
        body = compact_json(wire.error_body(reply.error, request_id)).encode()
        return _answer(reply, wire, request_id, (Frame(body),), _JSON, status=reply.error.status)
    if reply.raw is not None:
        content_type = reply.content_type or (_EVENT_STREAM if question and question.streamed else _JSON)
        whole = "event-stream" not in content_type
        parts = [reply.raw] if whole else _FRAME.findall(reply.raw)
        return _answer(reply, wire, request_id, _frames(parts, wire), content_type)
    if question is None:
        raise ValueError("only a question can be answered with words")
    if reply.events is not None or question.streamed:
        events = reply.events if reply.events is not None else tuple(wire.events(reply, question))
        return _answer(reply, wire, request_id, _disturbed(_frames(events, wire), reply, wire), _EVENT_STREAM)
    message = wire.plain(reply, question)
    frame = Frame(compact_json(message).encode(), wire.reported_usage(message))
    return _answer(reply, wire, request_id, (frame,), _JSON)


def _answer(
    reply: Reply, wire: Wire, request_id: str, frames: tuple[Frame, ...], content_type: str, status: int | None = None
) -> Answer:
    headers = {"content-type": reply.content_type or content_type, **wire.headers(request_id)}
    if content_type == _EVENT_STREAM:
        headers["cache-control"] = "no-cache"
    if reply.retry_after is not None:
        headers["retry-after"] = str(reply.retry_after)
    headers.update({name.lower(): value for name, value in reply.headers.items()})
    streamed = "event-stream" in headers["content-type"]
    return Answer(status or reply.status, headers, frames, streamed)


def _frames(events: Iterable[Event | bytes], wire: Wire) -> tuple[Frame, ...]:
    return tuple(_frame(event, wire) for event in events)


def _frame(event: Event | bytes, wire: Wire) -> Frame:
    if isinstance(event, Event):
        return Frame(event.frame(), wire.reported_usage(event.data) if isinstance(event.data, dict) else None)
    lines = [line for line in event.decode(errors="replace").splitlines() if line.startswith(("data:", "{"))]
    text = "\n".join(line.removeprefix("data:") for line in lines)
    try:
        data = json.loads(text)
    except ValueError:
        return Frame(event)
    return Frame(event, wire.reported_usage(data) if isinstance(data, dict) else None)


def _disturbed(frames: tuple[Frame, ...], reply: Reply, wire: Wire) -> tuple[Frame, ...]:
    """The frames with pings, an unknown event, broken JSON or an error event where the reply wants them."""
    disturbed = list(frames)
    if reply.pings:
        every = range(len(disturbed) - len(disturbed) % reply.pings, 0, -reply.pings)
        for at in every:
            ping = wire.ping(at)
            if at < len(frames) and ping is not None:
                disturbed.insert(at, _frame(ping, wire))
    if reply.unknown_event_after is not None:
        disturbed.insert(reply.unknown_event_after, Frame(_UNKNOWN.frame()))
    if reply.wrong_json_after is not None and reply.wrong_json_after < len(disturbed):
        disturbed[reply.wrong_json_after] = Frame(_broken(disturbed[reply.wrong_json_after].data))
    if reply.error_event_after is not None:
        error = wire.error_event(reply.error_event, reply.error_event_after)
        disturbed[reply.error_event_after :] = [Frame(error.frame())]
    return tuple(disturbed)


def _broken(frame: bytes) -> bytes:
    """The frame with its data ended in the middle; still one event to whoever only looks at lines."""
    start = frame.find(b"data:") + len(b"data:")
    return frame[: start + (len(frame) - start) // 2] + b"\n\n"
