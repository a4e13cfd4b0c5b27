"""Patterns that people write: regular expressions that cannot take long, whatever they and the text are.

The usual engines try one way through a pattern after the other, of which there may be exponentially many. This one goes
all ways at once (Thompson, "Regular expression search algorithm", 1968) and remembers where it has been, so that each
character of a text costs about one look into a table. It knows no look-around and no back-references.

Case, width and spacing make no difference. `.` is any character; `^`, `$` and `\\b` are the usual places;
`[a-z]`, `\\d`, `\\w`, `\\s` sets; `*`, `+`, `?`, `{2,5}` repeat; `|` and `( )` choose and group.
"""

import unicodedata
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from enum import Enum

from tuppence.ledger.names import name_key

LONGEST_PATTERN = 200
LONGEST_TEXT = 500
"""Characters of a text that are looked at."""
_MOST_STEPS = 600
_DEEPEST = 30
_REMEMBERED = 5000  # places in texts


class PatternUnclear(ValueError):
    """The pattern cannot be read, or would fit everything; the message says why."""


class _Place(Enum):
    START = "^"
    END = "$"
    BORDER = "b"
    NO_BORDER = "B"


@dataclass(frozen=True, slots=True)
class _Character:
    fits: Callable[[str], bool]


@dataclass(frozen=True, slots=True)
class _Fork:
    ways: tuple[int, ...]


_Step = _Character | _Fork | _Place | None
"""What is to be done next; None: the pattern has been found."""
_Node = Callable[["_Program"], None]
"""Writes the steps of a part of the pattern."""
_State = tuple[frozenset[int], str]
"""The steps to do next, and the character before ("" at the start)."""


@dataclass(frozen=True, slots=True, eq=False)
class _Visited:
    """A place in texts where the pattern has been before."""

    state: _State
    ways: "dict[str, _Visited]"
    """Where each character leads from here; _FOUND when the pattern ends before it."""


_FOUND = _Visited((frozenset(), ""), {})


class Pattern:
    """A pattern ready to be looked for. Raises PatternUnclear."""

    def __init__(self, text: str) -> None:
        if len(text) > LONGEST_PATTERN:
            raise PatternUnclear(f"A pattern has {LONGEST_PATTERN} characters at most.")
        self._steps = _Program(_Reader(unicodedata.normalize("NFKC", text)).pattern()).steps
        self._forget()
        if self.is_in(""):
            raise PatternUnclear("The pattern fits everything, even nothing. Write what has to occur.")

    def is_in(self, text: str) -> bool:
        """Whether the pattern occurs in `text`."""
        return self.is_in_folded(name_key(text))

    def is_in_folded(self, text: str) -> bool:
        """The same of a text that went through `name_key` before."""
        place = self._start
        for character in text[:LONGEST_TEXT]:
            following = place.ways.get(character) or self._way(place, character)
            if following is _FOUND:
                return True
            place = following
        return (place.ways.get("") or self._way(place, "")) is _FOUND

    def _way(self, place: "_Visited", character: str) -> "_Visited":
        """Where `character` leads, which is remembered."""
        if self._remembered >= _REMEMBERED:
            self._forget()
        self._remembered += 1
        state = self._after(place.state, character)
        following = _FOUND if state is None else self._places.setdefault(state, _Visited(state, {}))
        place.ways[character] = following
        return following

    def _forget(self) -> None:
        self._remembered = 0
        self._start = _Visited((frozenset(), ""), {})
        self._places: dict[_State, _Visited] = {self._start.state: self._start}

    def _after(self, state: _State, character: str) -> _State | None:
        """The state after `character` ("" is the end); None when the pattern has been found before it."""
        pending, before = [*state[0], 0], state[1]
        seen, following = set(pending), set()
        while pending:
            place = pending.pop()
            step = self._steps[place]
            ways: tuple[int, ...] = ()
            match step:
                case None:
                    return None
                case _Fork(ways):
                    pass
                case _Character(fits):
                    if character and fits(character):
                        following.add(place + 1)
                case _Place() if _is_at(step, before, character):
                    ways = (place + 1,)
            new = [way for way in ways if way not in seen]
            seen.update(new)
            pending += new
        kind = "" if not before and not character else "a" if _is_word(character) else " "
        return frozenset(following), kind


