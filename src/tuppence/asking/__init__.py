"""How a household asks a model: with stand-ins for its values, within its limits, on record, traced."""

from tuppence.asking.asker import Asker
from tuppence.asking.inquiry import Inquiry

__all__ = ["Asker", "Inquiry"]
