"""Spellings of one business: the same name in other case, punctuation or legal form, or the same website. Pure."""

import re
import unicodedata
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from functools import lru_cache
from typing import Literal

from tuppence.enrichment.tasks import Verdict
from tuppence.ledger.merchants import Merchant
from tuppence.ledger.names import name_key


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


_FORMS = _words(
    "inc incorporated llc llp lp ltd limited corp corporation plc pllc pty gmbh mbh ggmbh ag kg kgaa ohg gbr ug ek ev "
    "eg se sa sas sasu sarl eurl srl slu bv nv vof cv ab asa oy oyj aps zoo sro ltda sca sagl kft"
)
_FORMS_IN_DOTS = _words("spa as me sl")
"""Legal forms that are words as well where they are not written like one: S.p.A., A/S."""
_AND = _words("and und et y e")
_SHARED_HOSTS = _words(
    "paypal.com paypal.me facebook.com instagram.com linktr.ee etsy.com ebay.com ebay.de squareup.com square.site "
    "sumup.com shopify.com myshopify.com wixsite.com wordpress.com blogspot.com google.com sites.google.com "
    "business.site yelp.com tripadvisor.com klarna.com stripe.com"
)
"""Where many businesses have a page or are paid: the same host does not make them one."""
_ACCENTS = dict.fromkeys(range(0x300, 0x370))
_Node = tuple[Literal["name", "website"], str]


@lru_cache(maxsize=20_000)
def spelling(name: str) -> str:
    """What all spellings of a name have in common. Never empty for a name with a visible character."""
    words = without_legal_form(unicodedata.normalize("NFKC", name)).replace("&", " and ").split()
    words = [_folded(word) for word in words]
    if len(words) > 2 and words[-1] == "co" and words[-2] in _AND:
        words = words[:-2]  # Harlow & Co. is Harlow
    return "".join(words) or name_key(name)


def without_legal_form(name: str) -> str:
    """`name` without what tells its legal form at the end: GmbH & Co. KG, Inc., S.p.A. It stays what is only that."""
    words = name.split()
    while len(words) > 1 and _is_legal_form(words[-1]):
        words.pop()
        while len(words) > 2 and _folded(words[-1]) == "co" and words[-2] == "&":
            words = words[:-2]
    return " ".join(words).rstrip(",;") or name


def merged(verdicts: Sequence[Verdict], known: Iterable[Merchant]) -> list[Verdict]:
    """The verdicts, with one name and, as far as it is known, one website for each business.

    Names of one spelling, or of one website, are one business. It is called like the one merchant of `known` that is
    among them; without any, by its most frequent name. Where several known merchants are among them it is not clear
    which is meant, and only their own spellings are put right. The order of the verdicts makes no difference, and what
    is merged stays as it is when it is merged again.
    """
    known = list(known)
    named = [verdict for verdict in verdicts if verdict.merchant_name]
    business = _businesses([_nodes(one.merchant_name, one.website) for one in named] + _nodes_of_all(known))
    members: dict[_Node, list[Verdict]] = defaultdict(list)
    for verdict in named:
        members[business[_nodes(verdict.merchant_name, verdict.website)[0]]].append(verdict)
    merchants: dict[_Node, list[Merchant]] = defaultdict(list)
    for merchant in known:
        merchants[business[_nodes(merchant.name, merchant.website)[0]]].append(merchant)
    settled: dict[Verdict, Verdict] = {}
    for root, group in members.items():
        settled.update(_settled(group, merchants[root]))
    return [settled.get(verdict, verdict) for verdict in verdicts]


def _settled(group: Sequence[Verdict], known: Sequence[Merchant]) -> Mapping[Verdict, Verdict]:
    """The verdicts of one business, each with what becomes of it."""
    if len(known) > 1:
        return {one: replace(one, merchant_name=_nearest(one.merchant_name or "", known)) for one in group}
    name = known[0].name if known else _usual([one.merchant_name for one in group])
    website = known[0].website if known and known[0].website else None
    usual = _usual([one.website for one in group if one.website not in _SHARED_HOSTS])
    return {one: replace(one, merchant_name=name, website=website or one.website or usual) for one in group}


def _nearest(name: str, known: Sequence[Merchant]) -> str:
    """The one known merchant of this name, or else of this spelling; or the name as it is."""
    exact = [merchant.name for merchant in known if name_key(merchant.name) == name_key(name)]
    alike = exact or [merchant.name for merchant in known if spelling(merchant.name) == spelling(name)]
    return alike[0] if len(alike) == 1 else name


def _usual(texts: Iterable[str | None]) -> str | None:
    """The most frequent text; of several the one that is not all capitals, the shortest, the first by the alphabet."""
    counts = Counter(text for text in texts if text)
    return min(counts, key=lambda text: (-counts[text], text.isupper(), len(text), text), default=None)


def _nodes(name: str | None, website: str | None) -> list[_Node]:
    nodes: list[_Node] = [("name", spelling(name or ""))]
    if website and website not in _SHARED_HOSTS:
        nodes.append(("website", website))
    return nodes


def _nodes_of_all(known: Iterable[Merchant]) -> list[list[_Node]]:
    return [_nodes(merchant.name, merchant.website) for merchant in known]


def _businesses(linked: Iterable[Sequence[_Node]]) -> Mapping[_Node, _Node]:
    """By name or website, one of those with which it is linked, the same for all of them."""
    above: dict[_Node, _Node] = {}

    def root(node: _Node) -> _Node:
        above.setdefault(node, node)
        while above[node] != node:
            above[node] = node = above[above[node]]
        return node

    for first, *others in linked:
        for other in others:
            above[root(other)] = root(first)
        root(first)
    return {node: root(node) for node in list(above)}


def _is_legal_form(word: str) -> bool:
    bare = _folded(word)
    if bare in _FORMS_IN_DOTS:
        return re.search(r"\w[./]\w", word) is not None
    return bare in _FORMS


def _folded(word: str) -> str:
    folded = unicodedata.normalize("NFKD", unicodedata.normalize("NFKC", word).casefold()).translate(_ACCENTS)
    return "".join(character for character in folded.casefold() if character.isalnum())
