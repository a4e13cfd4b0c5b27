"""Finds the header of a table and says which column holds what, by name and by content."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import cast, get_args

from tuppence.ledger.imports.amounts import amount_of
from tuppence.ledger.imports.bank_file import Question, UnreadableBankFile
from tuppence.ledger.imports.csv_content import ColumnContent, column_contents, money_columns
from tuppence.ledger.imports.csv_text import Record
from tuppence.ledger.imports.csv_words import Role, namings, plain_words, word_direction
from tuppence.ledger.imports.currencies import currency_of
from tuppence.ledger.imports.dates import date_parts

_MONEY: frozenset[Role] = frozenset({"amount", "debit", "credit"})
_TEXTS: frozenset[Role] = frozenset({"description", "payee", "memo"})
_HEADER_WITHIN = 150
_WIDEST = 400


@dataclass(frozen=True, slots=True)
class Columns:
    """Which column (from 0) holds what; None or empty where the table has no such column."""

    dates: tuple[int, ...] = ()
    """The booking date's column first, then those that stand in for it where it is empty."""
    value_date: int | None = None
    amounts: tuple[int, ...] = ()
    """More than one only when each row fills just one of them."""
    debit: int | None = None
    credit: int | None = None
    balance: int | None = None
    fee: int | None = None
    currency: int | None = None
    direction: int | None = None
    status: int | None = None
    account: int | None = None
    pocket: int | None = None
    counterparty_account: int | None = None
    bank_id: int | None = None
    payee: int | None = None
    memo: int | None = None
    category: int | None = None
    kind: int | None = None
    texts: tuple[int, ...] = ()
    """The columns that tell what the transaction was, in file order."""
    booked_date: bool = False
    """The first date is a booking date, and another column has the day of the purchase."""

    @property
    def money(self) -> tuple[int, ...]:
        """Every column from which the amount of a row is taken."""
        return (*self.amounts, *(column for column in (self.debit, self.credit) if column is not None))

    @property
    def is_complete(self) -> bool:
        return bool(self.dates) and bool(self.money)


@dataclass(frozen=True, slots=True)
class Table:
    """A table found in a file."""

    header: tuple[str, ...]
    """Empty when the table has no header."""
    first_line: int
    """Line of the header, or of the first row when there is no header."""
    columns: Columns
    width: int
    questions: tuple[Question, ...] = ()
    rows_like_it: int = 0
    """Rows of the sample that have a date and an amount: how well the table fits the file."""


def found_table(sample: Sequence[Record], answers: Mapping[str, str]) -> Table | None:
    """The table in the records of the sample, or None when nothing in it looks like transactions."""
    sample = [record for record in sample if len(record[1]) <= _WIDEST]
    at = _answered_header_index(sample, answers)
    at = _header_index(sample) if at is None else at
    header = tuple(sample[at][1]) if at is not None else ()
    body = [cells for _, cells in sample[at + 1 if at is not None else 0 :]]
    rows = _dated_rows(body)
    if not header and not rows:
        return None
    width = len(header) if header else max(len(cells) for cells in rows)
    even = [cells for cells in rows if not any(cell.strip() for cell in cells[width:])]
    contents = column_contents(even if 2 * len(even) >= len(rows) else rows, width)
    if header:
        first_line = sample[at][0] if at is not None else 1
    else:
        first_line = (
            next(line for line, cells in sample if _has_date(cells) and _has_amount(cells))
            if any(_has_date(cells) and _has_amount(cells) for cells in rows)
            else sample[0][0]
        )
    columns, questions = _columns(header, contents, rows, answers)
    fitting = sum(_row_fits(cells, columns) for cells in rows)
    return Table(header, first_line, columns, width, tuple(questions), fitting)


