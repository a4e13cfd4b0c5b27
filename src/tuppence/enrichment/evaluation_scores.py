"""What evaluations come to: each answer is judged against what was expected, and the judgements are added up. Pure."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

from tuppence.enrichment.evaluation_files import CategorySample, ChatSample, MerchantSample
from tuppence.enrichment.evaluation_shapes import Call
from tuppence.enrichment.merchant_spellings import spelling
from tuppence.enrichment.tasks import Verdict
from tuppence.ledger.categories import Category

Outcome = Literal["right", "wrong", "abstained", "unanswered"]
"""`abstained`: nothing was said although something should have been; to say nothing where that is expected is right.
`unanswered`: the model did answer, but nothing of it could be used."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Judged:
    """One sample, once it was asked about."""

    id: str
    difficulty: str
    expected: str | None
    """A category, a merchant, or functions, by name; None: there should be none."""
    said: str | None
    """The same; None: there was none, or nothing usable came."""
    outcome: Outcome
    parts: Mapping[str, bool] = field(default_factory=dict)
    """What else was looked at, by its name, and whether it was right."""


@dataclass(frozen=True, slots=True)
class Share:
    """So many of so many."""

    count: int
    of: int

    @property
    def ratio(self) -> float | None:
        """From 0 to 1; None of none."""
        return self.count / self.of if self.of else None


@dataclass(frozen=True, slots=True, kw_only=True)
class Scores:
    """Judgements added up."""

    right: Share
    """Of all that were asked about."""
    named: Share
    """How often it was right where it said something."""
    left_empty: Share
    """How often it said nothing where nothing should be said."""
    wrong: int
    abstained: int
    unanswered: int
    by_difficulty: Mapping[str, Share]
    """How often it was right, in the order in which the difficulties came; empty when the samples name none."""
    parts: Mapping[str, Share]
    """What else was looked at, by its name."""


def scores(judged: Sequence[Judged]) -> Scores:
    """What the judgements come to."""
    difficulties = dict.fromkeys(each.difficulty for each in judged)
    names = dict.fromkeys(name for each in judged for name in each.parts)
    said = [each for each in judged if each.said is not None]
    empty = [each for each in judged if each.expected is None]
    return Scores(
        right=_right(judged),
        named=_right(said),
        left_empty=Share(sum(each.said is None and each.outcome != "unanswered" for each in empty), len(empty)),
        wrong=_count(judged, "wrong"),
        abstained=_count(judged, "abstained"),
        unanswered=_count(judged, "unanswered"),
        by_difficulty={
            name: _right([each for each in judged if each.difficulty == name]) for name in difficulties if name
        },
        parts={name: _part(judged, name) for name in names},
    )


def judged_category(sample: CategorySample, verdict: Verdict | None, categories: Iterable[Category]) -> Judged:
    """What the verdict is worth; None: there is none. Right is every category that the sample accepts."""
    names = {category.id: category.name for category in categories}
    said = None if verdict is None else verdict.category_id
    return Judged(
        id=sample.id,
        difficulty=sample.difficulty,
        expected=None if sample.expected is None else names[sample.expected],
        said=None if said is None else names[said],
        outcome=_outcome(verdict is not None, said, said in sample.accepted),
    )


def judged_merchant(sample: MerchantSample, verdict: Verdict | None) -> Judged:
    """What the verdict is worth; None: there is none. Right is a name that would be merged with one that is accepted.

    The website is looked at besides, where the sample says one and the model named a merchant.
    """
    said = None if verdict is None else verdict.merchant_name
    parts = {}
    if verdict is not None and said is not None and sample.website is not None:
        parts["website"] = verdict.website == sample.website
    return Judged(
        id=sample.id,
        difficulty=sample.difficulty,
        expected=sample.accepted[0],
        said=said,
        outcome=_outcome(verdict is not None, said, any(is_same_merchant(said, name) for name in sample.accepted)),
        parts=parts,
    )


def is_same_merchant(said: str | None, expected: str | None) -> bool:
    """Whether the two are one name, or spellings that are merged; None is only the same as None."""
    if said is None or expected is None:
        return said is expected
    return spelling(said) == spelling(expected)


def judged_answer(sample: ChatSample, calls: Sequence[Call], answer: str) -> Judged:
    """What an answer is worth: `calls` were made for it.

    Right is one for which every function that is expected was called, with the arguments that are expected, whatever
    else was looked at; where none is expected none may be. It has to contain all the words that are expected.
    """
    called = all(any(_fits(call, expected) for call in calls) for expected in sample.calls)
    fits = called if sample.calls else not calls
    contained = all(word.casefold() in answer.casefold() for word in sample.words)
    outcome: Outcome = "right" if fits and contained else "abstained" if sample.calls and not calls else "wrong"
    parts = {"functions": fits, **({"words": contained} if sample.words else {})}
    return Judged(
        id=sample.id,
        difficulty=sample.difficulty,
        expected=_listed(sample.calls),
        said=_listed(calls),
        outcome=outcome,
        parts=parts,
    )


def _outcome(answered: bool, said: Any, is_accepted: bool) -> Outcome:
    if not answered:
        return "unanswered"
    return "right" if is_accepted else "abstained" if said is None else "wrong"


def _fits(call: Call, expected: Call) -> bool:
    return call.name == expected.name and all(
        name in call.params and _same(call.params[name], value) for name, value in expected.params.items()
    )


def _same(given: Any, expected: Any) -> bool:
    """Whether an argument is what a file says, which has days and numbers where JSON may have texts."""
    return given == expected or str(given).casefold() == str(expected).casefold()


def _listed(calls: Collection[Call]) -> str | None:
    return ", ".join(dict.fromkeys(call.name for call in calls)) or None


def _right(judged: Collection[Judged]) -> Share:
    return Share(_count(judged, "right"), len(judged))


def _count(judged: Iterable[Judged], outcome: Outcome) -> int:
    return sum(each.outcome == outcome for each in judged)


def _part(judged: Iterable[Judged], name: str) -> Share:
    seen = [each.parts[name] for each in judged if name in each.parts]
    return Share(sum(seen), len(seen))
