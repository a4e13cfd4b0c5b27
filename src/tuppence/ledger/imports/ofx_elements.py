"""Takes OFX text apart into its elements: SGML without end tags (OFX 1) and XML (OFX 2) alike.

No entity but the five of XML, `&nbsp;` and character numbers is replaced, and no document type is read or fetched.
"""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass

_TAG = re.compile(r"<(/?)([A-Za-z][\w.:-]*)(?:\s[^<>]*?)?(/?)>")
_SKIPPED = (("<!--", "-->"), ("<?", "?>"), ("<!DOCTYPE", ">"))
_ENTITY = re.compile(r"&(#\d{1,7}|#x[0-9a-fA-F]{1,6}|amp|lt|gt|quot|apos|nbsp);")
_ENTITIES = {"amp": "&", "lt": "<", "gt": ">", "quot": '"', "apos": "'", "nbsp": " "}


@dataclass(frozen=True, slots=True)
class Element:
    """A start tag with the text after it, or an end tag. Names are upper case, without a namespace's prefix."""

    name: str
    text: str
    line: int
    closes: bool = False


def elements(text: str) -> Iterator[Element]:
    """The elements in the order of the file; text that belongs to no tag is passed over."""
    for opening, closing in _SKIPPED:
        text = _replaced(text, opening, closing, _line_ends_only)
    text = _replaced(text, "<![CDATA[", "]]>", _escaped)
    line, counted = 1, 0
    tags = _TAG.finditer(text)
    tag = next(tags, None)
    while tag is not None:
        following = next(tags, None)
        line += _line_ends(text, counted, tag.start())
        counted = tag.start()
        name = tag[2].rpartition(":")[2].upper()
        if tag[1]:
            yield Element(name, "", line, closes=True)
        else:
            end = following.start() if following is not None else len(text)
            yield Element(name, _unescaped(text[tag.end() : end].strip()), line)
            if tag[3]:
                yield Element(name, "", line, closes=True)
        tag = following


def _line_ends(text: str, start: int, end: int) -> int:
    feeds = text.count("\n", start, end)
    return feeds or text.count("\r", start, end)


def _replaced(text: str, start: str, end: str, replacement: Callable[[str], str]) -> str:
    """The text with what stands between each `start` and the next `end` replaced, the marks themselves left out."""
    pieces, at = [], 0
    while (found := text.find(start, at)) >= 0 and (close := text.find(end, found)) >= 0:
        pieces += [text[at:found], replacement(text[found + len(start) : close])]
        at = close + len(end)
    return "".join([*pieces, text[at:]]) if pieces else text


def _line_ends_only(text: str) -> str:
    return "".join(char for char in text if char in "\r\n")


def _escaped(text: str) -> str:
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def _unescaped(text: str) -> str:
    return _ENTITY.sub(_character, text) if "&" in text else text


def _character(match: re.Match[str]) -> str:
    name = match[1]
    if not name.startswith("#"):
        return _ENTITIES[name]
    number = int(name[2:], 16) if name[1] == "x" else int(name[1:])
    return chr(number) if 32 <= number < 0x110000 and not 0xD800 <= number < 0xE000 else " "
