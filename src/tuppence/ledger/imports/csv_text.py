"""Bytes of a delimited text file -> its encoding, and its records one at a time."""

import csv
import io
import re
import unicodedata
from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import pairwise

from tuppence.ledger.imports.bank_file import UnreadableBankFile
from tuppence.ledger.imports.csv_words import namings
from tuppence.ledger.imports.dates import date_parts

_BOMS = (
    (b"\xef\xbb\xbf", "utf-8-sig"),
    (b"\xff\xfe\x00\x00", "utf-32"),
    (b"\x00\x00\xfe\xff", "utf-32"),
    (b"\xff\xfe", "utf-16"),
    (b"\xfe\xff", "utf-16"),
)
_SAMPLE = 200_000
_LONGEST_RECORD = 60
_DOUBLE_BYTE = ("gb18030", "cp932", "big5", "euc_jp", "euc_kr")
_OTHER_ALPHABETS = (*_DOUBLE_BYTE, "cp1251", "cp1253")
_EIGHT_BIT = ("cp1252", "iso-8859-15", "cp1250", "iso-8859-2", "cp1257", "cp1251", "cp1254", "cp1253", "cp437", "cp850")
_DOS = ("cp437", "cp850")

Record = tuple[int, list[str]]


@dataclass(frozen=True, slots=True)
class Dialect:
    """How the lines are cut into cells. `breaks` is how many delimiters a usual line has."""

    delimiter: str
    breaks: int = 1
    wrapped: bool = False
    """Each line is quoted once more as a whole."""


@dataclass(frozen=True, slots=True)
class CsvText:
    """The text of a file, read anew each time it is walked, so that it is never held in memory as a whole."""

    data: bytes
    encoding: str
    damaged: bool = False
    """Some bytes do not belong to the encoding and are shown as U+FFFD."""

    def lines(self) -> Iterator[str]:
        """The lines with their ends; a line end is LF, CRLF or CR."""
        errors = "replace" if self.damaged else "strict"
        return io.TextIOWrapper(io.BytesIO(self.data), self.encoding, errors=errors, newline="")

    def records(self, dialect: Dialect, *, progress: Callable[[int], None] | None = None) -> Iterator[Record]:
        """Each record with the number of the line on which it begins; blank lines are left out.

        A quotation mark that is never closed spoils its own line only: the line is given without its quotation marks.
        """
        position = _Position()
        reader = csv.reader(_logical_lines(self.lines(), dialect, position), delimiter=dialect.delimiter)
        while True:
            try:
                for cells in reader:
                    if progress is not None and not position.start % 2000:
                        progress(position.start)
                    if dialect.wrapped and len(cells) == 1:
                        cells = next(csv.reader([cells[0]], delimiter=dialect.delimiter), [])
                    if cells:
                        yield position.start, cells
            except csv.Error:
                yield position.start, ["\ufffd"] * (dialect.breaks + 1)
            else:
                return


@dataclass(slots=True)
class _Position:
    start: int = 0


def _logical_lines(lines: Iterator[str], dialect: Dialect, position: _Position) -> Iterator[str]:
    """Lines, those joined that a quoted line break has cut; `position.start` is the number of the first of each."""
    waiting: deque[str] = deque()
    number = 0
    while True:
        line = waiting.popleft() if waiting else next(lines, None)
        if line is None:
            return
        number += 1
        position.start = number
        if line.count('"') % 2 == 0 or not _ends_open(line, dialect.delimiter):
            yield line
            continue
        taken = _until_closed(line, lines, waiting, dialect)
        if taken is None:
            yield line.replace('"', "")
        else:
            number += taken.count
            yield taken.text


@dataclass(frozen=True, slots=True)
class _Joined:
    text: str
    count: int
    """Lines taken in addition to the first."""


