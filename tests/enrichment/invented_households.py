"""Labelled histories of invented households: what their banks write, and under what they file it.

Names, towns and habits are made up from syllables and common nouns by a seed. Each household has shops it returns to, a
long tail of names seen once, chains with a town behind the name, shops it files now so and now so, subscriptions told
apart by their price, habits that change, transfers to people, cash, and slips of the one who files.
"""

import datetime
import random
from collections.abc import Sequence
from dataclasses import dataclass

from tuppence.enrichment.entries import Filing, entry
from tuppence.money import Money

_ONSETS = ("br", "dr", "gl", "kr", "pl", "st", "tr", "sch", *"bdfghklmnprstvw")
FIRST_DAY = datetime.date(2024, 1, 1)
DAYS = 730


@dataclass(frozen=True, slots=True)
class Language:
    """How banks and shops of a country write."""

    code: str
    currency: str
    nouns: dict[str, tuple[str, ...]]
    """By category: what such shops are called."""
    templates: tuple[str, ...]
    """Of the bank: {name}, {town}, {date} and numbers {n}, {code}."""
    towns: tuple[str, ...]
    vague: tuple[str, ...]
    """What names nobody."""
    has_payee: bool = False


ENGLISH = Language(
    "en",
    "USD",
    {
        "Groceries": ("market", "grocery", "foods", "supermarket", "farm shop"),
        "Restaurants": ("grill", "kitchen", "bistro", "diner", "pizzeria", "noodle house"),
        "Coffee": ("coffee", "espresso bar", "bakery cafe", "roasters"),
        "Fuel": ("fuel", "gas station", "petrol"),
        "Pharmacy": ("pharmacy", "drugstore", "chemist"),
        "Clothing": ("outfitters", "apparel", "shoes", "boutique"),
        "Pets": ("pet supply", "veterinary clinic", "pet food"),
        "Health": ("dental", "family clinic", "eye care"),
        "Transport": ("transit", "parking", "taxi", "rail"),
        "Utilities": ("electric", "water district", "internet", "wireless"),
        "Insurance": ("mutual insurance", "insurance premium"),
        "Streaming": ("streaming", "music", "video"),
        "Salary": ("payroll",),
    },
    (
        "{name} #{n} {town} CO", "POS DEBIT {name} {n}", "{name} {town}", "SQ *{name}", "{name}", "{name} {code}",
        "DEBIT CARD PURCHASE {date} {name} {town} TX", "{name}*{code}",
    ),
    ("ASHBROOK", "WESTMOOR", "LAKE HOLLIS", "TARNFIELD", "NORWICK", "PELLHAM"),
    ("ATM WITHDRAWAL {n}", "CHECK #{n}", "ZELLE TO {person}", "ONLINE TRANSFER TO CHK {n}", "PAYPAL *{person}"),
)  # fmt: skip
GERMAN = Language(
    "de",
    "EUR",
    {
        "Groceries": ("Markt", "Supermarkt", "Bioladen", "Hofladen", "Feinkost"),
        "Restaurants": ("Gasthaus", "Restaurant", "Pizzeria", "Imbiss", "Wirtshaus"),
        "Coffee": ("Bäckerei", "Café", "Konditorei", "Backshop"),
        "Fuel": ("Tankstelle", "Tankhof"),
        "Pharmacy": ("Apotheke", "Drogerie"),
        "Clothing": ("Moden", "Schuhhaus", "Textil", "Boutique"),
        "Pets": ("Tierbedarf", "Tierarztpraxis", "Zoohandlung"),
        "Health": ("Zahnarztpraxis", "Praxis Dr.", "Optik", "Physiotherapie"),
        "Transport": ("Verkehrsbetriebe", "Parkhaus", "Taxi", "Bahn"),
        "Utilities": ("Stadtwerke", "Energie", "Telekommunikation", "Wasserverband"),
        "Insurance": ("Versicherung", "Lebensversicherung", "Krankenkasse"),
        "Streaming": ("Streaming", "Musik", "Video"),
        "Salary": ("Lohn Gehalt",),
    },
    (
        "{name}//{town}/DE {date}", "Kartenzahlung {name} {town} {date} Terminal {n}", "{name} GmbH SEPA-Lastschrift "
        "Mandatsref {code} Kunde {n}", "{name} sagt Danke. {n}", "{name} {town}", "EREF+{code} {name} Rechnung {n}",
    ),
    ("OBERLINDEN", "NEUHAFEN", "BAD TRIESSLING", "WALDECKE", "STEINBRUCK"),
    ("Bargeldauszahlung {date} Geldautomat {n}", "Auszahlung {n}", "Überweisung an {person}", "Scheck {n}"),
    has_payee=True,
)  # fmt: skip
FRENCH = Language(
    "fr",
    "EUR",
    {
        "Groceries": ("Marché", "Épicerie", "Supermarché", "Primeur"),
        "Restaurants": ("Restaurant", "Brasserie", "Crêperie", "Bistrot"),
        "Coffee": ("Boulangerie", "Café", "Pâtisserie"),
        "Fuel": ("Station Service", "Carburants"),
        "Pharmacy": ("Pharmacie", "Parapharmacie"),
        "Clothing": ("Vêtements", "Chaussures", "Boutique"),
        "Pets": ("Animalerie", "Vétérinaire"),
        "Health": ("Cabinet Dentaire", "Opticien", "Docteur"),
        "Transport": ("Transports", "Parking", "Taxi", "Péage"),
        "Utilities": ("Électricité", "Eaux", "Télécom"),
        "Insurance": ("Assurances", "Mutuelle"),
        "Streaming": ("Musique", "Vidéo"),
        "Salary": ("Salaire",),
    },
    (
        "CARTE {date} {name} {town} CB*{n}", "PRLV SEPA {name} {code}", "{name} {town}", "PAIEMENT CB {date} {name}",
        "ACHAT CB {name} {date} {town}",
    ),
    ("VILLENEUVAT", "SAINT AMBRUN", "PORTELAC", "MONTRIVE"),
    ("RETRAIT DAB {date} {n}", "CHEQUE {n}", "VIR INST {person}", "VIREMENT {person}"),
)  # fmt: skip
SPANISH = Language(
    "es",
    "EUR",
    {
        "Groceries": ("Mercado", "Supermercado", "Frutería", "Carnicería"),
        "Restaurants": ("Restaurante", "Taberna", "Asador", "Marisquería"),
        "Coffee": ("Cafetería", "Panadería", "Churrería"),
        "Fuel": ("Gasolinera", "Estación de Servicio"),
        "Pharmacy": ("Farmacia", "Parafarmacia"),
        "Clothing": ("Moda", "Zapatería", "Ropa"),
        "Pets": ("Veterinaria", "Mascotas"),
        "Health": ("Clínica Dental", "Óptica", "Fisioterapia"),
        "Transport": ("Transportes", "Aparcamiento", "Taxi", "Autopista"),
        "Utilities": ("Energía", "Aguas", "Telefonía"),
        "Insurance": ("Seguros", "Mutua"),
        "Streaming": ("Música", "Vídeo"),
        "Salary": ("Nómina",),
    },
    (
        "Pago en {name} {town}", "Recibo {name} {code}", "COMPRA TARJ. {n} {name} {town} ES", "{name} {town} {date}",
        "{name}",
    ),
    ("VALDEORIA", "SAN TELMO", "PUERTO LIRIO", "MONTECLARO"),
    ("RETIRADA EFECTIVO CAJERO {n}", "Bizum a {person}", "TRANSFERENCIA A {person}", "Cheque {n}"),
    has_payee=True,
)  # fmt: skip
LANGUAGES = (ENGLISH, GERMAN, FRENCH, SPANISH)


