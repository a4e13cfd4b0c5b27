"""What a question asks for, recognised by its words. No understanding, only patterns, and it says so when none fits."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from datetime import date
from enum import StrEnum

from tuppence.understudy.repertoire.periods import Period, periods_in, stated_today


class Topic(StrEnum):
    """The repertoire."""

    MYSELF = "what I am"
    COMPARISON = "two periods compared"
    SUBSCRIPTIONS = "subscriptions"
    LARGEST = "largest purchases"
    NET_WORTH = "net worth"
    CASH_FLOW = "cash flow"
    INCOME = "income"
    SPENDING = "spending"
    CATEGORIES = "categories"
    MERCHANTS = "merchants"
    TRANSACTIONS = "transactions"
    BALANCES = "accounts and balances"
    OUTSIDE = "something else"


@dataclass(frozen=True, slots=True)
class Ask:
    """A recognised question. `subject`: the category, merchant or words it is about, as the person put it, or None."""

    topic: Topic
    today: date
    periods: tuple[Period, ...] = ()
    subject: str | None = None
    count: int | None = None


_WORDS: tuple[tuple[Topic, str], ...] = (
    (
        Topic.MYSELF,
        r"\b(?:who|what) are you\b|\bare you (?:an? )?(?:real|human|person|bot|robot|ai|claude|gpt|chatgpt|llm"
        r"|assistant|language model|large language model)\b|\b(?:which|what) (?:\w+ )?model\b|\byour name\b"
        r"|\bwhat can you (?:do|answer)\b"
        r"|^\W*(?:hi|hello|hey|help|thanks|thank you|good (?:morning|evening|afternoon))\b",
    ),
    (
        Topic.COMPARISON,
        r"\bcompar(?:e|ed|ing|ison)\b|\b(?:versus|vs)\b(?!\.? (?:expenses?|spending|costs?))|\bdifference between\b"
        r"|\b(?:more|less)\b.*\bthan (?!(?:any|all|every)\b|\$?\d)",
    ),
    (
        Topic.SUBSCRIPTIONS,
        r"\bsubscri(?:ptions?|bed?)\b|\brecurring\b|\bregular payments?\b|\bstanding orders?\b|\bmemberships?\b",
    ),
    (
        Topic.LARGEST,
        r"\b(?:largest|biggest|highest|most expensive|top(?: \d+)?)\b(?!.*\bcategor).*?"
        r"\b(?:purchases?|expenses?|transactions?|payments?|spending|buys?|bought|costs?|things?|bills?)\b",
    ),
    (Topic.NET_WORTH, r"\bnet ?worth\b|\bworth\b|\bassets?\b|\bliabilit|\bdebts?\b|\bowe\b|\bbalance sheet\b"),
    (
        Topic.CASH_FLOW,
        r"\bcash ?-?flow\b|\bsaved?\b|\bsavings? rate\b|\bincome statement\b|\bprofit\b|\bsurplus\b|\bleft over\b"
        r"|\bincome (?:and|vs\.?|versus|against) (?:expenses?|spending|costs)\b|\bmoney (?:in and out|come in)\b",
    ),
    (
        Topic.SPENDING,
        r"\bspen[dt]\b|\bspending\b|\bexpens(?:es?|ive)\b|\bcosts?\b|\bpa(?:y|id) (?:for|to|at|on)\b"
        r"|\bdid (?:i|we) pay\b"
        r"|\bmoney (?:goes|go|going|went)\b|\bbills?\b|\bbudget\b",
    ),
    (
        Topic.INCOME,
        r"\bincome\b|\bearn(?:ed|ings?)?\b|\bsalar(?:y|ies)\b|\bwages?\b|\bpay ?che(?:ck|que)s?\b|\bi (?:make|made)\b",
    ),
    (Topic.CATEGORIES, r"\bcategor(?:y|ies)\b"),
    (Topic.MERCHANTS, r"\bmerchants?\b|\bshops?\b|\bstores?\b|\bpayees?\b|\bvendors?\b"),
    (
        Topic.TRANSACTIONS,
        r"\btransactions?\b|\bpurchases?\b|\bpayments?\b|\brefunds?\b|\brecent(?:ly)?\b|\blatest\b"
        r"|\bactivity\b|\bbought\b|\bdid (?:i|we) buy\b",
    ),
    (
        Topic.BALANCES,
        r"\bbalances?\b|\baccounts?\b|\bdo (?:i|we) have\b|\b(?:i|we) have\b"
        r"|\bhow much (?:money )?(?:is )?(?:in|on) my\b",
    ),
)
_TOPICS = tuple((topic, re.compile(words, re.IGNORECASE)) for topic, words in _WORDS)
_LONGEST_QUESTION = 4_000  # characters; patterns are not linear in all that a prompt may hold
_LONGEST_CONTEXT = 40_000
_FOLLOW_UP = re.compile(
    r"^\W*(?:and|what about|how about|same|now|or|also|then)\b[\s,]*(?:for|in|on|at|with)?\s*", re.IGNORECASE
)
_TAGGED = re.compile(r"<(\w[\w-]*)[^<>]*>.*?</\1>", re.DOTALL)
_TODAY_SENTENCE = re.compile(
    r"(?:(?<![^.?!\n(\[])|[(\[])[^.?!\n(\[]*\btoday(?:'s date)? is [^\n.)\]]*\.?[)\]]?", re.IGNORECASE
)
_COUNT = re.compile(
    r"\b(?:top|last|latest|largest|biggest|recent|first)\s+(\d{1,3})\b|\b(\d{1,3})\s+(?:largest|biggest|latest|most|recent|last)\b",
    re.IGNORECASE,
)
_SPENDERS = (
    r"spend|spent|spending|pay|paid|payments?|expenses?|costs?|purchases?|transactions?|buy|bought|income|earn(?:ed)?"
    r"|money|refunds?|subscriptions?|shopping|compare|comparison|bills?|did (?:i|we)"
)
_ABOUT = re.compile(
    rf"\b(?:{_SPENDERS})\b[^?.!]*?\b(?:on|at|for|to|with|from|by|about)\s+(?P<subject>[^?.!,;]+)", re.IGNORECASE
)
_OF = re.compile(
    r"\b(?:my|the|our|for|on|all|show|list|compare)\s+(?P<subject>[\w&'’.-]+(?:\s+[\w&'’.-]+)?)\s+"
    r"(?:spending|expenses?|costs?|purchases?|transactions?|payments?|bills?|refunds?|subscription|income)\b",
    re.IGNORECASE,
)
_HOW_MUCH = re.compile(
    r"\bhow much\s+(?:was|were|is|are|did|do|does|has|have)\s+(?P<subject>[^?.!,;]+?)"
    r"(?:\s+(?:cost|costs|come to|be|been))?\s*[?.!]*$",
    re.IGNORECASE,
)
_COMPARED = re.compile(
    r"\bcompar\w*\s+(?:my\s+|our\s+)?(?P<subject>[\w&'’ -]+?)\s*(?:spending|expenses|costs)?\s*"
    r"(?:\b(?:in|for|between|with|and|to)\b|$)",
    re.IGNORECASE,
)
_IDLE_TEXT = """
    i we me my our us the a an all total totals sum overall average each every per month months monthly year
    years yearly week weekly day days so far in on at for to of and or vs versus with from by please everything
    anything things stuff money much how what did do does is are was were have has had been be that this last
    most more less than any got enough category categories merchant merchants together altogether it them there where go
    goes going went largest biggest latest recent top spend spent spending expense expenses cost costs purchase
    purchases transaction transactions payment payments compare compared between usually normally roughly about
    show list tell give single expensive highest bill bills income salary subscription subscriptions paid pay
    buy bought account accounts
