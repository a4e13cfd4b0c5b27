"""Traces of what was asked of models, for a backend that somebody set up; silent unless one is."""

from tuppence.tracing.opening import opened_tracing
from tuppence.tracing.tracing import SILENT, Generation, TracedFunction, TracedTurn, Tracing

__all__ = ["SILENT", "Generation", "TracedFunction", "TracedTurn", "Tracing", "opened_tracing"]
