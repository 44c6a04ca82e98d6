"""Clauses of a CQL query: tests of a page, and the ids or space that limit the search."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from demo.confluence_site.items import SitePage


@dataclass(frozen=True, slots=True)
class Subject:
    """A page as the search index has it, with the ids of its ancestors."""

    page: SitePage
    ancestors: frozenset[str]


Test = Callable[[Subject], bool]


@dataclass(frozen=True, slots=True)
class Query:
    matches: Test
    ids: frozenset[str] | None = None  # set when only these can match
    space: str | None = None  # set when only its pages can match
    needs_ancestors: bool = False
    order: str | None = None  # a field of SitePage
    is_descending: bool = False


@dataclass(frozen=True, slots=True)
class Clause:
    test: Test
    ids: frozenset[str] | None = None
    space: str | None = None


def both(left: Clause, right: Clause) -> Clause:
    ids = left.ids if right.ids is None else right.ids
    if left.ids is not None and right.ids is not None:
        ids = left.ids & right.ids
    return Clause(
        lambda s: left.test(s) and right.test(s), ids=ids, space=left.space or right.space
    )


def either(left: Clause, right: Clause) -> Clause:
    ids = None if left.ids is None or right.ids is None else left.ids | right.ids
    return Clause(lambda s: left.test(s) or right.test(s), ids=ids)


def negated(clause: Clause) -> Clause:
    return Clause(lambda s: not clause.test(s))
