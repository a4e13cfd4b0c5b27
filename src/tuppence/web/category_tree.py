"""The tree of categories with its figures, as the page lists it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from tuppence.ledger.categories import Category, CategoryKind
from tuppence.ledger.category_figures import CategoryFigure
from tuppence.ledger.names import name_key
from tuppence.money import Money
from tuppence.web.names import Shown

KINDS: dict[CategoryKind, str] = {"expense": "Spending", "income": "Income", "other": "Neither"}
"""What is filed under a category, in the order in which kinds are listed."""
GROUPS: dict[CategoryKind, tuple[str, str]] = {
    "expense": ("Spending", "Spent"),
    "income": ("Income", "Received"),
    "other": ("Neither income nor spending", "Went out"),
}
"""What a kind's table is called, and its column of figures."""


@dataclass(frozen=True, slots=True)
class Node:
    """A category with everything below it."""

    category: Category
    depth: int
    """0 at the top of the tree."""
    sums: tuple[Money, ...]
    """Positive as its kind reads: received under income, spent otherwise. The household's currency first."""
    count: int
    href: str
    """Where its transactions are."""
    kind: str | None
    """In words, where it differs from that of the table; else None."""


@dataclass(frozen=True, slots=True)
class Group:
    """The categories of one kind."""

    name: str
    column: str
    nodes: tuple[Node, ...]
    """Each parent followed by its children, by name."""


def groups_of(
    categories: Sequence[Category], figures: Sequence[CategoryFigure], shown: Shown, currency: str | None
) -> list[Group]:
    """The tree, cut by the kind of what is at its top. currency: the household's."""
    tops = by_parent(categories)
    own: dict[int | None, list[CategoryFigure]] = defaultdict(list)
    for one in figures:
        own[one.category].append(one)

    def nodes(category: Category, depth: int, kind: CategoryKind) -> Iterator[Node]:
        below = [list(nodes(child, depth + 1, kind)) for child in tops.get(category.id, ())]
        within = {category.id, *(node.category.id for some in below for node in some)}
        all_figures = [figure for identity in within for figure in own[identity]]
        yield _node(category, depth, kind, all_figures, shown, currency)
        for some in below:
            yield from some

    return [
        Group(name, column, tuple(node for top in found for node in nodes(top, 0, kind)))
        for kind, (name, column) in GROUPS.items()
        if (found := [top for top in tops.get(None, ()) if top.kind == kind])
    ]


def _node(
    category: Category,
    depth: int,
    kind: CategoryKind,
    figures: Sequence[CategoryFigure],
    shown: Shown,
    currency: str | None,
) -> Node:
    sign = 1 if category.kind == "income" else -1
    asked = {"category": str(category.id)}
    if any(one.transfers for one in figures):
        asked["transfers"] = "no"
    return Node(
        category,
        depth,
        sums_of(figures, currency, sign),
        sum(one.count for one in figures),
        shown.transactions(**asked),
        KINDS[category.kind] if category.kind != kind else None,
    )


def sums_of(figures: Sequence[CategoryFigure], currency: str | None, sign: int = 1) -> tuple[Money, ...]:
    """The net of each currency, times `sign`, the household's first."""
    nets: dict[str, int] = defaultdict(int)
    for one in figures:
        if one.count:
            nets[one.currency] += sign * one.net
    return tuple(Money(nets[code], code) for code in sorted(nets, key=lambda code: (code != currency, code)))


def by_parent(categories: Sequence[Category]) -> dict[int | None, list[Category]]:
    """The children of each category by name, those at the top of the tree under None."""
    found: dict[int | None, list[Category]] = defaultdict(list)
    for one in sorted(categories, key=lambda one: name_key(one.name)):
        found[one.parent_id].append(one)
    return found


def options(categories: Sequence[Category], leave_out: frozenset[int] = frozenset()) -> list[tuple[str, str]]:
    """The tree as pairs of id and name for a field to choose from, further in the deeper it is."""
    children = by_parent(categories)

    def below(parent: int | None, depth: int) -> Iterator[tuple[str, str]]:
        for one in children.get(parent, ()):
            if one.id not in leave_out:
                yield str(one.id), "\N{EM SPACE}" * depth + one.name
            yield from below(one.id, depth + 1)

    return list(below(None, 0))
