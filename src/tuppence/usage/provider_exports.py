"""What providers' own exports say was used: Anthropic's and OpenAI's, tables from their pages or JSON of their APIs.

Sources: Anthropic, "Usage and Cost API"; OpenAI API reference, "Usage" and "Costs". The columns of the tables are those
that both offer for download; every spelling that was met with is read.
"""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal, InvalidOperation
from typing import Any, Literal, TypeAlias

import msgspec

Kind: TypeAlias = Literal["input", "cache_read", "cache_write", "output", "cost"]
KINDS: tuple[Kind, ...] = ("input", "cache_read", "cache_write", "output", "cost")
"""Tokens of input that was not cached, of input read from and written to the cache, of output; and US dollars."""
ProviderName: TypeAlias = Literal["anthropic", "openai"]

READ = (
    "Anthropic's usage or cost CSV from its console, the JSON of Anthropic's usage and cost API, OpenAI's usage or "
    "cost CSV from its dashboard, and the JSON of OpenAI's usage and costs API"
)


class NotAnExport(Exception):
    """A file that is no export that can be read; the message says what can."""


class Line(msgspec.Struct, frozen=True):
    """What was used on a day."""

    day: date
    """By UTC."""
    model: str | None
    """As the provider calls it; None where the export does not say."""
    counts: Mapping[Kind, Decimal]
    """By kind; what the line does not tell is not in it."""


class ProviderExport(msgspec.Struct, frozen=True, kw_only=True):
    """A provider's own account of some days."""

    provider: ProviderName
    title: str
    """What the file was taken for."""
    lines: Sequence[Line]
    kinds: frozenset[Kind]
    """What the export tells of."""
    first: date
    last: date
    """Included; days without a line in between were days without use."""
    cost_decimals: int
    """The most decimals of a cost in the file: it may have been rounded to these."""
    is_cut: bool = False
    """Whether it is one page of several, so that something is missing."""


def read_export(data: bytes, provider: ProviderName | None = None) -> ProviderExport:
    """The export that `data` is. provider: whose it is, where the file itself does not tell. Raises NotAnExport."""
    try:
        text = data.decode("utf-16" if data[:2] in (b"\xff\xfe", b"\xfe\xff") else "utf-8-sig")
    except UnicodeDecodeError:
        raise NotAnExport(f"That file is no text. What can be read is {READ}.") from None
    if text.lstrip()[:1] in ("{", "["):
        return _of_json(text, provider)
    return _of_table(text, provider)


# ------------------------------------------------------------------------------------------------- names and numbers

_DAYS = (
    "usage_date_utc", "date_utc", "starting_at", "start_time_iso", "start_time", "bucket_start",
    "aggregation_timestamp", "timestamp", "usage_date", "date", "day",
)  # fmt: skip
_TOTALS = re.compile(r"\W*|.*\b(total|sum)\b.*", re.IGNORECASE)
"""What stands in place of a day in a line that is of no day: nothing, or the name of a sum."""
_MODELS = ("model_version", "model", "model_id", "model_name", "snapshot_id", "line_item")
_INPUT = (
    "usage_input_tokens_no_cache", "uncached_input_tokens", "input_uncached_tokens", "input_tokens_no_cache",
    "n_non_cached_context_tokens_total", "total_uncached_input_tokens",
)  # fmt: skip
_ALL_INPUT = ("input_tokens", "prompt_tokens", "total_input_tokens", "n_context_tokens_total")
"""Anthropic's are without the cached ones, OpenAI's with them."""
_CACHE_READ = (
    "usage_input_tokens_cache_read", "cache_read_input_tokens", "input_tokens_cache_read", "cache_read_tokens",
    "input_cached_tokens", "cached_input_tokens", "n_cached_context_tokens_total", "total_cached_input_tokens",
)  # fmt: skip
_CACHE_WRITE = (
    "usage_input_tokens_cache_write", "cache_creation_input_tokens", "cache_write_input_tokens",
    "input_tokens_cache_write", "input_cache_write_tokens", "cache_write_tokens", "cached_write_tokens",
)  # fmt: skip
_CACHE_WRITE_PART = re.compile(r"(?=.*(cache_write|cache_creation|ephemeral))(?=.*(5m|1h)).*")
"""Writing to the cache for five minutes, for an hour: added up where no column has the sum."""
_OUTPUT = ("usage_output_tokens", "output_tokens", "completion_tokens", "n_generated_tokens_total")
_PLAIN: Mapping[Kind, Sequence[str]] = {"cache_read": _CACHE_READ, "cache_write": _CACHE_WRITE, "output": _OUTPUT}
_COSTS = ("cost_usd", "amount_value", "amount_usd", "amount", "cost", "total_cost_usd", "total_cost")
_CURRENCIES = ("amount_currency", "currency")

