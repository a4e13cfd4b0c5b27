"""Pseudonyms: a household's values leave as stand-ins and come back as themselves."""

from tuppence.privacy.answers import RestoringReader
from tuppence.privacy.concealment import Concealment
from tuppence.privacy.household_privacy import HouseholdPrivacy, pseudonyms_of
from tuppence.privacy.household_values import HouseholdValues, names_of_household, parts_of_name
from tuppence.privacy.ledger_values import MOST_PAYEES, household_values, payees_of
from tuppence.privacy.privacy_settings import (
    PrivacySettings,
    ProviderPrivacy,
    checked_names,
    is_at_home,
    is_hosted,
    privacy_settings,
    set_privacy_settings,
)
from tuppence.privacy.pseudonyms import ConcealedRequest, Pseudonyms
from tuppence.privacy.restorer import Originals, Restorer
from tuppence.privacy.stand_ins import Kind

__all__ = [
    "MOST_PAYEES",
    "ConcealedRequest",
    "Concealment",
    "HouseholdPrivacy",
    "HouseholdValues",
    "Kind",
    "Originals",
    "PrivacySettings",
    "ProviderPrivacy",
    "Pseudonyms",
    "Restorer",
    "RestoringReader",
    "checked_names",
    "household_values",
    "is_at_home",
    "is_hosted",
    "names_of_household",
    "parts_of_name",
    "payees_of",
    "privacy_settings",
    "pseudonyms_of",
    "set_privacy_settings",
]
