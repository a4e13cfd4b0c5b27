"""Habits: memory goes before likeness, and likeness never speaks where people are undecided."""

from enrichment.filed import paid, several
from enrichment.test_classifier import BAKERY, PHARMACY, taught
from tuppence.enrichment.habits import Habits


def test_memory_goes_before_likeness() -> None:
    habit = Habits([*taught(), *several(8, BAKERY, "Apotheke Mirnitz")]).habit(paid("Apotheke Mirnitz"))
    assert habit is not None
    assert (habit.label, habit.source) == (BAKERY, "memory")


def test_what_is_new_is_filed_by_its_likeness() -> None:
    habit = Habits(taught()).habit(paid("Apotheke Mirnitz"))
    assert habit is not None
    assert (habit.label, habit.source) == (PHARMACY, "classifier")


def test_where_people_are_undecided_likeness_does_not_decide() -> None:
    undecided = [*several(1, PHARMACY, "Apotheke Mirnitz"), *several(1, BAKERY, "Apotheke Mirnitz")]
    assert Habits([*taught(), *undecided]).habit(paid("Apotheke Mirnitz", "-3.00")) is None


def test_likeness_does_not_contradict_the_one_filing_there_is() -> None:
    agreeing = Habits([*taught(), *several(1, PHARMACY, "Apotheke Mirnitz")]).habit(paid("Apotheke Mirnitz"))
    assert agreeing is not None
    assert (agreeing.label, agreeing.source) == (PHARMACY, "classifier")
    assert Habits([*taught(), *several(1, BAKERY, "Apotheke Mirnitz")]).habit(paid("Apotheke Mirnitz")) is None
