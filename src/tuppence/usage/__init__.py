"""What every request to a model cost: usage rows, prices, statistics. `metered(...)` wraps a stream."""

from tuppence.usage.log import OnClose, UsageLog
from tuppence.usage.metered import metered
from tuppence.usage.pricing import Cost, PriceOf, dollars, load_prices, picodollars, price_of
from tuppence.usage.row import Outcome, Purpose, UsageRow, total_cost
from tuppence.usage.statistics import By, UsageSummary

__all__ = [
    "By",
    "Cost",
    "OnClose",
    "Outcome",
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
