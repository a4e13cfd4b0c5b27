"""Results put into words: a sentence, a small table, and what it covers. Every figure comes from a result."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal
from typing import Any

from tuppence.understudy.repertoire.asks import Ask, Topic
from tuppence.understudy.repertoire.figures import (
    Money,
    Row,
    figures,
    names_in,
    row_named,
    rows,
    total_of,
    whole_number,
)
from tuppence.understudy.repertoire.periods import Period, spanned
from tuppence.understudy.repertoire.plans import Done, periods_of, subject_of
from tuppence.understudy.repertoire.subjects import matching_name
from tuppence.understudy.reply import compact_json

INTRODUCTION = (
    "I am the understudy, a scripted stand-in that ships with Tuppence. I am not a language model: I recognise a few"
    " kinds of questions by their words, call the functions I am offered and put their results into sentences."
)
_CAN_ANSWER = """You can ask me about

- balances and net worth: *What is my net worth?*
- spending: *What did I spend on groceries in March?*
- income and cash flow: *How was my cash flow this year?*
- purchases: *What were my largest purchases last month?*
- subscriptions: *Which subscriptions do I have?*
- comparisons: *Compare my spending in March and April*
- categories and merchants: *Which categories are there?*"""
_SHOWN = 10
_LONGEST_RESULT = 300
_SPENT = (
    "spent",
    "spending",
    "expenses",
    "expense",
    "total_expenses",
    "money_out",
    "out",
    "outflow",
    "total",
    "totals",
    "sum",
)
_EARNED = ("income", "total_income", "earned", "money_in", "in", "inflow")
_NET = ("net", "net_income", "cash_flow", "net_cash_flow", "saved", "savings", "difference", "surplus")
_COUNTS = (
    "found",
    "transactions_counted",
    "rows",
    "transactions",
    "count",
    "row_count",
    "transaction_count",
    "number_of_rows",
    "total_count",
    "matching",
)


def introduction() -> str:
    """What the understudy is and what it can answer."""
    return f"{INTRODUCTION}\n\n{_CAN_ANSWER}"


def outside() -> str:
    """The answer to a question that is not in the repertoire."""
    return f"{INTRODUCTION} That question is not in my repertoire.\n\n{_CAN_ANSWER}"


def unanswerable(functions: Sequence[str]) -> str:
    """The answer when the functions it would take were not on offer or may not be called."""
    wanted = " or ".join(f"`{name}`" for name in functions)
    return f"{INTRODUCTION} To answer that I would have to call {wanted}, which I cannot do in this conversation."


def uncalled(functions: Sequence[str]) -> str:
    """The answer to "call ..." when there is nothing to call or calls are forbidden."""
    wanted = " and ".join(f"`{name}`" for name in functions) or "any function"
    return f"I cannot call {wanted} in this conversation."


def called(done: Sequence[Done]) -> str:
    """The answer to "call ..." once it is done."""
    return "\n".join(f"`{one.function}` answered {_brought(one)}" for one in done)


def _brought(done: Done) -> str:
    brought = compact_json(done.result) if done.result is not None else done.error or ""
    return brought[:_LONGEST_RESULT]


def failed(done: Done) -> str:
    """The answer when a function brought an error."""
    hint = f" {_sentence(done.hint)}" if done.hint else ""
    return f"I could not look that up: `{done.function}` answered “{_sentence(done.error or 'an error')}”{hint}"


def answer(ask: Ask, done: Sequence[Done]) -> str:
    """The Markdown answer to the question."""
    return _ANSWERS[ask.topic](ask, [one for one in done if one.error is None])


def _balances(ask: Ask, done: Sequence[Done]) -> str:
    result = _result(done, "get_accounts")
    lines = rows(result, "accounts")
    if not lines:
        return "No accounts have been set up yet."
    meant = matching_name(ask.subject, [line.name for line in lines]) if ask.subject else None
    if meant is not None:
        balance = next(line.money for line in lines if line.name == meant)
        return f"The balance of {_cell(meant)} is **{_amount(balance)}**."
    count = f"{len(lines)} account{'s' * (len(lines) != 1)}"
    unknown = sum(line.money is None for line in lines)
    note = f" The balance of {unknown} of them is unknown until a statement or you say what it is." if unknown else ""
    table = _table(("Account", "Balance"), [(line.name, _amount(line.money)) for line in lines])
    return f"You have {count}.{note}\n\n{table}"


def _net_worth(ask: Ask, done: Sequence[Done]) -> str:
    result = _result(done, "get_balance_sheet")
    parts = {
        "Net worth": figures(result, ("net_worth", "net", "equity", "net_worths")),
        "Assets": figures(result, ("assets", "total_assets")),
        "Liabilities": figures(result, ("liabilities", "total_liabilities", "debts")),
    }
    lines = [(name, _amounts(amounts)) for name, amounts in parts.items() if amounts]
    accounts = (*rows(result, "assets"), *rows(result, "liabilities")) or rows(result, "accounts")
    unknown = [name for name in _object(result).get("unknown_balances") or () if isinstance(name, str)]
    if not lines and not accounts:
        return "No balance is known yet, so neither is the net worth."
    first = f"Your net worth is **{lines[0][1]}**." if parts["Net worth"] else "This is what is known of your balances."
    tables = [_table(("", "Amount"), lines)] if lines else []
    if accounts:
        tables.append(_table(("Account", "Balance"), [(line.name, _amount(line.money)) for line in accounts]))
    note = f"Not in these figures, because the balance is unknown: {', '.join(map(_cell, unknown))}." if unknown else ""
    return _paragraphs(first + _covers(result), *tables, note)


def _spending(ask: Ask, done: Sequence[Done]) -> str:
    period = spanned(periods_of(ask))
    statement = _result(done, "get_income_statement")
    subject = subject_of(ask, done)
    if subject.name is None:
        return _breakdown(period, statement)
    found = _result(done, "get_transactions")
    spent = _spent_on(subject.category, statement, found)
    lines = rows(found, "transactions", "rows")
    if not lines:
        return f"I found no spending {_on(ask, subject.name)} {period.label}.{_known_days(found)}"
    first = f"You spent **{_amounts(spent)}** {_on(ask, subject.name)} {period.label}."
    return _paragraphs(first + _covers(found), _transactions_table(lines))


def _spent_on(category: str | None, statement: Any, found: Any) -> tuple[Money, ...]:
    """The totals of all that was found less what came back, else the statement's line, else the sum of the rows."""
    totals = {key: value for key, value in _object(found).items() if key != "transactions"}
    if net := figures(totals, ("net",)):
        return tuple(Money(-amount.amount, amount.currency) for amount in net)
    if spent := figures(totals, _SPENT):
        return _absolute(spent)
    if category is not None and (lines := row_named(statement, category)):
        return _absolute(total_of(lines))
    return _absolute(total_of(rows(found, "transactions", "rows")))


