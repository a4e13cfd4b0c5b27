"""A person's answers to what a file leaves open, in the words of the questions' choices, as ReadOptions."""

import re
from collections.abc import Sequence
from typing import Any, get_args

import msgspec

from tuppence.ledger.imports.bank_file import ReadOptions
from tuppence.ledger.imports.csv_words import Role

SWITCHES = frozenset({"day_first", "flip_sign", "include_fees"})
"""The fields that are answered by yes or no."""
_CHOICES = {"date_order": ("dmy", "mdy", "ymd"), "decimal": (".", ",")}
_DELIMITERS = {"tab": "\t", "comma": ",", "semicolon": ";", "pipe": "|", "space": " "}
# The comma between two columns of one answer: what follows it is another role. A header may hold commas itself.
_NEXT_ROLE = re.compile(rf",(?=(?:{'|'.join(get_args(Role))}|ignore)=)")


def delimiter_of(word: str) -> str:
    """The character that `word` ("tab", ";") stands for."""
    return _DELIMITERS.get(word.strip().casefold(), word)


def columns_of(assignments: Sequence[str]) -> dict[str, str]:
    """Roles and their columns from words like "date=Booking date" or "debit=3,credit=4". Raises ValueError."""
    columns = {}
    for assignment in (part for whole in assignments for part in _NEXT_ROLE.split(whole)):
        role, equals, column = assignment.partition("=")
        if not (role.strip() and equals and column.strip()):
            raise ValueError(f"columns are named as ROLE=HEADER, such as date=Booked; {assignment!r} is none")
        columns[role.strip()] = column.strip()
    return columns


def with_answer(options: ReadOptions, field: str, answer: str) -> ReadOptions:
    """`options` with the answer to the question about `field`; an empty answer takes the earlier one back.

    Raises ValueError for a field that there is not, or an answer that it does not take.
    """
    if field not in ReadOptions.__struct_fields__:
        raise ValueError(f"{field!r} is nothing that a file leaves open.")
    value = _value(options, field, answer) if answer else ({} if field == "columns" else None)
    return msgspec.structs.replace(options, **{field: value})


def _value(options: ReadOptions, field: str, answer: str) -> Any:
    known = ("yes", "no") if field in SWITCHES else _CHOICES.get(field, (answer,))
    if answer not in known:
        raise ValueError(f"{answer!r} is no answer here. Choose one of: {', '.join(known)}.")
    if field in SWITCHES:
        return answer == "yes"
    if field == "columns":
        return {**options.columns, **columns_of([answer])}
    if field == "delimiter":
        return delimiter_of(answer)
    if field == "year":
        if not re.fullmatch(r"(19|20)\d\d", answer):
            raise ValueError(f"{answer!r} is no year. Give it in four digits, such as 2026.")
        return int(answer)
    if field == "today":
        raise ValueError("The day of the file is not asked for.")
    return answer
