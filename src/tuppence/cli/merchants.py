"""`tuppence merchants`: the businesses behind transactions are recognised, first for nothing, then by a model."""

from tuppence.cli.filing.command import filing_command

merchants = filing_command(
    "merchants",
    """Recognise the businesses behind transactions: by your rules, by what you did before, and by a model.

    First it says what it would cost. Ctrl-C ends it; what was recognised stays.
    """,
)
