"""An invented household for trying things out: the same for everybody on the same day."""

from tuppence.cli.demo_household.household import demo_file, move_in

__all__ = ["demo_file", "move_in"]
