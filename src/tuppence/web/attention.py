"""What needs a person's attention: each thing in a sentence, with the place where something can be done about it."""

from __future__ import annotations

import datetime
from collections.abc import Sequence
from dataclasses import dataclass

from tuppence.assistant.household_providers import household_providers
from tuppence.ledger.import_history import imports_of
from tuppence.ledger.reports import AccountLine, Period, balance_sheet, loose_ends, span_of
from tuppence.ledger.stated_balances import Disagreement, disagreements
from tuppence.ledger.transfers import Pair, PossibleTransfers, possible_transfers
from tuppence.ledger.uploads import list_uploads
from tuppence.web.formats import Formats
from tuppence.web.parts import Parts
from tuppence.web.visitor import Visitor

OLD = datetime.timedelta(days=40)
"""Without a transaction for so long something is likely to be missing."""
NAMED = 3
"""So many accounts are named at most."""


@dataclass(frozen=True, slots=True)
class Matter:
    """Something to see to."""

    text: str
    href: str
    action: str
    """What the link says."""
    icon: str = "warning"


async def matters(visitor: Visitor, parts: Parts, today: datetime.date) -> list[Matter]:
    """All there is, the most pressing first."""
    ledger, formats = visitor.ledger, visitor.formats
    sheet = await balance_sheet(ledger, today)
    possible = await recent_possible_transfers(visitor, today)
    ends = await loose_ends(ledger)
    return [
        *await _provider(visitor, parts),
        *(_disagreement(one, formats) for one in await disagreements(ledger)),
        *await _open_files(visitor),
        *_unknown([line for line in sheet.unknown if not line.account.archived]),
        *_uncategorized(ends.uncategorized, formats),
        *_possible(possible.pairs, formats),
        *_old(await span_of(ledger), today, formats),
        *_pending(ends.pending, formats),
    ]


async def recent_possible_transfers(visitor: Visitor, today: datetime.date) -> PossibleTransfers:
    """Those of the last twelve months, of a very large household the latest only: older ones nobody remembers."""
    return await possible_transfers(visitor.ledger, Period(today, today).year_before().since)


async def _provider(visitor: Visitor, parts: Parts) -> list[Matter]:
    found = await household_providers(visitor.ledger, parts.settings, lambda: parts.keyfile)
    if found.available.configured:
        return []
    if visitor.is_owner:
        text = "Nobody can answer questions yet: no provider is set up."
        return [Matter(text, "/settings/providers", "Set one up", "chat")]
    return [
        Matter("Nobody can answer questions yet. The owner of the household can set up a provider.", "/chat", "Chat")
    ]


async def _open_files(visitor: Visitor) -> list[Matter]:
    """Files that were uploaded and of which nothing is imported."""
    uploads = await list_uploads(visitor.ledger)
    tokens = [token for upload in uploads for token in upload.outcome.imports]
    in_force = {one.token for one in await imports_of(visitor.ledger, tokens)}
    waiting = [upload for upload in uploads if not upload.importing and in_force.isdisjoint(upload.outcome.imports)]
    if not waiting:
        return []
    if len(waiting) == 1:
        text = f"{_isolated(waiting[0].filename)} is not imported yet."
        return [Matter(text, f"/import/{waiting[0].id}", "Go on", "import")]
    return [Matter(f"{visitor.formats.number(len(waiting))} files are not imported yet.", "/import", "Go on", "import")]


def _disagreement(one: Disagreement, formats: Formats) -> Matter:
    day, gap = formats.day(one.stated.anchor.date), formats.money(one.stated.gap)
    name, which_way = _isolated(one.account.name), "more" if one.stated.is_more else "less"
    text = f"{name}: the balance stated for {day} is {gap} {which_way} than its transactions lead to."
    return Matter(text, f"/accounts/{one.account.id}#stated", "Compare")


def _unknown(lines: Sequence[AccountLine]) -> list[Matter]:
    accounts = list(
        {line.account.id: line.account for line in lines if line.currency == line.account.currency}.values()
    )
    if not accounts:
        return []
    if len(accounts) == 1:
        text = f"The balance of {_isolated(accounts[0].name)} is not known."
        return [Matter(text, f"/accounts/{accounts[0].id}#stated", "State it")]
    names = ", ".join(_isolated(account.name) for account in accounts[:NAMED])
    more = f" and {len(accounts) - NAMED} more" if len(accounts) > NAMED else ""
    return [
        Matter(f"The balances of {len(accounts)} accounts are not known: {names}{more}.", "/accounts", "State them")
    ]


def _isolated(name: str) -> str:
    """A name whose direction of writing does not touch the sentence around it."""
    return f"\N{FIRST STRONG ISOLATE}{name}\N{POP DIRECTIONAL ISOLATE}"


def _uncategorized(count: int, formats: Formats) -> list[Matter]:
    if not count:
        return []
    text = f"{formats.number(count)} {'transaction has' if count == 1 else 'transactions have'} no category."
    return [Matter(text, "/transactions?uncategorized=yes", "File", "categories")]


def _possible(pairs: Sequence[Pair], formats: Formats) -> list[Matter]:
    count = len({out for out, _ in pairs})
    if not count:
        return []
    what = "payment could be a transfer" if count == 1 else "payments could be transfers"
    text = f"{formats.number(count)} {what} between your own accounts."
    return [Matter(text, "/overview/transfers", "Decide", "transfer")]


def _old(span: Period | None, today: datetime.date, formats: Formats) -> list[Matter]:
    if span is None or today - span.until < OLD:
        return []
    return [Matter(f"The latest transaction is of {formats.day(span.until)}.", "/import", "Import", "import")]


def _pending(count: int, formats: Formats) -> list[Matter]:
    if not count:
        return []
    text = f"{formats.number(count)} {'transaction is' if count == 1 else 'transactions are'} still pending."
    return [Matter(text, "/transactions?state=pending", "Look", "transactions")]
