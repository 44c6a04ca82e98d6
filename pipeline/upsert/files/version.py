"""A server's version, and how many files the server is sent at a time because of it."""

from __future__ import annotations

import re

from pipeline.upsert.files.store_api import OLD_PREFIX, StoreApi
from pipeline.upsert.server.api import AnswerError, NoAnswerError

type Version = tuple[int, int] | None  # None where the server does not show it

_NUMBERS = re.compile(r"(\d{1,9})(?:\.(\d{1,9}))?")
_FIRST_WITH_QUEUE = (1, 3)
ATTACHMENTS_WITH_QUEUE = 32


def read_version(api: StoreApi) -> Version:
    """Ask a server for the first two numbers of its version, where it may matter."""
    if api.prefix == OLD_PREFIX:
        return None
    try:
        answer = api.api.get("/v1/version")
    except (AnswerError, NoAnswerError):
        return None
    numbers = _NUMBERS.search(str(answer.get("version")))
    return (int(numbers[1]), int(numbers[2] or 0)) if numbers else None


def choose_attachments_at_once(api: StoreApi, version: Version) -> int:
    """Return how many files are attached at a time.

    From 1.3 on, OGX puts a file into a queue, which it looks at once a second while it is empty:
    an attachment mostly waits. Before, each occupies the server, which takes longer for more.
    """
    if version and version >= _FIRST_WITH_QUEUE:
        return ATTACHMENTS_WITH_QUEUE
    return api.threads
