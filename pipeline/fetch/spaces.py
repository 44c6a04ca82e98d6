"""The spaces in scope; a space that is not found is an error that suggests similar names."""

from __future__ import annotations

import logging
import unicodedata
from collections.abc import Collection, Sequence
from difflib import get_close_matches
from itertools import batched

from pipeline.fetch.content import ROWS_A_REQUEST, V2
from pipeline.fetch.errors import CredentialsError
from pipeline.fetch.rows import Space, to_space
from pipeline.fetch.transport import Params, Transport
from pipeline.settings import Settings

log = logging.getLogger(__name__)

_KEYS_A_REQUEST = 100  # the key of a personal space has some 30 characters


def list_spaces(transport: Transport, settings: Settings) -> list[Space]:
    """Return the spaces of SPACE_NAME or FILTER_SPACE_KEYS, else every current visible space.

    Raises `CredentialsError` if one is not visible to the account, or none is.
    """
    if settings.filter_space_keys:
        return _warn_of_archived(_list_by_keys(transport, settings.filter_space_keys))
    if settings.space_name:
        return _warn_of_archived([_find_by_name(settings.space_name, _list(transport, {}))])
    found = _list(transport, {"status": "current"})
    if not found:
        raise CredentialsError(
            "no space is visible to this account: give it permission to view the space, and "
            "check that the token belongs to it"
        )
    return found


class SpacesInScope:
    """Which spaces are in scope, by their ids.

    Where that is every current one, a space is left out by an answer about it, not by a list of
    spaces that lacks it.
    """

    def __init__(self, transport: Transport, settings: Settings, listed: Collection[Space]) -> None:
        self._transport = transport
        self._is_in_scope = {space.id: True for space in listed}
        self._are_named = bool(settings.filter_space_keys or settings.space_name)

    def has(self, space_id: str) -> bool:
        """Return whether a space is in scope; one request for each that is not listed."""
        if space_id not in self._is_in_scope:
            self._is_in_scope[space_id] = not self._are_named and self._is_current(space_id)
        return self._is_in_scope[space_id]

    def _is_current(self, space_id: str) -> bool:
        found = _list(self._transport, {"ids": space_id, "status": "current"})
        return any(space.id == space_id and not space.is_archived for space in found)


def _list(transport: Transport, params: Params) -> list[Space]:
    rows = transport.list_rows(f"{V2}/spaces", {**params, "limit": ROWS_A_REQUEST})
    return list({space.id: space for space in map(to_space, rows)}.values())


def _list_by_keys(transport: Transport, keys: Sequence[str]) -> list[Space]:
    """Return the spaces with these keys, or with these aliases, once each."""
    found: dict[str, Space] = {}
    for batch in batched(keys, _KEYS_A_REQUEST):
        for space in _list(transport, {"keys": ",".join(batch)}):
            found[space.key.casefold()] = space
    if any(key.casefold() not in found for key in keys):
        visible = _list(transport, {})
        aliases = {space.alias.casefold(): space for space in visible if space.alias}
        found = aliases | found
        if unknown := [key for key in keys if key.casefold() not in found]:
            raise CredentialsError(
                f"FILTER_SPACE_KEYS: no space with key {', '.join(unknown)} is visible to this "
                f"account{_suggest(unknown, visible)}"
            )
    return list({found[key.casefold()].id: found[key.casefold()] for key in keys}.values())


def _find_by_name(name: str, visible: Sequence[Space]) -> Space:
    """Return the space of that name.

    Case, blanks and the Unicode form matter only where two names differ in nothing else.
    """
    matches = [space for space in visible if space.name == name] or [
        space for space in visible if _to_comparable(space.name) == _to_comparable(name)
    ]
    if not matches:
        raise CredentialsError(
            f"SPACE_NAME: no space named {name!r} is visible to this account"
            + (_suggest([name], visible) or f" ({len(visible)} others are)")
        )
    if len(matches) > 1:
        keys = ", ".join(space.key for space in matches)
        raise CredentialsError(
            f"SPACE_NAME: {len(matches)} spaces are named {name!r}: choose one by "
            f"FILTER_SPACE_KEYS: {keys}"
        )
    return matches[0]


def _to_comparable(name: str) -> str:
    return " ".join(unicodedata.normalize("NFKC", name).casefold().split())


def _warn_of_archived(spaces: list[Space]) -> list[Space]:
    for space in spaces:
        if space.is_archived:
            log.warning(
                "space %s (%s) is archived: Confluence's search, which LABELS and FILTER_FOLDER_ID "
                "use, does not find its pages; restore the space, or leave it out",
                space.key,
                space.name,
            )
    return spaces


def _suggest(asked: Sequence[str], visible: Sequence[Space]) -> str:
    """Return the visible spaces with a similar name or key, as a question; "" without any."""
    by_text = {text.casefold(): s for s in visible for text in (s.name, s.key)}
    similar = [
        f"{by_text[text].name} (key {by_text[text].key}"
        + (", archived)" if by_text[text].is_archived else ")")
        for name in asked
        for text in get_close_matches(name.casefold(), by_text, n=3, cutoff=0.5)
    ]
    return f"; did you mean {', '.join(dict.fromkeys(similar))}?" if similar else ""