def _until_closed(first: str, lines: Iterator[str], waiting: deque[str], dialect: Dialect) -> _Joined | None:
    """The record that begins with `first` and goes on to its closing quotation mark; None when it is not closed soon.

    A continuation that looks like a record itself is taken for one, and the open mark for a stray.
    """
    taken: list[str] = []
    joined: _Joined | None = None
    while len(taken) < _LONGEST_RECORD:
        line = waiting.popleft() if waiting else next(lines, None)
        if line is None:
            break
        taken.append(line)
        if _is_record(line, dialect):
            break
        if line.count('"') % 2 and not _ends_open(first + "".join(taken), dialect.delimiter):
            joined = _Joined(first + "".join(taken), len(taken))
            break
    if joined is None:
        waiting.extendleft(reversed(taken))
    return joined


def _is_record(line: str, dialect: Dialect) -> bool:
    """Whether a line has as many cells as usual, one of them a date."""
    cells = line.rstrip("\r\n").split(dialect.delimiter)
    return len(cells) > max(1, dialect.breaks) and any(date_parts(cell) is not None for cell in cells if len(cell) < 40)


def _ends_open(text: str, delimiter: str) -> bool:
    """Whether the text ends inside a quoted cell, by the rules of the csv module."""
    quoted, at_start, index = False, True, 0
    while index < len(text):
        char = text[index]
        if quoted:
            if char == '"':
                if text[index + 1 : index + 2] == '"':
                    index += 1
                else:
                    quoted = False
        elif char == '"' and at_start:
            quoted = True
        at_start = not quoted and char == delimiter
        index += 1
    return quoted


def decoded(data: bytes, encoding: str | None = None) -> CsvText:
    """The text of the bytes, its encoding taken from a byte order mark, from the bytes themselves, or from `encoding`.

    Raises UnreadableBankFile for an unknown encoding, or for bytes that are no text.
    """
    if encoding is not None:
        return _decoded_as(data, encoding)
    for bom, name in _BOMS:
        if data.startswith(bom):
            return _decoded_as(data, name, lenient=True)
    if (wide := _wide_encoding(data)) is not None:
        return _decoded_as(data, wide, lenient=True)
    if b"\x00" in data[:_SAMPLE]:
        raise UnreadableBankFile(
            "The file is not text: download the transactions as CSV, OFX or QFX and import that file."
        )
    if _decodes(data, "utf-8"):
        return CsvText(data, "utf-8")
    if _nearly_utf8(data):
        return CsvText(data, "utf-8", damaged=True)
    return _decoded_as(data, _likeliest_encoding(data), lenient=True)


def _decoded_as(data: bytes, encoding: str, *, lenient: bool = False) -> CsvText:
    try:
        fits = _decodes(data, encoding)
    except LookupError as error:
        raise UnreadableBankFile(f"The encoding {encoding!r} is not known: name one like utf-8 or cp1252.") from error
    if not fits and not lenient:
        raise UnreadableBankFile(
            f"The file is not in the encoding {encoding}: leave the encoding out, or name another."
        )
    return CsvText(data, encoding, damaged=not fits)


def _decodes(data: bytes, encoding: str) -> bool:
    try:
        data.decode(encoding)
    except UnicodeError:
        return False
    return True


def _wide_encoding(data: bytes) -> str | None:
    """UTF-16 without a byte order mark: nearly every second byte of its ASCII characters is zero."""
    head = data[:4000]
    half = len(head) // 2
    if half < 8:
        return None
    if head[1::2].count(0) > 0.7 * half and head[0::2].count(0) < 0.1 * half:
        return "utf-16-le"
    if head[0::2].count(0) > 0.7 * half and head[1::2].count(0) < 0.1 * half:
        return "utf-16-be"
    return None


def _nearly_utf8(data: bytes) -> bool:
    """Whether only a few bytes are wrong in a text that otherwise has proper UTF-8 characters beyond ASCII."""
    text = data.decode("utf-8", errors="replace")
    wrong = text.count("\ufffd")
    right = sum(1 for char in text if char > "\x7f") - wrong
    return right > 4 * wrong


