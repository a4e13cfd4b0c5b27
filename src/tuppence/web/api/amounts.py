"""Money in JSON: exact in two ways, never a float."""

from __future__ import annotations

from decimal import Decimal
from typing import Annotated, Self

from pydantic import BaseModel, Field, StringConstraints

from tuppence.money import Money, minor_units
from tuppence.web.problems import Problem

DecimalText = Annotated[str, StringConstraints(strip_whitespace=True, pattern=r"^-?\d{1,18}(\.\d{1,18})?$")]
"""Whole units with a point, as in "-1234.50"."""


class Amount(BaseModel):
    """An exact amount of money."""

    minor: int
    """In the currency's smallest unit; negative is money out, or owed."""
    currency: str = Field(examples=["EUR"])
    """ISO 4217."""
    amount: str = Field(examples=["-12.34"])
    """The same in whole units."""

    @classmethod
    def of(cls, money: Money) -> Self:
        """The same amount."""
        return cls(minor=money.minor, currency=money.currency, amount=f"{money.amount:f}")

    @classmethod
    def in_minor(cls, minor: int, currency: str) -> Self:
        """So many minor units of a currency."""
        return cls.of(Money(minor, currency))


def minor_of(text: str, currency: str) -> int:
    """Minor units of `currency` from a DecimalText. Raises Problem for one that the currency cannot hold."""
    try:
        return minor_units(Decimal(text), currency)
    except ValueError as error:
        raise Problem(422, "invalid", f"{error}.") from error
