"""CQL, Confluence's query language: queries in which no value can become syntax."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from urllib.parse import quote_plus

from pipeline.fetch.content import ContentType, to_id

_LABELS_BYTES = 4_000  # of a query's labels in a URL: servers refuse one of 8,000


def quote(value: str) -> str:
    """Return a value as a CQL string."""
    # The backslash goes first, or it would escape our own escapes.
    escaped = value.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'


def to_scope_query(
    types: Sequence[ContentType],
    space_keys: Iterable[str],
    labels: Iterable[str] = (),
    ancestor_id: str = "",
) -> str:
    """Return the query for content of the types and spaces, with any of the labels, below one item.

    No labels and no ancestor mean any. Raises `ValueError` without a space.
    """
    clauses = [_of_type(types), _one_of("space", space_keys)]
    if labels := tuple(labels):
        clauses.append(_one_of("label", labels))
    if ancestor_id:
        clauses.append(f"ancestor = {to_id(ancestor_id)}")
    return " and ".join(clauses)


def to_scope_queries(
    types: Sequence[ContentType],
    space_keys: Iterable[str],
    labels: Iterable[str] = (),
    ancestor_id: str = "",
) -> Iterator[str]:
    """Yield the query of `to_scope_query` in parts that fit in a URL; their rows may overlap."""
    keys, part, size = tuple(space_keys), list[str](), 0
    for label in labels:
        length = len(quote_plus(f"{quote(label)}, "))
        if part and size + length > _LABELS_BYTES:
            yield to_scope_query(types, keys, part, ancestor_id)
            part, size = [], 0
        part.append(label)
        size += length
    yield to_scope_query(types, keys, part, ancestor_id)


def to_ids_query(types: Sequence[ContentType], ids: Iterable[str]) -> str:
    """Return the query for content by id. Raises `ValueError` if an id is not a number."""
    return f"{_of_type(types)} and id in ({', '.join(map(to_id, ids))})"


def _of_type(types: Sequence[ContentType]) -> str:
    if len(types) == 1:
        return f"type = {quote(types[0].name)}"
    return _one_of("type", (content.name for content in types))


def _one_of(field: str, values: Iterable[str]) -> str:
    quoted = ", ".join(map(quote, values))
    if not quoted:
        raise ValueError(f"no value for {field}: the query would match every one")
    return f"{field} in ({quoted})"
