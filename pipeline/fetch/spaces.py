"""The spaces in scope and their pages; a space not found is an error that names near ones."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from difflib import get_close_matches
from itertools import batched

from pipeline.fetch.cql import to_id
from pipeline.fetch.errors import ConfluenceError, CredentialsError
from pipeline.fetch.filters import LIMIT, V2, list_rows
from pipeline.fetch.rows import Row, Space, to_row, to_space
from pipeline.fetch.transport import Params, Transport
from pipeline.settings import Settings

_SPACES_A_REQUEST = 100


def list_spaces(transport: Transport, settings: Settings) -> list[Space]:
    """By SPACE_NAME, by FILTER_SPACE_KEYS, else every current space that the account sees."""
    if settings.filter_space_keys:
        return _list_by_keys(transport, settings.filter_space_keys)
    if settings.space_name:
        return [_find_by_name(settings.space_name, _list(transport, {}))]
    found = _list(transport, {"status": "current"})
    if not found:
        raise CredentialsError(
            "no space is visible to this account: give it permission to view the space, and "
            "check that the token belongs to it"
        )
    return found


def list_space_rows(transport: Transport, spaces: Sequence[Space]) -> Iterator[tuple[Row, str]]:
    """The current pages of the spaces, each with its space's key; rows may repeat.

    One request for 250 pages: many small spaces share it.
    """
    key_of = {space.id: space.key for space in spaces}
    for batch in batched(key_of, _SPACES_A_REQUEST):
        params: Params = {"status": "current", "limit": LIMIT}
        path = f"{V2}/pages"
        if len(batch) == 1:
            path = f"{V2}/spaces/{to_id(batch[0])}/pages"
        else:
            params = {"space-id": ",".join(map(to_id, batch)), **params}
        for row in map(to_row, list_rows(transport, path, params)):
            if row.space_id not in key_of:
                raise ConfluenceError(f"page {row.id} is listed in a space that was not asked for")
            yield row, key_of[row.space_id]


def _list(transport: Transport, params: Params) -> list[Space]:
    rows = list_rows(transport, f"{V2}/spaces", {**params, "limit": LIMIT})
    return list({space.id: space for space in map(to_space, rows)}.values())


def _list_by_keys(transport: Transport, keys: Sequence[str]) -> list[Space]:
    found: dict[str, Space] = {}
    for batch in batched(keys, LIMIT):
        for space in _list(transport, {"keys": ",".join(batch)}):
            found[space.key.casefold()] = space
    unknown = [key for key in keys if key.casefold() not in found]
    if unknown:
        visible = _list(transport, {})
        raise CredentialsError(
            f"FILTER_SPACE_KEYS: no space with key {', '.join(unknown)} is visible to this account"
            + _near(unknown, visible)
        )
    return [found[key.casefold()] for key in keys]


def _find_by_name(name: str, visible: Sequence[Space]) -> Space:
    """The space of that name; letter case matters only where two differ in nothing else."""
    matches = [space for space in visible if space.name == name] or [
        space for space in visible if space.name.strip().casefold() == name.casefold()
    ]
    if not matches:
        raise CredentialsError(
            f"SPACE_NAME: no space named {name!r} is visible to this account"
            + (_near([name], visible) or f" ({len(visible)} others are)")
        )
    if len(matches) > 1:
        keys = ", ".join(space.key for space in matches)
        raise CredentialsError(
            f"SPACE_NAME: {len(matches)} spaces are named {name!r}: choose one by "
            f"FILTER_SPACE_KEYS: {keys}"
        )
    return matches[0]


def _near(wanted: Sequence[str], visible: Sequence[Space]) -> str:
    """The visible spaces whose name or key looks like what was asked for, as a question."""
    by_text = {text.casefold(): s for s in visible for text in (s.name, s.key)}
    near = [
        f"{by_text[text].name} (key {by_text[text].key})"
        for one in wanted
        for text in get_close_matches(one.casefold(), by_text, n=3, cutoff=0.5)
    ]
    return f"; did you mean {', '.join(dict.fromkeys(near))}?" if near else ""
