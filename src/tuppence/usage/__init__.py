"""What every request to a model cost: usage rows, prices, statistics. `metered(...)` wraps a stream."""

from tuppence.usage.exports import MEDIA_TYPES, ExportFormat, exported_usage
from tuppence.usage.limits import (
    Admission,
    Limit,
    LimitReached,
    Limits,
    LimitUse,
    admission,
    checked_cost,
    checked_tokens,
    limit_uses,
    limits,
    set_limits,
)
from tuppence.usage.log import CostOf, Gate, NotAdmitted, OnClose, UsageLog
from tuppence.usage.metered import metered
from tuppence.usage.own_prices import (
    OwnPrice,
    Priced,
    checked_price,
    checked_priced,
    kinds_without_price,
    own_prices,
    priced_named,
    remove_own_price,
    set_own_price,
)
from tuppence.usage.pacing import CapReached, Pacing
from tuppence.usage.pricing import Cost, PriceOf, dollars, load_prices, picodollars, price_of
from tuppence.usage.provider_exports import Kind, NotAnExport, ProviderExport, read_export
from tuppence.usage.reconciliation import Difference, Pair, Reconciliation, reconciliation
from tuppence.usage.row import Outcome, Purpose, Reservation, UsageRow, total_cost
from tuppence.usage.statistics import By, UsageSummary

__all__ = [
    "MEDIA_TYPES",
    "Admission",
    "By",
    "CapReached",
    "Cost",
    "CostOf",
    "Difference",
    "ExportFormat",
    "Gate",
    "Kind",
    "Limit",
    "LimitReached",
    "LimitUse",
    "Limits",
    "NotAdmitted",
    "NotAnExport",
    "OnClose",
    "Outcome",
    "OwnPrice",
    "Pacing",
    "Pair",
    "PriceOf",
    "Priced",
    "ProviderExport",
    "Purpose",
    "Reconciliation",
    "Reservation",
    "UsageLog",
    "UsageRow",
    "UsageSummary",
    "admission",
    "checked_cost",
    "checked_price",
    "checked_priced",
    "checked_tokens",
    "dollars",
    "exported_usage",
    "kinds_without_price",
    "limit_uses",
    "limits",
    "load_prices",
    "metered",
    "own_prices",
    "picodollars",
    "price_of",
    "priced_named",
    "read_export",
    "reconciliation",
    "remove_own_price",
    "set_limits",
    "set_own_price",
    "total_cost",
]
