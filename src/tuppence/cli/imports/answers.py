"""What a bank's file leaves open, answered by options or by the person at the terminal."""

from collections.abc import Sequence

import typer

from tuppence.cli.console import harmless
from tuppence.cli.failures import QuestionsOpen
from tuppence.ledger.imports import Question, answers

_SWITCHES = {
    "day_first": ("--day-first", "--month-first"),
    "flip_sign": ("--flip-sign", "--keep-sign"),
    "include_fees": ("--include-fees", "--ignore-fees"),
}
"""For fields that are answered by yes or no: the option for each."""


def columns_of(assignments: Sequence[str]) -> dict[str, str]:
    """Roles and their columns from options like "date=Booking date". Raises BadParameter."""
    try:
        return answers.columns_of(assignments)
    except ValueError as error:
        raise typer.BadParameter(f"--columns: {error}") from error


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
