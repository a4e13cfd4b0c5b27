"""`tuppence categorize`: transactions without a category are filed, first for nothing, then by a model."""

from tuppence.cli.filing.command import filing_command

categorize = filing_command(
    "categorize",
    """File transactions that have no category: by your rules, by what you did before, and by a model.

    First it says what it would cost. Ctrl-C ends it; what was filed stays.
    """,
)
