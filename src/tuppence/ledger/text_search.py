"""Search in the words of transactions. SQLite looks into its trigram index, PostgreSQL has one that serves ILIKE."""

from collections.abc import Sequence

from sqlalchemy import ColumnElement, Select, and_, column, or_, select, table, union_all

from tuppence.ledger.household import Ledger
from tuppence.ledger.visibility import unindexed
from tuppence.store.tables import merchants, transactions

SHORTEST_INDEXED = 3  # characters; trigrams know nothing of shorter words
_SEARCHED = (transactions.c.description, transactions.c.payee, transactions.c.memo, transactions.c.notes)
_index = table("transactions_search", column("rowid"), column("transactions_search"))


def matches_text(ledger: Ledger, text: str, dialect: str) -> ColumnElement[bool] | None:
    """True for transactions that hold every word of `text`, in part or whole and in any case.

    The words are looked for in description, payee, memo and notes together, or all in the merchant's name. `dialect` is
    SQLAlchemy's name of the database. None when `text` has no words, as then nothing is asked.
    """
    if not (words := _words(text)):
        return None
    if dialect != "sqlite":
        return or_(_contain(words, dialect), transactions.c.merchant_id.in_(_merchants(ledger, words)))
    by_words = [_contains(word, dialect) for word in words if len(word) < SHORTEST_INDEXED]
    if long := _long(words):
        by_words.insert(0, unindexed(transactions.c.id).in_(_hits(long)))
    return or_(unindexed(transactions.c.merchant_id).in_(_merchants(ledger, words)), and_(*by_words))


def reads_as(ledger: Ledger, text: str, dialect: str) -> ColumnElement[bool] | None:
    """The same, but seen from each row's own words: sooner where only a few rows are looked at."""
    if not (words := _words(text)):
        return None
    return or_(_contain(words, dialect), transactions.c.merchant_id.in_(_merchants(ledger, words)))


def ids_with_text(ledger: Ledger, text: str, dialect: str) -> Select[tuple[int]] | None:
    """The ids of these transactions and of some more, found by the index; None where it knows none of the words."""
    words = _words(text)
    if dialect != "sqlite" or not (long := _long(words)):
        return None
    by_merchant = select(transactions.c.id).where(
        transactions.c.household_id == ledger.household, transactions.c.merchant_id.in_(_merchants(ledger, words))
    )
    either = union_all(_hits(long), by_merchant).subquery()
    return select(either.c.rowid)


def has_unindexed_words(text: str, dialect: str) -> bool:
    """Whether `text` has words, but none that the index knows."""
    return dialect == "sqlite" and bool(words := _words(text)) and not _long(words)


def _words(text: str) -> list[str]:
    return text.replace("\0", " ").split()


def _long(words: Sequence[str]) -> list[str]:
    return [word for word in words if len(word) >= SHORTEST_INDEXED]


def _hits(words: Sequence[str]) -> Select[tuple[int]]:
    query = " ".join('"' + word.replace('"', '""') + '"' for word in words)
    return select(_index.c.rowid).where(_index.c.transactions_search.op("MATCH")(query))


def _merchants(ledger: Ledger, words: Sequence[str]) -> Select[tuple[int]]:
    named = (merchants.c.name.icontains(word, autoescape=True) for word in words)
    return select(merchants.c.id).where(merchants.c.household_id == ledger.household, *named)


def _contain(words: Sequence[str], dialect: str) -> ColumnElement[bool]:
    return and_(*(_contains(word, dialect) for word in words))


def _contains(word: str, dialect: str) -> ColumnElement[bool]:
    """SQLite's LIKE pays no heed to case by itself; lowering each text first would double the time."""
    if dialect == "sqlite":
        return or_(*(text.contains(word, autoescape=True) for text in _SEARCHED))
    return or_(*(text.icontains(word, autoescape=True) for text in _SEARCHED))
