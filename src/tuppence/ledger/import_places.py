"""Into which accounts of the ledger the accounts of a file go, as people choose it."""

from collections.abc import Mapping, Sequence
from pathlib import PurePath
from typing import Literal, cast, get_args

import msgspec

from tuppence.ledger.accounts import Account, AccountKind, NewAccount, account_kind
from tuppence.ledger.household import currency_code
from tuppence.ledger.importing import Target
from tuppence.ledger.imports import ImportedAccount
from tuppence.ledger.names import name_key, shown_name


class Place(msgspec.Struct, frozen=True, kw_only=True):
    """Where one account of a file goes, as it was chosen and typed."""

    choice: Literal["open", "known", "new", "none"] = "open"
    """none: it is left out. open: nobody has said."""
    account: int | None = None
    """The id of the known one."""
    name: str = ""
    """This and what follows is of a new one."""
    kind: str = "checking"
    currency: str = ""


Places = Mapping[str, Place]
"""By the keys that `place_keys` gives."""


class PlaceUnusable(ValueError):
    """What was chosen or typed cannot be used as it is; the message says what to do about it."""

    def __init__(self, field: str, message: str) -> None:
        """field: of the Place."""
        super().__init__(message)
        self.field = field


def place_keys(imported: Sequence[ImportedAccount]) -> list[str]:
    """A key for each account of a file, which stays the same when the file is read with other answers."""
    keys: list[str] = []
    for one in imported:
        key = one.id or one.name or "account"
        keys.append(key if key not in keys else f"{key} {one.currency or ''} {len(keys)}")
    return keys


def suggested_place(
    imported: ImportedAccount, known: Sequence[Account], *, filename: str, currency: str | None, number: int = 1
) -> Place:
    """Where an account goes while nobody has said: into the one of its number, or a new one if it can be no other.

    currency: the household's, where the file says none. number: of the account within the file.
    """
    new = Place(
        name=_suggested_name(imported, filename, number),
        kind=account_kind(imported.kind, imported.name, filename),
        currency=imported.currency or currency or "",
    )
    same = [account for account in known if imported.id is not None and account.number == imported.id]
    if len(same) == 1:
        return msgspec.structs.replace(new, choice="known", account=same[0].id)
    others = [account for account in known if not account.archived]
    is_another = imported.id is not None and all(account.number is not None for account in others) and not same
    return msgspec.structs.replace(new, choice="new") if is_another or not others else new


def _suggested_name(imported: ImportedAccount, filename: str, number: int) -> str:
    stem = " ".join(PurePath(filename).stem.replace("_", " ").split())
    name = imported.name or (stem if number == 1 else f"{stem} {number}")
    return name[:60]


def target_of(place: Place, imported: ImportedAccount, known: Sequence[Account]) -> Target:
    """The account that is meant; None when it is left out. Raises PlaceUnusable."""
    if place.choice == "none":
        return None
    if place.choice == "known":
        for account in known:
            if account.id == place.account:
                return account
    if place.choice != "new":
        raise PlaceUnusable("account", "Choose the account that it belongs to.")
    try:
        name = shown_name(place.name, "an account")
    except ValueError as error:
        raise PlaceUnusable("name", "Give the new account a name.") from error
    if any(name_key(account.name) == name_key(name) for account in known):
        raise PlaceUnusable("name", "There is an account of this name already. Choose it above, or take another name.")
    if place.kind not in get_args(AccountKind):
        raise PlaceUnusable("kind", "Choose what kind of account it is.")
    try:
        currency = currency_code(place.currency)
    except ValueError as error:
        raise PlaceUnusable("currency", "Give the currency by its code of three letters, such as EUR.") from error
    return NewAccount(name, currency, cast(AccountKind, place.kind), imported.id)


def targets_of(
    places: Sequence[Place], imported: Sequence[ImportedAccount], known: Sequence[Account]
) -> list[Target | PlaceUnusable]:
    """For each account of a file its target, or why there is none. No account is the target of two."""
    found: list[Target | PlaceUnusable] = []
    taken: set[str] = set()
    for place, one in zip(places, imported, strict=True):
        try:
            target = target_of(place, one, known)
        except PlaceUnusable as error:
            found.append(error)
            continue
        if target is not None and name_key(target.name) in taken:
            field = "account" if isinstance(target, Account) else "name"
            found.append(PlaceUnusable(field, "Another account of the file goes there already. Choose another one."))
            continue
        if target is not None:
            taken.add(name_key(target.name))
        found.append(target)
    return found
