"""Pseudonyms: a household's values leave as stand-ins and come back as themselves."""

from tuppence.privacy.answers import RestoringReader
from tuppence.privacy.concealment import Concealment
from tuppence.privacy.household_values import HouseholdValues, parts_of_name
from tuppence.privacy.pseudonyms import ConcealedRequest, Pseudonyms
from tuppence.privacy.restorer import Originals, Restorer
from tuppence.privacy.stand_ins import Kind

__all__ = [
    "ConcealedRequest",
    "Concealment",
    "HouseholdValues",
    "Kind",
    "Originals",
    "Pseudonyms",
    "Restorer",
    "RestoringReader",
    "parts_of_name",
]
