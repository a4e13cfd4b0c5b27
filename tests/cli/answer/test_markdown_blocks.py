"""Growing Markdown: what is called finished never changes again, and nothing is lost."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from tuppence.cli.answer.markdown_blocks import finished_and_tail

DOCUMENTS = {
    "everything": """\
# A title

A paragraph
of two lines.

- one
- two

  with a second paragraph

1. first

2. second
   - nested

| Month | Spent |
| --- | ---: |
| March | 1.00 |

```python
x = "

# no title"
```
> quoted
> words

---
    indented code

The end, without its end of line""",
    "a list then words": "* a\n* b\n\nwords\n",
    "open code": "```\nnever closed\n\nand on",
    "setext": "Title\n=====\n\nwords",
    "table right after words": "words\n\n|a|b|\n|-|-|\n|1|2|\nno more | table\n\nend",
    "empty lines": "\n\n\nwords\n\n\n\n\nmore\n\n\n",
    "other line ends in the words": "one\u2028still one\x0bstill\n\ntwo\n\n",
}


@pytest.mark.parametrize("document", DOCUMENTS.values(), ids=DOCUMENTS)
def test_blocks_and_tail_mean_what_the_whole_means(document: str) -> None:
    assert html("\n\n".join(blocks_of(list(document)))) == html(document)


@given(st.sampled_from(list(DOCUMENTS.values())), st.lists(st.integers(1, 40), max_size=30))
def test_it_does_not_matter_where_the_pieces_are_cut(document: str, lengths: list[int]) -> None:
    pieces, begin = [], 0
    for length in [*lengths, len(document)]:
        pieces.append(document[begin : begin + length])
        begin += length
    assert html("\n\n".join(blocks_of(pieces))) == html(document)


@pytest.mark.parametrize(
    ("text", "finished"),
    [
        ("words", 0),
        ("words\n", 0),
        ("words\n\n", 1),
        ("# title\n", 1),
        ("- a\n\n", 0),
        ("- a\n\nword", 0),
        ("- a\n\nwords\n", 1),
        ("```\ncode\n", 0),
        ("```\ncode\n```\n", 1),
        ("|a|\n|-|\n|1|\n", 0),
        ("|a|\n|-|\n|1|\n\n", 1),
        ("", 0),
    ],
)
def test_when_a_block_is_finished(text: str, finished: int) -> None:
    blocks, _ = finished_and_tail(text)
    assert len(blocks) == finished


def blocks_of(pieces: list[str]) -> list[str]:
    """The finished blocks of text that arrives in `pieces`, and its tail."""
    blocks, tail = [], ""
    for piece in pieces:
        more, tail = finished_and_tail(tail + piece)
        blocks += more
    return [*blocks, tail]


def html(markdown: str) -> str:
    return str(MarkdownIt().enable("table").render(markdown)).replace("<p></p>\n", "")
