"""CQL, Confluence's query language: queries in which no value can become syntax."""

from __future__ import annotations

from collections.abc import Iterable


def quote(value: str) -> str:
    """A value as a CQL string. The backslash goes first, or it would escape our own escapes."""
    escaped = value.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'


def to_pages_query(
    space_keys: Iterable[str], labels: Iterable[str] = (), ancestor_id: str = ""
) -> str:
    """The pages of some spaces, with any of the labels, below the ancestor; empty: any."""
    clauses = ['type = "page"', _one_of("space", space_keys)]
    if labels := tuple(labels):
        clauses.append(_one_of("label", labels))
    if ancestor_id:
        clauses.append(f"ancestor = {to_id(ancestor_id)}")
    return " and ".join(clauses)


def to_ids_query(ids: Iterable[str]) -> str:
    """The pages with these ids; ids are plain numbers, so nothing else gets in."""
    return f'type = "page" and id in ({", ".join(map(to_id, ids))})'


def to_id(value: str) -> str:
    """The id itself. Raises `ValueError` when it is anything but ASCII digits."""
    if not (value.isascii() and value.isdigit()):
        raise ValueError(f"not the id of a page or folder: {value!r}")
    return value


def _one_of(field: str, values: Iterable[str]) -> str:
    quoted = ", ".join(map(quote, values))
    if not quoted:
        raise ValueError(f"no value for {field}: that would ask for every one")
    return f"{field} in ({quoted})"