def _dated_rows(body: Sequence[Sequence[str]]) -> list[Sequence[str]]:
    """The records that have a date where most records have one."""
    places: Counter[int] = Counter()
    for cells in body:
        if len(cells) > 1:
            places.update(place for place, cell in enumerate(cells) if len(cell) < 60 and date_parts(cell) is not None)
    if not places:
        return []
    most = max(places.values())
    usual = min(place for place, count in places.items() if count >= 0.6 * most)
    return [cells for cells in body if usual < len(cells) and date_parts(cells[usual]) is not None]


def _row_fits(cells: Sequence[str], columns: Columns) -> bool:
    has_date = any(column < len(cells) and date_parts(cells[column]) for column in columns.dates)
    return has_date and any(column < len(cells) and cells[column].strip() for column in columns.money)


def _has_date(cells: Sequence[str]) -> bool:
    return len(cells) > 1 and any(date_parts(cell) is not None for cell in cells if len(cell) < 60)


def _has_amount(cells: Sequence[str]) -> bool:
    return any(
        (amount_of(cell, ".") or amount_of(cell, ",")) and not date_parts(cell) for cell in cells if len(cell) < 60
    )


def _answered_header_index(sample: Sequence[Record], answers: Mapping[str, str]) -> int | None:
    """The record with the names of columns that a person gave; None when only numbers were given."""
    names = {plain_words(name) for name in answers.values() if not name.isdigit()}
    if not names:
        return None
    return next((at for at, (_, cells) in enumerate(sample) if names <= set(map(plain_words, cells))), None)


def _header_index(sample: Sequence[Record]) -> int | None:
    """The record that names a date and an amount, or failing that at least two columns just before the first row."""
    best, best_score = None, 0
    for index, (_, cells) in enumerate(sample[:_HEADER_WITHIN]):
        score = header_score(cells)
        if score >= 20:
            return index
        if score > best_score and _is_followed_by_rows(sample, index):
            best, best_score = index, score
    return best


def _is_followed_by_rows(sample: Sequence[Record], index: int) -> bool:
    following = sample[index + 1 : index + 3]
    return any(_has_date(cells) and _has_amount(cells) for _, cells in following) and not any(
        _has_date(cells) and _has_amount(cells) for _, cells in sample[:index]
    )


def header_score(cells: Sequence[str]) -> int:
    """How many things the cells name: 10 for a date and for money, 1 for anything else; 0 when they hold values."""
    filled = [cell for cell in cells if cell.strip()]
    if len(filled) < 2 or any(_is_value(cell) for cell in filled):
        return 0
    roles: set[Role] = set()
    for cell in filled:
        for naming in namings(cell)[:1]:
            roles.add(naming.role)
    named_money = roles & _MONEY or any(currency_of(cell.replace("$", "")) for cell in filled if cell.endswith("$"))
    score = 10 * bool(roles & {"date", "value_date"}) + 10 * bool(named_money)
    others = len(roles - _MONEY - {"date", "value_date"})
    return score + others if score or others >= 2 else 0


def _is_value(cell: str) -> bool:
    return date_parts(cell) is not None or (any(char.isdigit() for char in cell) and amount_of(cell, ".") is not None)


@dataclass(slots=True)
class _Claim:
    role: Role
    rank: int
    column: int


def _columns(
    header: Sequence[str], contents: Sequence[ColumnContent], rows: Sequence[Sequence[str]], answers: Mapping[str, str]
) -> tuple[Columns, list[Question]]:
    given = _given_columns(header, len(contents), answers)
    claims = [_Claim(role, 99, column) for role, column in given]
    taken = {claim.column for claim in claims}
    for column, content in enumerate(contents):
        if column not in taken:
            claim = _claim(header[column] if column < len(header) else "", column, content)
            if claim is not None:
                claims.append(claim)
    questions: list[Question] = []
    columns = _arranged(claims, contents, rows, header, questions)
    columns = _completed(columns, contents, rows, header, questions)
    return columns, questions