_MARKS: Mapping[ProviderName, frozenset[str]] = {
    "anthropic": frozenset(
        {"usage_input_tokens_no_cache", "model_version", "token_type", "uncached_input_tokens", "starting_at"}
        | {"cache_read_input_tokens", "cache_creation_input_tokens", "list_price_usd"}
    ),
    "openai": frozenset(
        {"num_model_requests", "start_time_iso", "amount_value", "line_item", "input_cached_tokens", "start_time"}
        | {"n_context_tokens_total", "input_uncached_tokens", "n_generated_tokens_total"}
    ),
}
"""Columns that only one of them has."""
_TITLES: Mapping[ProviderName, str] = {"anthropic": "Anthropic", "openai": "OpenAI"}
_MODEL_NAMES: Mapping[ProviderName, re.Pattern[str]] = {
    "anthropic": re.compile(r"claude", re.IGNORECASE),
    "openai": re.compile(r"gpt|o\d|chatgpt|text-|codex|ft:", re.IGNORECASE),
}

Record: TypeAlias = Mapping[str, Any]


def _first(record: Record, names: Iterable[str]) -> Any:
    """The value under the first of `names` that has one; None without."""
    return next((record[name] for name in names if record.get(name) not in (None, "")), None)


def _number(value: Any, line: str) -> Decimal:
    try:
        number = Decimal(str(value).strip().replace(",", "").removeprefix("$"))
    except InvalidOperation:
        number = Decimal("NaN")
    if not number.is_finite():
        raise NotAnExport(f"{line} has “{str(value)[:30]}” where a number should be. Export the file anew.")
    return number


def _day(value: Any, line: str) -> date:
    """The UTC day of a date, of a moment in ISO 8601, or of seconds (or milliseconds) since 1970."""
    text = str(value).strip()
    try:
        if re.fullmatch(r"\d{9,13}(\.\d+)?", text):
            seconds = Decimal(text) / (1000 if len(text.partition(".")[0]) > 11 else 1)
            return (datetime(1970, 1, 1, tzinfo=UTC) + timedelta(seconds=float(seconds))).date()
        if len(text) <= 10:
            return date.fromisoformat(text)
        moment = datetime.fromisoformat(text.removesuffix(" UTC"))
    except (ValueError, OverflowError):
        raise NotAnExport(f"{line} has no day that can be read. Export the file anew.") from None
    return (moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)).date()


def _counts(record: Record, provider: ProviderName, line: str) -> dict[Kind, Decimal]:
    """What a record tells."""
    found: dict[Kind, Decimal] = {}
    for kind, names in _PLAIN.items():
        if (value := _first(record, names)) is not None:
            found[kind] = _number(value, line)
    parts = [value for name, value in record.items() if _CACHE_WRITE_PART.fullmatch(name) and value not in (None, "")]
    if "cache_write" not in found and parts:
        found["cache_write"] = sum((_number(value, line) for value in parts), Decimal(0))
    if (value := _first(record, _INPUT)) is not None:
        found["input"] = _number(value, line)
    elif (value := _first(record, _ALL_INPUT)) is not None:
        cached = found.get("cache_read", Decimal(0)) + found.get("cache_write", Decimal(0))
        found["input"] = _number(value, line) - (cached if provider == "openai" else 0)
    if (value := _first(record, _COSTS)) is not None:
        currency = _first(record, _CURRENCIES)
        if currency is not None and str(currency).strip().upper() != "USD":
            raise NotAnExport(f"{line} has an amount in {str(currency)[:10]}; only US dollars can be compared.")
        found["cost"] = _number(value, line)
    return found


def _model(record: Record) -> str | None:
    """The model; of a line such as "gpt-4o-2024-08-06, cached input" what stands before the comma."""
    value = _first(record, _MODELS)
    return None if value is None else str(value).partition(",")[0].strip() or None


def _export(
    provider: ProviderName, title: str, lines: Sequence[Line], days: Iterable[date], *, is_cut: bool = False
) -> ProviderExport:
    days = list(days)
    kinds = frozenset[Kind](kind for line in lines for kind in line.counts)
    if not days or not kinds:
        raise NotAnExport("That export tells of no use at all. Choose other days, and export it anew.")
    costs = [line.counts["cost"] for line in lines if "cost" in line.counts]
    return ProviderExport(
        provider=provider,
        title=title,
        lines=lines,
        kinds=kinds,
        first=min(days),
        last=max(days),
        cost_decimals=max((_decimals(cost) for cost in costs), default=0),
        is_cut=is_cut,
    )


def _decimals(amount: Decimal) -> int:
    exponent = amount.normalize().as_tuple().exponent
    return max(0, -exponent) if isinstance(exponent, int) else 0


# ------------------------------------------------------------------------------------------------------------- tables


