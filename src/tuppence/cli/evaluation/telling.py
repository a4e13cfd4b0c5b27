"""What evaluations came to: models side by side in a table for people, a line of JSON each for programs."""

from collections.abc import Callable, Sequence
from dataclasses import asdict
from decimal import Decimal
from pathlib import Path
from typing import Any

from tuppence.cli.answer.figures import dollars
from tuppence.cli.evaluation.habits import Tallies
from tuppence.cli.evaluation.measuring import Notes
from tuppence.cli.tables import Column, cost_json, print_json, print_table
from tuppence.enrichment.backtest import SOURCES, Tally
from tuppence.enrichment.evaluation_files import Subject
from tuppence.enrichment.evaluation_scores import Scores, Share, scores

Row = tuple[str, Callable[[Notes, Scores], str]]


def print_notes(subject: Subject, notes: Sequence[Notes]) -> None:
    """A row for each figure, a column for each model."""
    measured = [(each, scores(each.judged)) for each in notes]
    columns = [Column("Figure"), *(Column(each.model, is_number=True) for each in notes)]
    rows = _rows(subject, [each for _, each in measured])
    cells = [(title, *(figure(each, found) for each, found in measured)) for title, figure in rows]
    print_table(columns, cells, empty="Nothing was asked.")


def print_notes_json(subject: Subject, data: Path, notes: Notes) -> None:
    """One line for a model."""
    found, usage = scores(notes.judged), notes.usage
    print_json(
        {
            "eval": subject,
            "data": data.name,
            "model": notes.model,
            "samples": notes.samples,
            "asked": len(notes.judged),
            "right": found.right.count,
            "accuracy": found.right.ratio,
            "precision": found.named.ratio,
            "wrong": found.wrong,
            "abstained": found.abstained,
            "unanswered": found.unanswered,
            "left_empty_rightly": _share_json(found.left_empty),
            "by_difficulty": {name: _share_json(share) for name, share in found.by_difficulty.items()},
            **{name: _share_json(share) for name, share in found.parts.items()},
            "requests": usage.requests if usage else 0,
            "input_tokens": usage.tokens.input_tokens if usage else None,
            "output_tokens": usage.tokens.output_tokens if usage else None,
            "cost": cost_json(usage.cost) if usage else None,
            "cost_unknown": bool(usage and usage.unknown_costs),
            "seconds": round(notes.seconds, 3),
            "problem": notes.problem,
            "results": [asdict(each) for each in notes.judged],
        }
    )


def problem_of(notes: Notes) -> str:
    """What kept a model from answering everything, in sentences."""
    missing = notes.samples - len(notes.judged)
    return f"{notes.problem} Not in the figures: {missing:,} of {notes.samples:,} samples."


def print_tallies(tallies: Tallies) -> None:
    """A row for each source, a column for what was asked about and how."""
    tallies = {key: tally for key, tally in tallies.items() if tally.asked}
    columns = [Column("Without a model"), *(Column(f"{what}, {how}", is_number=True) for what, how in tallies)]
    rows = [("Asked about", *(f"{tally.asked:,}" for tally in tallies.values()))]
    for title, sources in (*((source.capitalize(), (source,)) for source in SOURCES), ("Together", SOURCES)):
        rows.append((f"{title} filed", *(_told(_filed(tally, sources)) for tally in tallies.values())))
        rows.append(("  of these rightly", *(_told(_right(tally, sources)) for tally in tallies.values())))
    print_table(columns, rows, empty="Nothing was asked.")


def print_tallies_json(subject: str, data: Path | None, tallies: Tallies) -> None:
    """One line for each."""
    for (what, how), tally in tallies.items():
        told: dict[str, Any] = {
            name: {"filed": _share_json(_filed(tally, sources)), "right": _share_json(_right(tally, sources))}
            for name, sources in (*((source, (source,)) for source in SOURCES), ("together", SOURCES))
        }
        line = {"eval": subject, "data": data.name if data else None, "model": None, "of": what, "protocol": how}
        print_json({**line, "asked": tally.asked, **told})


# ---------------------------------------------------------------------------------------------------------- the figures


def _rows(subject: Subject, found: Sequence[Scores]) -> list[Row]:
    """The rows that say something of any of the models."""
    difficulties = dict.fromkeys(name for each in found for name in each.by_difficulty)
    parts = dict.fromkeys(name for each in found for name in each.parts)
    rows: list[Row] = [
        ("Asked", lambda notes, _: f"{len(notes.judged):,} of {notes.samples:,}"),
        ("Right", lambda _, scores: _told(scores.right)),
        *((f"  {name}", _difficulty(name)) for name in difficulties),
        *((f"  {name}", _part(name)) for name in parts),
    ]
    nothing = "Calls nothing" if subject == "chat" else "Says nothing"
    return [
        *rows,
        (f"{nothing}, rightly", lambda _, scores: _told(scores.left_empty)),
        (f"{nothing}, wrongly", lambda _, scores: f"{scores.abstained:,}"),
        ("Says something, rightly", lambda _, scores: _told(scores.named)),
        ("Wrong", lambda _, scores: f"{scores.wrong:,}"),
        ("No usable answer", lambda _, scores: f"{scores.unanswered:,}"),
        ("Requests", lambda notes, _: f"{notes.usage.requests:,}" if notes.usage else "0"),
        ("Tokens in", lambda notes, _: _count(notes.usage and notes.usage.tokens.input_tokens)),
        ("Tokens out", lambda notes, _: _count(notes.usage and notes.usage.tokens.output_tokens)),
        ("Cost", lambda notes, _: _cost(notes)),
        ("Time", lambda notes, _: f"{notes.seconds:,.1f} s"),
    ]


def _difficulty(name: str) -> Callable[[Notes, Scores], str]:
    return lambda _, scores: _told(scores.by_difficulty.get(name, Share(0, 0)))


def _part(name: str) -> Callable[[Notes, Scores], str]:
    return lambda _, scores: _told(scores.parts.get(name, Share(0, 0)))


def _told(share: Share) -> str:
    return "–" if share.ratio is None else f"{share.count:,} of {share.of:,} ({100 * share.ratio:.1f}%)"


def _share_json(share: Share) -> dict[str, Any]:
    return {"count": share.count, "of": share.of, "ratio": share.ratio}


def _count(tokens: int | None) -> str:
    return "–" if tokens is None else f"{tokens:,}"


def _cost(notes: Notes) -> str:
    usage = notes.usage
    if usage is None or not usage.requests:
        return dollars(Decimal(0))
    if usage.cost is None:
        return "unknown" if usage.unknown_costs else dollars(Decimal(0))
    return f"{'at least ' if usage.unknown_costs else ''}{dollars(usage.cost)}"


def _filed(tally: Tally, sources: Sequence[str]) -> Share:
    return Share(sum(tally.filed[source] for source in sources), tally.asked)


def _right(tally: Tally, sources: Sequence[str]) -> Share:
    return Share(sum(tally.right[source] for source in sources), sum(tally.filed[source] for source in sources))
