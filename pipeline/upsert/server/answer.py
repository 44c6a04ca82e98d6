"""The form of a server's answers: what every reader of them can rely on.

A proxy, or a server that fails, may answer 200 with something else. Read as it is, it would end the
run with a traceback, or be an empty list.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from typing import Any

from pipeline.upsert.errors import VectorApiError

HIT_KEYS = ("results", "documents", "chunks", "hits", "matches", "data")
# Objects that readers look into. What is in `metadata` and `attributes` may be anybody's.
_OBJECTS = (
    *("metadata", "chunk_metadata", "custom_metadata", "attributes"),
    *("file_counts", "last_error", "chunking_strategy"),
)
_CURE = "check that the base URL is the API's, and the server's log"


class FormError(ValueError):
    """An answer is of another form; the message completes "HTTP 200 with …"."""


class Fields(dict[str, Any]):
    """An object of an answer. Raises `VectorApiError` for a field that it lacks."""

    def __init__(self, fields: Mapping[str, Any], request: str = "") -> None:
        """`request` names it in errors."""
        super().__init__(fields)
        self._request = request or "the vector server"

    def __missing__(self, name: str) -> Any:
        raise VectorApiError(f"{self._request}: the answer lacks the field {name!r}; {_CURE}")

    def rows(self, name: str) -> list[Fields]:
        """Return the rows of a list, which may be empty, but not missing."""
        rows = self[name]
        if not isinstance(rows, list) or not all(isinstance(row, Fields) for row in rows):
            raise VectorApiError(f"{self._request}: the answer has no list {name!r}; {_CURE}")
        return rows

    def scored_rows(self) -> list[tuple[Fields, float]]:
        """Return the hits of vector-io with their scores; infinite where JSON has none."""
        rows, scores = self.rows("chunks"), self.get("scores") or []
        if len(rows) != len(scores) or not all(map(_is_number, scores)):
            raise VectorApiError(f"{self._request}: the answer lacks scores; {_CURE}")
        numbers = (math.inf if score is None else float(score) for score in scores)
        return list(zip(rows, numbers, strict=True))


def to_number(row: Mapping[str, Any], name: str) -> float:
    """Return a number of a row, 0 where it is missing. Raises `VectorApiError` if it is none."""
    value = row.get(name)
    if not _is_number(value) or not math.isfinite(float(value or 0)):
        raise VectorApiError(f"the vector server's {name!r} is no number: {value!r:.40}; {_CURE}")
    return float(value or 0)


def to_answer(value: Any, request: str = "") -> Fields:
    """Return an object with the rows of its lists as `Fields`; a bare list as its `results`.

    Raises `FormError` if it is neither, or if a field is of another kind than servers have it.
    """
    if isinstance(value, list):
        value = {"results": value}
    answer = _to_fields("the answer", {} if value is None else value, request)
    for name in HIT_KEYS:
        if isinstance(answer.get(name), list):
            answer[name] = [
                _to_row(name, row, request) if isinstance(row, dict) else row
                for row in answer[name]
            ]
    return answer


def _to_row(name: str, value: Any, request: str) -> Fields:
    row = _to_fields(f"a row of {name}", value, request)
    _check(row, "id", lambda identifier: isinstance(identifier, str | int | None))
    _check(row, "embedding", lambda vector: isinstance(vector, list | None))
    if isinstance(row.get("content"), list):
        row["content"] = [_to_fields("content", part, request) for part in row["content"]]
        for part in row["content"]:
            _check(part, "text", lambda text: isinstance(text, str | None))
    return row


def _to_fields(name: str, value: Any, request: str) -> Fields:
    fields = _to_object(name, value, request)
    for inner in _OBJECTS:
        if inner in fields:  # servers write an empty one as null
            value = {} if fields[inner] is None else fields[inner]
            fields[inner] = _to_object(inner, value, request)
    _check(fields, "score", _is_number)
    return fields


def _to_object(name: str, value: Any, request: str) -> Fields:
    if not isinstance(value, dict):
        raise FormError(f"{type(value).__name__} in place of an object ({name})")
    return Fields(value, request)


def _check(fields: Fields, name: str, is_right: Callable[[Any], bool]) -> None:
    if not is_right(fields.get(name)):
        raise FormError(f"{type(fields[name]).__name__} in the field {name!r}")


def _is_number(value: Any) -> bool:
    try:
        float(value or 0)
    except (TypeError, ValueError, OverflowError):
        return False
    return True