def _given_columns(header: Sequence[str], width: int, answers: Mapping[str, str]) -> list[tuple[Role, int]]:
    given: list[tuple[Role, int]] = []
    names = {plain_words(cell): column for column, cell in reversed(list(enumerate(header))) if cell.strip()}
    for role, name in answers.items():
        if plain_words(name) in names:
            column = names[plain_words(name)]
        elif name.isdigit() and 1 <= int(name) <= width:
            column = int(name) - 1
        else:
            raise UnreadableBankFile(
                f"There is no column {name!r}: name a column of the header, or its number from 1 to {width}."
            )
        given.append((_role(role), column))
    return given


def _role(name: str) -> Role:
    for role in get_args(Role):
        if role == ("other" if name == "ignore" else name):
            return cast(Role, role)
    known = ", ".join(role for role in get_args(Role) if role != "other")
    raise UnreadableBankFile(f"{name!r} is nothing that a column can hold: use one of {known}, ignore.")


def _claim(name: str, column: int, content: ColumnContent) -> _Claim | None:
    """What the column holds: the most telling meaning of its name that its content does not contradict."""
    named = namings(name)
    for naming in named:
        if naming.role in ("kind", "description", "status") and naming.rank < 9 and content.has_direction_words:
            return _Claim("direction", 3, column)
        if _agrees(naming.role, content):
            return _Claim(naming.role, naming.rank, column)
    if named and named[0].role == "other":
        return None
    known = currency_of(name.replace("$", "").strip()) if name.strip() else None
    if known and content.is_amounts and not named:
        return _Claim("amount", 4, column)
    if not named and content.has_direction_words:
        return _Claim("direction", 2, column)
    if content.is_currencies and content.values and not content.is_amounts and not name.strip():
        return _Claim("currency", 2, column)
    return None


def _agrees(role: Role, content: ColumnContent) -> bool:
    if not content.filled:
        return role not in ("date", "value_date") or not content.rows
    if role in ("date", "value_date"):
        return content.is_dates
    if role in ("amount", "debit", "credit", "balance", "fee"):
        return content.is_amounts
    if role == "currency":
        return content.is_currencies
    if role == "direction":
        return content.mostly(content.directions, 0.9)
    if role == "bank_id":
        return len(content.values) == content.filled
    if role in ("description", "payee", "memo", "account", "kind", "category"):
        return not (content.is_dates and content.mostly(content.dates, 0.95)) and not content.mostly(
            content.negatives, 0.2
        )
    return True


def _arranged(
    claims: Sequence[_Claim],
    contents: Sequence[ColumnContent],
    rows: Sequence[Sequence[str]],
    header: Sequence[str],
    questions: list[Question],
) -> Columns:
    """One column for each role, the best-ranked; `questions` takes what cannot be decided."""
    by_role: dict[Role, list[_Claim]] = {}
    for claim in sorted(claims, key=lambda claim: (-claim.rank, claim.column)):
        by_role.setdefault(claim.role, []).append(claim)

    def best(role: Role) -> int | None:
        return by_role[role][0].column if role in by_role else None

    dates = [claim for claim in by_role.get("date", []) if claim.rank > 0]
    fallback = [
        claim.column for claim in (*by_role.get("value_date", []), *by_role.get("date", [])) if claim not in dates
    ]
    traded = {claim.rank for claim in dates[1:]} & {5, 6, 7}
    columns = Columns(
        dates=tuple(claim.column for claim in dates) or tuple(fallback[:1]),
        value_date=best("value_date"),
        balance=best("balance"), fee=best("fee"), currency=best("currency"), direction=best("direction"),
        status=best("status"),
        pocket=best("pocket"), counterparty_account=best("counterparty_account"), bank_id=best("bank_id"),
        payee=best("payee"), memo=best("memo"), category=best("category"), kind=best("kind"), account=best("account"),
        texts=tuple(sorted(claim.column for claim in claims if claim.role in _TEXTS)),
        booked_date=bool(dates) and dates[0].rank == 8 and bool(traded),
    )  # fmt: skip
    columns = _with_money(columns, by_role, contents, rows, header, questions)
    columns = replace(columns, currency=_currency_beside(columns, by_role.get("currency", ())))
    return columns if columns.texts or columns.kind is None else replace(columns, texts=(columns.kind,))


