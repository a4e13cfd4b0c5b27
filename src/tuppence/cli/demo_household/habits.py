"""What the demo household spends on, as data: where, how often, how much. All names are invented."""

from dataclasses import dataclass
from typing import Literal

AccountName = Literal["Everyday Checking", "Rainy Day Savings", "Horizon Card", "Larkfield Brokerage", "Home Mortgage"]
CHECKING: AccountName = "Everyday Checking"
SAVINGS: AccountName = "Rainy Day Savings"
CARD: AccountName = "Horizon Card"
BROKERAGE: AccountName = "Larkfield Brokerage"
MORTGAGE: AccountName = "Home Mortgage"


@dataclass(frozen=True, slots=True)
class Habit:
    """Something bought now and then, on any day."""

    payee: str
    descriptor: str
    """The bank's words; `{n}` is a number that differs from purchase to purchase."""
    category: str | None
    """None: the bank's file does not say, and nobody has filed it."""
    permille: int
    """How likely it is on one day, of a thousand."""
    low: int
    """Cents."""
    high: int
    """Cents."""
    account: AccountName = CARD
    weekend_only: bool = False


@dataclass(frozen=True, slots=True)
class Standing:
    """Something that comes every month, or in some months, on a fixed day."""

    payee: str
    descriptor: str
    category: str | None
    day: int
    cents: int
    """Signed: negative is money out."""
    account: AccountName = CHECKING
    varies: int = 0
    """By how many cents it may differ from `cents` either way."""
    months: tuple[int, ...] = ()
    """Of the year; empty: every month."""


HABITS = (
    Habit("Fennel & Rye Market", "FENNEL & RYE MKT #0214 ASHBROOK", "Groceries", 260, 1850, 14200),
    Habit("Bluebarn Foods", "BLUEBARN FOODS 7731 ASHBROOK", "Groceries", 150, 900, 7600),
    Habit("Corner Harvest", "POS DEBIT CORNER HARVEST {n}", "Groceries", 210, 450, 2900, CHECKING),
    Habit("Paper Lantern Noodles", "SQ *PAPER LANTERN NOODLES", "Restaurants", 90, 1600, 6400),
    Habit("Osteria Quercia", "OSTERIA QUERCIA ASHBROOK", "Restaurants", 130, 4800, 16500, weekend_only=True),
    Habit("Taco Meridian", "TST* TACO MERIDIAN", "Restaurants", 110, 1100, 4200),
    Habit("Dockside Grill", "DOCKSIDE GRILL 0031", "Restaurants", 60, 2900, 9800),
    Habit("Slow Kettle Coffee", "SQ *SLOW KETTLE COFFEE", "Coffee & snacks", 430, 380, 1150),
    Habit("Third Shelf Espresso", "THIRD SHELF ESPRESSO", "Coffee & snacks", 260, 340, 980),
    Habit("Crumb & Co", "CRUMB AND CO BAKERY", "Coffee & snacks", 120, 520, 1900),
    Habit("Snackbox", "SNACKBOX VENDING {n}", "Coffee & snacks", 280, 125, 425),
    Habit("Doorstep Dinners", "DOORSTEP*DINNERS {n}", "Takeaway & delivery", 140, 1900, 6200),
    Habit("The Hollow Cask", "HOLLOW CASK TAPROOM", "Alcohol & bars", 150, 1400, 6900, weekend_only=True),
    Habit("Marlow Fuel", "MARLOW FUEL 0098 OUTSIDE", "Fuel", 110, 2900, 6800),
    Habit("Metroline", "METROLINE FARE {n}", "Public transport", 520, 275, 275),
    Habit("Hopcab", "HOPCAB *TRIP {n}", "Taxi & ride sharing", 110, 890, 3400),
    Habit("City of Ashbrook", "ASHBROOK PARKING METER {n}", "Parking & tolls", 160, 200, 1400),
    Habit("Greenleaf Chemist", "GREENLEAF CHEMIST 114", "Pharmacy", 100, 640, 4700),
    Habit("Thistle & Thread", "THISTLE & THREAD ASHBROOK", "Clothing", 65, 2400, 18900),
    Habit("Voltbox", "VOLTBOX.EXAMPLE ORDER {n}", "Electronics", 25, 3900, 64900),
    Habit("Foxglove Books", "FOXGLOVE BOOKS LLC", "Books & media", 70, 990, 5400),
    Habit("Summit & Sail", "SUMMIT AND SAIL OUTFITTERS", "Sports & hobbies", 35, 2500, 21500),
    Habit("Cedar & Clay", "CEDAR & CLAY HOME", "Furniture & household goods", 45, 1900, 24900),
    Habit("Bazaarly", "BZRLY*MKTP {n} AMZ-LIKE", None, 180, 790, 8900),
    Habit("Bazaarly", "BAZAARLY MARKETPLACE {n}", "Furniture & household goods", 120, 690, 7400),
    Habit("Pawsworth", "PAWSWORTH PET SUPPLY", "Pet food & supplies", 70, 1400, 8800),
    Habit("Orchard Lane Cinema", "ORCHARD LANE CINEMA", "Events & cinema", 90, 1300, 5200, weekend_only=True),
    Habit("Bramble Barbers", "BRAMBLE BARBERS", "Personal care", 40, 2800, 7200),
    Habit("Little Maples", "LITTLE MAPLES ACTIVITY FEE {n}", "School & activities", 60, 1500, 6500, CHECKING),
    Habit("Ashbrook Family Dental", "ASHBROOK FAMILY DENTAL", "Doctors & dentists", 14, 4500, 31000),
    Habit("Gearhouse Garage", "GEARHOUSE GARAGE INV {n}", "Car maintenance", 9, 8900, 92000),
    Habit("Splitly", "SPLITLY PMT {n} DINNER", None, 90, 800, 6500, CHECKING),
    Habit("Cash", "ATM WITHDRAWAL {n} MAIN ST", "Cash withdrawals", 85, 4000, 20000, CHECKING),
    Habit("Unknown", "PAYPOINT {n} 8005550199", None, 35, 499, 4999),
    Habit("Unknown", "CHECK {n}", None, 20, 2500, 30000, CHECKING),
)

