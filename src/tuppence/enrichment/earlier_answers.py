"""What a model said of the same words before: it is not paid for twice."""

from collections.abc import Iterable

from sqlalchemy.ext.asyncio import AsyncConnection

from tuppence.enrichment.entries import Entry, Filing, Kind, entries_of, filings
from tuppence.ledger.household import Ledger

_NEWEST = 20_000
"""So many filings of a model are looked at: the words of a new transaction are seldom older than that."""

_Key = tuple[str, int]


def same_words(entry: Entry) -> _Key | None:
    """What transactions have in common that are asked about as one: words, and the direction of the money.

    Where the words name nobody, all that the bank says has to be the same. None where it says nothing.
    """
    words = entry.words or entry.payee or "\n".join(entry.folded)
    return (words, entry.sign) if words else None


class EarlierAnswers:
    """Looks up what a model said, as long as it always said the same, and no person said anything else."""

    def __init__(self, answered: Iterable[Filing], unsure: Iterable[Entry], by_people: Iterable[Filing]) -> None:
        """answered: what models filed. unsure: of which they would not say anything. by_people: what people filed."""
        labels: dict[_Key | None, set[int | None]] = {}
        for filing in (*answered, *by_people):
            labels.setdefault(same_words(filing.entry), set()).add(filing.label)
        said = {same_words(filing.entry) for filing in answered}
        self._answers = {key: next(iter(found)) for key, found in labels.items() if key in said and len(found) == 1}
        self._unsure = {same_words(entry) for entry in unsure} - self._answers.keys()

    def label(self, entry: Entry) -> int | None:
        """The id of the category or merchant; None: nothing is known."""
        key = same_words(entry)
        return None if key is None else self._answers.get(key)

    def is_unsure(self, entry: Entry) -> bool:
        """Whether a model was asked about these words and was not sure."""
        key = same_words(entry)
        return key is not None and key in self._unsure


async def earlier_answers(
    connection: AsyncConnection, ledger: Ledger, kind: Kind, unsure: Iterable[int]
) -> EarlierAnswers:
    """The household's. unsure: the ids of the transactions of which a model was not sure."""
    return EarlierAnswers(
        await filings(connection, ledger, kind, "model", _NEWEST),
        await entries_of(connection, ledger, [*unsure]),
        await filings(connection, ledger, kind),
    )