def _currency_beside(columns: Columns, claims: Sequence[_Claim]) -> int | None:
    """Of several columns of currencies that are named alike, the one to the right of the amount."""
    alike = [claim.column for claim in claims if claim.rank == claims[0].rank]
    beside = [column for column in alike if column - 1 in columns.amounts]
    return next(iter(beside or alike), None)


def _with_money(
    columns: Columns,
    by_role: Mapping[Role, Sequence[_Claim]],
    contents: Sequence[ColumnContent],
    rows: Sequence[Sequence[str]],
    header: Sequence[str],
    questions: list[Question],
) -> Columns:
    debits, credits_, amounts = (list(by_role.get(role, ())) for role in ("debit", "credit", "amount"))
    if debits and credits_:
        signed = [claim for claim in amounts if claim.rank >= 9 and contents[claim.column].negatives]
        if not signed or 99 in (debits[0].rank, credits_[0].rank):
            return replace(columns, debit=debits[0].column, credit=credits_[0].column)
    if not amounts:
        return _with_lone_side(columns, debits, credits_, contents)
    top = [claim.column for claim in amounts if claim.rank == amounts[0].rank]
    named = [claim.column for claim in amounts if claim.rank >= 5]
    if len(named) > len(top) == 1 and _are_exclusive(rows, named) and _have_blanks(rows, top[0]):
        return replace(columns, amounts=tuple(named))
    if len(top) == 1 or _are_equal(rows, top):
        return replace(columns, amounts=(top[0],))
    if (net := _net_column(top, header)) is not None and columns.fee is not None:
        return replace(columns, amounts=(net,))
    if _are_exclusive(rows, top):
        return replace(columns, amounts=tuple(top))
    questions.append(_which_column("amount", "Several columns could be the amount of the transaction.", header, top))
    return replace(columns, amounts=(top[0],))


def _net_column(columns: Sequence[int], header: Sequence[str]) -> int | None:
    """The column of amounts after fees, where its name says so."""
    return next(
        (c for c in columns if c < len(header) and {"net", "netto"} & set(plain_words(header[c]).split())), None
    )


def _with_lone_side(
    columns: Columns, debits: Sequence[_Claim], credits_: Sequence[_Claim], contents: Sequence[ColumnContent]
) -> Columns:
    """A column named for one side only holds that side, unless it has amounts of both signs."""
    for claim in (*debits[:1], *credits_[:1]):
        content = contents[claim.column]
        if 0 < content.negatives < content.amounts:
            return replace(columns, amounts=(claim.column,))
        return replace(columns, debit=claim.column) if debits else replace(columns, credit=claim.column)
    return columns


def _completed(
    columns: Columns,
    contents: Sequence[ColumnContent],
    rows: Sequence[Sequence[str]],
    header: Sequence[str],
    questions: list[Question],
) -> Columns:
    """The columns with what the header does not name found by content alone."""
    used = _used(columns)
    free = [column for column in range(len(contents)) if column not in used and not _is_named_otherwise(header, column)]
    if not columns.dates:
        columns = replace(columns, dates=tuple(column for column in free if contents[column].is_dates))
        if header and len(columns.dates) > 1:
            questions.append(_which_column("date", "Several columns hold dates.", header, columns.dates))
    if not columns.money and not any(naming.role in _MONEY for name in header for naming in namings(name)[:1]):
        columns = _money_by_content(columns, contents, rows, header, free, questions)
    if not header:
        columns = _texts_by_content(columns, contents)
    return columns


