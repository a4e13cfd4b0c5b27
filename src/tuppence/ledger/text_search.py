"""Search in the words of transactions. SQLite looks into its trigram index, PostgreSQL has one that serves ILIKE."""

from sqlalchemy import ColumnElement, and_, column, or_, select, table

from tuppence.ledger.household import Ledger
from tuppence.store.tables import merchants, transactions

SHORTEST_INDEXED = 3  # characters; trigrams know nothing of shorter words
_SEARCHED = (transactions.c.description, transactions.c.payee, transactions.c.memo, transactions.c.notes)
_index = table("transactions_search", column("rowid"), column("transactions_search"))


def matches_text(ledger: Ledger, text: str, dialect: str) -> ColumnElement[bool] | None:
    """True for transactions that hold every word of `text`, in part or whole and in any case.

    The words are looked for in description, payee, memo and notes together, or all in the merchant's name. `dialect` is
    SQLAlchemy's name of the database. None when `text` has no words, as then nothing is asked.
    """
    words = text.replace("\0", " ").split()
    if not words:
        return None
    of_merchant = select(merchants.c.id).where(
        merchants.c.household_id == ledger.household,
        *(merchants.c.name.icontains(word, autoescape=True) for word in words),
    )
    by_merchant = select(transactions.c.id).where(
        transactions.c.household_id == ledger.household, transactions.c.merchant_id.in_(of_merchant)
    )
    long = [word for word in words if len(word) >= SHORTEST_INDEXED]
    if dialect != "sqlite" or not long:
        return or_(and_(*map(_contains, words)), transactions.c.id.in_(by_merchant))
    query = " ".join('"' + word.replace('"', '""') + '"' for word in long)
    by_words = select(transactions.c.id).where(
        transactions.c.id.in_(select(_index.c.rowid).where(_index.c.transactions_search.op("MATCH")(query))),
        *(_contains(word) for word in words if word not in long),
    )
    return transactions.c.id.in_(by_words.union(by_merchant))


def _contains(word: str) -> ColumnElement[bool]:
    return or_(*(text.icontains(word, autoescape=True) for text in _SEARCHED))
