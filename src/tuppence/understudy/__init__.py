"""The understudy: our stand-in model server. It speaks the wires over real HTTP and needs no key.

It imports nothing else of Tuppence, so that no mistake can hide in both.
"""

from tuppence.understudy import anthropic
from tuppence.understudy.account import Account, Exchange
from tuppence.understudy.clerk import SLIPS, Slip
from tuppence.understudy.defects import DEFECTS, Defect
from tuppence.understudy.openai_chat import DIALECTS, OPENAI, Dialect
from tuppence.understudy.process import Started, start_understudy
from tuppence.understudy.reply import (
    Block,
    Call,
    Event,
    Fault,
    Opaque,
    RandomSizes,
    RedactedThinking,
    Reply,
    Text,
    Thinking,
    Usage,
)
from tuppence.understudy.server import Play, Script, Understudy

__all__ = [
    "DEFECTS",
    "DIALECTS",
    "OPENAI",
    "SLIPS",
    "Account",
    "Block",
    "Call",
    "Defect",
    "Dialect",
    "Event",
    "Exchange",
    "Fault",
    "Opaque",
    "Play",
    "RandomSizes",
    "RedactedThinking",
    "Reply",
    "Script",
    "Slip",
    "Started",
    "Text",
    "Thinking",
    "Understudy",
    "Usage",
    "anthropic",
    "start_understudy",
]
