"""What files of labelled data look like: see docs/evaluation.md. What is not named here is not looked at."""

import datetime
from decimal import Decimal
from typing import Any, Literal

import msgspec

from tuppence.ledger.categories import CategoryKind


class Call(msgspec.Struct, frozen=True):
    """A function that is to be called."""

    name: str
    params: dict[str, Any] = {}
    """Arguments that it has to be given; others may be."""


class Context(msgspec.Struct, frozen=True, kw_only=True):
    currency: str | None = None
    today: datetime.date | None = None


class Category(msgspec.Struct, frozen=True, kw_only=True):
    name: str
    id: str | int | None = None
    classification: CategoryKind | None = None
    parent_id: str | int | None = None


class CategoryContext(Context, frozen=True, kw_only=True):
    categories: list[Category] = []


class Merchant(msgspec.Struct, frozen=True, kw_only=True):
    name: str
    website: str | None = None


class MerchantContext(Context, frozen=True, kw_only=True):
    merchants: list[Merchant] = []


class Account(msgspec.Struct, frozen=True, kw_only=True):
    name: str
    currency: str | None = None
    balance: Decimal | float | None = None


class Row(msgspec.Struct, frozen=True, kw_only=True):
    account: str
    date: datetime.date
    amount: Decimal | float
    description: str
    payee: str | None = None
    category: str | None = None
    classification: Literal["income", "expense"] | None = None


class ChatContext(Context, frozen=True, kw_only=True):
    accounts: list[Account] | None = None
    transactions: list[Row] | None = None


class Transaction(msgspec.Struct, frozen=True, kw_only=True):
    description: str
    amount: Decimal | float
    classification: Literal["income", "expense"] | None = None
    currency: str | None = None
    date: datetime.date | None = None
    payee: str | None = None
    memo: str | None = None
    account: str | None = None


class Prompt(msgspec.Struct, frozen=True):
    prompt: str


class ExpectedCategory(msgspec.Struct, frozen=True):
    category_name: str | None
    acceptable_alternatives: list[str | None] | None = None


class ExpectedMerchant(msgspec.Struct, frozen=True):
    merchant_name: str | msgspec.UnsetType | None = msgspec.UNSET
    business_name: str | msgspec.UnsetType | None = msgspec.UNSET
    website: str | None = None
    business_url: str | None = None
    acceptable_alternatives: list[str | None] | None = None


class ExpectedAnswer(msgspec.Struct, frozen=True):
    functions: list[Call] | None = None
    response_contains: list[str | int | float] | None = None


class Sample(msgspec.Struct, frozen=True, kw_only=True):
    id: str | int | None = None
    difficulty: str | None = None


class CategorySample(Sample, frozen=True, kw_only=True):
    input: Transaction
    expected: ExpectedCategory


class MerchantSample(Sample, frozen=True, kw_only=True):
    input: Transaction
    expected: ExpectedMerchant


class ChatSample(Sample, frozen=True, kw_only=True):
    input: Prompt
    expected: ExpectedAnswer


class CategoryContent(msgspec.Struct, frozen=True):
    samples: list[CategorySample]
    context: CategoryContext = CategoryContext()


class MerchantContent(msgspec.Struct, frozen=True):
    samples: list[MerchantSample]
    context: MerchantContext = MerchantContext()


class ChatContent(msgspec.Struct, frozen=True):
    samples: list[ChatSample]
    context: ChatContext = ChatContext()
