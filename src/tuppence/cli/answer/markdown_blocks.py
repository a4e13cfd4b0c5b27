"""Which part of growing Markdown is finished: blocks that no further text can change."""

from functools import cache

from markdown_it import MarkdownIt
from markdown_it.token import Token

_OPEN_UNTIL_THE_NEXT = {"bullet_list_open", "ordered_list_open", "code_block", "html_block"}


def finished_and_tail(text: str) -> tuple[list[str], str]:
    """The finished blocks of `text`, in order, and the rest, which may still change as text is added.

    A line without its end may still become anything. The last block ends by an empty line or its own closing fence, a
    list or indented code only where the next block begins. What follows the finished blocks can be read alone.
    """
    lines = text.split("\n")[:-1]
    blocks = [token for token in _parser().parse("\n".join(lines)) if token.level == 0 and token.map is not None]
    finished = blocks if blocks and _is_closed(blocks[-1], lines) else blocks[:-1]
    if not finished:
        return [], text
    spans = [token.map for token in finished if token.map is not None]
    end = spans[-1][1]
    rest = text.split("\n", end)[end]
    return ["\n".join(lines[first:last]).strip("\n") for first, last in spans], rest.lstrip("\n")


def _is_closed(block: Token, lines: list[str]) -> bool:
    assert block.map is not None
    first, end = block.map
    if block.type == "fence":
        return end - first > 1 and lines[end - 1].strip().startswith(block.markup)
    if block.type in _OPEN_UNTIL_THE_NEXT:
        return False
    return block.type in ("heading_open", "hr") or end < len(lines)


@cache
def _parser() -> MarkdownIt:
    return MarkdownIt().enable("table")