def _of_table(text: str, provider: ProviderName | None) -> ProviderExport:
    head = text.partition("\n")[0]
    separator = max(",;\t", key=head.count)
    rows = csv.reader(io.StringIO(text), delimiter=separator)
    try:
        names = [_name(cell) for cell in next(rows, [])]
        records = [(rows.line_num, dict(zip(names, row, strict=False))) for row in rows]
    except csv.Error:
        raise NotAnExport(f"That file is no table. What can be read is {READ}.") from None
    told = ({*_DAYS}, {*_INPUT, *_ALL_INPUT, *_OUTPUT, *_COSTS}, {*_MODELS}.union(*_MARKS.values()))
    if not all(some & set(names) for some in told):
        raise NotAnExport(f"That is no usage export that is known. What can be read is {READ}.")
    whose = _whose(set(names), [str(_model(record)) for _, record in records]) or provider
    if whose is None:
        raise NotAnExport("That export does not tell whose it is. Name the provider, anthropic or openai.")
    lines, days = [], []
    for number, record in records:
        place = f"Line {number}"
        if _TOTALS.fullmatch(str(_first(record, _DAYS) or "")):
            continue
        days.append(_day(_first(record, _DAYS), place))
        if counts := _counts(record, whose, place):
            lines.append(Line(days[-1], _model(record), counts))
    what = "usage" if any(kind != "cost" for line in lines for kind in line.counts) else "cost"
    return _export(whose, f"{_TITLES[whose]}'s {what} CSV", lines, days)


def _name(cell: str) -> str:
    """A column's name: "Input Tokens" is input_tokens."""
    return re.sub(r"[^a-z0-9]+", "_", cell.strip().lower()).strip("_")


def _whose(names: set[str], models: Sequence[str]) -> ProviderName | None:
    """Whose columns or models these are; None when that cannot be told."""
    by_names = [name for name, marks in _MARKS.items() if marks & names]
    if len(by_names) == 1:
        return by_names[0]
    by_models = [name for name, known in _MODEL_NAMES.items() if models and all(map(known.match, models))]
    return by_models[0] if len(by_models) == 1 else None


# --------------------------------------------------------------------------------------------------------------- JSON


def _of_json(text: str, provider: ProviderName | None) -> ProviderExport:
    unknown = NotAnExport(f"That JSON is no usage export that is known. What can be read is {READ}.")
    pages = list(_pages(text))
    buckets = [bucket for page in pages for bucket in _listed(page)]
    if not pages or not all(isinstance(bucket, dict) for bucket in buckets):
        raise unknown
    lines, days, names = [], [], set[str]()
    for bucket in buckets:
        names |= bucket.keys()
        for result in bucket.get("results") or ():
            names |= result.keys() if isinstance(result, dict) else set()
    whose = _whose(names, []) or provider
    if whose is None or not buckets or not names & set(_DAYS):
        raise unknown
    for number, bucket in enumerate(buckets, 1):
        place = f"Entry {number} of the JSON"
        day = _day(_first(bucket, _DAYS), place)
        days.append(day)
        for result in bucket.get("results", [bucket]):
            if not isinstance(result, dict):
                raise unknown
            record = _flat(result, whose)
            if counts := _counts(record, whose, place):
                lines.append(Line(day, _model(record), counts))
    what = "usage" if any(kind != "cost" for line in lines for kind in line.counts) else "cost"
    is_cut = any(isinstance(page, dict) and page.get("has_more") is True for page in pages[-1:])
    return _export(whose, f"the JSON of {_TITLES[whose]}'s {what} API", lines, days, is_cut=is_cut)


def _pages(text: str) -> Iterator[Any]:
    """The answers of an API in a file: one, a list of them, or one after the other."""
    decoder, at = json.JSONDecoder(parse_float=Decimal), 0
    while at < len(text):
        try:
            value, at = decoder.raw_decode(text, at)
        except (ValueError, RecursionError):
            raise NotAnExport(f"That file is no JSON after character {at:,}. What can be read is {READ}.") from None
        yield from value if isinstance(value, list) and all(isinstance(one, dict) for one in value) else [value]
        while at < len(text) and text[at] in " \t\r\n,":
            at += 1


def _listed(page: Any) -> Sequence[Any]:
    """The buckets of a page; a page that is a bucket itself."""
    if isinstance(page, dict):
        data = page.get("data", [page])
        return data if isinstance(data, list) else [data]
    return [page]


def _flat(result: Mapping[str, Any], provider: ProviderName) -> Record:
    """`result` with what lies deeper beside the rest: `amount.value` as amount_value. Anthropic's amounts are cents."""
    flat: dict[str, Any] = {}
    for name, value in result.items():
        if isinstance(value, dict):
            flat |= {f"{name}_{inner}": deeper for inner, deeper in value.items()}
        else:
            flat[name] = value
    if provider == "anthropic" and flat.get("amount") is not None:
        flat["amount"] = _number(flat["amount"], "An amount").scaleb(-2)
    return flat
