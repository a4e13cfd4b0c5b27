"""`tuppence import`: a bank's file into the ledger, all of it or nothing."""

import sys
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from tuppence.cli.failures import CommandFailed, unreadable

if TYPE_CHECKING:
    from tuppence.cli.event_loop import EventLoop
    from tuppence.cli.imports.targets import Chosen
    from tuppence.ledger.accounts import Account, NewAccount
    from tuppence.ledger.household import Ledger
    from tuppence.ledger.importing import ImportCounts, ImportResult
    from tuppence.ledger.imports import BankFile, Problem, ReadOptions

_PROBLEMS_SHOWN = 10


class DecimalMark(StrEnum):
    """What begins the decimals of an amount."""

    point = "."
    comma = ","


@dataclass(frozen=True, slots=True)
class Manner:
    """How a file is imported."""

    skip_bad_rows: bool = False
    dry_run: bool = False
    as_json: bool = False


def bank_import(
    context: typer.Context,
    files: Annotated[list[Path], typer.Argument(metavar="FILE", help="CSV, OFX, QFX or QBO, as the bank gives it.")],
    account: Annotated[
        list[str] | None,
        typer.Option(metavar="NAME", help="The account, made if there is none; ID=NAME where a file holds several."),
    ] = None,
    day_first: Annotated[
        bool | None, typer.Option("--day-first/--month-first", help="How 03/04 is to be read.")
    ] = None,
    year: Annotated[int | None, typer.Option(help="Of the last row, where dates have no year.")] = None,
    columns: Annotated[
        list[str] | None, typer.Option(metavar="ROLE=HEADER", help="What a column holds, such as date=Booked.")
    ] = None,
    delimiter: Annotated[str | None, typer.Option(help="Between the cells: a character, or tab.")] = None,
    encoding: Annotated[str | None, typer.Option(help="Of the text, such as cp1252.")] = None,
    decimal: Annotated[DecimalMark | None, typer.Option(help="What begins the decimals.")] = None,
    currency: Annotated[
        str | None, typer.Option(metavar="CODE", help="Where the file does not say, such as USD.")
    ] = None,
    flip_sign: Annotated[
        bool | None, typer.Option("--flip-sign/--keep-sign", help="Whether positive amounts are money spent.")
    ] = None,
    include_fees: Annotated[
        bool | None, typer.Option("--include-fees/--ignore-fees", help="Whether a fee column is taken off in addition.")
    ] = None,
    skip_bad_rows: Annotated[
        bool, typer.Option("--skip-bad-rows", help="Leave out rows that cannot be read, instead of importing nothing.")
    ] = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Show what would be done, and do nothing.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print one line of JSON per file.")] = False,
) -> None:
    """Import what the bank gives you. Nothing is added twice, and never half a file."""
    from tuppence.cli.event_loop import EventLoop
    from tuppence.cli.filing.following import follow_import
    from tuppence.cli.home import home_folder
    from tuppence.cli.imports.answers import columns_of
    from tuppence.cli.imports.targets import Chosen
    from tuppence.ledger.imports import ReadOptions
    from tuppence.ledger.imports.answers import delimiter_of

    code = currency.upper() if currency else None
    options = ReadOptions(
        day_first=day_first,
        year=year,
        decimal=decimal.value if decimal else None,
        flip_sign=flip_sign,
        include_fees=include_fees,
        columns=columns_of(columns or ()),
        delimiter=delimiter_of(delimiter) if delimiter else None,
        encoding=encoding,
        currency=code,
    )
    chosen = Chosen(tuple(account or ()), code)
    manner = Manner(skip_bad_rows, dry_run, as_json)
    if dry_run and as_json:
        _print_readings(files, options)
        return
    home = home_folder(context.obj)
    with EventLoop() as loop:
        import_files(loop, home, files, options, chosen, manner)
        if not dry_run:
            follow_import(loop, home, quiet=as_json)


def import_files(
    loop: "EventLoop", home: Path, files: list[Path], options: "ReadOptions", chosen: "Chosen", manner: Manner
) -> None:
    """Import each file; the first that cannot be imported ends it. Raises CommandFailed."""
    from tuppence.cli.wiring import opened_ledger

    with loop.entered(opened_ledger(home)) as ledger:
        for path in files:
            _import_file(loop, ledger, path, options, chosen, manner)


def _print_readings(files: list[Path], options: "ReadOptions") -> None:
    from tuppence.cli.imports.preview import reading_as_json
    from tuppence.cli.tables import print_json

    for path in files:
        print_json(reading_as_json(path.name, _read(path, options)))


