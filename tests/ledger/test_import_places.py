from __future__ import annotations

from decimal import Decimal

import pytest

from tuppence.ledger.accounts import Account, NewAccount
from tuppence.ledger.import_places import Place, PlaceUnusable, place_keys, suggested_place, target_of, targets_of
from tuppence.ledger.imports import ImportedAccount

GIRO = Account(1, "Giro", "checking", "EUR", "DE1", archived=False)
CARD = Account(2, "Card", "credit_card", "EUR", None, archived=False)
OLD = Account(3, "Old", "checking", "EUR", "DE9", archived=True)


def imported(number: str | None = None, **about: object) -> ImportedAccount:
    return ImportedAccount(**{"id": number, "currency": None, "transactions": (), **about})  # type: ignore[arg-type]


def suggested(one: ImportedAccount, *known: Account, currency: str | None = None) -> Place:
    return suggested_place(one, known, filename="visa_card_march.csv", currency=currency)


def test_an_account_goes_where_its_number_is() -> None:
    place = suggested(imported("DE1"), GIRO, CARD)
    assert (place.choice, place.account) == ("known", 1)
    assert suggested(imported("DE9"), GIRO, OLD).account == 3


def test_it_is_new_where_it_can_be_no_other_and_open_where_it_can() -> None:
    assert suggested(imported("DE2")).choice == "new"
    assert suggested(imported(None)).choice == "new"
    assert suggested(imported("DE2"), GIRO).choice == "new"
    assert suggested(imported("DE2"), GIRO, CARD).choice == "open"  # the card has no number: it may be this one
    assert suggested(imported(None), GIRO).choice == "open"


def test_a_new_one_is_called_what_the_file_says() -> None:
    place = suggested(imported(None), currency="CHF")
    assert (place.name, place.kind, place.currency) == ("visa card march", "credit_card", "CHF")
    named = suggested(imported(None, name="Everyday", kind="savings", currency="USD"), currency="CHF")
    assert (named.name, named.kind, named.currency) == ("Everyday", "savings", "USD")


def test_keys_tell_accounts_apart() -> None:
    same = [imported("DE1", currency="EUR"), imported("DE1", currency="USD"), imported(None), imported(None)]
    keys = place_keys(same)
    assert len(set(keys)) == 4
    assert keys[0] == "DE1"


def test_what_is_chosen_is_the_target() -> None:
    one = imported("DE7", closing_balance=Decimal(1))
    assert target_of(Place(choice="none"), one, [GIRO]) is None
    assert target_of(Place(choice="known", account=1), one, [GIRO]) == GIRO
    made = target_of(Place(choice="new", name=" My  bank ", kind="savings", currency="eur"), one, [GIRO])
    assert made == NewAccount("My bank", "EUR", "savings", "DE7")


@pytest.mark.parametrize(
    ("place", "field"),
    [
        (Place(), "account"),
        (Place(choice="known", account=99), "account"),
        (Place(choice="new", currency="EUR"), "name"),
        (Place(choice="new", name="gIRO", currency="EUR"), "name"),
        (Place(choice="new", name="X", kind="pension", currency="EUR"), "kind"),
        (Place(choice="new", name="X", currency="EURO"), "currency"),
    ],
)
def test_what_cannot_be_used_names_the_field(place: Place, field: str) -> None:
    with pytest.raises(PlaceUnusable) as refused:
        target_of(place, imported(), [GIRO])
    assert refused.value.field == field


def test_no_account_is_the_target_of_two() -> None:
    both = [imported("A"), imported("B")]
    first, second = targets_of([Place(choice="known", account=1)] * 2, both, [GIRO])
    assert first == GIRO
    assert isinstance(second, PlaceUnusable)
    new = Place(choice="new", name="X", currency="EUR")
    assert isinstance(targets_of([new, new], both, [GIRO])[1], PlaceUnusable)
    assert targets_of([Place(choice="none")] * 2, both, [GIRO]) == [None, None]
