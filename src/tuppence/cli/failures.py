"""The one edge at which failures become a sentence on standard error and an exit code."""

import sys
import traceback
from pathlib import Path

FAILED = 1
WRONG_USAGE = 2
QUESTIONS_OPEN = 3
INTERRUPTED = 130


class CommandFailed(Exception):
    """The command could not do what it was asked to; the message says why and what to do next."""

    exit_code = FAILED


class QuestionsOpen(CommandFailed):
    """A person has to decide something first; the message names the options that do."""

    exit_code = QUESTIONS_OPEN


class Interrupted(Exception):
    """A signal ended the command, which cleaned up behind it."""

    def __init__(self, signal_number: int) -> None:
        super().__init__(f"ended by signal {signal_number}")
        self.exit_code = 128 + signal_number


def told_failure(error: Exception, *, with_traceback: bool) -> int:
    """Tell a person about `error` on standard error; the exit code for it.

    Every exception that Tuppence itself defines has a message for people. Any other is a mistake of ours: it is named
    without its message, which might hold what is nobody's business, and shown whole only if asked for.
    """
    if with_traceback:
        traceback.print_exception(error)
    sys.stderr.write(f"{_sentence(error)}\n")
    return error.exit_code if isinstance(error, CommandFailed) else FAILED


def _sentence(error: Exception) -> str:
    if type(error).__module__.partition(".")[0] == "tuppence":
        return str(error)
    if isinstance(error, OSError) and error.filename is not None:
        return f"{error.filename} cannot be used: {_reason(error)}. Check the path and its permissions."
    frame = traceback.extract_tb(error.__traceback__)[-1]
    where = f"{type(error).__name__}, {Path(frame.filename).name} line {frame.lineno}"
    return (
        f"Something went wrong inside Tuppence ({where}). Nothing you did is lost. "
        "Run it again with TUPPENCE_TRACEBACK=1 to see all of it, and please report it."
    )


def _reason(error: OSError) -> str:
    return (error.strerror or type(error).__name__).lower()


def unreadable(path: Path, error: OSError) -> CommandFailed:
    """What to say when `path`, which a person named, cannot be read."""
    match error:
        case FileNotFoundError():
            return CommandFailed(f"There is no file {path}. Check the path.")
        case IsADirectoryError():
            return CommandFailed(f"{path} is a folder. Name the file inside it.")
        case PermissionError():
            return CommandFailed(f"You may not read {path}. Check its permissions.")
        case _:
            return CommandFailed(f"{path} cannot be read: {_reason(error)}. Check the path.")