def _likeliest_encoding(data: bytes) -> str:
    """The encoding in which the lines beyond ASCII look most like writing; names of columns count most."""
    lines = [line for line in data[:_SAMPLE].splitlines() if not line.isascii()][:400]
    candidates = [name for name in (*_DOUBLE_BYTE, *_EIGHT_BIT) if _decodes(data, name)]
    if not candidates:
        return "cp1252"
    return max(candidates, key=lambda name: _writing_score(b"\n".join(lines).decode(name, errors="replace"), name))


def _writing_score(text: str, encoding: str) -> float:
    """How much the text looks like writing, by character beyond ASCII; small preferences break ties."""
    runs = re.findall(r"[^\W\d_]+|[^\x00-\x7f]", text)
    beyond = [run for run in runs if not run.isascii()]
    beside_digits = re.findall(r"(?<!\w)[^\x00-\x7f](?= ?\d)|(?<=\d)[^\x00-\x7f](?!\w)", text)
    beyond += beside_digits
    signs = sum(
        2.0 if char in "€£¥" else -2.0 if char.isalpha() and not _is_wide(char) else 0.0 for char in beside_digits
    )
    score = (signs + sum(_run_score(run) for run in beyond)) / max(1, sum(len(run) for run in beyond))
    for line in text.splitlines()[:60]:
        if any(not cell.isascii() and namings(cell) for cell in re.split(r"[;,\t|]", line.replace('"', ""))):
            score += 0.5
    order = (*_DOUBLE_BYTE, *_EIGHT_BIT)
    if encoding in _OTHER_ALPHABETS and sum(map(len, beyond)) < 0.25 * sum(map(len, runs)):
        score -= 0.5
    return score - order.index(encoding) * 0.001 - (0.5 if encoding in _DOS else 0)


def _is_wide(char: str) -> bool:
    return unicodedata.east_asian_width(char) in "WF"


def _run_score(run: str) -> float:
    scripts = {_script(char) for char in run}
    if scripts & {"other"}:
        return -1.0 * len(run)
    if scripts <= {"cjk", "kana"} or scripts <= {"hangul", "cjk"}:
        return sum(1.0 if _common(char) else -0.2 for char in run)
    if len(scripts) > 1:
        return -0.5 * len(run)
    if scripts == {"latin"}:
        accents = sum(not char.isascii() for char in run)
        upper_inside = sum(char.isupper() and not char.isascii() for char in run[1:]) if not run.isupper() else 0
        return 0.9 * len(run) if accents * 2 <= len(run) + 1 and not upper_inside else -0.3 * len(run)
    if scripts == {"cyrillic"} or scripts == {"greek"}:
        odd_case = any(a.islower() and b.isupper() for a, b in pairwise(run))
        return 0.85 * len(run) if len(run) > 1 and not odd_case else -0.3 * len(run)
    return 0.3 * len(run)


def _common(char: str) -> bool:
    """Whether a CJK character is an everyday one: GB2312 and JIS level 1 keep those in their first rows."""
    if (
        "\u3040" <= char <= "\u30ff"
        or "\uac00" <= char <= "\ud7a3"
        or "\uff00" <= char <= "\uffef"
        or "\u3000" <= char <= "\u303f"
    ):
        return True
    try:
        return char.encode("gb2312")[0] < 0xD8
    except UnicodeEncodeError:
        try:
            return char.encode("cp932")[0] < 0x98
        except UnicodeEncodeError:
            return False


def _script(char: str) -> str:
    if char.isascii():
        return "latin"
    if "\u4e00" <= char <= "\u9fff" or "\u3000" <= char <= "\u303f" or "\uff00" <= char <= "\uff60":
        return "cjk"
    if "\u3040" <= char <= "\u30ff":
        return "kana"
    if "\uac00" <= char <= "\ud7a3":
        return "hangul"
    name = unicodedata.name(char, "")
    for script in ("latin", "cyrillic", "greek"):
        if name.startswith(script.upper() + " "):
            return script
    return "sign" if char in "€£¥§°²³«»’‘“”–—…·ºª®©±½µ´ \u00a0" else "other"
