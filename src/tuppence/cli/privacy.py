"""`tuppence privacy`: who is shown stand-ins instead of the household's own values."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Any

import typer

from tuppence.cli.tables import Column, JsonOption, print_json, print_remark, print_table

if TYPE_CHECKING:
    from tuppence.assistant.provider_privacy import ShownTo
    from tuppence.ledger.household import Ledger
    from tuppence.privacy import HouseholdValues, PrivacySettings
    from tuppence.settings import Settings

_COLUMNS = (Column("Provider"), Column("Asked at"), Column("Stand-ins"), Column("Payees"), Column("Because"))


@dataclass(frozen=True, slots=True)
class _Wanted:
    """What is to be changed."""

    provider: str | None
    on: bool | None
    payees: bool | None
    add: Sequence[str]
    remove: Sequence[str]

    @property
    def changes(self) -> bool:
        """Whether anything is."""
        return self.on is not None or self.payees is not None or bool(self.add or self.remove)


@dataclass(frozen=True, slots=True)
class _Found:
    """What holds."""

    shown: "list[ShownTo]"
    names: Sequence[str]
    values: "HouseholdValues"


@dataclass(frozen=True, slots=True)
class _Tried:
    """What a text would leave as."""

    leaves: str
    stand_ins: dict[str, str]
    """What each stands for."""


def privacy(
    context: typer.Context,
    provider: Annotated[
        str | None, typer.Argument(metavar="PROVIDER", help="Who is meant; otherwise all are listed.")
    ] = None,
    on: Annotated[
        bool | None, typer.Option("--on/--off", help="Show it stand-ins, or the household's own values.")
    ] = None,
    payees: Annotated[
        bool | None, typer.Option("--payees/--no-payees", help="Stand-ins for payees, too, or not for them.")
    ] = None,
    name: Annotated[
        list[str] | None,
        typer.Option(metavar="NAME", help="Somebody else whose name shall not leave. Can be given more than once."),
    ] = None,
    forget_name: Annotated[
        list[str] | None, typer.Option(metavar="NAME", help="A name that was added so and may leave again.")
    ] = None,
    text: Annotated[
        str | None, typer.Option("--try", metavar="TEXT", help="Show what TEXT would leave as. Nothing is sent.")
    ] = None,
    as_json: Annotated[bool, JsonOption] = False,
) -> None:
    """Show or set which providers read stand-ins instead of names, accounts and numbers. It holds from now on."""
    from tuppence.cli.event_loop import run
    from tuppence.cli.home import home_folder
    from tuppence.settings import read_settings

    wanted = _Wanted(provider, on, payees, name or (), forget_name or ())
    _check(wanted, text)
    settings = read_settings(home_folder(context.obj))
    if text is not None:
        _print_tried(run(_tried(settings, wanted, text)), as_json=as_json)
        return
    found = run(_changed(settings, wanted))
    if as_json:
        print_json(_as_json(found))
    else:
        _print(found)


def _check(wanted: _Wanted, text: str | None) -> None:
    """Raises BadParameter."""
    from tuppence.llm import PRESETS

    if wanted.provider is not None and wanted.provider not in PRESETS:
        raise typer.BadParameter(f"there is no provider {wanted.provider}; registered are: {', '.join(PRESETS)}")
    if text is not None and (wanted.on is not None or wanted.add or wanted.remove):
        raise typer.BadParameter("--try changes nothing: leave the other options away")
    if wanted.provider is None and (wanted.on is not None or (wanted.payees is not None and text is None)):
        raise typer.BadParameter("name the provider, as in: tuppence privacy openai --off")


async def _changed(settings: "Settings", wanted: _Wanted) -> _Found:
    """What holds after the change. Raises ValueError for what is no name."""
    from tuppence.assistant.provider_privacy import shown_to_providers
    from tuppence.cli.wiring import opened_ledger
    from tuppence.privacy import household_values, privacy_settings, set_privacy_settings

    async with opened_ledger(settings.home) as ledger:
        if wanted.changes:
            await set_privacy_settings(ledger, await _with_changes(ledger, settings, wanted))
        shown = await shown_to_providers(ledger, settings)
        return _Found(
            shown=[one for one in shown if wanted.provider in (None, one.preset.name)],
            names=(await privacy_settings(ledger)).names,
            values=await household_values(ledger, payees=False),
        )


async def _with_changes(ledger: "Ledger", settings: "Settings", wanted: _Wanted) -> "PrivacySettings":
    """Raises CommandFailed for a name that cannot be added, or is not among those that were."""
    import msgspec

    from tuppence.assistant.provider_privacy import shown_to_providers
    from tuppence.cli.failures import CommandFailed
    from tuppence.privacy import ProviderPrivacy, checked_names, privacy_settings

    before = await privacy_settings(ledger)
    if missing := [name for name in wanted.remove if name not in before.names]:
        raise CommandFailed(f"“{missing[0]}” was not added here. Added were: {', '.join(before.names) or 'none'}.")
    try:
        names = checked_names(name for name in (*before.names, *wanted.add) if name not in wanted.remove)
    except ValueError as error:
        raise CommandFailed(str(error)) from error
    providers = dict(before.providers)
    for one in await shown_to_providers(ledger, settings):
        if one.preset.name == wanted.provider and (wanted.on is not None or wanted.payees is not None):
            providers[one.preset.name] = ProviderPrivacy(
                on=one.privacy.on if wanted.on is None else wanted.on,
                payees=one.privacy.payees if wanted.payees is None else wanted.payees,
            )
    return msgspec.structs.replace(before, providers=providers, names=names)


async def _tried(settings: "Settings", wanted: _Wanted, text: str) -> _Tried:
    """As the provider would be told it that is meant, or anybody who gets stand-ins."""
    from tuppence.assistant.provider_privacy import shown_to_providers
    from tuppence.cli.wiring import opened_ledger
    from tuppence.privacy import pseudonyms_of

    async with opened_ledger(settings.home) as ledger:
        payees = wanted.payees or False
        for one in await shown_to_providers(ledger, settings):
            if one.preset.name == wanted.provider:
                if not one.privacy.on:
                    return _Tried(text, {})
                payees = one.privacy.payees if wanted.payees is None else wanted.payees
        concealment = (await pseudonyms_of(ledger, payees=payees)).concealment([text])
        leaves, originals = concealment.text(text), concealment.originals()
        return _Tried(leaves, {one: originals.restored(one) for one in originals.stand_ins})


def _print(found: _Found) -> None:
    rows = [
        (
            one.preset.name,
            one.host or "–",
            "on" if one.privacy.on else "off",
            "hidden" if one.privacy.on and one.privacy.payees else "shown",
            "you said so" if one.said else _because(one),
        )
        for one in found.shown
    ]
    print_table(_COLUMNS, rows, empty="No provider is registered.")
    values = found.values
    print_remark(
        f"Known: {len(values.names)} names (parts counted), {len(values.accounts)} accounts, "
        f"{len(values.numbers)} account numbers. IBANs, cards, e-mail addresses and phones are told by their form."
    )
    if found.names:
        print_remark(f"Added by you: {', '.join(found.names)}.")


def _because(one: "ShownTo") -> str:
    if one.preset.needs_key:
        return "it needs a key"
    return "it is not at home" if one.is_hosted else "it is at home"


def _print_tried(tried: _Tried, *, as_json: bool) -> None:
    from tuppence.cli.console import harmless

    if as_json:
        print_json({"leaves": tried.leaves, "stand_ins": tried.stand_ins})
        return
    typer.echo(harmless(tried.leaves))
    if not tried.stand_ins:
        print_remark("It would leave as it is.")
    for stand_in, original in tried.stand_ins.items():
        print_remark(f"{stand_in} stands for {original}")


def _as_json(found: _Found) -> dict[str, Any]:
    return {
        "providers": [
            {
                "name": one.preset.name,
                "host": one.host,
                "set_up": one.is_set_up,
                "hosted": one.is_hosted,
                "on": one.privacy.on,
                "payees": one.privacy.payees,
                "usual": one.said is None,
            }
            for one in found.shown
        ],
        "names": found.names,
        "known": {
            "names": len(found.values.names),
            "accounts": len(found.values.accounts),
            "numbers": len(found.values.numbers),
        },
    }
