"""What a model may ask of the ledger: one file per function. Only here do models and the ledger meet."""

from tuppence.assistant.functions.function import (
    Findings,
    Function,
    FunctionAnswer,
    FunctionInputError,
    function,
    refused,
)
from tuppence.assistant.functions.get_accounts import get_accounts
from tuppence.assistant.functions.get_balance_sheet import get_balance_sheet
from tuppence.assistant.functions.get_categories import get_categories
from tuppence.assistant.functions.get_income_statement import get_income_statement
from tuppence.assistant.functions.get_merchants import get_merchants
from tuppence.assistant.functions.get_transactions import get_transactions

FUNCTIONS: tuple[Function, ...] = (
    get_accounts,
    get_transactions,
    get_income_statement,
    get_balance_sheet,
    get_categories,
    get_merchants,
)
"""Every function, always in this order: providers cache definitions only as long as not one byte of them changes."""

__all__ = ["FUNCTIONS", "Findings", "Function", "FunctionAnswer", "FunctionInputError", "function", "refused"]
