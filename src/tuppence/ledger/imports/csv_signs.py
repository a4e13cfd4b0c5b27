"""Whether a positive amount is money in or money out: the evidence of a whole table, and what follows from it."""

from dataclasses import dataclass, field
from decimal import Decimal
from typing import Literal

from tuppence.ledger.imports.amounts import amount_of
from tuppence.ledger.imports.bank_file import Problem, Question, ReadOptions
from tuppence.ledger.imports.csv_layout import Layout
from tuppence.ledger.imports.csv_text import CsvText, Dialect
from tuppence.ledger.imports.csv_words import plain_words, word_direction
from tuppence.ledger.imports.dates import date_parts

SignRule = Literal["written", "flipped", "split", "direction", "direction_checked", "marks", "balance"]
_WORDS_READ = 4_000


@dataclass(slots=True)
class _Chain:
    """How often the difference of neighbouring balances is the amount: oldest row first, newest row first."""

    pairs: int = 0
    same: list[int] = field(default_factory=lambda: [0, 0])
    opposite: list[int] = field(default_factory=lambda: [0, 0])
    fee_hits: int = 0
    plain_hits: int = 0

    def add(self, before: tuple[Decimal, Decimal, Decimal], after: tuple[Decimal, Decimal, Decimal]) -> None:
        """Each row is its amount, its balance and its fee."""
        self.pairs += 1
        for backward, (amount, rise, fee) in enumerate(
            ((after[0], after[1] - before[1], after[2]), (before[0], before[1] - after[1], before[2]))
        ):
            self.same[backward] += rise == amount
            self.opposite[backward] += rise == -amount
            if fee:
                self.fee_hits += rise == amount - abs(fee)
                self.plain_hits += rise == amount

    def proves(self, hits: list[int]) -> bool:
        return self.pairs >= 1 and max(hits) >= 0.7 * self.pairs

    @property
    def newest_first(self) -> bool | None:
        """The order that the balances prove, or None."""
        both = [self.same[0] + self.opposite[0], self.same[1] + self.opposite[1]]
        if self.pairs < 1 or max(both) < 0.7 * self.pairs or both[0] == both[1]:
            return None
        return both[1] > both[0]

    def proves_size(self) -> bool:
        """Whether every balance differs from its neighbour by the amount, whichever way."""
        both = [self.same[0] + self.opposite[0], self.same[1] + self.opposite[1]]
        return self.pairs >= 2 and max(both) >= 0.95 * self.pairs and both[0] != both[1]


@dataclass(slots=True)
class SignEvidence:
    """Counts of signs, marks, directions and telling words over a table."""

    positive: int = 0
    negative: int = 0
    marked_in: int = 0
    marked_out: int = 0
    plus_only: int = 0
    unmarked: int = 0
    agreeing: int = 0
    """Rows whose written sign is that of their direction."""
    disagreeing: int = 0
    without_direction: int = 0
    in_positive: int = 0
    in_negative: int = 0
    out_positive: int = 0
    out_negative: int = 0
    kind_says_spent: int = 0
    """Positive amounts in rows whose column of kinds says purchase."""
    out_side: list[int] = field(default_factory=lambda: [0, 0])
    """Positive and negative amounts in the column of money out."""
    in_side: list[int] = field(default_factory=lambda: [0, 0])
    """The same of the column of money in."""
    fees: int = 0
    chain: _Chain = field(default_factory=_Chain)

    @property
    def for_flip(self) -> int:
        return self.in_negative + self.out_positive

    @property
    def against_flip(self) -> int:
        return self.in_positive + self.out_negative


@dataclass(frozen=True, slots=True)
class Signs:
    """How the sign of an amount follows from what is written."""

    rule: SignRule
    unmarked: int = 0
    """For the rule marks: the sign of amounts without a mark; 0 when they cannot be read."""
    newest_first: bool | None = None
    out_is_negative: bool = False
    """For the rule split: the column of money out has minus signs."""
    in_is_negative: bool = False
    """For the rule split: so has the column of money in, and in every row."""
    fees: bool = False
    """The fee column is taken off the amount in addition."""


def sign_evidence(text: CsvText, dialect: Dialect, layout: Layout) -> SignEvidence:
    """The evidence of the whole table."""
    evidence = SignEvidence()
    last: dict[tuple[str, ...], tuple[Decimal, Decimal, Decimal]] = {}
    columns = layout.columns
    keys = [column for column in (columns.account, columns.pocket, columns.currency) if column is not None]
    read = 0
    for line, cells in text.records(dialect):
        if line < layout.first_line or (layout.header and line == layout.first_line):
            continue
        value = _noted_value(evidence, cells, layout)
        if value is None:
            continue
        read += 1
        if read <= _WORDS_READ:
            _note_words(evidence, cells, layout, value)
        fee = _cell_value(cells, columns.fee, layout) or Decimal()
        evidence.fees += bool(fee)
        balance = _cell_value(cells, columns.balance, layout)
        if balance is None:
            continue
        key = tuple(cells[column] for column in keys if column < len(cells))
        row = (value, balance, fee)
        if value and key in last:
            evidence.chain.add(last[key], row)
        last[key] = row
    return evidence