STANDING = (
    # Income
    Standing("Halden Robotics", "HALDEN ROBOTICS PAYROLL PPD", "Salary", 1, 421350),
    Standing("Halden Robotics", "HALDEN ROBOTICS PAYROLL PPD", "Salary", 15, 421350),
    Standing("Halden Robotics", "HALDEN ROBOTICS BONUS PPD", "Bonuses", 20, 420000, months=(3,)),
    Standing("Marisol Design Studio", "MARISOL DESIGN STUDIO INV", "Self-employment", 11, 164000, varies=61000),
    Standing("State Treasury", "STATE TREAS TAX REFUND", "Tax refunds", 9, 113400, months=(4,)),
    # The house and what comes with it
    Standing("Cascade Electric", "CASCADE ELECTRIC AUTOPAY", "Electricity & gas", 6, -11800, varies=4700),
    Standing(
        "Riverside Water", "RIVERSIDE WATER DIST", "Water & waste", 12, -6420, varies=900, months=(2, 4, 6, 8, 10, 12)
    ),
    Standing("Brightwave", "BRIGHTWAVE INTERNET", "Internet & TV", 4, -6500),
    Standing("Pebble Mobile", "PEBBLE MOBILE AUTOPAY", "Mobile phone", 19, -8400),
    Standing("Ashbrook County", "ASHBROOK COUNTY PROPERTY TAX", "Property tax", 28, -241000, months=(4, 10)),
    Standing("Tidewell Cleaning", "TIDEWELL CLEANING CO", "Home services", 8, -14000),
    # Insurance, children, giving, saving for retirement
    Standing("Northgate Mutual", "NORTHGATE MUTUAL AUTO", "Car insurance", 3, -13250),
    Standing("Northgate Mutual", "NORTHGATE MUTUAL HOME", "Home insurance", 3, -9680),
    Standing("Evermore Life", "EVERMORE LIFE PREMIUM", "Life insurance", 17, -4150),
    Standing("Little Maples", "LITTLE MAPLES DAYCARE", "Childcare", 5, -86000),
    Standing("Riverside Food Bank", "RIVERSIDE FOOD BANK GIFT", "Charity", 25, -5000),
    Standing("Everyday Bank", "MONTHLY SERVICE FEE", "Bank fees", 28, -500),
    # Subscriptions on the card
    Standing("Lumenflix", "LUMENFLIX.EXAMPLE", "Streaming", 7, -1799, CARD),
    Standing("Tonebird", "TONEBIRD MUSIC FAMILY", "Streaming", 13, -1699, CARD),
    Standing("Cloudnook", "CLOUDNOOK STORAGE 2TB", "Software & apps", 2, -999, CARD),
    Standing("Pagecraft", "PAGECRAFT PRO ANNUAL", "Software & apps", 21, -11988, CARD, months=(9,)),
    Standing("The Harbor Courier", "HARBOR COURIER DIGITAL", "News & magazines", 16, -1200, CARD),
    Standing("Ironwood Gym", "IRONWOOD GYM MEMBERSHIP", "Fitness", 10, -5900, CARD),
    Standing("Ashbrook Zoo", "ASHBROOK ZOO FAMILY MEMBER", "Memberships", 14, -14500, CARD, months=(5,)),
    # Savings and investments
    Standing("Everyday Bank", "INTEREST PAID", "Interest", 28, 3120, SAVINGS, varies=610),
    Standing(
        "Larkfield",
        "DIVIDEND LARKFIELD WORLD FUND",
        "Dividends",
        20,
        21850,
        BROKERAGE,
        varies=4200,
        months=(3, 6, 9, 12),
    ),
    Standing("Larkfield", "ADVISORY FEE", "Bank fees", 27, -1850, BROKERAGE, varies=220),
    Standing("Hearthstone Lending", "INTEREST CHARGED", "Mortgage", 26, -96200, MORTGAGE, varies=700),
)


