"""What a model may ask of the ledger, or propose to change: one file per function. Only here do the two meet."""

from tuppence.assistant.functions.categorize_transactions import categorize_transactions
from tuppence.assistant.functions.create_category import create_category
from tuppence.assistant.functions.create_rule import create_rule
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
from tuppence.assistant.functions.update_transaction import update_transaction

FUNCTIONS: tuple[Function, ...] = (
    get_accounts,
    get_transactions,
    get_income_statement,
    get_balance_sheet,
    get_categories,
    get_merchants,
    categorize_transactions,
    create_category,
    create_rule,
    update_transaction,
)
"""Every function, always in this order: providers cache definitions only as long as not one byte of them changes."""

__all__ = ["FUNCTIONS", "Findings", "Function", "FunctionAnswer", "FunctionInputError", "function", "refused"]