@dataclass(frozen=True, slots=True)
class Style:
    """How a household lives and files."""

    rows: int = 1200
    regulars: int = 60
    """Shops that it returns to."""
    one_off: float = 0.2
    """The part of its rows that are of names never seen before or after."""
    telling: float = 0.5
    """How many names say what kind of shop it is."""
    mixed: float = 0.06
    """How many regulars are filed now so and now so."""
    changing: float = 0.04
    """How many regulars are filed otherwise from one day on."""
    slips: float = 0.004
    """How many filings are mistakes."""
    chains: float = 0.25
    """How many regulars are chains with shops in several towns."""


STYLES = {
    "usual": Style(),
    "small": Style(rows=300, regulars=30),
    "large": Style(rows=4000, regulars=150),
    "tidy": Style(mixed=0, changing=0, slips=0),
    "names tell little": Style(telling=0.1),
    "inconstant": Style(mixed=0.2, changing=0.1, slips=0.01, one_off=0.35),
}


@dataclass(frozen=True, slots=True)
class _Shop:
    name: str
    categories: tuple[str, ...]
    manner: str
    """ "pure", "mixed", "priced" (the price tells the category), "changing"."""
    template: str
    towns: tuple[str, ...]
    typical: int
    change: datetime.date


def history(language: Language, style: Style, seed: int) -> list[Filing]:
    """The filings of one household, oldest first. Labels are numbers of its categories from 1."""
    chance = random.Random(f"{language.code} {seed}")
    categories = list(language.nouns)
    shops = [_shop(chance, language, style, regular=True) for _ in range(style.regulars)]
    weights = [1 / (rank + 2) for rank in range(len(shops))]
    days = sorted(FIRST_DAY + datetime.timedelta(days=chance.randrange(DAYS)) for _ in range(style.rows))
    found = []
    for number, day in enumerate(days):
        if chance.random() < 0.06:
            found.append(_vague(chance, language, categories, number, day))
            continue
        one_off = chance.random() < style.one_off
        shop = _shop(chance, language, style, regular=False) if one_off else chance.choices(shops, weights)[0]
        found.append(_visit(chance, language, style, categories, shop, number, day))
    return found


