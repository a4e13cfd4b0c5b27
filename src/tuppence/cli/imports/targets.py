"""Into which accounts of the ledger the accounts of a file go."""

from collections.abc import Sequence
from dataclasses import dataclass

import typer

from tuppence.cli.console import harmless, is_attended
from tuppence.cli.failures import QuestionsOpen
from tuppence.ledger.accounts import Account, NewAccount, account_kind
from tuppence.ledger.imports import BankFile, ImportedAccount
from tuppence.ledger.names import name_key


@dataclass(frozen=True, slots=True)
class Chosen:
    """What a person said about where a file belongs."""

    accounts: tuple[str, ...]
    """Names, or ID=NAME for one of several accounts of a file."""
    currency: str | None
    """For new accounts of whose currency the file says nothing; None leaves it open."""
    otherwise: str | None = None
    """Names an account that nobody has named, its number added where a file holds several; None: that is asked."""


def targets_of(bank_file: BankFile, known: Sequence[Account], chosen: Chosen) -> list[Account | NewAccount]:
    """One account for each of the file: the one a person named, else the known one with the number that the file names.

    Raises QuestionsOpen when neither is there and nobody can be asked.
    """
    several = len(bank_file.accounts) > 1
    return [_target(imported, known, chosen, several=several) for imported in bank_file.accounts]


def _target(
    imported: ImportedAccount, known: Sequence[Account], chosen: Chosen, *, several: bool
) -> Account | NewAccount:
    name = _named(imported, chosen.accounts, several=several)
    same = [account for account in known if (name is None and _is_numbered(account, imported)) or _is(account, name)]
    if len(same) == 1:
        return same[0]
    name = name or _name_otherwise(imported, chosen.otherwise, several=several)
    same = [account for account in known if _is(account, name)]
    if same:
        return same[0]
    currency = chosen.currency or imported.currency or _currency_from_person(name)
    return NewAccount(name, currency, account_kind(imported.kind, name, imported.name), imported.id)


def _is(account: Account, name: str | None) -> bool:
    return name is not None and name_key(account.name) == name_key(name)


def _is_numbered(account: Account, imported: ImportedAccount) -> bool:
    return imported.id is not None and account.number == imported.id


def _named(imported: ImportedAccount, names: Sequence[str], *, several: bool) -> str | None:
    for name in names:
        number, equals, rest = name.rpartition("=")
        if equals and number.strip() == imported.id and rest.strip():
            return rest.strip()
    return names[0].strip() if names and not several else None


def _name_otherwise(imported: ImportedAccount, otherwise: str | None, *, several: bool) -> str:
    if otherwise is not None:
        return f"{otherwise} {imported.id or imported.name or ''}".strip() if several else otherwise
    told = imported.id or imported.name or "without a number"
    if is_attended():
        asked = f"Name for the account {told}" if several or imported.id else "Which account is it"
        while not (name := str(typer.prompt(harmless(asked), err=True)).strip()):
            pass
        return name
    if several:
        raise QuestionsOpen(
            harmless(f"The file holds several accounts. Give each a name, this one with: --account {told}=NAME")
        )
    raise QuestionsOpen("Nothing says to which account the file belongs. Name it with: --account NAME")


def _currency_from_person(name: str) -> str:
    if is_attended():
        while True:
            code = str(typer.prompt(harmless(f"Currency of {name} (such as USD or EUR)"), err=True)).strip().upper()
            if len(code) == 3 and code.isalpha():
                return code
    raise QuestionsOpen(harmless(f"The file does not say the currency of {name}. Name it, such as: --currency USD"))