def _breakdown(period: Period, statement: Any) -> str:
    spent = tuple(abs(amount) for amount in figures(statement, _SPENT))
    lines = rows(statement, "spending_by_category", "expenses", "spending", "categories")
    if not spent and not lines:
        return f"I found no spending {period.label}.{_known_days(statement)}"
    first = f"You spent **{_amounts(spent or total_of(lines))}** {period.label}.{_covers(statement)}"
    largest = sorted(lines, key=_size, reverse=True)[:_SHOWN]
    shown = [(line.name, _amount(abs(line.money) if line.money else None)) for line in largest]
    return _paragraphs(first, _table(("Category", "Spent"), shown), _left_out(len(lines)))


def _income(ask: Ask, done: Sequence[Done]) -> str:
    period = spanned(periods_of(ask))
    statement = _result(done, "get_income_statement")
    earned = figures(statement, _EARNED)
    if not earned:
        return f"I found no income {period.label}.{_known_days(statement)}"
    lines = rows(statement, "income_by_category", "income")
    table = _table(("Source", "Amount"), [(line.name, _amount(line.money)) for line in lines[:_SHOWN]])
    return _paragraphs(f"Your income {period.label} was **{_amounts(earned)}**.{_covers(statement)}", table)


def _cash_flow(ask: Ask, done: Sequence[Done]) -> str:
    period = spanned(periods_of(ask))
    statement = _result(done, "get_income_statement")
    income, spent, net = (figures(statement, names) for names in (_EARNED, _SPENT, _NET))
    if not (income or spent or net):
        return f"I found neither income nor spending {period.label}.{_known_days(statement)}"
    direction = "more came in than went out" if net and net[0].amount >= 0 else "more went out than came in"
    first = (
        f"{_sentence(period.label, '')} {direction}: **{_amounts(net)}**." if net else f"Your cash flow {period.label}:"
    )
    lines = [("Income", income), ("Spending", tuple(abs(amount) for amount in spent)), ("Net", net)]
    table = _table(("", "Amount"), [(name, _amounts(amounts)) for name, amounts in lines if amounts])
    return _paragraphs(first + _covers(statement), table)


