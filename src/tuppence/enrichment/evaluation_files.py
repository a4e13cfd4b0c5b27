"""Labelled data for evaluations: YAML files of samples, each with what is asked and what is expected. Pure.

docs/evaluation.md describes the files.
"""

import datetime
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Literal, TypeVar

import msgspec
import yaml

from tuppence.enrichment import evaluation_shapes as shapes
from tuppence.enrichment.evaluation_shapes import Call
from tuppence.enrichment.tasks import Question
from tuppence.ledger.categories import Category
from tuppence.ledger.default_categories import DEFAULT_CATEGORIES
from tuppence.ledger.household import currency_code
from tuppence.ledger.merchants import Merchant, host_name
from tuppence.ledger.names import name_key
from tuppence.money import InexactAmount, Money, minor_units

Subject = Literal["categorize", "merchants", "chat"]
"""What is evaluated."""

_TYPES: Mapping[str, Subject] = {
    "categorization": "categorize",
    "categorize": "categorize",
    "merchant_detection": "merchants",
    "merchants": "merchants",
    "chat": "chat",
}
_CURRENCY = "USD"
_ACCOUNT = "Checking"


class EvaluationUnusable(ValueError):
    """The file is not what such an evaluation needs; the message is a sentence that says where and why."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CategorySample:
    """A transaction, and under which category it belongs."""

    id: str
    difficulty: str
    """As the file calls it; empty when it does not say."""
    question: Question
    expected: int | None
    """The id of a category; None: nothing should be said."""
    accepted: frozenset[int | None]
    """Everything that is right, `expected` included."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CategoryFile:
    """Transactions with their categories."""

    categories: Sequence[Category]
    """In the order of `list_categories`."""
    samples: Sequence[CategorySample]


