"""The functions are asked about the small household of the reports' tests."""

from ledger.reports.conftest import household, ledger

__all__ = ["household", "ledger"]
