"""Which functions to call for a question, in stages: a stage may look at what the ones before it brought."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any

from tuppence.understudy.repertoire.arguments import Wish
from tuppence.understudy.repertoire.asks import Ask, Topic
from tuppence.understudy.repertoire.figures import names_in
from tuppence.understudy.repertoire.periods import Period, last_days, last_months, month_of, spanned
from tuppence.understudy.repertoire.subjects import matching_name

_OUT = ("out", "expense", "expenses", "spending", "debit", "money_out", "outflow", "negative")
_BY_SIZE = ("largest", "largest_first", "amount_desc", "-amount", "amount", "size")
_NEWEST = ("newest", "newest_first", "date_desc", "-date", "latest", "date")


@dataclass(frozen=True, slots=True)
class Done:
    """A call of this question with its result, parsed; `error` is what the function said instead."""

    function: str
    arguments: Mapping[str, Any]
    result: Any
    error: str | None = None
    hint: str | None = None


@dataclass(frozen=True, slots=True)
class Subject:
    """What the question is about, once it has been looked up: at most one of the three is set."""

    category: str | None = None
    merchant: str | None = None
    search: str | None = None

    @property
    def name(self) -> str | None:
        """As it is called in an answer."""
        return self.category or self.merchant or self.search


Stage = Callable[[Ask, Sequence[Done]], tuple[Wish, ...]]


def stages_for(ask: Ask) -> tuple[Stage, ...]:
    """The stages of the question's plan; none when nothing needs to be looked up."""
    return _PLANS.get(ask.topic, ())


def subject_of(ask: Ask, done: Sequence[Done]) -> Subject:
    """The category or merchant that the question means, by the lists that were looked up."""
    if ask.subject is None:
        return Subject()
    category = matching_name(ask.subject, _names(done, "get_categories"))
    if category is not None:
        return Subject(category=category)
    merchant = matching_name(ask.subject, _names(done, "get_merchants"))
    return Subject(merchant=merchant) if merchant is not None else Subject(search=ask.subject)


def periods_of(ask: Ask) -> tuple[Period, ...]:
    """The periods asked about, or the usual one for the topic. A comparison always has two."""
    if ask.topic is Topic.COMPARISON:
        given = tuple(sorted(ask.periods[:2], key=lambda period: period.since))
        this, last = last_days(30, ask.today), _shifted(last_days(30, ask.today))
        return given if len(given) == 2 else (_before(given[0]), given[0]) if given else (last, this)
    if ask.periods:
        return ask.periods
    match ask.topic:
        case Topic.CASH_FLOW | Topic.INCOME:
            return (last_months(12, ask.today),)
        case Topic.SUBSCRIPTIONS | Topic.LARGEST:
            return (last_days(90, ask.today),)
        case _:
            return (last_days(30, ask.today),)


def _names(done: Sequence[Done], function: str) -> tuple[str, ...]:
    return tuple(name for one in done if one.function == function for name in names_in(one.result))


def _before(period: Period) -> Period:
    """The period of the same kind before this one."""
    if period.month is None:
        return _shifted(period)
    earlier = period.since - timedelta(days=1)
    return month_of(earlier.year, earlier.month)


def _shifted(period: Period) -> Period:
    length = period.until - period.since
    until = period.since - timedelta(days=1)
    return Period(until - length, until, f"from {until - length} to {until}")


def _lists(ask: Ask, done: Sequence[Done]) -> tuple[Wish, ...]:
    return (Wish("get_categories"), Wish("get_merchants", limit=200)) if ask.subject else ()


def _found(ask: Ask, done: Sequence[Done], period: Period | None) -> Wish:
    """The transactions the question is about, refunds among them, as they make what something cost less."""
    subject = subject_of(ask, done)
    return Wish(
        "get_transactions",
        period,
        subject.category,
        subject.merchant,
        subject.search,
        limit=ask.count or 10,
        transfers=False,
    )


def _spending(ask: Ask, done: Sequence[Done]) -> tuple[Wish, ...]:
    subject = subject_of(ask, done)
    period = spanned(periods_of(ask))
    statement = Wish("get_income_statement", period, subject.category)
    if subject.name is None:
        return (statement,)
    found = replace(_found(ask, done, period), order=_BY_SIZE)
    return (statement, found) if subject.category else (found,)


def _statement(ask: Ask, done: Sequence[Done]) -> tuple[Wish, ...]:
    return (Wish("get_income_statement", period=spanned(periods_of(ask))),)


def _comparison(ask: Ask, done: Sequence[Done]) -> tuple[Wish, ...]:
    subject = subject_of(ask, done)
    if subject.name is None:
        return tuple(Wish("get_income_statement", period) for period in periods_of(ask))
    return tuple(_found(ask, done, period) for period in periods_of(ask))


def _largest(ask: Ask, done: Sequence[Done]) -> tuple[Wish, ...]:
    return (replace(_found(ask, done, spanned(periods_of(ask))), order=_BY_SIZE, direction=_OUT),)


def _transactions(ask: Ask, done: Sequence[Done]) -> tuple[Wish, ...]:
    period = spanned(ask.periods) if ask.periods else None
    return (replace(_found(ask, done, period), order=_NEWEST, transfers=None),)


def _subscriptions(ask: Ask, done: Sequence[Done]) -> tuple[Wish, ...]:
    category = matching_name("subscriptions", _names(done, "get_categories"))
    search = None if category else "subscription"
    period = spanned(periods_of(ask))
    return (Wish("get_transactions", period, category, search=search, limit=50, order=_NEWEST, direction=_OUT),)


def _call(function: str) -> Stage:
    return lambda ask, done: (Wish(function),)


_PLANS: Mapping[Topic, tuple[Stage, ...]] = {
    Topic.BALANCES: (_call("get_accounts"),),
    Topic.NET_WORTH: (_call("get_balance_sheet"),),
    Topic.CATEGORIES: (_call("get_categories"),),
    Topic.MERCHANTS: (_call("get_merchants"),),
    Topic.SPENDING: (_lists, _spending),
    Topic.INCOME: (_statement,),
    Topic.CASH_FLOW: (_statement,),
    Topic.COMPARISON: (_lists, _comparison),
    Topic.LARGEST: (_lists, _largest),
    Topic.TRANSACTIONS: (_lists, _transactions),
    Topic.SUBSCRIPTIONS: (_call("get_categories"), _subscriptions),
}
