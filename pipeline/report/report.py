"""What a run counts: pages, chunks, requests, failures and warnings."""

from __future__ import annotations

import logging
import threading
import time
from collections import Counter
from collections.abc import Iterable, Mapping, Set
from dataclasses import asdict
from itertools import groupby
from operator import attrgetter
from typing import Any

from pipeline.records import ATTACHMENT, PAGE, PageFailure, StoredChunk
from pipeline.report.exit_codes import ExitCode
from pipeline.report.first_rows import FirstRows

log = logging.getLogger(__name__)
_COUNTED_EVERY = 1_000  # rows that are not logged one by one
_PAGE_KINDS = ("listed", "new", "changed", "unchanged", "deleted")  # `failed` is counted by id


class Report:
    """The counts of one run; safe to use from any thread."""

    def __init__(self) -> None:
        self._exit_code: int = ExitCode.OK
        self._types: tuple[str, ...] = (PAGE,)  # content types in scope
        self._pages: Counter[tuple[str, str]] = Counter()  # by content type and kind
        self._restricted: Counter[str] = Counter()
        self._attachments_left_out: dict[str, int] = {}  # reason → number
        self._chunks: Counter[str] = Counter()
        self._tokens_inserted = 0
        self._requests: Counter[str] = Counter()
        self._failures = FirstRows[PageFailure]()
        self._failed: dict[str, str] = {}  # page id → content type
        self._warnings = FirstRows[str]()
        self._stale, self._stale_pages = FirstRows[StoredChunk](), 0
        self._collection = ""
        self._started = time.monotonic()
        self._lock = threading.Lock()

    def set_types(self, types: Iterable[str]) -> None:
        """Set which content types are in scope."""
        with self._lock:
            self._types = tuple(types)

    def count_listed(self, number: int, content_type: str = PAGE) -> None:
        """Set how many pages of a type are in scope."""
        with self._lock:
            self._pages[content_type, "listed"] = number

    def count_attachments_left_out(self, numbers: Mapping[str, int]) -> None:
        """Set how many attachments are not read, by type, or type and size."""
        with self._lock:
            self._attachments_left_out = dict(numbers)

    def count_restricted(self, reasons: Iterable[str]) -> None:
        """Set what restricts the pages that were skipped, a reason for each."""
        with self._lock:
            self._restricted = Counter(reasons)

    def count_unchanged(self, number: int, content_type: str = PAGE) -> None:
        """Add pages that need no work."""
        with self._lock:
            self._pages[content_type, "unchanged"] += number

    def count_page(self, kind: str, content_type: str = PAGE) -> None:
        """Count a page that the collection now matches: new, changed, unchanged or deleted."""
        with self._lock:
            self._pages[content_type, kind] += 1

    def count_chunks(self, kind: str, number: int, tokens: int = 0) -> None:
        """Add chunks that were inserted, unchanged or deleted; `tokens` only if inserted."""
        with self._lock:
            self._chunks[kind] += number
            self._tokens_inserted += tokens

    def count_requests(self, server: str, number: int) -> None:
        """Set how many requests were made to `confluence` or `vector_api`."""
        with self._lock:
            self._requests[server] = number

    def set_collection(self, identifier: str) -> None:
        """Set the identifier of the collection that the run worked on."""
        with self._lock:
            self._collection = identifier

    def set_stale(self, chunks: Iterable[StoredChunk]) -> None:
        """Set which outdated chunks remain in the store, by page; of very many, only the first."""
        stale, pages = FirstRows[StoredChunk](), 0
        for _, of_page in groupby(chunks, attrgetter("page_id")):
            pages += 1
            for chunk in of_page:
                stale.add(chunk)
        with self._lock:
            self._stale, self._stale_pages = stale, pages

    def end(self, exit_code: int) -> None:
        """Set the exit code of the run."""
        with self._lock:
            self._exit_code = exit_code

    def warn(self, message: str) -> None:
        """Log a warning and add it to the report; of very many, only the first."""
        with self._lock:
            is_kept, total = self._warnings.add(message), self._warnings.total
        if is_kept:
            log.warning("%s", message)
        elif total % _COUNTED_EVERY == 0:
            log.warning("%d warnings so far: the later ones are counted only", total)

    def fail(self, failure: PageFailure) -> None:
        """Log a page's failure and add it to the report; of very many, only the first."""
        with self._lock:
            is_kept, total = self._failures.add(failure), self._failures.total
            self._failed[failure.page_id] = failure.content_type
        if is_kept:
            log.error(
                "%s %s %r failed (%s): %s",
                failure.content_type,
                failure.page_id,
                failure.title,
                failure.stage,
                failure.error,
            )
        elif total % _COUNTED_EVERY == 0:
            log.error("%d failures so far: the later ones are counted only", total)

    def fail_space(self, key: str, error: str) -> None:
        """Log that a space could not be listed, and add it to the report."""
        log.error("space %s could not be listed, its pages are kept as they are: %s", key, error)
        with self._lock:
            self._failures.add(PageFailure("", f"space {key}", "list", error))

    @property
    def has_failures(self) -> bool:
        """Whether a page or a space has failed so far."""
        with self._lock:
            return self._failures.total > 0

    @property
    def failed_ids(self) -> Set[str]:
        """The ids of the pages that have failed so far."""
        with self._lock:
            return frozenset(self._failed)

    def has_failed(self, page_id: str) -> bool:
        """Return whether this page has failed."""
        with self._lock:
            return page_id in self._failed

    @property
    def exit_code(self) -> int:
        """The exit code of the run; 0 until `end` sets another."""
        with self._lock:
            return self._exit_code

    @property
    def collection(self) -> str:
        """The identifier of the collection; "" until it is open."""
        with self._lock:
            return self._collection

    @property
    def stale(self) -> tuple[StoredChunk, ...]:
        """The outdated chunks that remain in the store; of very many, only the first."""
        with self._lock:
            return tuple(self._stale.rows)

    def count_stale(self) -> tuple[int, int]:
        """Return how many outdated chunks remain in the store, and of how many pages."""
        with self._lock:
            return self._stale.total, self._stale_pages

    def to_json(self) -> dict[str, Any]:
        """Return the report as README.md describes it."""
        chunk_kinds = ("inserted", "unchanged", "deleted")
        with self._lock:
            chunks = {kind: self._chunks[kind] for kind in chunk_kinds}
            return {
                "exit_code": self._exit_code,
                "pages": self._count_pages(set(self._list_types())),
                **self._count_content(),
                "restricted": dict(sorted(self._restricted.items())),
                **self._count_files(),
                "chunks": chunks | {"stale": self._stale.total},
                "tokens_inserted": self._tokens_inserted,
                "requests": {name: self._requests[name] for name in ("confluence", "vector_api")},
                "seconds": round(time.monotonic() - self._started, 3),
                "collection": self._collection,
                "failures": [_to_row(failure) for failure in self._failures.rows],
                "warnings": list(self._warnings.rows),
                "stale": [
                    {"page_id": chunk.page_id, "chunk_id": chunk.id} for chunk in self._stale.rows
                ],
                **self._count_left_out(),
            }

    def _list_types(self) -> list[str]:
        """Return the content types in scope, then others that were counted: one was turned off."""
        counted = {content_type for content_type, _ in self._pages} | set(self._failed.values())
        return list(dict.fromkeys((*self._types, *sorted(counted))))

    def _count_pages(self, types: Set[str]) -> dict[str, int]:
        counts = {kind: sum(self._pages[name, kind] for name in types) for kind in _PAGE_KINDS}
        return counts | {"failed": sum(name in types for name in self._failed.values())}

    def _count_content(self) -> dict[str, Any]:
        types = self._list_types()
        if types == [PAGE]:
            return {}
        return {"content": {name: self._count_pages({name}) for name in types}}

    def _count_files(self) -> dict[str, Any]:
        if ATTACHMENT not in self._types:
            return {}
        return {"attachments_left_out": dict(sorted(self._attachments_left_out.items()))}

    def _count_left_out(self) -> dict[str, int]:
        lists: dict[str, FirstRows[Any]] = {
            "failures": self._failures,
            "warnings": self._warnings,
            "stale": self._stale,
        }
        return {f"{name}_left_out": rows.left_out for name, rows in lists.items() if rows.left_out}

    def summary(self) -> str:
        """Return one line: what the run did, and how it ended."""
        content = self.to_json()
        pages = ", ".join(f"{number} {kind}" for kind, number in content["pages"].items())
        chunks = ", ".join(f"{number} {kind}" for kind, number in content["chunks"].items())
        requests = content["requests"]
        return (
            f"exit {content['exit_code']}: pages: {pages}; chunks: {chunks}; "
            f"{content['tokens_inserted']} tokens; requests: {requests['confluence']} Confluence, "
            f"{requests['vector_api']} Vector API; {content['seconds']:.1f} s"
        )


def _to_row(failure: PageFailure) -> dict[str, str]:
    row = asdict(failure)
    if failure.content_type == PAGE:
        del row["content_type"]
    return row
