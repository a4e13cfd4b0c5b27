"""Descriptors: what is removed and what stays, in several languages; folding and idempotence as properties."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tuppence.enrichment.descriptors import descriptor, is_between_people

SAME = [
    ("OAKLEY FOODS #0214 ASHBROOK", "Oakley Foods #7781 LAKE HOLLIS CO", "POS DEBIT OAKLEY FOODS 99012345"),
    ("SQ *CROOKED MUG", "CROOKED MUG", "crooked  mug 12/04/2026", "CROOKED MUG PELLHAM NY"),
    (
        "BRELLAMART//OBERLINDEN/DE 27.07.2026",
        "Kartenzahlung Brellamart 27.07.26 18:57 Terminal 5512",
        "BRELLAMART GmbH",
    ),
    ("BRELLAMART SAGT DANKE. 44121", "SEPA-Lastschrift Brellamart Mandatsref 8812AB"),
    ("CARTE 12/03 ÉPICERIE VALROSE CB*1234", "PAIEMENT CB 14/03 EPICERIE VALROSE", "Épicerie Valrose"),
    ("Pago en FRUTERÍA LUMA ES", "COMPRA TARJ. 8812 FRUTERIA LUMA".replace("TARJ. ", "TARJETA "), "Frutería Luma"),
    ("VOLTBOX.EXAMPLE*1A2B3C4D", "WWW.VOLTBOX.COM", "Voltbox 4412", "PAYPAL *VOLTBOX"),
    ("Miete März 2026 Hausverwaltung Orlik", "Miete April Hausverwaltung Orlik", "Miete Hausverwaltung Orlik 05/26"),
    ("财付通-青山超市", "青山超市 8812"),
]


@pytest.mark.parametrize("texts", SAME, ids=lambda texts: texts[0])
def test_the_words_for_one_counterpart_have_one_descriptor(texts: tuple[str, ...]) -> None:
    found = {descriptor(text) for text in texts}
    assert len(found) == 1
    assert found != {""}


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("HALDEN FUEL CENTER #456", "HALDEN #789 GROCERY"),
        ("NORTHGATE MUTUAL AUTO", "NORTHGATE MUTUAL HOME"),
        ("CARD FACTORY", "FACTORY OUTLET"),
        ("A1 TELEKOM", "O2 TELEKOM"),
    ],
)
def test_what_tells_counterparts_apart_stays(one: str, other: str) -> None:
    assert descriptor(one) != descriptor(other)


NOBODY = """
4711
#12
***
ATM WITHDRAWAL 12345
Bargeldauszahlung Geldautomat 12.03.2026
CHECK #1234
POS DEBIT 99
Scheck 77
RETRAIT DAB 12/03
REF 99-12
PAYPAL
ONLINE TRANSFER TO CHK 1234
CHEQUE 123
ZELLE TO MARA ORLIK
Bizum a Mara Orlik
VENMO PAYMENT 1234
RETIRADA EFECTIVO CAJERO 8
Kartenzahlung
"""


@pytest.mark.parametrize("text", ["", "   ", *NOBODY.split("\n")])
def test_what_names_nobody_has_none(text: str) -> None:
    assert descriptor(text) == ""


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("7-ELEVEN #34567", "7-eleven"),
        ("24 HOUR GYM 8812", "24 hour gym"),
        ("H&M 0031", "h&m"),
        ("P.F. NOODLES #234", "pf noodles"),
        ("O'LEARY’S PUB", "olearys pub"),
        ("1&1 Telecom GmbH", "1&1 telecom"),
    ],
)
def test_numbers_that_are_part_of_a_name_stay(text: str, expected: str) -> None:
    assert descriptor(text) == expected


def test_payments_between_people_are_known_as_such() -> None:
    assert is_between_people("Zelle to Mara Orlik")
    assert not is_between_people("Zeller Bakery")


SAID_BY_BANKS = (
    "ORLIK Markt #123 4711 12.03.2026 SQ * PAYPAL *MARA / // DE NY New York 22 SEP straße ŁÓDŹ İzmir Ａki e-ticket "
    "7-eleven a.b.c www.x.com co.uk H&M O'Neil 1a2b .. - GmbH Zelle cash app TO CHECKING 青山 カフェ \u0345"
)
BANK_WORDS = st.sampled_from(SAID_BY_BANKS.split(" "))
TEXTS = st.one_of(
    st.text(max_size=60),
    st.lists(BANK_WORDS).map(" ".join),
    st.lists(BANK_WORDS | st.text(max_size=3)).map("".join),
)


@given(TEXTS)
def test_the_descriptor_of_a_descriptor_is_itself(text: str) -> None:
    assert descriptor(descriptor(text)) == descriptor(text)


@given(TEXTS)
def test_spacing_makes_no_difference(text: str) -> None:
    assert descriptor(f"  {text.replace(' ', '   ')}\t") == descriptor(text)


@given(st.lists(BANK_WORDS).map(" ".join))
def test_case_and_width_make_no_difference(text: str) -> None:
    assert descriptor(text.casefold()) == descriptor(text)
    wide = "".join(chr(ord(each) + 0xFEE0) if each.isascii() and each.isalnum() else each for each in text)
    assert descriptor(wide) == descriptor(text)


@given(st.text(alphabet="bdfgklmnprstv", min_size=5, max_size=12), st.integers(0, 10**9))
def test_a_name_is_never_lost_beside_a_number(name: str, number: int) -> None:
    assert descriptor(f"POS {number} {name} #{number}")
