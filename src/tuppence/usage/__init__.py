"""What every request to a model cost: usage rows, prices, statistics. `metered(...)` wraps a stream."""

from tuppence.usage.log import Gate, NotAdmitted, OnClose, UsageLog
from tuppence.usage.metered import metered
from tuppence.usage.pacing import CapReached, Pacing
from tuppence.usage.pricing import Cost, PriceOf, dollars, load_prices, picodollars, price_of
from tuppence.usage.row import Outcome, Purpose, UsageRow, total_cost
from tuppence.usage.statistics import By, UsageSummary

__all__ = [
    "By",
    "CapReached",
    "Cost",
    "Gate",
    "NotAdmitted",
    "OnClose",
    "Outcome",
    "Pacing",
    "PriceOf",
    "Purpose",
    "UsageLog",
    "UsageRow",
    "UsageSummary",
    "dollars",
    "load_prices",
    "metered",
    "picodollars",
    "price_of",
    "total_cost",
]
