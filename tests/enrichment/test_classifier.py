"""The classifier: what it learns from likeness, and when it says nothing."""

from enrichment.filed import paid, several
from enrichment.invented_households import GERMAN, Style, history
from tuppence.enrichment.classifier import Classifier
from tuppence.enrichment.entries import Filing

PHARMACY, BAKERY = 1, 2
BEGINNINGS = ("Orl", "Vel", "Tram", "Bok", "Kest", "Hald")
ENDINGS = ("ik", "ana", "osch", "umer", "ede", "ilt", "on", "ara", "ent", "ulo")
NAMES = [beginning + ending for beginning in BEGINNINGS for ending in ENDINGS]


def taught() -> list[Filing]:
    """Sixty pharmacies and sixty bakeries, each seen once."""
    return [
        *(filing for name in NAMES for filing in several(1, PHARMACY, f"Apotheke {name}")),
        *(filing for name in NAMES for filing in several(1, BAKERY, f"{name}bäckerei")),
    ]


def test_a_word_that_tells_is_known_in_other_names() -> None:
    guess = Classifier(taught()).guess(paid("Apotheke Mirnitz"))
    assert guess is not None
    assert (guess.label, guess.because) == (PHARMACY, "apotheke")
    assert 0.97 <= guess.likelihood < 1


def test_a_part_of_a_word_tells_as_well() -> None:
    guess = Classifier(taught()).guess(paid("Mirobäckerei"))
    assert guess is not None
    assert guess.label == BAKERY


def test_what_is_like_nothing_stays_open() -> None:
    assert Classifier(taught()).guess(paid("Qwyxz")) is None


def test_few_filings_prove_nothing() -> None:
    few = [*several(1, PHARMACY, "Apotheke Orlik"), *several(1, PHARMACY, "Apotheke Velana")]
    assert Classifier([*few, *several(2, BAKERY, "Brot Tramosch")]).guess(paid("Apotheke Mirnitz")) is None
    assert Classifier([]).guess(paid("Apotheke Mirnitz")) is None


def test_vague_words_stay_open() -> None:
    assert Classifier(taught()).guess(paid("ATM WITHDRAWAL 4711")) is None


def test_words_that_do_not_foretell_are_not_trusted() -> None:
    """Where the same kind of name is filed anyhow, the classifier finds out that it would be wrong."""
    anyhow = [
        filing
        for number, name in enumerate(NAMES)
        for filing in several(1, (PHARMACY, BAKERY)[number % 7 % 2], f"Kontor {name}")
    ]
    assert Classifier(anyhow).guess(paid("Kontor Mirnitz")) is None


def test_the_same_words_do_not_speak_for_themselves() -> None:
    """A name of its own kind, filed once, is like nothing else."""
    assert Classifier([*taught(), *several(1, BAKERY, "Qwyxz Vhhkj")]).guess(paid("Qwyxz Vhhkj")) is None


def test_it_is_as_sure_as_it_says() -> None:
    filings = history(GERMAN, Style(rows=3000, regulars=120), 3)
    known, asked = filings[:1500], filings[1500:]
    classifier = Classifier(known)
    words = {filing.entry.words for filing in known}
    guesses = [(classifier.guess(each.entry), each) for each in asked if each.entry.words not in words]
    said = [(guess, each) for guess, each in guesses if guess is not None]
    assert len(said) > 100
    right = sum(guess.label == each.label for guess, each in said)
    assert right / len(said) > 0.95  # the words of another time
