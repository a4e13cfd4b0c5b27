"""`tuppence usage limits`: what requests may take in a month and in a chat, and how much of it is gone."""

from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, TypeVar

import typer

from tuppence.cli.tables import Column, JsonOption, cost_json, print_json, print_remark, print_table

if TYPE_CHECKING:
    from tuppence.usage import Limits, LimitUse

_COLUMNS = (
    Column("Limit"),
    Column("At most", is_number=True),
    Column("Used", is_number=True),
    Column("Reserved", is_number=True),
    Column("Left", is_number=True),
)
_TITLES = {
    "month_cost": "Each month, US dollars",
    "month_tokens": "Each month, tokens",
    "chat_cost": "Each chat, US dollars",
    "chat_tokens": "Each chat, tokens",
}
_NONE = "none"
T = TypeVar("T")


def _cost(text: str) -> Decimal | str:
    from tuppence.usage import checked_cost

    return _unless_none(text, checked_cost)


def _tokens(text: str) -> int | str:
    from tuppence.usage import checked_tokens

    return _unless_none(text, checked_tokens)


def _unless_none(text: str, checked: Callable[[str], T]) -> T | str:
    try:
        return _NONE if text.casefold() == _NONE else checked(text)
    except ValueError as error:
        raise typer.BadParameter(f"{error} Write none to take it away.") from None


def _option(name: str, whose: str, parser: Callable[[str], Any]) -> Any:
    metavar, unit = ("DOLLARS|none", "US dollars") if parser is _cost else ("N|none", "Tokens")
    return typer.Option(name, metavar=metavar, parser=parser, help=f"{unit} for all requests of a {whose}.")


def limits(
    context: typer.Context,
    month: Annotated[Any, _option("--month", "calendar month (UTC)", _cost)] = None,
    month_tokens: Annotated[Any, _option("--month-tokens", "calendar month (UTC)", _tokens)] = None,
    chat: Annotated[Any, _option("--chat", "chat", _cost)] = None,
    chat_tokens: Annotated[Any, _option("--chat-tokens", "chat", _tokens)] = None,
    as_json: Annotated[bool, JsonOption] = False,
) -> None:
    """Show what requests may take, and how much of it is gone; set it, or take it away with none.

    A request that could go over a limit is not sent. What it can take at most is reserved while it is under way.
    """
    from tuppence.cli.event_loop import run
    from tuppence.cli.home import home_folder

    given = dict(zip(_TITLES, (month, month_tokens, chat, chat_tokens), strict=True))
    said = {name: None if value == _NONE else value for name, value in given.items() if value is not None}
    wanted, uses = run(_changed(home_folder(context.obj), said))
    if as_json:
        print_json({"limits": limits_json(wanted), "uses": uses_json(uses)})
    else:
        _print(wanted, uses)


async def _changed(home: Path, said: dict[str, Any]) -> "tuple[Limits, list[LimitUse]]":
    """The limits after the change, and how much of those for the month is gone."""
    import msgspec

    from tuppence.cli.wiring import opened_usage
    from tuppence.usage import limit_uses, limits, set_limits

    async with opened_usage(home) as parts:
        wanted = await limits(parts.ledger)
        if said:
            wanted = msgspec.structs.replace(wanted, **said)
            await set_limits(parts.ledger, wanted)
        return wanted, await limit_uses(parts.ledger)


def limits_json(wanted: "Limits") -> dict[str, str | int | None]:
    """Every limit by its name; None where none is set."""
    return {
        "month_cost": cost_json(wanted.month_cost),
        "month_tokens": wanted.month_tokens,
        "chat_cost": cost_json(wanted.chat_cost),
        "chat_tokens": wanted.chat_tokens,
    }


def uses_json(uses: "list[LimitUse]") -> list[dict[str, Any]]:
    """How much of each limit is gone."""
    return [
        {
            "name": use.limit.name,
            "limit": _plain(use.value(use.limit.amount)),
            "used": _plain(use.value(use.spent.used)),
            "reserved": _plain(use.value(use.spent.reserved)),
            "left": _plain(use.value(max(use.left, 0))),
            "percent": use.percent,
        }
        for use in uses
    ]


def remark_on(uses: "list[LimitUse]") -> None:
    """Say under a table how much of each limit is gone, and which is nearly reached."""
    for use in uses:
        print_remark(f"{use.words}{' It is nearly reached.' if use.is_nearly_reached else ''}")


def _print(wanted: "Limits", uses: "list[LimitUse]") -> None:
    found = {use.limit.name: use for use in uses}
    rows = [
        (title, _shown(amount), *_gone(found.get(name)))
        for name, title in _TITLES.items()
        if (amount := getattr(wanted, name)) is not None
    ]
    print_table(_COLUMNS, rows, empty="No limit is set. Set one, for example with: tuppence usage limits --month 5.00")
    for use in uses:
        if use.is_nearly_reached:
            print_remark(f"{use.percent}% of {use.limit.words} are used or reserved.")
        if use.spent.ended_unknown:
            print_remark(
                f"In what is used of {use.limit.words} are not: requests that took what nobody can tell, "
                f"{use.spent.ended_unknown:,} of them, from before there was a limit."
            )


def _gone(use: "LimitUse | None") -> tuple[str, str, str]:
    """Used, reserved and left; of limits for chats each chat has its own."""
    if use is None:
        return "–", "–", "–"
    spent = use.spent
    return _shown(use.value(spent.used)), _shown(use.value(spent.reserved)), _shown(use.value(max(use.left, 0)))


def _shown(amount: Decimal | int) -> str:
    from tuppence.cli.answer.figures import dollars

    return dollars(amount) if isinstance(amount, Decimal) else f"{amount:,}"


def _plain(amount: Decimal | int) -> str | int:
    return f"{amount:f}" if isinstance(amount, Decimal) else amount