def _visit(
    chance: random.Random,
    language: Language,
    style: Style,
    categories: Sequence[str],
    shop: _Shop,
    number: int,
    day: datetime.date,
) -> Filing:
    kind = chance.randrange(len(shop.categories))
    size = round(shop.typical * chance.lognormvariate(0, 0.5))
    match shop.manner:
        case "priced":
            size = shop.typical + 1000 * kind
        case "changing":
            kind = int(day >= shop.change)
        case "mixed":
            kind = int(chance.random() < 0.35)
    category = shop.categories[kind]
    if chance.random() < style.slips:
        category = chance.choice(categories)
    sign = 1 if shop.categories[0] == "Salary" else -1
    text = _text(chance, shop.template, shop.name, shop.towns, day)
    amount = Money(sign * size, language.currency)
    payee = shop.name if language.has_payee and chance.random() < 0.7 else None
    label = categories.index(category) + 1
    return Filing(entry(number, amount, text, payee=payee, account_id=1 + (sign < 0), date=day), label)


def _vague(
    chance: random.Random, language: Language, categories: Sequence[str], number: int, day: datetime.date
) -> Filing:
    person = f"{_word(chance, 2)} {_word(chance, 2)}".upper()
    text = _text(chance, chance.choice(language.vague).replace("{person}", person), "", language.towns, day)
    label = None if chance.random() < 0.5 else 1 + chance.randrange(len(categories))
    amount = Money(-chance.randrange(1000, 30000), language.currency)
    return Filing(entry(number, amount, text, account_id=1, date=day), label)


def _shop(chance: random.Random, language: Language, style: Style, *, regular: bool) -> _Shop:
    categories = list(language.nouns)
    category = chance.choice(categories)
    other = chance.choice([one for one in categories if one not in (category, "Salary")])
    name = _word(chance, chance.choice((2, 3)))
    if chance.random() < style.telling:
        noun = chance.choice(language.nouns[category])
        name = f"{noun} {name}" if language.code != "en" else f"{name} {noun}"
    elif chance.random() < 0.4:
        name = f"{name} {_word(chance, 2)}"
    manner = "pure"
    kinds: tuple[str, ...] = (category,)
    if regular and category != "Salary":
        draw = chance.random()
        if draw < style.mixed:
            manner, kinds = chance.choice(("mixed", "mixed", "priced")), (category, other)
        elif draw < style.mixed + style.changing:
            manner, kinds = "changing", (category, other)
    towns = language.towns if regular and chance.random() < style.chains else (chance.choice(language.towns),)
    shown = name.upper() if chance.random() < 0.7 else name
    change = FIRST_DAY + datetime.timedelta(days=chance.randrange(DAYS // 4, 3 * DAYS // 4))
    typical = round(chance.lognormvariate(7.8, 0.9))
    return _Shop(shown, kinds, manner, chance.choice(language.templates), towns, typical, change)


def _text(chance: random.Random, template: str, name: str, towns: Sequence[str], day: datetime.date) -> str:
    letters = "ABCDEFGHJKLMNPQRSTUVWXYZ0123456789"
    code = "".join(chance.choice(letters) for _ in range(9)) + str(chance.randrange(10, 99))
    return template.format(
        name=name, town=chance.choice(towns), n=chance.randrange(1000, 10**8), code=code, date=f"{day:%d.%m.%Y}"
    )


def _word(chance: random.Random, syllables: int) -> str:
    onsets, ends = _ONSETS, ("", "n", "r", "l", "s", "nd", "ck")
    word = "".join(
        chance.choice(onsets) + chance.choice("aeiou") + (chance.choice(ends) if chance.random() < 0.5 else "")
        for _ in range(syllables)
    )
    return word.capitalize()