def _import_file(
    loop: "EventLoop", ledger: "Ledger", path: Path, options: "ReadOptions", chosen: "Chosen", manner: Manner
) -> None:
    from tuppence.cli.imports.targets import targets_of
    from tuppence.ledger.accounts import list_accounts

    bank_file = _without_questions(path, options, manner)
    known = loop.run(list_accounts(ledger, archived=True))
    _tell_problems(path, bank_file.problems, manner)
    targets = targets_of(bank_file, known, chosen)
    if manner.dry_run:
        _preview(loop, ledger, path, bank_file, targets)
        return
    result = _imported(loop, ledger, path, bank_file, targets)
    _tell_result(path, bank_file, targets, result, manner)


def _read(path: Path, options: "ReadOptions") -> "BankFile":
    from tuppence.cli.progress_bar import ProgressBar
    from tuppence.ledger.imports import UnreadableBankFile, read_bank_file

    try:
        data = path.read_bytes()
    except OSError as error:
        raise unreadable(path, error) from error
    try:
        with ProgressBar(f"Reading {path.name}") as bar:
            return read_bank_file(data, filename=path.name, options=options, progress=bar.tell)
    except UnreadableBankFile as error:
        raise CommandFailed(f"{path.name}: {error}") from error


def _without_questions(path: Path, options: "ReadOptions", manner: Manner) -> "BankFile":
    """The file, read again with a person's answers until it leaves nothing open. Raises QuestionsOpen."""
    from tuppence.cli.console import is_attended
    from tuppence.cli.imports.answers import answer_from_person, questions_open
    from tuppence.ledger.imports.answers import with_answer

    while (bank_file := _read(path, options)).questions:
        if manner.as_json or not is_attended():
            raise questions_open(path.name, bank_file.questions)
        question = bank_file.questions[0]
        options = with_answer(options, question.field, answer_from_person(question))
    return bank_file


def _tell_problems(path: Path, problems: "tuple[Problem, ...]", manner: Manner) -> None:
    """Say what was remarkable. Raises CommandFailed when rows are missing and nobody says to do without them."""
    from tuppence.cli.console import harmless, is_attended

    for problem in problems[:_PROBLEMS_SHOWN]:
        where = f"line {problem.line}: " if problem.line is not None else ""
        sys.stderr.write(harmless(f"{path.name}, {where}{problem.why}") + "\n")
    if len(problems) > _PROBLEMS_SHOWN:
        sys.stderr.write(f"… and {len(problems) - _PROBLEMS_SHOWN} more\n")
    missing = sum(not problem.kept for problem in problems)
    if not missing or manner.skip_bad_rows or manner.dry_run:
        return
    rows = "1 row" if missing == 1 else f"{missing} rows"
    if not manner.as_json and is_attended() and typer.confirm(f"Import the file without {rows}?", err=True):
        return
    raise CommandFailed(
        f"{rows} of {path.name} cannot be read, so nothing was imported. "
        "Correct the file, or leave them out with --skip-bad-rows."
    )


def _preview(
    loop: "EventLoop", ledger: "Ledger", path: Path, bank_file: "BankFile", targets: "list[Account | NewAccount]"
) -> None:
    from tuppence.cli.imports.preview import print_preview
    from tuppence.ledger.importing import plan_import

    async def plans() -> "list[ImportCounts]":
        pairs = zip(targets, bank_file.accounts, strict=True)
        return [await plan_import(ledger, target, imported) for target, imported in pairs]

    print_preview(path.name, bank_file, [target.name for target in targets], loop.run(plans()))


def _imported(
    loop: "EventLoop", ledger: "Ledger", path: Path, bank_file: "BankFile", targets: "list[Account | NewAccount]"
) -> "ImportResult":
    from tuppence.cli.progress_bar import ProgressBar
    from tuppence.ledger.importing import run_import

    with ProgressBar(f"Importing {path.name}") as bar:
        return loop.run(run_import(ledger, bank_file, targets, filename=path.name, progress=bar.tell))


def _tell_result(
    path: Path,
    bank_file: "BankFile",
    targets: "list[Account | NewAccount]",
    result: "ImportResult",
    manner: Manner,
) -> None:
    from tuppence.cli.console import harmless
    from tuppence.cli.imports.preview import told_counts
    from tuppence.cli.tables import print_json

    if manner.as_json:
        done: list[dict[str, Any]] = [
            {
                "account": target.name,
                "new": one.counts.new,
                "same": one.counts.same,
                "changed": one.counts.changed,
                "undated": one.counts.undated,
                "import": one.token,
            }
            for target, one in zip(targets, result.accounts, strict=True)
        ]
        left_out = [{"line": one.line, "why": one.why} for one in bank_file.problems if not one.kept]
        print_json({"file": path.name, "accounts": done, "transfers": result.transfers, "left_out": left_out})
        return
    for target, one in zip(targets, result.accounts, strict=True):
        sys.stdout.write(harmless(f"{path.name} into {target.name}: {told_counts(one.counts)}.") + "\n")
    if result.transfers:
        told = "1 transfer" if result.transfers == 1 else f"{result.transfers:,} transfers"
        sys.stdout.write(f"Recognised {told} between your own accounts.\n")