def _money_by_content(
    columns: Columns,
    contents: Sequence[ColumnContent],
    rows: Sequence[Sequence[str]],
    header: Sequence[str],
    free: Sequence[int],
    questions: list[Question],
) -> Columns:
    candidates = [column for column in free if contents[column].is_money and column not in columns.dates]
    if not candidates:
        return columns
    found = money_columns(rows, [*candidates, *([columns.balance] if columns.balance is not None else [])])
    if found is None and len(candidates) == 1:
        return replace(columns, amounts=(candidates[0],))
    if found is not None:
        amounts = () if found.amount is None else (found.amount,)
        return replace(
            columns,
            amounts=amounts,
            debit=found.debit,
            credit=found.credit,
            balance=found.balance if columns.balance is None else columns.balance,
        )
    if len(candidates) == 2 and _are_exclusive(rows, candidates):
        return _sides_by_words(columns, rows, header, candidates, questions)
    questions.append(
        _which_column("amount", "Several columns hold amounts and nothing tells them apart.", header, candidates)
    )
    return columns


def _sides_by_words(
    columns: Columns,
    rows: Sequence[Sequence[str]],
    header: Sequence[str],
    pair: Sequence[int],
    questions: list[Question],
) -> Columns:
    """Two unnamed columns of which each row fills one: money out and in. Asks which; the texts make the preview."""
    first, second = pair
    told = sum(
        word_direction(" ".join(row)) * (1 if row[second].strip(" 0.,$€£-") else -1)
        for row in rows
        if second < len(row)
    )
    out, into = (first, second) if told >= 0 else (second, first)
    choices = tuple(
        f"debit={column_label(header, a)},credit={column_label(header, b)}"
        for a, b in ((first, second), (second, first))
    )
    why = "Two columns hold amounts without a sign; one is money out and one money in, and nothing says which."
    questions.append(Question("columns", why, choices, choices[0] if out == first else choices[1]))
    return replace(columns, debit=out, credit=into)


def _texts_by_content(columns: Columns, contents: Sequence[ColumnContent]) -> Columns:
    used = _used(columns)
    free = [column for column in range(len(contents)) if column not in used]
    account = next((column for column in free if contents[column].is_account), None)
    texts = tuple(
        column for column in free if column != account and contents[column].mostly(contents[column].letters, 0.3)
    )
    return replace(columns, account=columns.account if account is None else account, texts=texts)


def _used(columns: Columns) -> set[int]:
    singles = (
        columns.value_date, columns.balance, columns.fee, columns.currency, columns.direction, columns.status,
        columns.account,
        columns.pocket, columns.counterparty_account, columns.bank_id, columns.category, columns.kind,
    )  # fmt: skip
    return {*columns.dates, *columns.money, *columns.texts, *(column for column in singles if column is not None)}


def _is_named_otherwise(header: Sequence[str], column: int) -> bool:
    return column < len(header) and any(naming.role in ("other", "fee") for naming in namings(header[column])[:1])


def _are_equal(rows: Sequence[Sequence[str]], columns: Sequence[int]) -> bool:
    return all(len({row[column].strip() for column in columns if column < len(row)}) <= 1 for row in rows)


def _have_blanks(rows: Sequence[Sequence[str]], column: int) -> bool:
    return any(column >= len(row) or not row[column].strip() for row in rows)


def _are_exclusive(rows: Sequence[Sequence[str]], columns: Sequence[int]) -> bool:
    return all(sum(1 for c in columns if c < len(row) and row[c].strip(" 0.,$€£-")) <= 1 for row in rows)


def column_label(header: Sequence[str], column: int) -> str:
    """The header of a column, or its number from 1 where it has none."""
    return header[column].strip() if column < len(header) and header[column].strip() else str(column + 1)


def _which_column(role: str, why: str, header: Sequence[str], columns: Sequence[int]) -> Question:
    return Question("columns", why, tuple(f"{role}={column_label(header, column)}" for column in columns))
