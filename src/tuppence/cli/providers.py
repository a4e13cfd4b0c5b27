"""What to do at the command line when nobody can be asked."""

from collections.abc import Iterator
from contextlib import contextmanager

from tuppence.cli.failures import CommandFailed


@contextmanager
def choosing_whom_to_ask() -> Iterator[None]:
    """Adds to a failure inside the block what the command line can do about it. Raises CommandFailed."""
    from tuppence.assistant.provider_choice import NobodyToAsk
    from tuppence.llm.roster import NothingFits

    try:
        yield
    except NobodyToAsk as error:
        raise CommandFailed(f"{error} Or try `tuppence demo`, which needs none.") from error
    except NothingFits as error:
        raise CommandFailed(f"{error} Choose with --provider NAME and --model NAME.") from error
