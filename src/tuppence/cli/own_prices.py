"""`tuppence usage price`: what a model costs the household, where that is not the published price."""

from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from tuppence.cli.failures import CommandFailed
from tuppence.cli.tables import Column, JsonOption, cost_json, print_json, print_remark, print_table

if TYPE_CHECKING:
    from tuppence.usage import OwnPrice, Priced

_COLUMNS = (
    Column("Model"),
    Column("Input", is_number=True),
    Column("Output", is_number=True),
    Column("Cache read", is_number=True),
    Column("Cache write", is_number=True),
    Column("Since"),
)
_KINDS = ("input", "output", "cache_read", "cache_write")


def _price(text: str) -> Decimal:
    from tuppence.usage import checked_price

    try:
        return checked_price(text)
    except ValueError as error:
        raise typer.BadParameter(str(error)) from None


def _option(name: str, what: str) -> Any:
    return typer.Option(name, metavar="DOLLARS", parser=_price, help=f"Per million tokens of {what}.")


def price(
    context: typer.Context,
    model: Annotated[
        str | None, typer.Argument(metavar="[PROVIDER/MODEL]", help="Whose price; otherwise all are listed.")
    ] = None,
    of_input: Annotated[Decimal | None, _option("--input", "input that is not cached")] = None,
    of_output: Annotated[Decimal | None, _option("--output", "output, reasoning included")] = None,
    cache_read: Annotated[Decimal | None, _option("--cache-read", "input read from the cache")] = None,
    cache_write: Annotated[Decimal | None, _option("--cache-write", "input written to the cache")] = None,
    remove: Annotated[bool, typer.Option("--remove", help="Let the published price hold again.")] = False,
    as_json: Annotated[bool, JsonOption] = False,
) -> None:
    """Set what a model costs you, in US dollars per million tokens. It holds from now on; what is recorded stays."""
    from tuppence.cli.event_loop import run
    from tuppence.cli.home import home_folder

    said = {
        kind: value
        for kind, value in zip(_KINDS, (of_input, of_output, cache_read, cache_write), strict=True)
        if value is not None
    }
    if model is None and (said or remove):
        raise typer.BadParameter("name the model, as in anthropic/claude-sonnet-5-5")
    if remove and said:
        raise typer.BadParameter("--remove goes without prices")
    found = run(_changed(home_folder(context.obj), None if model is None else _priced(model), said, remove=remove))
    if as_json:
        print_json({"prices": [_as_json(priced, one) for priced, one in found.items()]})
    else:
        _print(found, just_set=bool(said), just_removed=model if remove else None)


async def _changed(
    home: Path, priced: "Priced | None", said: dict[str, Decimal], *, remove: bool
) -> "dict[Priced, OwnPrice]":
    """The prices after the change: all of them, or that of the model that was named. Raises CommandFailed."""
    from tuppence.cli.wiring import opened_ledger
    from tuppence.usage import own_prices, remove_own_price, set_own_price

    async with opened_ledger(home) as ledger:
        prices = await own_prices(ledger)
        if priced is None:
            return prices
        if remove:
            if not await remove_own_price(ledger, priced):
                raise CommandFailed(f"{priced} has no price of its own. Without a name all that have one are listed.")
            return {}
        if said:
            await set_own_price(ledger, priced, _updated(priced, prices.get(priced), said))
            prices = await own_prices(ledger)
        if priced not in prices:
            raise CommandFailed(f"{priced} has no price of its own. Set one with --input and --output.")
        return {priced: prices[priced]}


def _updated(priced: "Priced", before: "OwnPrice | None", said: dict[str, Decimal]) -> "OwnPrice":
    """`before` with what was said now. Raises CommandFailed when input or output then has no price."""
    import msgspec

    from tuppence.store.tables import now
    from tuppence.usage import OwnPrice

    today = now().date()
    if before is not None:
        return msgspec.structs.replace(before, **said, since=today)
    if not {"input", "output"} <= said.keys():
        raise CommandFailed(f"{priced} has no price yet: say what both --input and --output cost.")
    return OwnPrice(**said, since=today)


def _priced(model: str) -> "Priced":
    from tuppence.usage import checked_priced, priced_named

    try:
        return checked_priced(*priced_named(model))
    except ValueError as error:
        raise typer.BadParameter(f"{model}: {error} Write it as PROVIDER/MODEL.") from None


def _print(prices: "dict[Priced, OwnPrice]", *, just_set: bool, just_removed: str | None) -> None:
    from tuppence.usage import kinds_without_price

    if just_removed is not None:
        typer.echo(f"Removed. The published price of {just_removed} holds again.")
        return
    rows = [
        (str(priced), *(_dollars(getattr(one, kind)) for kind in _KINDS), str(one.since))
        for priced, one in prices.items()
    ]
    print_table(_COLUMNS, rows, empty="No model has a price of its own: the published prices hold.")
    for one in prices.values():
        if just_set and (missing := " or ".join(kinds_without_price(one))):
            print_remark(f"The cost of requests whose input is {missing} is unknown until that has a price, too.")


def _dollars(amount: Decimal | None) -> str:
    return "unknown" if amount is None else f"{amount:f}"


def _as_json(priced: "Priced", one: "OwnPrice") -> dict[str, Any]:
    prices = {kind: cost_json(getattr(one, kind)) for kind in _KINDS}
    return {"provider": priced.provider, "model": priced.model, **prices, "since": one.since}
