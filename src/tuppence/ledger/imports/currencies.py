"""Currency codes, signs and words as they stand in bank files."""

import re
from functools import cache
from typing import NamedTuple

from babel.numbers import list_currencies

_SIGNS = {
    "€": "EUR", "£": "GBP", "₹": "INR", "zł": "PLN", "zl": "PLN", "r$": "BRL", "kč": "CZK", "kc": "CZK", "ft": "HUF",
    "₺": "TRY", "tl": "TRY", "₽": "RUB", "руб": "RUB", "₴": "UAH", "грн": "UAH", "₩": "KRW", "원": "KRW", "₫": "VND",
    "฿": "THB", "₪": "ILS", "₦": "NGN", "₱": "PHP", "us$": "USD", "c$": "CAD", "ca$": "CAD", "cad$": "CAD",
    "usd$": "USD",
    "a$": "AUD", "au$": "AUD", "nz$": "NZD", "s$": "SGD", "hk$": "HKD", "nt$": "TWD", "mx$": "MXN", "rm": "MYR",
    "rs": "INR",
    "inr": "INR", "fr": "CHF", "sfr": "CHF", "лв": "BGN", "lei": "RON", "円": "JPY", "元": "CNY", "rmb": "CNY",
    "人民币": "CNY", "人民币元": "CNY", "人民幣": "CNY", "美元": "USD", "美金": "USD", "欧元": "EUR", "日元": "JPY",
    "日圓": "JPY",
    "港币": "HKD", "港元": "HKD", "英镑": "GBP", "新台幣": "TWD", "台幣": "TWD", "euro": "EUR", "euros": "EUR",
    "ドル": "USD", "ユーロ": "EUR",
}  # fmt: skip
_OPEN_SIGNS = frozenset({"$", "¥", "￥", "kr", "kr.", "р", "p"})
_CODE = re.compile(r"[A-Za-z]{3}")


class KnownCurrency(NamedTuple):
    code: str | None
    """ISO 4217, or None for a sign that several currencies share ($, ¥, kr)."""


@cache
def currency_codes() -> frozenset[str]:
    """The ISO 4217 codes, those of the past included (a bank file may be old)."""
    return frozenset(list_currencies())


@cache
def currency_of(text: str) -> KnownCurrency | None:
    """The currency that a sign, code or word means, or None when it means none."""
    word = text.strip().strip(".:()[]").casefold()
    if not word:
        return None
    if word in _OPEN_SIGNS:
        return KnownCurrency(None)
    if word in _SIGNS:
        return KnownCurrency(_SIGNS[word])
    if _CODE.fullmatch(word) and word.upper() in currency_codes():
        return KnownCurrency(word.upper())
    return None
