"""Confluence's JSON rows as records. Whatever leaves here can be encoded as UTF-8."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, NamedTuple

from pipeline.fetch.errors import BrokenAnswerError
from pipeline.records import PageRef

Json = dict[str, Any]
_CONTROLS = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]")


@dataclass(frozen=True, slots=True)
class Space:
    id: str
    key: str
    name: str


@dataclass(frozen=True, slots=True)
class Row:
    """What v1 and v2 tell alike about a page."""

    id: str
    title: str
    status: str
    version: int
    modified: str  # of this version, ISO 8601 in UTC
    webui: str  # below the site's base
    parent: str | None = None  # id of a page, folder, …; told by v2 only
    space_id: str = ""  # told by v2 only


class Listed(NamedTuple):
    """What a listing tells of a page beyond its PageRef."""

    title: str
    parent: str | None
    webui: str


def to_space(row: Json) -> Space:
    return _checked("space", row, lambda: Space(str(row["id"]), row["key"], to_line(row["name"])))


def to_row(row: Json) -> Row:
    """A page's row of v2, or of v1 with `version` expanded."""

    def read() -> Row:
        version = row["version"]
        parent = row.get("parentId")
        return Row(
            id=str(row["id"]),
            title=to_line(row["title"]),
            status=row["status"],
            version=int(version["number"]),
            modified=to_utc(version.get("createdAt") or version["when"]),
            webui=(row.get("_links") or {}).get("webui") or "",
            parent=None if parent is None else str(parent),
            space_id=str(row.get("spaceId") or ""),
        )

    return _checked("page", row, read)


def to_body(row: Json, body_format: str) -> str | None:
    """The body in that format; None where the answer has none."""
    body = (row.get("body") or {}).get(body_format)
    value = body.get("value") if isinstance(body, dict) else None
    return to_text(value) if isinstance(value, str) else None


def to_labels(rows: Iterable[Json]) -> tuple[str, ...]:
    """Label names, sorted."""
    return tuple(sorted({to_line(row["name"]) for row in rows}))


def to_search_labels(row: Json) -> tuple[str, ...]:
    """Labels of a v1 row with `metadata.labels` expanded."""
    return _checked("page", row, lambda: to_labels(row["metadata"]["labels"]["results"]))


def to_ancestors(row: Json) -> dict[str, str]:
    """Ids → types of what is above, from a v1 row with `ancestors` expanded."""
    return _checked(
        "page", row, lambda: {str(one["id"]): one.get("type", "") for one in row["ancestors"]}
    )


def to_ref(row: Row, space_key: str) -> PageRef:
    """A listed page; its ancestors are known once the listing is complete."""
    return PageRef(
        id=row.id,
        version=row.version,
        title=row.title,
        space=space_key,
        status=row.status,
        modified=row.modified,
    )


def to_titles_above(page_id: str, listed: Mapping[str, Listed]) -> tuple[str, ...]:
    """Titles of a page's ancestors, from the top down.

    What is not a listed page (a folder) stands as its id and ends the chain, because a listing
    does not tell what is above it. So does a parent that is its own descendant.
    """
    titles: list[str] = []
    seen = {page_id}
    parent = listed[page_id].parent
    while parent is not None and parent not in seen:
        seen.add(parent)
        above = listed.get(parent)
        titles.append(above.title if above else parent)
        parent = above.parent if above else None
    return tuple(reversed(titles))


def is_restricted(row: Json) -> bool:
    """Whether somebody is named who may view: then nobody else may.

    `row` has `read`, as v1's restrictions by operation and an expanded `restrictions` do.
    """

    def read() -> bool:
        restrictions = row["read"]["restrictions"]
        return any(restrictions[who]["results"] for who in ("user", "group"))

    return _checked("restriction", row, read)


def to_utc(text: str) -> str:
    """A time as `2026-06-15T09:30:00.000Z`. Raises `ValueError` for what is no time."""
    moment = datetime.fromisoformat(text)
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=UTC)
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def to_line(text: str) -> str:
    """Text on one line: no control characters that could forge log lines."""
    return to_text(_CONTROLS.sub(" ", text))


def to_text(text: str) -> str:
    """Text without lone surrogates, which JSON can say and UTF-8 cannot."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    return text


def _checked[Record](kind: str, row: Json, read: Callable[[], Record]) -> Record:
    try:
        return read()
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise BrokenAnswerError(
            f"an answer describes {kind} {str(row.get('id'))[:40]!r} without what is needed: "
            f"{type(error).__name__} {error}"
        ) from None