def _comparison(ask: Ask, done: Sequence[Done]) -> str:
    subject = subject_of(ask, done)
    function = "get_transactions" if subject.name else "get_income_statement"
    results = [one.result for one in done if one.function == function]
    pairs = list(zip(periods_of(ask), results, strict=False))
    spent = [_spent_on(subject.category, None, r) if subject.name else _absolute(figures(r, _SPENT)) for _, r in pairs]
    labels = [period.label.removeprefix("in ") for period, _ in pairs]
    about = f" {_on(ask, subject.name)}" if subject.name else ""
    first = f"This is what you spent{about}."
    if len(spent) == 2 and len(spent[0]) == len(spent[1]) == 1:
        change = spent[1][0].amount - spent[0][0].amount
        words = (
            "the same"
            if not change
            else f"{Money(abs(change), spent[1][0].currency)} {'more' if change > 0 else 'less'}"
        )
        first = (
            f"You spent **{words}**{about} {pairs[1][0].label} {'as' if not change else 'than'} {pairs[0][0].label}."
        )
    if subject.name:
        table = _table(("Period", "Spent"), [(label, _amounts(s)) for label, s in zip(labels, spent, strict=True)])
    else:
        lines = [
            (label, _amounts(figures(result, _EARNED)), _amounts(s), _amounts(figures(result, _NET)))
            for label, (_, result), s in zip(labels, pairs, spent, strict=True)
        ]
        table = _table(("Period", "Income", "Spent", "Net"), lines)
    return _paragraphs(first, table)


def _largest(ask: Ask, done: Sequence[Done]) -> str:
    period = spanned(periods_of(ask))
    found = _result(done, "get_transactions")
    lines = sorted((r for r in rows(found, "transactions", "rows") if r.money), key=_size, reverse=True)
    lines = [line for line in lines if line.money and line.money.amount < 0] or lines
    if not lines:
        return f"I found no purchases {period.label}.{_known_days(found)}"
    top = lines[0]
    amount = _amount(abs(top.money) if top.money else None)
    day = f" on {top.day}" if top.day else ""
    first = f"Your largest purchase {period.label} was **{_cell(top.name)}** for **{amount}**{day}.{_covers(found)}"
    return _paragraphs(first, _transactions_table(lines[: ask.count or _SHOWN]))


def _transactions(ask: Ask, done: Sequence[Done]) -> str:
    found = _result(done, "get_transactions")
    lines = rows(found, "transactions", "rows")
    when = f" {spanned(ask.periods).label}" if ask.periods else ""
    subject = subject_of(ask, done).name
    about = f" {_on(ask, subject)}" if subject else ""
    if not lines:
        return f"I found no transactions{about}{when}.{_known_days(found)}"
    first = f"These are your latest transactions{about}{when}.{_covers(found)}"
    return _paragraphs(first, _transactions_table(lines[: ask.count or _SHOWN]))


def _subscriptions(ask: Ask, done: Sequence[Done]) -> str:
    period = spanned(periods_of(ask))
    found = _result(done, "get_transactions")
    latest: dict[str, Row] = {}
    for line in rows(found, "transactions", "rows"):
        name = _merchant(line)
        if name not in latest or (line.day or "") > (latest[name].day or ""):
            latest[name] = line
    if not latest:
        return f"I found no subscriptions {period.label}."
    count = f"{len(latest)} subscription{'s' * (len(latest) != 1)}"
    lines = [(name, line.day or "", _amount(abs(line.money) if line.money else None)) for name, line in latest.items()]
    table = _table(("Subscription", "Last paid", "Amount"), sorted(lines))
    return _paragraphs(f"I found {count} {period.label}, by what was last paid.{_covers(found)}", table)


def _categories(ask: Ask, done: Sequence[Done]) -> str:
    return _list_of_names(names_in(_result(done, "get_categories")), "category", "categories")


def _merchants(ask: Ask, done: Sequence[Done]) -> str:
    result = _result(done, "get_merchants")
    lines = rows(result, "merchants")
    if not any(line.money for line in lines):
        return _list_of_names(names_in(result), "merchant", "merchants")
    table = _table(("Merchant", "Spent"), [(line.name, _amount(line.money)) for line in lines])
    return _paragraphs(f"These are your merchants.{_covers(result)}", table)