def _is_at(place: _Place, before: str, after: str) -> bool:
    if place is _Place.START:
        return not before
    if place is _Place.END:
        return not after
    return (_is_word(before) != _is_word(after)) is (place is _Place.BORDER)


def _is_word(character: str) -> bool:
    return character.isalnum() or character == "_"


class _Program:
    """The steps of a pattern, in the order in which they are written."""

    def __init__(self, root: _Node) -> None:
        self.steps: list[_Step] = []
        root(self)
        self.steps.append(None)

    def add(self, step: _Step) -> int:
        """Write one step; return where it is."""
        if len(self.steps) >= _MOST_STEPS:
            raise PatternUnclear("The pattern repeats too much. Use smaller numbers in { }.")
        self.steps.append(step)
        return len(self.steps) - 1


def _character(fits: Callable[[str], bool]) -> _Node:
    def write(program: _Program) -> None:
        program.add(_Character(fits))

    return write


def _sequence(parts: Iterable[_Node]) -> _Node:
    written = tuple(parts)

    def write(program: _Program) -> None:
        for part in written:
            part(program)

    return write


def _choice(options: list[_Node]) -> _Node:
    if len(options) == 1:
        return options[0]

    def write(program: _Program) -> None:
        fork = program.add(_Fork(()))
        starts, ends = [], []
        for option in options:
            starts.append(len(program.steps))
            option(program)
            ends.append(program.add(_Fork(())))
        program.steps[fork] = _Fork(tuple(starts))
        for end in ends:
            program.steps[end] = _Fork((len(program.steps),))

    return write


def _repeated(part: _Node, least: int, most: int | None) -> _Node:
    def write(program: _Program) -> None:
        for _ in range(least):
            program.add(_Fork((len(program.steps) + 1,)))  # so that repeating nothing counts as well
            part(program)
        if most is None:
            fork = program.add(_Fork(()))
            part(program)
            program.add(_Fork((fork,)))
            program.steps[fork] = _Fork((fork + 1, len(program.steps)))
            return
        forks = []
        for _ in range(most - least):
            forks.append(program.add(_Fork(())))
            part(program)
        for fork in forks:
            program.steps[fork] = _Fork((fork + 1, len(program.steps)))

    return write


_SETS: dict[str, Callable[[str], bool]] = {"d": str.isdecimal, "w": _is_word, "s": str.isspace}
_REPEATS: dict[str, tuple[int, int | None]] = {"*": (0, None), "+": (1, None), "?": (0, 1)}


