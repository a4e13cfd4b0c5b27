"""The doctor: finds out what a provider and a model really do, before it matters.

Each probe is one small conversation whose outcome a person could judge. What it finds is a `Finding`; all of them
together say how the model is to be used (`Abilities`).
"""

from tuppence.llm.doctor.doctor import FREE_WINDOW, MODEST_WINDOW, Doctor
from tuppence.llm.doctor.findings import Diagnosis, Finding, Status
from tuppence.llm.doctor.patient import Patience, Watch

__all__ = ["FREE_WINDOW", "MODEST_WINDOW", "Diagnosis", "Doctor", "Finding", "Patience", "Status", "Watch"]
