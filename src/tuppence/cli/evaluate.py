"""`tuppence eval`: how rightly models file, recognise and answer, and what a household's own filing foretells."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, TypeVar

import typer

from tuppence.cli.console import harmless
from tuppence.cli.failures import CommandFailed, unreadable
from tuppence.cli.filing.command import YesOption

if TYPE_CHECKING:
    from tuppence.cli.evaluation.habits import Tallies
    from tuppence.cli.evaluation.measuring import Examination, Notes
    from tuppence.cli.event_loop import EventLoop
    from tuppence.enrichment.evaluation_files import Subject
    from tuppence.llm.answerer import Answerer

File = TypeVar("File")

_NOBODY = "none"
"""Named as a model: memory and classifier alone."""

DataOption = Annotated[
    Path, typer.Option(metavar="FILE", help="Labelled samples in YAML; docs/evaluation.md has more.")
]
ModelsOption = Annotated[
    list[str] | None,
    typer.Option(
        "--model", metavar="PROVIDER/MODEL", help="Whom to ask; several are compared. Otherwise the usual model."
    ),
]
FilersOption = Annotated[
    list[str] | None,
    typer.Option(
        "--model",
        metavar="PROVIDER/MODEL",
        help="Whom to ask; several are compared. none: memory and classifier alone. Otherwise the usual model.",
    ),
]
LimitOption = Annotated[int | None, typer.Option(metavar="N", min=1, help="Only so many samples, spread over all.")]
EvalJsonOption = Annotated[bool, typer.Option("--json", help="Print one line of JSON for each model.")]

evaluate = typer.Typer(
    name="eval",
    rich_markup_mode=None,
    no_args_is_help=True,
    help="Measure how rightly models file and answer, with labelled samples; nothing of yours is changed or sent.",
)


@evaluate.command()
def categorize(
    context: typer.Context,
    data: DataOption,
    model: FilersOption = None,
    limit: LimitOption = None,
    yes: YesOption = False,
    as_json: EvalJsonOption = False,
) -> None:
    """Have models choose categories for labelled transactions."""
    from tuppence.cli.evaluation.filing import category_examination
    from tuppence.cli.evaluation.habits import of_categories
    from tuppence.enrichment.evaluation_files import category_file

    file, manner = _read(data, category_file), _Manner(data, yes, as_json)
    _tell_without_model("categorize", lambda: of_categories(file), model, manner)
    _examine(context.obj, category_examination(file, limit), model, manner)


@evaluate.command()
def merchants(
    context: typer.Context,
    data: DataOption,
    model: FilersOption = None,
    limit: LimitOption = None,
    yes: YesOption = False,
    as_json: EvalJsonOption = False,
) -> None:
    """Have models name the businesses behind labelled transactions."""
    from tuppence.cli.evaluation.filing import merchant_examination
    from tuppence.cli.evaluation.habits import of_merchants
    from tuppence.enrichment.evaluation_files import merchant_file

    file, manner = _read(data, merchant_file), _Manner(data, yes, as_json)
    _tell_without_model("merchants", lambda: of_merchants(file), model, manner)
    _examine(context.obj, merchant_examination(file, limit), model, manner)


@evaluate.command()
def chat(
    context: typer.Context,
    data: DataOption,
    model: ModelsOption = None,
    limit: LimitOption = None,
    yes: YesOption = False,
    as_json: EvalJsonOption = False,
) -> None:
    """Have models answer questions, over the household in the file or an invented one."""
    from tuppence.cli.ask import chosen_settings
    from tuppence.cli.evaluation.chatting import chat_examination
    from tuppence.enrichment.evaluation_files import chat_file

    file = _read(data, chat_file)
    rounds = chosen_settings(context.obj, provider=None, model=None).max_rounds
    _examine(context.obj, chat_examination(file, limit, rounds), model, _Manner(data, yes, as_json))


@evaluate.command()
def backtest(context: typer.Context, as_json: EvalJsonOption = False) -> None:
    """Hide some of what you filed, and see whether memory and classifier say the same. No model is asked."""
    from tuppence.cli.evaluation.habits import of_household
    from tuppence.cli.evaluation.telling import print_tallies, print_tallies_json
    from tuppence.cli.event_loop import run
    from tuppence.cli.home import home_folder
    from tuppence.cli.wiring import opened_ledger

    async def tallies() -> "Tallies":
        async with opened_ledger(home_folder(context.obj)) as ledger:
            return await of_household(ledger)

    found = run(tallies())
    if as_json:
        print_tallies_json("backtest", None, found)
    elif any(tally.asked for tally in found.values()):
        print_tallies(found)
    else:
        typer.echo("There is nothing to hide yet: nobody has filed transactions by hand.")


# ------------------------------------------------------------------------------------------------------------- parts


@dataclass(frozen=True, slots=True)
class _Manner:
    """How a command evaluates."""

    data: Path
    agreed: bool
    """Whether a cost is agreed to beforehand."""
    as_json: bool


def _read(path: Path, reader: "Callable[[bytes], File]") -> "File":
    from tuppence.enrichment.evaluation_files import EvaluationUnusable

    try:
        return reader(path.read_bytes())
    except OSError as error:
        raise unreadable(path, error) from error
    except EvaluationUnusable as error:
        raise CommandFailed(harmless(f"{path.name}: {error}")) from error


def _tell_without_model(
    subject: "Subject", tallies: "Callable[[], Tallies]", models: list[str] | None, manner: _Manner
) -> None:
    """What memory and classifier say, where they are named among the models."""
    from tuppence.cli.evaluation.telling import print_tallies, print_tallies_json

    if _NOBODY not in (models or ()):
        return
    if manner.as_json:
        print_tallies_json(subject, manner.data, tallies())
    else:
        print_tallies(tallies())


def _examine(home: Path | None, examination: "Examination", models: list[str] | None, manner: _Manner) -> None:
    """Examine one model after the other and tell what came of it, also when that breaks off. Raises CommandFailed."""
    from tuppence.cli.ask import chosen_settings
    from tuppence.cli.evaluation.measuring import Notes, name_of, opened_answerers
    from tuppence.cli.evaluation.telling import problem_of
    from tuppence.cli.event_loop import EventLoop

    named = [model for model in models or () if model != _NOBODY]
    if models and not named:
        return
    settings = chosen_settings(home, provider=None, model=None)
    notes: list[Notes] = []
    with EventLoop() as loop, loop.entered(opened_answerers(settings, named)) as asked:
        _agree(loop, examination, asked.answerers, manner)
        try:
            for answerer in asked.answerers:
                notes.append(Notes(name_of(answerer), examination.samples))
                _measure(loop, examination, answerer, asked.household, notes[-1])
        finally:
            _tell(examination.subject, notes, manner)
    if problems := [each for each in notes if each.problem is not None]:
        told = " ".join(f"{each.model}: {problem_of(each)}" for each in problems)
        raise CommandFailed(harmless(told))


def _agree(loop: "EventLoop", examination: "Examination", answerers: "Sequence[Answerer]", manner: _Manner) -> None:
    """Return once a person agrees to what it may cost. Raises CommandFailed."""
    from decimal import Decimal

    from tuppence.cli.evaluation.measuring import name_of
    from tuppence.cli.filing.quotes import consent, may_cost

    expected = [(answerer, loop.run(examination.estimate(answerer))) for answerer in answerers]
    costly = [(who, estimate) for who, estimate in expected if may_cost(who.provider.name, estimate.cost)]
    if not costly:
        return
    costs = [estimate.cost for _, estimate in costly if estimate.cost is not None]
    consent(
        sum(costs, Decimal(0)) if len(costs) == len(costly) else None,
        whom=" and ".join(name_of(who) for who, _ in costly),
        requests=sum(estimate.requests for _, estimate in costly),
        agreed=manner.agreed,
        as_json=manner.as_json,
    )


def _measure(
    loop: "EventLoop", examination: "Examination", answerer: "Answerer", household: int, notes: "Notes"
) -> None:
    from tuppence.cli.evaluation.measuring import measure
    from tuppence.cli.progress_bar import ProgressBar

    with ProgressBar(f"Asking {harmless(notes.model)}") as bar:
        loop.run(measure(examination, answerer, household, notes, lambda done: bar.tell(done, notes.samples)))


def _tell(subject: "Subject", notes: "Sequence[Notes]", manner: _Manner) -> None:
    from tuppence.cli.evaluation.telling import print_notes, print_notes_json

    if not manner.as_json:
        print_notes(subject, notes)
        return
    for each in notes:
        print_notes_json(subject, manner.data, each)
