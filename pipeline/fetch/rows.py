"""Confluence's JSON rows as records. Every text in them can be encoded as UTF-8."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from pipeline.fetch.content import ContentType, to_id
from pipeline.fetch.errors import BrokenAnswerError
from pipeline.records import PageRef

Json = dict[str, Any]
_LONGEST_LINE = 1_000  # characters: Confluence allows 255 in a title
_MOST_VERSIONS = 2**63  # what a database holds
_CONTROLS = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]")


@dataclass(frozen=True, slots=True)
class Space:
    """A space that the account can see."""

    id: str
    key: str
    name: str
    alias: str = ""  # what addresses show instead of the key
    is_archived: bool = False


@dataclass(frozen=True, slots=True)
class ContentRow:
    """What rows of v1 and v2 have in common, for a page or another type of content."""

    id: str
    title: str
    status: str
    version: int
    modified: str  # of this version, ISO 8601 in UTC
    web_path: str  # of the link for people, below the site's base
    # Id and type of the page, folder, … above, in v2 only: "" at the top, None if it is not shown.
    parent: str | None = None
    parent_type: str = ""
    space_id: str = ""  # in v2 only

    def to_ref(self, content: ContentType, space_key: str) -> PageRef:
        """Return the listed page; its ancestors are known once the listing is complete."""
        return PageRef(
            id=self.id,
            version=self.version,
            title=self.title,
            space=space_key,
            modified=self.modified,
            content_type=content.name,
            web_path=self.web_path,
        )


def to_space(row: Json) -> Space:
    """Read a space's row of v2. Raises `BrokenAnswerError`, as all functions here do."""

    def read() -> Space:
        return Space(
            id=to_id(str(row["id"])),
            key=to_line(row["key"]),
            name=to_line(row["name"]),
            alias=to_line(row.get("currentActiveAlias") or ""),
            is_archived=row.get("status") == "archived",
        )

    return checked("space", row, read)


def to_content_row(row: Json) -> ContentRow:
    """Read a row of v2, or of v1 with `version` expanded."""

    def read() -> ContentRow:
        version = row["version"]
        parent = row["parentId"] or "" if "parentId" in row else None
        return ContentRow(
            id=to_id(str(row["id"])),
            title=to_line(row["title"]),
            status=to_text(row["status"]),
            version=to_version(version["number"]),
            modified=to_utc(version.get("createdAt") or version["when"]),
            web_path=to_text((row.get("_links") or {}).get("webui") or ""),
            parent=None if parent is None else to_text(str(parent)),
            parent_type=to_text(str(row.get("parentType") or "")),
            space_id=str(row.get("spaceId") or ""),
        )

    return checked("page", row, read)


def to_row_id(row: Json) -> str:
    """Return the id of a row, whatever it describes."""
    return checked("row", row, lambda: to_id(str(row["id"])))


def to_body(row: Json, body_format: str) -> str | None:
    """Return the body in that format; None where the answer has none."""
    bodies = row.get("body")
    body = bodies.get(body_format) if isinstance(bodies, dict) else None
    value = body.get("value") if isinstance(body, dict) else None
    return to_text(value) if isinstance(value, str) else None


def to_labels(rows: Iterable[Json]) -> tuple[str, ...]:
    """Return label names, sorted."""

    def read(row: Json) -> str:
        return checked("label", row, lambda: to_line(row["name"]))

    return tuple(sorted(set(map(read, rows))))


def to_page_labels(row: Json) -> tuple[str, ...] | None:
    """Return the labels of a v2 page that was asked for with them; None if it carries not all."""

    def read() -> tuple[str, ...] | None:
        labels = row.get("labels") or {}
        meta, links = labels.get("meta") or {}, labels.get("_links") or {}
        is_cut = meta.get("hasMore") or links.get("next")
        return None if is_cut else to_labels(labels.get("results") or [])

    return checked("page", row, read)


def to_search_labels(row: Json) -> tuple[str, ...]:
    """Return the labels of a v1 row with `metadata.labels` expanded."""
    return checked("page", row, lambda: to_labels(row["metadata"]["labels"]["results"]))


def is_restricted(row: Json) -> bool:
    """Return whether view access is limited to named users or groups.

    `row` has `read`, as v1's restrictions by operation and an expanded `restrictions` do.
    """

    def read() -> bool:
        restrictions = row["read"]["restrictions"]
        named = [restrictions[who]["results"] for who in ("user", "group")]
        if not all(isinstance(one, list) for one in named):
            raise ValueError("users and groups are no lists")
        return any(named)

    return checked("restriction", row, read)


def to_utc(text: str) -> str:
    """Return a time as `2026-06-15T09:30:00.000Z`. Raises `ValueError` if it is not a time."""
    moment = datetime.fromisoformat(text)
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=UTC)
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def to_line(text: str) -> str:
    """Return a name on one line: bounded, no control characters that could forge log lines."""
    line = to_text(_CONTROLS.sub(" ", text))
    return line if len(line) <= _LONGEST_LINE else line[: _LONGEST_LINE - 1] + "…"


def to_text(text: str) -> str:
    """Return the text without lone surrogates, which JSON can hold and UTF-8 cannot."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    return text


def to_version(number: Any) -> int:
    """Return the number of a version. Raises `ValueError` if it is none."""
    version = int(number)
    if not 0 <= version < _MOST_VERSIONS:
        raise ValueError(f"no number of a version: {str(number)[:40]}")
    return version


def _name(row: Any) -> str:
    """Return what an answer calls a row; it may be no object at all."""
    return repr(str(row.get("id"))[:40]) if isinstance(row, dict) else "?"


def checked[Record](kind: str, row: Json, read: Callable[[], Record]) -> Record:
    """Return what `read` makes of a row. Raises `BrokenAnswerError` if the row lacks something."""
    try:
        return read()
    except (KeyError, TypeError, ValueError, AttributeError, OverflowError) as error:
        raise BrokenAnswerError(
            f"an answer describes {kind} {_name(row)} without a required field: "
            f"{type(error).__name__} {error}"
        ) from None
