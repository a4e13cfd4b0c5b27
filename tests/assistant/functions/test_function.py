"""From a Python function to what a model is offered and answered."""

import logging
from datetime import date
from decimal import Decimal
from typing import Annotated, Any, Literal

import pytest
from pydantic import BaseModel, Field

from tuppence.assistant.functions import Findings, Function, FunctionInputError, function
from tuppence.assistant.functions.parameters import Day, Names, Size
from tuppence.ledger.household import Ledger

pytestmark = pytest.mark.anyio
TODAY = date(2026, 4, 10)


@function
async def get_echo(
    ledger: Ledger,
    today: date,
    day: Day,
    names: Annotated[Names, Field(description="Some names.")] = (),
    size: Size | None = None,
    side: Literal["in", "out"] | None = None,
    limit: Annotated[int, Field(ge=1, le=5)] = 2,
    loud: bool = False,
) -> Findings:
    """Say what was asked.

    Use it for tests.
    """
    said = {"today": today, "day": day, "names": names, "size": size, "side": side, "limit": limit, "loud": loud}
    return Findings(said, f"Echoed {ledger.household}")


async def output(ledger: Ledger, one: Function, arguments: dict[str, Any]) -> str:
    return (await one.run(ledger, arguments, TODAY)).output


def test_the_definition_comes_from_docstring_and_signature() -> None:
    definition = get_echo.definition()

    assert definition.name == "get_echo"
    assert definition.description == "Say what was asked.\n\nUse it for tests."
    assert definition.parameters == {
        "type": "object",
        "properties": {
            "day": {"type": "string", "format": "date"},
            "names": {"type": "array", "items": {"type": "string"}, "description": "Some names."},
            "size": {"type": "number", "minimum": 0},
            "side": {"type": "string", "enum": ["in", "out"]},
            "limit": {"type": "integer", "minimum": 1, "maximum": 5, "default": 2},
            "loud": {"type": "boolean", "default": False},
        },
        "required": ["day"],
        "additionalProperties": False,
    }


def test_nested_values_are_put_in_place() -> None:
    class Range(BaseModel):
        low: int
        high: int | None = None

    @function
    async def get_range(ledger: Ledger, within: Range, also: Range | None = None) -> Findings:
        """What lies within."""
        return Findings({}, "")

    inline = {
        "type": "object",
        "properties": {"low": {"type": "integer"}, "high": {"type": "integer"}},
        "required": ["low"],
    }
    assert get_range.parameters["properties"] == {"within": inline, "also": inline}


async def test_arguments_arrive_in_their_types(ledger: Ledger) -> None:
    arguments = {"day": "2026-03-31", "names": ["a"], "size": 0.1, "side": "in", "limit": "3", "loud": True}
    answer = await get_echo.run(ledger, arguments, TODAY)

    assert answer.ok
    assert answer.summary == "Echoed 1"
    assert answer.output == (
        '{"today":"2026-04-10","day":"2026-03-31","names":["a"],"size":"0.1","side":"in","limit":3,"loud":true}'
    )


async def test_a_null_is_an_argument_left_out(ledger: Ledger) -> None:
    nulls = {"day": "2026-03-31", "names": None, "size": None, "side": None, "limit": None, "loud": None}

    assert await output(ledger, get_echo, nulls) == await output(ledger, get_echo, {"day": "2026-03-31"})


async def test_a_single_name_needs_no_list(ledger: Ledger) -> None:
    assert '"names":["Food"]' in await output(ledger, get_echo, {"day": "2026-03-31", "names": " Food "})


async def test_defaults_are_not_shared_between_calls(ledger: Ledger) -> None:
    @function
    async def get_grown(ledger: Ledger, names: list[str] = []) -> Findings:  # noqa: B006
        """Grow."""
        names.append("x")
        return Findings({"names": names}, "")

    assert await output(ledger, get_grown, {}) == await output(ledger, get_grown, {}) == '{"names":["x"]}'


async def test_every_problem_is_named_at_once(ledger: Ledger) -> None:
    wrong = {"days": 1, "limit": 9, "side": "up", "size": -1, "names": [1], "loud": "maybe"}
    answer = await get_echo.run(ledger, wrong, TODAY)

    assert not answer.ok
    for words in (
        "day is required.",
        "There is no parameter days; perhaps day is meant.",
        "limit should be less than or equal to 5.",
        "side should be 'in' or 'out'.",
        "size should be greater than or equal to 0.",
        "names.0 should be a valid string.",
        "loud should be a valid boolean",
    ):
        assert words in answer.output


@pytest.mark.parametrize(
    "day", ["2026", "0", "31.03.2026", "2026-02-30", "2026-3-1", "", 20260331, 1e12, True, ["x"], {}]
)
async def test_a_day_is_an_iso_day_or_nothing(ledger: Ledger, day: object) -> None:
    answer = await get_echo.run(ledger, {"day": day}, TODAY)

    assert not answer.ok
    assert '"error":"day' in answer.output


@pytest.mark.parametrize("day", ["0001-01-01", "1899-12-31", "2200-01-01", "9999-12-31"])
async def test_days_are_of_our_times(ledger: Ledger, day: str) -> None:
    assert "between 1900 and 2199" in await output(ledger, get_echo, {"day": day})


@pytest.mark.parametrize("size", [float("inf"), float("nan"), 1e300, "much", "1e999"])
async def test_a_size_is_a_number_of_this_world(ledger: Ledger, size: object) -> None:
    assert not (await get_echo.run(ledger, {"day": "2026-03-31", "size": size}, TODAY)).ok


async def test_a_size_is_exact(ledger: Ledger) -> None:
    @function
    async def get_size(ledger: Ledger, size: Size) -> Findings:
        """Weigh."""
        assert size == Decimal("0.3")
        return Findings({}, "")

    assert (await get_size.run(ledger, {"size": 0.3}, TODAY)).ok


async def test_what_is_no_text_is_answered_all_the_same(ledger: Ledger) -> None:
    answer = await get_echo.run(ledger, {"day": "2026-03-31", "\ud800": 1, "names": ["\ud800"]}, TODAY)

    assert not answer.ok


async def test_a_refusal_is_passed_on(ledger: Ledger) -> None:
    @function
    async def get_refused(ledger: Ledger) -> Findings:
        """Refuse."""
        raise FunctionInputError("No.", "Ask otherwise.")

    answer = await get_refused.run(ledger, {}, TODAY)
    assert (answer.ok, answer.summary) == (False, "No.")
    assert answer.output == '{"error":"No.","hint":"Ask otherwise."}'


async def test_a_fault_of_ours_is_logged_and_not_told(ledger: Ledger, caplog: pytest.LogCaptureFixture) -> None:
    @function
    async def get_broken(ledger: Ledger) -> Findings:
        """Break."""
        raise KeyError("a secret of the house")

    answer = await get_broken.run(ledger, {}, TODAY)
    assert not answer.ok
    assert "secret" not in answer.output + answer.summary
    (record,) = caplog.records
    assert (record.levelno, record.getMessage()) == (logging.ERROR, "the function get_broken failed")
    assert record.exc_info
    assert isinstance(record.exc_info[1], KeyError)


def test_a_function_explains_itself() -> None:
    async def no_docstring(ledger: Ledger) -> Findings:
        return Findings({}, "")

    async def no_ledger(today: date) -> Findings:
        """Something."""
        return Findings({}, "")

    for unfinished in (no_docstring, no_ledger):
        with pytest.raises(TypeError, match=unfinished.__name__):
            function(unfinished)  # type: ignore[arg-type]