class _Reader:
    """Reads a pattern from left to right."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._at = 0
        self._depth = 0

    def pattern(self) -> _Node:
        """All of it. Raises PatternUnclear."""
        node = self._options()
        if self._at < len(self._text):
            raise PatternUnclear("There is a closing ) too many. Write \\) for the character itself.")
        return node

    def _peek(self) -> str:
        return self._text[self._at : self._at + 1]

    def _next(self, where: str) -> str:
        if not (character := self._peek()):
            raise PatternUnclear(f"The pattern ends within {where}.")
        self._at += 1
        return character

    def _takes(self, text: str) -> bool:
        if self._text.startswith(text, self._at):
            self._at += len(text)
            return True
        return False

    def _options(self) -> _Node:
        self._depth += 1
        if self._depth > _DEEPEST:
            raise PatternUnclear("The pattern has too many ( ) within each other.")
        options = [self._parts()]
        while self._takes("|"):
            options.append(self._parts())
        self._depth -= 1
        return _choice(options)

    def _parts(self) -> _Node:
        parts = []
        while self._peek() not in ("", "|", ")"):
            parts.append(self._repeats(self._part()))
        return _sequence(parts)

    def _part(self) -> _Node:
        match self._next("the pattern"):
            case "(":
                return self._group()
            case "[":
                return _character(self._set())
            case ".":
                return _character(bool)
            case "^":
                return self._place(_Place.START)
            case "$":
                return self._place(_Place.END)
            case "\\":
                return self._escaped()
            case ("*" | "+" | "?") as character:
                raise PatternUnclear(f"There is nothing before {character} to repeat. Write \\{character} for itself.")
            case character:
                return _literal(character)

    def _group(self) -> _Node:
        if self._takes("?") and not self._takes(":"):
            raise PatternUnclear("A group that begins with (? is not known here. Only ( ) and (?: ) are.")
        node = self._options()
        if not self._takes(")"):
            raise PatternUnclear("A ( is not closed. Write \\( for the character itself.")
        return node

    def _place(self, place: _Place) -> _Node:
        def write(program: _Program) -> None:
            program.add(place)

        return write

    def _escaped(self) -> _Node:
        character = self._next("a \\")
        if character in "bB":
            return self._place(_Place(character))
        if (known := _known_set(character)) is not None:
            return _character(known)
        return _literal(_itself(character))

    def _repeats(self, part: _Node) -> _Node:
        if (sign := self._peek()) in _REPEATS and sign:
            self._at += 1
            least, most = _REPEATS[sign]
        elif sign == "{":
            self._at += 1
            least, most = self._numbers()
        else:
            return part
        self._takes("?")  # as short as possible: the same as long as nobody asks where it is
        if self._peek() in ("*", "+", "?", "{") and self._peek():
            raise PatternUnclear("Something is repeated twice over. Put ( ) around what is meant to be repeated again.")
        return _repeated(part, least, most)

    def _numbers(self) -> tuple[int, int | None]:
        inside, closed, _ = self._text[self._at :].partition("}")
        self._at += len(inside) + 1
        first, comma, last = (part.strip() for part in inside.partition(","))
        numbers = [int(part) for part in (first, last) if part.isdecimal() and part.isascii() and len(part) <= 3]
        if not closed or len(numbers) != bool(first) + bool(last) or not first:
            raise PatternUnclear(
                "In { } stand one or two numbers, as in {2} or {2,5}. Write \\{ for the character itself."
            )
        most = numbers[-1] if last or not comma else None
        if most is not None and most < numbers[0]:
            raise PatternUnclear("In { } the smaller number comes first.")
        return numbers[0], most

    def _set(self) -> Callable[[str], bool]:
        negated = self._takes("^")
        sets: list[Callable[[str], bool]] = []
        ranges: list[tuple[str, str]] = []
        first = True
        while first or self._peek() != "]":
            first = False
            low = self._next("a [ ]")
            if low == "\\":
                low = self._next("a [ ]")
                if (known := _known_set(low)) is not None:
                    sets.append(known)
                    continue
                low = _itself(low)
            high = low
            if self._peek() == "-" and self._text[self._at + 1 : self._at + 2] not in ("", "]"):
                self._at += 1
                high = self._next("a [ ]")
                high = _itself(self._next("a [ ]")) if high == "\\" else high
            if high < low:
                raise PatternUnclear(f"In [ ] the range {low}-{high} is the wrong way round.")
            ranges.append((low, high))
        self._at += 1

        def fits(character: str) -> bool:
            cases = {character, character.upper(), character.lower()}
            inside = any(low <= one <= high for low, high in ranges for one in cases if len(one) == 1)
            return (inside or any(known(character) for known in sets)) is not negated

        return fits


def _known_set(letter: str) -> Callable[[str], bool] | None:
    """The set that an escaped letter stands for; None when it stands for none."""
    known = _SETS.get(letter.lower())
    if known is None or letter.islower():
        return known
    positive = known
    return lambda character: not positive(character)


def _itself(character: str) -> str:
    """An escaped character that stands for itself. Raises PatternUnclear for a letter or number, which does not."""
    if character.isalnum():
        raise PatternUnclear(f"\\{character} is not known here.")
    return character


def _literal(character: str) -> _Node:
    folded = character.casefold()
    if character.isspace():
        folded = " "
    return _sequence([_character(one.__eq__) for one in folded])
