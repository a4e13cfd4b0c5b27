"""Markdown as lines of a terminal."""

from typing import ClassVar

from rich.console import Console, ConsoleOptions, RenderableType, RenderResult
from rich.markdown import Heading, Markdown, MarkdownElement
from rich.segment import Segment, Segments


class _PlainHeading(Heading):
    """On the left like the text it belongs to."""

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        text = self.text.copy()
        text.justify = "left"
        text.stylize("bold")
        yield text


class _Answer(Markdown):
    elements: ClassVar[dict[str, type[MarkdownElement]]] = {**Markdown.elements, "heading_open": _PlainHeading}


def rendered(console: Console, markdown: str) -> RenderableType:
    """`markdown` for `console`, without empty lines before and after it. Links show where they lead."""
    document = _Answer(markdown, code_theme="ansi_dark", hyperlinks=False)
    lines = console.render_lines(document, pad=False)
    filled = [number for number, line in enumerate(lines) if any(segment.text.strip() for segment in line)]
    kept = lines[filled[0] : filled[-1] + 1] if filled else []
    return Segments([segment for line in kept for segment in (*line, Segment.line())])