@dataclass(frozen=True, slots=True, kw_only=True)
class MerchantSample:
    """A transaction, and which business stands behind it."""

    id: str
    difficulty: str
    question: Question
    accepted: tuple[str | None, ...]
    """Everything that is right: first what is expected. None: nothing should be said."""
    website: str | None
    """A host name without www; None: it does not matter."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MerchantFile:
    """Transactions with their merchants."""

    known: Sequence[Merchant]
    """Those that the household has already."""
    samples: Sequence[MerchantSample]


@dataclass(frozen=True, slots=True, kw_only=True)
class ChatSample:
    """A question to the assistant, and what its answer needs."""

    id: str
    difficulty: str
    prompt: str
    calls: tuple[Call, ...]
    """Empty: no function should be called."""
    words: tuple[str, ...]
    """What the answer has to contain, in any case of letters."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ChatTransaction:
    """A transaction of the household that is asked about."""

    date: datetime.date
    amount: Money
    """Negative is money out."""
    description: str
    payee: str | None
    category: str | None
    """By name."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ChatAccount:
    """An account of that household."""

    name: str
    currency: str
    balance: Money | None
    """At the end of the day on which is asked; None when unknown."""
    transactions: Sequence[ChatTransaction]


@dataclass(frozen=True, slots=True, kw_only=True)
class ChatFile:
    """Questions to the assistant."""

    today: datetime.date | None
    """The day on which they are asked; None: whenever."""
    currency: str
    accounts: Sequence[ChatAccount]
    """Without any the household that is asked about is an invented one."""
    samples: Sequence[ChatSample]


def category_file(data: bytes) -> CategoryFile:
    """The transactions with their categories in `data`. Raises EvaluationUnusable."""
    read = _read(data, "categorize", shapes.CategoryContent)
    ordered = _categories(read.context.categories)
    ids = {name_key(category.name): category.id for category in ordered}

    def label(name: str | None, where: str) -> int | None:
        if name is None:
            return None
        if (found := ids.get(name_key(name))) is None:
            raise EvaluationUnusable(f"{where} expects “{name}”, which is not among context.categories.")
        return found

    samples = []
    for number, where, sample in _numbered(read.samples):
        expected = label(sample.expected.category_name, where)
        others = [label(name, where) for name in sample.expected.acceptable_alternatives or ()]
        samples.append(
            CategorySample(
                id=_id(sample, number),
                difficulty=sample.difficulty or "",
                question=_question(number, where, sample.input, read.context),
                expected=expected,
                accepted=frozenset([expected, *others]),
            )
        )
    return CategoryFile(categories=ordered, samples=samples)


def merchant_file(data: bytes) -> MerchantFile:
    """The transactions with their merchants in `data`. Raises EvaluationUnusable."""
    read = _read(data, "merchants", shapes.MerchantContent)
    known = [
        Merchant(number, each.name, _website(each.website, f"Merchant {number} of context.merchants"))
        for number, each in enumerate(read.context.merchants, 1)
    ]
    samples = []
    for number, where, sample in _numbered(read.samples):
        expected = sample.expected
        if expected.merchant_name is msgspec.UNSET and expected.business_name is msgspec.UNSET:
            raise EvaluationUnusable(f"{where} does not say its merchant_name. Where none should be named, it is null.")
        name = expected.business_name if expected.merchant_name is msgspec.UNSET else expected.merchant_name
        assert not isinstance(name, msgspec.UnsetType)
        samples.append(
            MerchantSample(
                id=_id(sample, number),
                difficulty=sample.difficulty or "",
                question=_question(number, where, sample.input, read.context),
                accepted=(name, *(expected.acceptable_alternatives or ())),
                website=_website(expected.website or expected.business_url, where),
            )
        )
    return MerchantFile(known=known, samples=samples)


def chat_file(data: bytes) -> ChatFile:
    """The questions to the assistant in `data`. Raises EvaluationUnusable."""
    read = _read(data, "chat", shapes.ChatContent)
    context = read.context
    samples = []
    for number, where, sample in _numbered(read.samples):
        if not sample.input.prompt.strip():
            raise EvaluationUnusable(f"The prompt of {where} is empty.")
        samples.append(
            ChatSample(
                id=_id(sample, number),
                difficulty=sample.difficulty or "",
                prompt=sample.input.prompt,
                calls=tuple(sample.expected.functions or ()),
                words=tuple(map(str, sample.expected.response_contains or ())),
            )
        )
    return ChatFile(
        today=context.today,
        currency=_currency(context.currency, "context"),
        accounts=_accounts(context),
        samples=samples,
    )


# ------------------------------------------------------------------------------------------------------------ reading


Content = TypeVar("Content", shapes.CategoryContent, shapes.MerchantContent, shapes.ChatContent)
SomeSample = TypeVar("SomeSample", bound=shapes.Sample)


def _read(data: bytes, subject: Subject, shape: type[Content]) -> Content:
    try:
        said = yaml.safe_load(data)
    except (yaml.YAMLError, ValueError, RecursionError) as error:  # ValueError: such as a day that does not exist
        mark = getattr(error, "problem_mark", None)
        where = f" (line {mark.line + 1})" if mark is not None else ""
        raise EvaluationUnusable(f"This is no YAML that can be read{where}.") from error
    if not isinstance(said, dict):
        raise EvaluationUnusable("This is no data for an evaluation: `samples` is missing.")
    if said.get("context") is None:
        said.pop("context", None)
    kind = said.get("eval_type")
    if kind is not None and _TYPES.get(str(kind)) != subject:
        raise EvaluationUnusable(f"The file is for “{kind}” (its eval_type), not for {subject}.")
    try:
        content = msgspec.convert(said, shape)
    except (msgspec.ValidationError, RecursionError) as error:
        raise EvaluationUnusable(f"This is no data for evaluating {subject}: {_fault(error)}.") from error
    if not content.samples:
        raise EvaluationUnusable("There is nothing in `samples`.")
    return content


def _fault(error: Exception) -> str:
    if isinstance(error, RecursionError):
        return "it is nested too deeply"
    what, _, where = str(error).partition(" - at ")
    place = where.strip("`").removeprefix("$.")
    return f"{what[:1].lower()}{what[1:]}" + (f", at {place}" if place else "")


def _numbered(samples: Sequence[SomeSample]) -> Iterator[tuple[int, str, SomeSample]]:
    """Each sample with its number from 1, and with what to call it in a sentence."""
    for number, sample in enumerate(samples, 1):
        yield number, f"Sample {_id(sample, number)}", sample


def _id(sample: shapes.Sample, number: int) -> str:
    return str(number if sample.id is None else sample.id)


def _question(number: int, where: str, given: shapes.Transaction, context: shapes.Context) -> Question:
    if not given.description.strip():
        raise EvaluationUnusable(f"The description of {where} is empty.")
    currency = _currency(given.currency or context.currency, where)
    return Question(
        id=number,
        description=given.description,
        payee=given.payee,
        memo=given.memo,
        amount=_money(given.amount, given.classification, currency, where),
        date=given.date or context.today,
        account=given.account or _ACCOUNT,
    )


def _money(
    amount: Decimal | float, classification: Literal["income", "expense"] | None, currency: str, where: str
) -> Money:
    """An amount as people label it: with `classification` its sign does not count. Raises EvaluationUnusable."""
    exact = Decimal(str(amount))  # the shortest text of a float is what the file says
    if classification is not None:
        exact = abs(exact) if classification == "income" else -abs(exact)
    try:
        return Money(minor_units(exact, currency), currency)
    except InexactAmount as error:
        raise EvaluationUnusable(f"{where}: {error}.") from error


def _currency(code: str | None, where: str) -> str:
    try:
        return currency_code(code or _CURRENCY)
    except ValueError as error:
        raise EvaluationUnusable(f"{where}: {error}") from error


def _website(text: str | None, where: str) -> str | None:
    try:
        return host_name(text) if text else None
    except ValueError as error:
        raise EvaluationUnusable(f"{where}: {error}") from error


def _accounts(context: shapes.ChatContext) -> list[ChatAccount]:
    """With their transactions. An account that only transactions name is one, too."""
    listed = {name_key(each.name): each for each in context.accounts or ()}
    if len(listed) < len(context.accounts or ()) or "" in listed:
        raise EvaluationUnusable("Each of context.accounts needs a name of its own.")
    rows: dict[str, list[shapes.Row]] = {key: [] for key in listed}
    for row in context.transactions or ():
        key = name_key(row.account)
        listed.setdefault(key, shapes.Account(name=row.account))
        rows.setdefault(key, []).append(row)
    return [_account(each, rows[key], context) for key, each in listed.items()]


def _account(account: shapes.Account, rows: Sequence[shapes.Row], context: shapes.ChatContext) -> ChatAccount:
    where = f"The account “{account.name}”"
    currency = _currency(account.currency or context.currency, where)
    return ChatAccount(
        name=account.name,
        currency=currency,
        balance=None if account.balance is None else _money(account.balance, None, currency, where),
        transactions=[
            ChatTransaction(
                date=row.date,
                amount=_money(row.amount, row.classification, currency, f"The transaction “{row.description}”"),
                description=row.description,
                payee=row.payee,
                category=row.category,
            )
            for row in rows
        ],
    )


def _categories(given: Sequence[shapes.Category]) -> list[Category]:
    """As values, each parent followed by its children; without any those that a new household has."""
    named = {name_key(each.name) for each in given}
    if len(named) < len(given) or "" in named:
        raise EvaluationUnusable("Each of context.categories needs a name of its own.")
    listed = given or _default_categories()
    ids = {each.id: number for number, each in enumerate(listed, 1) if each.id is not None}
    children: dict[int | None, list[Category]] = {}
    for number, each in enumerate(listed, 1):
        if each.parent_id is not None and each.parent_id not in ids:
            raise EvaluationUnusable(f"The category “{each.name}” has the parent_id {each.parent_id}, which none has.")
        parent = None if each.parent_id is None else ids[each.parent_id]
        children.setdefault(parent, []).append(Category(number, each.name, each.classification or "expense", parent))
    ordered = list(_tree(None, children))
    if len(ordered) < len(listed):
        raise EvaluationUnusable("Some of context.categories are under one another in a circle.")
    return ordered


def _tree(parent: int | None, children: Mapping[int | None, Sequence[Category]]) -> Iterator[Category]:
    for category in children.get(parent, ()):
        yield category
        yield from _tree(category.id, children)


def _default_categories() -> list[shapes.Category]:
    return [
        shapes.Category(name=name, id=name, classification=kind, parent_id=None if name == parent else parent)  # type: ignore[arg-type]
        for kind, tree in DEFAULT_CATEGORIES.items()
        for parent, names in tree.items()
        for name in (parent, *names)
    ]