def _noted_value(evidence: SignEvidence, cells: list[str], layout: Layout) -> Decimal | None:
    """The amount of a row, for split columns already with its sign; its sign, mark and direction are counted."""
    columns = layout.columns
    if not any(column < len(cells) and date_parts(cells[column]) for column in columns.dates):
        return None
    if not columns.amounts:
        into, out = _cell_value(cells, columns.credit, layout), _cell_value(cells, columns.debit, layout)
        if not into and not out:
            return None
        if out:
            evidence.out_side[out < 0] += 1
        if into:
            evidence.in_side[into < 0] += 1
        return abs(into) if into else -abs(out or Decimal())
    money = next(
        (
            found
            for column in columns.amounts
            if column < len(cells) and (found := amount_of(cells[column], layout.decimal))
        ),
        None,
    )
    if money is None or not money.value:
        return None
    evidence.positive += money.value > 0
    evidence.negative += money.value < 0
    direction = (
        layout.directions.get(cells[columns.direction].strip(), 0)
        if columns.direction is not None and columns.direction < len(cells)
        else 0
    )
    _note_mark(evidence, money.mark, money.value, cells[columns.amounts[0]], direction)
    return money.value


def _note_mark(evidence: SignEvidence, mark: int, value: Decimal, text: str, direction: int) -> None:
    if mark > 0 and "+" in text and not any(char.isalpha() for char in text):
        evidence.plus_only += 1
    elif mark:
        evidence.marked_in += mark > 0
        evidence.marked_out += mark < 0
    else:
        evidence.unmarked += 1
    if direction:
        evidence.agreeing += (value > 0) == (direction > 0)
        evidence.disagreeing += (value > 0) != (direction > 0)
    else:
        evidence.without_direction += 1


def _cell_value(cells: list[str], column: int | None, layout: Layout) -> Decimal | None:
    if column is None or column >= len(cells):
        return None
    money = amount_of(cells[column], layout.decimal)
    return None if money is None else -money.value if money.mark < 0 < money.value else money.value


def _note_words(evidence: SignEvidence, cells: list[str], layout: Layout, value: Decimal) -> None:
    columns = [*layout.columns.texts, *(c for c in (layout.columns.kind, layout.columns.category) if c is not None)]
    kind = layout.columns.kind
    if kind is not None and kind < len(cells) and value > 0 and word_direction(cells[kind]) < 0:
        evidence.kind_says_spent += 1
    told = word_direction(" ".join(cells[column] for column in columns if column < len(cells))[:300])
    if told > 0:
        evidence.in_positive += value > 0
        evidence.in_negative += value < 0
    elif told < 0:
        evidence.out_positive += value > 0
        evidence.out_negative += value < 0


def decided_signs(evidence: SignEvidence, layout: Layout, options: ReadOptions) -> Signs:
    """How the signs are read; what the evidence leaves open is put to the layout's questions."""
    order = evidence.chain.newest_first
    rule, unmarked = _rule(evidence, layout, options)
    out_is_negative = evidence.out_side[1] > evidence.out_side[0]
    in_is_negative = bool(evidence.in_side[1]) and not evidence.in_side[0]
    fees = _fees_come_on_top(evidence, layout, options)
    return Signs(rule, unmarked, order, out_is_negative, in_is_negative, fees)


def _rule(evidence: SignEvidence, layout: Layout, options: ReadOptions) -> tuple[SignRule, int]:
    if not layout.columns.amounts:
        return "split", 0
    if layout.columns.direction is not None and evidence.agreeing + evidence.disagreeing:
        return _direction_rule(evidence, layout)
    if (evidence.marked_in or evidence.marked_out or evidence.plus_only) and not evidence.negative:
        return _mark_rule(evidence)
    if options.flip_sign is not None:
        return ("flipped" if options.flip_sign else "written"), 0
    if not evidence.negative and evidence.positive:
        return _unsigned_rule(evidence, layout), 0
    return _signed_rule(evidence, layout), 0


