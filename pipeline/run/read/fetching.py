"""The pages of a plan with their bodies, whatever fails: the site is judged by what works.

Pages that failed in earlier runs are fetched after all others. A page that fails is asked for a
second time after all others too. However many fail, the run continues as long as other pages can be
read.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import partial
from itertools import batched, groupby, islice
from operator import attrgetter

from pipeline.fetch import PAGES_A_REQUEST, ConfluenceError
from pipeline.http import CONFLUENCE_RETRY, RetryPolicy
from pipeline.records import ATTACHMENT, COMMENT, Page, PageFailure, PageRef
from pipeline.report import Report
from pipeline.run.stop import Stop
from pipeline.run.threads import call_interruptibly, in_parallel

log = logging.getLogger(__name__)

FAILURES_IN_A_ROW = 10  # then pages that should be readable are asked for
EXAMPLES = 4  # of such pages
_LOOKS = 3  # at these, with waits, before the site counts as unreadable
# Files wait on disk, two for each worker: five of 25 MB, and what one is converted to, fit into the
# volume of 256 Mi of a pod. The site's lists of comments are read by one request after the other.
_MOST_WORKERS = {ATTACHMENT: 2, COMMENT: 1}
_FILES_AT_ONCE = 1
# The lists of the site are read once for so many comments, and the bodies of three such parts are
# in memory: characters of what the listing has of them, about 80 a comment, and of their page.
_COMMENTS_AT_ONCE, _OF_A_PAGE = 500_000, 200
_MOST_AGAIN = 500  # failed pages that are asked for a second time in one run

# Of at most PAGES_A_REQUEST pages, one file, or the comments of some thousand pages.
Fetch = Callable[[Sequence[PageRef]], list[Page | PageFailure]]
_Results = list[tuple[PageRef, Page | PageFailure]]


class Fetching:
    """Fetches the pages of one run. Not safe to use from two threads at once."""

    def __init__(
        self, fetch: Fetch, report: Report, stop: Stop, workers: int, retry: RetryPolicy | None
    ) -> None:
        self._fetch, self._report, self._stop = fetch, report, stop
        self._workers, self._retry = workers, retry or CONFLUENCE_RETRY
        self._again: dict[str, tuple[PageRef, PageFailure]] = {}  # page id → its first failure
        self._failed_before: Mapping[str, int] = {}
        self._readable: list[PageRef] = []  # the latest page that was
        self._examples: Sequence[PageRef] | None = None  # chosen once, when they are needed
        self._in_a_row = 0
        self._was_doubtful = False  # logged once

    def pages(
        self,
        refs: Iterable[PageRef],
        failed_before: Mapping[str, int],
        choose: Callable[[], Sequence[PageRef]],
        on_done: Callable[[], object],
    ) -> Iterator[Page]:
        """Yield the pages that can be read; report the others, in the end.

        `failed_before` is page id → in how many earlier runs the page has failed; `choose` returns
        pages that should be readable. `on_done` is called for each page once its result is known.
        Raises `ConfluenceError` if no page can be read any more.
        """
        self._failed_before = failed_before
        for ref, result in self._fetch_all(put_last(refs, failed_before)):
            if isinstance(result, Page):
                self._in_a_row, self._readable = 0, [ref]
                yield result
            elif not self._put_off(ref, result):
                self._report.fail(result)
            if ref.id not in self._again:
                on_done()
            if self._in_a_row == FAILURES_IN_A_ROW:
                self._look_at_examples(choose)
        yield from self._ask_again(on_done)

    def report_failed(self, on_done: Callable[[], object] = lambda: None) -> None:
        """Report the pages that failed and are not asked for again."""
        for _, failure in self._again.values():
            self._report.fail(failure)
            on_done()
        self._again = {}

    def _ask_again(self, on_done: Callable[[], object]) -> Iterator[Page]:
        """Yield the failed pages that can be read now; stop asking if they still fail."""
        self._in_a_row = 0
        for ref, result in self._fetch_all([ref for ref, _ in self._again.values()]):
            del self._again[ref.id]
            on_done()
            if isinstance(result, Page):
                self._in_a_row = 0
                yield result
                continue
            self._report.fail(result)
            self._in_a_row += 1
            if self._in_a_row == FAILURES_IN_A_ROW:
                break
        self.report_failed(on_done)

    def _fetch_all(self, refs: Iterable[PageRef]) -> Iterator[tuple[PageRef, Page | PageFailure]]:
        def fetch(batch: Sequence[PageRef]) -> _Results:
            return list(zip(batch, self._fetch(batch), strict=True))

        for content_type, alike in groupby(refs, attrgetter("content_type")):
            batches = _to_batches(content_type, alike)
            workers = min(self._workers, _MOST_WORKERS.get(content_type, self._workers))
            for results in in_parallel(fetch, batches, workers, self._stop):
                for result in results:
                    self._stop.check()
                    yield result

    def _put_off(self, ref: PageRef, failure: PageFailure) -> bool:
        """Count a failure; return whether the page is asked for a second time."""
        self._in_a_row += 1
        if ref.id in self._failed_before or len(self._again) >= _MOST_AGAIN:
            return False
        self._again[ref.id] = ref, failure
        log.warning(
            "page %s %r cannot be read: %s; asking again after all others",
            ref.id,
            ref.title,
            failure.error,
        )
        return True

    def _look_at_examples(self, choose: Callable[[], Sequence[PageRef]]) -> None:
        """Raise `ConfluenceError` unless another page can be read than those in a row."""
        if self._examples is None:
            self._examples = choose()
        examples = self._readable + [ref for ref in self._examples if not self._has_failed(ref.id)]
        error = "there is no page to compare with"
        for attempt in range(1, _LOOKS + 1):
            results = call_interruptibly(partial(self._fetch, examples), self._stop)
            if any(isinstance(result, Page) for result in results):
                level = logging.DEBUG if self._was_doubtful else logging.WARNING
                log.log(level, "%d pages in a row cannot be read, others can", self._in_a_row)
                self._was_doubtful = True
                self._in_a_row = 0
                return
            error = next((r.error for r in results if isinstance(r, PageFailure)), error)
            if attempt < _LOOKS and examples:
                self._stop.waiting.pause(self._retry.to_wait(attempt).seconds)
        raise ConfluenceError(
            f"{self._in_a_row} pages in a row cannot be read, nor can others: {error}"
        )

    def _has_failed(self, page_id: str) -> bool:
        """Return whether a page has failed in this run or an earlier one."""
        is_known = page_id in self._again or page_id in self._failed_before
        return is_known or self._report.has_failed(page_id)


def _to_batches(content_type: str, refs: Iterable[PageRef]) -> Iterator[Sequence[PageRef]]:
    """Divide what is listed of one type into what is fetched by one call."""
    if content_type != COMMENT:
        yield from batched(refs, _FILES_AT_ONCE if content_type == ATTACHMENT else PAGES_A_REQUEST)
        return
    batch, size = list[PageRef](), 0
    for ref in refs:
        batch.append(ref)
        size += _OF_A_PAGE + len(ref.details)
        if size >= _COMMENTS_AT_ONCE:
            yield batch
            batch, size = [], 0
    if batch:
        yield batch


def put_last(refs: Iterable[PageRef], failed_before: Mapping[str, int]) -> Iterator[PageRef]:
    """Yield the pages; those that failed in earlier runs last, and the most frequent at the end."""
    late: list[PageRef] = []
    for ref in refs:
        if ref.id in failed_before:
            late.append(ref)
        else:
            yield ref
    yield from sorted(late, key=lambda ref: failed_before[ref.id])


def choose_examples(
    listed: Iterable[PageRef], is_preferred: Callable[[PageRef], bool]
) -> Sequence[PageRef]:
    """Return a few pages from all parts of a listing, of the preferred ones if there are any."""
    number = sum(map(is_preferred, listed))
    refs = filter(is_preferred, listed) if number else iter(listed)
    step = max(1, (number or sum(1 for _ in listed)) // EXAMPLES)
    return list(islice(refs, 0, EXAMPLES * step, step))