"""
_IDLE = frozenset(_IDLE_TEXT.split())


def asked(texts: tuple[str, ...], context: str, machine_today: date) -> Ask:
    """What the last of the person's messages asks for, an earlier one filling in what a follow-up leaves out.

    `context`: instructions and the like, where the day may be stated.
    """
    today = stated_today(texts[-1]) or stated_today(context) or stated_today("\n".join(texts)) or machine_today
    asks = [_ask(question_in(text), today) for text in texts]
    current = asks[-1]
    if current.topic is not Topic.OUTSIDE or len(asks) == 1:
        return current
    earlier = next((ask for ask in reversed(asks[:-1]) if ask.topic is not Topic.OUTSIDE), None)
    question = question_in(texts[-1])
    if earlier is None or not (_FOLLOW_UP.match(question) or current.periods):
        return current
    subject = _clean(_FOLLOW_UP.sub("", periods_in(question, today)[1])) or earlier.subject
    return replace(earlier, periods=current.periods or earlier.periods, subject=subject)


def question_in(text: str) -> str:
    """The person's own words: without tagged context and without the sentence that states the day; of a long text its
    beginning and its end."""
    words = _TAGGED.sub(" ", _ends_of(text, _LONGEST_CONTEXT))
    return _TODAY_SENTENCE.sub(" ", _ends_of(words, _LONGEST_QUESTION)).strip()


def _ends_of(text: str, most: int) -> str:
    """The text, or so many characters from its two ends."""
    return text if len(text) <= most else f"{text[: most // 2]}\n{text[-most // 2 :]}"


def _ask(question: str, today: date) -> Ask:
    periods, rest = periods_in(question, today)
    topic = next((topic for topic, words in _TOPICS if words.search(question)), Topic.OUTSIDE)
    subject = _subject(rest, topic)
    if topic is Topic.OUTSIDE and _HOW_MUCH.search(rest) and subject:
        topic = Topic.SPENDING
    if topic is Topic.CATEGORIES and re.search(r"\b(?:top|most|biggest)\b", question, re.IGNORECASE):
        topic = Topic.SPENDING
    if topic is Topic.INCOME and len(periods) > 1:
        topic = Topic.COMPARISON
    count = _COUNT.search(rest)
    return Ask(topic, today, periods, subject, int(count[1] or count[2]) if count else None)


def _subject(rest: str, topic: Topic) -> str | None:
    """What the question is about, of the words that are left when the periods are out."""
    if topic in (
        Topic.MYSELF,
        Topic.INCOME,
        Topic.NET_WORTH,
        Topic.CASH_FLOW,
        Topic.SUBSCRIPTIONS,
        Topic.CATEGORIES,
        Topic.MERCHANTS,
    ):
        return None
    patterns = (_COMPARED, _OF, _ABOUT) if topic is Topic.COMPARISON else (_ABOUT, _OF, _HOW_MUCH)
    for pattern in patterns:
        for match in pattern.finditer(rest):
            if subject := _clean(match["subject"]):
                return subject
    return None


def _clean(words: str) -> str | None:
    """The words without those that mean nothing by themselves at either end; None when nothing is left."""
    kept = [word.strip('?!.,;:"“”') for word in words.split()]
    kept = [word for word in kept if word]
    while kept and _is_idle(kept[0]):
        kept.pop(0)
    while kept and _is_idle(kept[-1]):
        kept.pop()
    return " ".join(kept) or None


def _is_idle(word: str) -> bool:
    return word.isdigit() or word.lower() in _IDLE