def _list_of_names(names: Sequence[str], what: str, many: str) -> str:
    if not names:
        return f"There are no {many} yet."
    most = 200
    count = f"is 1 {what}" if len(names) == 1 else f"are {len(names)} {many}"
    listed = "\n".join(f"- {_cell(name)}" for name in names[:most])
    return _paragraphs(f"There {count}.", listed, _left_out(len(names), most))


_ANSWERS: Mapping[Topic, Callable[[Ask, Sequence[Done]], str]] = {
    Topic.BALANCES: _balances,
    Topic.NET_WORTH: _net_worth,
    Topic.SPENDING: _spending,
    Topic.INCOME: _income,
    Topic.CASH_FLOW: _cash_flow,
    Topic.COMPARISON: _comparison,
    Topic.LARGEST: _largest,
    Topic.TRANSACTIONS: _transactions,
    Topic.SUBSCRIPTIONS: _subscriptions,
    Topic.CATEGORIES: _categories,
    Topic.MERCHANTS: _merchants,
}


def _result(done: Sequence[Done], function: str) -> Any:
    """The last result of `function`, or None."""
    return next((one.result for one in reversed(done) if one.function == function), None)


def _object(value: Any) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def _on(ask: Ask, name: str | None) -> str:
    words = _cell(name or "")
    return (
        f"on {words}"
        if matching_name(words, [ask.subject or ""]) or ask.topic is not Topic.TRANSACTIONS
        else f"for {words}"
    )


def _covers(result: Any) -> str:
    """What the result says it covers, as a sentence with a space before it; empty when it says nothing."""
    covered = _object(result).get("covers") or _object(result).get("coverage") or _object(result)
    count = whole_number(covered, _COUNTS)
    if count is None:
        return ""
    notes = [f" {_sentence(f'based on {count:,} transaction' + 's' * (count != 1), '')}"]
    for names, words in (
        (("pending", "pending_rows"), "pending"),
        (("uncategorised", "uncategorized", "without_category"), "without a category"),
        (("transfers_left_out", "transfers"), "transfers between your own accounts left out"),
        (("not_listed", "missing", "not_shown", "more"), "more not shown"),
    ):
        if number := whole_number(result, names):
            notes.append(f"{number:,} {words}")
    return ", ".join(notes) + "."


def _known_days(result: Any) -> str:
    """From when to when there are transactions at all, with a space before it, if an empty result says so."""
    days = _object(result).get("ledger_has_transactions_between")
    if not isinstance(days, dict) or not days.get("since"):
        return ""
    return f" There are transactions from {days['since']} to {days.get('until')}."


def _transactions_table(lines: Sequence[Row]) -> str:
    shown = [(line.day or "", _merchant(line), line.category or "", _amount(line.money)) for line in lines[:50]]
    return _table(("Date", "What", "Category", "Amount"), shown)


def _table(head: Sequence[str], lines: Sequence[Sequence[str]]) -> str:
    """A Markdown table, the last columns of money to the right; empty without lines."""
    if not lines:
        return ""
    right = {"Amount", "Balance", "Spent", "Income", "Net"}
    rule = ["---:" if name in right else "---" for name in head]
    return "\n".join(f"| {' | '.join(_cell(cell) for cell in line)} |" for line in (head, rule, *lines))


def _cell(text: str) -> str:
    """The text as one cell: on one line, with Markdown's own characters made harmless."""
    return " ".join(text.split()).replace("|", "\\|").replace("`", "'").replace("<", "‹").replace(">", "›")


def _merchant(line: Row) -> str:
    merchant = line.raw.get("merchant")
    name = merchant.get("name") if isinstance(merchant, dict) else merchant
    return name if isinstance(name, str) and name else line.name


def _size(line: Row) -> Decimal:
    return abs(line.money.amount) if line.money else Decimal(0)


def _absolute(amounts: Sequence[Money]) -> tuple[Money, ...]:
    return tuple(abs(amount) for amount in amounts)


def _amount(amount: Money | None) -> str:
    return "unknown" if amount is None else str(amount)


def _amounts(amounts: Sequence[Money]) -> str:
    return " and ".join(str(amount) for amount in amounts) or "unknown"


def _sentence(text: str, end: str = ".") -> str:
    text = text.strip()
    return text[:1].upper() + text[1:] + (end if end and text[-1:] not in ".!?" else "")


def _left_out(count: int, shown: int = _SHOWN) -> str:
    return f"{count - shown} more are not listed here." if count > shown else ""


def _paragraphs(*parts: str) -> str:
    return "\n\n".join(part for part in parts if part)