@dataclass(frozen=True, slots=True)
class OwnTransfer:
    """Money moved between two own accounts every month (or in some months)."""

    source: AccountName
    target: AccountName
    words_out: str
    words_in: str
    day: int
    cents: int
    category: str
    """Under which it is filed where it leaves."""
    days_underway: int = 0
    months: tuple[int, ...] = ()


OWN_TRANSFERS = (
    OwnTransfer(CHECKING, SAVINGS, "TRANSFER TO SAVINGS 4471", "TRANSFER FROM CHECKING 0912", 2, 60000, "Savings"),
    OwnTransfer(CHECKING, BROKERAGE, "LARKFIELD ACH CONTRIB", "ACH DEPOSIT", 18, 45000, "Investments", days_underway=2),
    OwnTransfer(
        CHECKING,
        MORTGAGE,
        "HEARTHSTONE MTG PMT",
        "PAYMENT RECEIVED THANK YOU",
        24,
        184537,
        "Loan payment",
        days_underway=1,
    ),
    OwnTransfer(
        SAVINGS,
        CHECKING,
        "TRANSFER TO CHECKING 0912",
        "TRANSFER FROM SAVINGS 4471",
        27,
        150000,
        "Savings",
        months=(7, 12),
    ),
)


@dataclass(frozen=True, slots=True)
class Trip:
    """A journey: what it cost and when, counted in days from its first."""

    month: int
    day: int
    purchases: tuple[tuple[int, str, str, str, int], ...]
    """Days after the first day (negative: before), payee, the bank's words, category, cents."""


TRIPS = (
    Trip(
        2,
        14,
        (
            (-31, "Skylark Air", "SKYLARK AIR 2205518830", "Flights", 58240),
            (0, "Roadfinch Rentals", "ROADFINCH RENTALS PINECREST", "Car rental", 21960),
            (1, "Snowline Passes", "SNOWLINE PASSES PINECREST", "Holiday activities", 31800),
            (3, "Larkspur Lodge", "LARKSPUR LODGE PINECREST", "Hotels & lodging", 64750),
        ),
    ),
    Trip(
        7,
        9,
        (
            (-58, "Skylark Air", "SKYLARK AIR 2207719004", "Flights", 214680),
            (2, "Museo Pass", "MUSEO PASS PORTOVENTO", "Holiday activities", 9400),
            (5, "Hotel Miramonte", "HOTEL MIRAMONTE PORTOVENTO", "Hotels & lodging", 118900),
            (9, "Casa Tramonto", "CASA TRAMONTO PORTOVENTO", "Hotels & lodging", 96300),
        ),
    ),
    Trip(
        10,
        17,
        (
            (-20, "Coastliner Rail", "COASTLINER RAIL E-TICKET", "Public transport", 18600),
            (1, "Gullwing Inn", "GULLWING INN SALTER BAY", "Hotels & lodging", 42100),
        ),
    ),
)
