"""What a bank's file leaves open, answered by options or by the person at the terminal."""

from collections.abc import Sequence
from typing import Any

import msgspec
import typer

from tuppence.cli.console import harmless
from tuppence.cli.failures import QuestionsOpen
from tuppence.ledger.imports import Question, ReadOptions

_SWITCHES = {
    "day_first": ("--day-first", "--month-first"),
    "flip_sign": ("--flip-sign", "--keep-sign"),
    "include_fees": ("--include-fees", "--ignore-fees"),
}
"""For fields that are answered by yes or no: the option for each."""
_DELIMITERS = {"tab": "\t", "comma": ",", "semicolon": ";", "pipe": "|", "space": " "}


def delimiter_of(word: str) -> str:
    """The character that `word` ("tab", ";") stands for."""
    return _DELIMITERS.get(word.strip().casefold(), word)


def columns_of(assignments: Sequence[str]) -> dict[str, str]:
    """Roles and their columns from options like "date=Booking date". Raises BadParameter."""
    columns = {}
    for assignment in assignments:
        role, equals, column = assignment.partition("=")
        if not (role.strip() and equals and column.strip()):
            raise typer.BadParameter(f"--columns takes ROLE=HEADER, such as date=Booked; {assignment!r} is none")
        columns[role.strip()] = column.strip()
    return columns


def with_answer(options: ReadOptions, field: str, answer: str) -> ReadOptions:
    """`options` with a person's answer to the question about `field`."""
    value: Any = answer
    if field in _SWITCHES:
        value = answer == "yes"
    elif field == "columns":
        value = {**options.columns, **columns_of([answer])}
    elif field == "delimiter":
        value = delimiter_of(answer)
    elif field == "year":
        value = int(answer)
    return msgspec.structs.replace(options, **{field: value})


def answer_from_person(question: Question) -> str:
    """One of the question's choices, by its words or its number. Raises Abort when the input ends."""
    typer.echo(harmless(question.why), err=True)
    for number, choice in enumerate(question.choices, start=1):
        typer.echo(f"  {number}  {harmless(choice)}", err=True)
    while True:
        answer = str(typer.prompt("Which one", err=True)).strip()
        if answer in question.choices:
            return answer
        if answer.isdecimal() and 1 <= int(answer) <= len(question.choices):
            return question.choices[int(answer) - 1]
        if not question.choices and answer:
            return answer
        typer.echo(f"Type a number from 1 to {len(question.choices)}.", err=True)


def questions_open(filename: str, questions: Sequence[Question]) -> QuestionsOpen:
    """What to say when nobody can be asked: each open question with the option that answers it."""
    told = " ".join(f"{question.why} Decide with {_options_for(question)}." for question in questions)
    return QuestionsOpen(harmless(f"{filename} leaves something open, so nothing was imported. {told}"))


def _options_for(question: Question) -> str:
    if question.field in _SWITCHES:
        return " or ".join(_SWITCHES[question.field])
    option = "--" + question.field.replace("_", "-")
    return " or ".join(f'{option} "{choice}"' for choice in question.choices[:8]) or f"{option} VALUE"