def _direction_rule(evidence: SignEvidence, layout: Layout) -> tuple[SignRule, int]:
    column = layout.columns.direction or 0
    unnamed = column >= len(layout.header) or not layout.header[column].strip()
    only_marks_or_blank = unnamed or all(layout.directions.values())
    one_sided = not evidence.without_direction or not only_marks_or_blank
    if not evidence.negative:
        marks_only_one_side = not (evidence.agreeing and evidence.disagreeing)
        if not one_sided and marks_only_one_side:
            return "marks", 1 if evidence.disagreeing else -1
        return "direction", 0
    if not evidence.disagreeing:
        return "written", 0
    if not evidence.agreeing:
        return "direction", 0
    if evidence.agreeing >= 0.9 * (evidence.agreeing + evidence.disagreeing):
        return "direction_checked", 0
    if not evidence.chain.proves(evidence.chain.same):
        _ask(layout, "The signs of the amounts contradict the directions that the rows state.", "written")
    return "written", 0


def _mark_rule(evidence: SignEvidence) -> tuple[SignRule, int]:
    marked_in = evidence.marked_in + evidence.plus_only
    if not evidence.unmarked or (marked_in and evidence.marked_out):
        return "marks", 0
    return "marks", -1 if marked_in else 1


def _unsigned_rule(evidence: SignEvidence, layout: Layout) -> SignRule:
    chain = evidence.chain
    if chain.proves_size():
        return "balance"
    assumed: SignRule = "flipped" if layout.is_card or evidence.out_positive > evidence.in_positive else "written"
    _ask(layout, "No amount has a sign, and nothing says whether they are money in or money out.", assumed)
    return assumed


def _signed_rule(evidence: SignEvidence, layout: Layout) -> SignRule:
    """For amounts of both signs, or only negative ones. Banks write money out with a minus; some cards do not."""
    chain = evidence.chain
    mostly_positive = evidence.positive >= evidence.negative
    if layout.is_card:
        return _card_rule(evidence, layout)
    if chain.proves(chain.same):
        return "written"
    if chain.proves(chain.opposite):
        if evidence.against_flip > evidence.for_flip:
            return "written"
        _ask(layout, "The running balance falls where the amounts are positive.", "flipped")
        return "flipped"
    strong = evidence.in_negative or evidence.kind_says_spent or evidence.out_positive >= 3
    if layout.mentions_card:
        return _card_rule(evidence, layout)
    if strong and evidence.for_flip > 3 * evidence.against_flip:
        assumed: SignRule = "flipped" if mostly_positive or evidence.kind_says_spent else "written"
        _ask(
            layout,
            "Payments look like negative amounts and purchases like positive ones, as on card statements.",
            assumed,
        )
        return assumed
    if not evidence.for_flip and not evidence.against_flip and evidence.positive >= 3 * evidence.negative > 0:
        _ask(layout, "Most amounts are positive, as on card statements, and nothing proves what that means.", "written")
    return "written"


def _card_rule(evidence: SignEvidence, layout: Layout) -> SignRule:
    told = evidence.for_flip + evidence.against_flip
    purchases_positive = evidence.positive > evidence.negative or evidence.kind_says_spent
    if evidence.for_flip and not evidence.against_flip and purchases_positive:
        why = "On this card statement positive amounts are purchases; they were read as money out."
        layout.remarks.append(Problem(None, why, kept=True))
        return "flipped"
    if told and evidence.against_flip >= 3 * evidence.for_flip:
        return "written"
    if evidence.for_flip or evidence.negative < 2 * evidence.positive:
        fewer_negative = evidence.positive > evidence.negative
        assumed: SignRule = "flipped" if evidence.for_flip > evidence.against_flip or fewer_negative else "written"
        _ask(layout, "Card statements write purchases with either sign, and this one does not say which.", assumed)
        return assumed
    return "written"


def _ask(layout: Layout, why: str, assumed: SignRule) -> None:
    why += " Is a positive amount money that was spent?"
    layout.questions.append(Question("flip_sign", why, ("yes", "no"), "yes" if assumed == "flipped" else "no"))


def _fees_come_on_top(evidence: SignEvidence, layout: Layout, options: ReadOptions) -> bool:
    if layout.columns.fee is None or not evidence.fees:
        return False
    if options.include_fees is not None:
        return options.include_fees
    chain = evidence.chain
    if chain.fee_hits != chain.plain_hits:
        return chain.fee_hits > chain.plain_hits
    name = plain_words(layout.header[layout.columns.amounts[0]]) if layout.columns.amounts and layout.header else ""
    if not layout.columns.amounts or "net" in name.split():
        return False
    layout.questions.append(
        Question(
            "include_fees",
            "Fees stand in a column of their own; are they taken off in addition to the amount?",
            ("yes", "no"),
            "no",
        )
    )
    return False
