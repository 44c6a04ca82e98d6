"""When a server asks for the next request: the `Retry-After` and `X-RateLimit-Reset` headers."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime


def to_retry_after(headers: Mapping[str, str]) -> float | None:
    """Return the seconds to wait; None if the answer asks for no wait.

    `Retry-After` is a number of seconds or a date, `X-RateLimit-Reset` a date. Dates are compared
    with the answer's own `Date` where it has one, so that a wrong clock on either side is harmless.
    """
    value = headers.get("Retry-After", "").strip()
    if value.isascii() and value.isdigit():
        return float(value)
    moment = to_moment(value) or to_moment(headers.get("X-RateLimit-Reset", "").strip())
    if moment is None:
        return None
    now = to_moment(headers.get("Date", "").strip()) or datetime.now(UTC)
    return max((moment - now).total_seconds(), 0.0)


def to_moment(text: str) -> datetime | None:
    """Return an HTTP date or an ISO 8601 time as an aware time, None for anything else."""
    for parse in (parsedate_to_datetime, datetime.fromisoformat):
        try:
            moment = parse(text)
        except (ValueError, OverflowError):  # OverflowError: a time zone of many digits
            continue
        return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    return None
