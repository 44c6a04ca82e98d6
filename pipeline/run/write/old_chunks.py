"""The deletion of what is old: chunks of a page that has changed, and pages that are gone."""

from __future__ import annotations

from collections.abc import Sequence

from pipeline.records import PageFailure, StoredChunk
from pipeline.report import Report
from pipeline.state import MIXED, ContentTypes, Ledger
from pipeline.upsert import InsertRejectedError, InsertUnclearError, Sink, VectorApiError

UNDELETED_IN_A_ROW = 25  # pages whose old chunks cannot be deleted, before the run ends


class OldChunks:
    """Deletes chunks of one collection; where its store cannot, they are stale from then on."""

    def __init__(self, sink: Sink, ledger: Ledger, report: Report) -> None:
        self._sink, self._ledger, self._report = sink, ledger, report
        self._undeleted = 0  # pages in a row

    def delete_page(self, page_id: str) -> None:
        """Delete a page; one that cannot be deleted is reported."""
        held = self._ledger.chunks(page_id)
        page = self._ledger.page(page_id)
        title = page.title if page else ""
        content_type = ContentTypes(self._ledger).of(page_id)
        old = [chunk.stored for chunk in held if chunk.state != "stale"]
        if old and self._sink.can_delete:
            self._ledger.begin_page(page_id, title, MIXED, self.to_doubtful(old))
        try:
            with self._ledger.together():
                self.remove(old)
                self._ledger.forget_page(page_id)
        except (InsertRejectedError, InsertUnclearError) as error:
            self.fail(PageFailure(page_id, title, "delete", str(error), content_type))
            return
        if self._sink.can_delete and held:
            self._report.count_page("deleted", content_type)

    def remove(self, stored: Sequence[StoredChunk]) -> None:
        """Delete chunks, and record it. Raises `InsertRejectedError` or `InsertUnclearError`."""
        if not stored:
            return
        if self._sink.can_delete:
            self._sink.delete(stored)
            self._undeleted = 0
            self._ledger.forget(stored)
            self._report.count_chunks("deleted", len(stored))
        else:
            self._ledger.outdate(stored)

    def to_doubtful(self, old: Sequence[StoredChunk]) -> Sequence[StoredChunk]:
        """Return which of these chunks, to be deleted, the next run could not see in a list."""
        return old if self._sink.can_delete and not self._sink.can_list else ()

    def fail(self, failure: PageFailure) -> None:
        """Report a page whose old chunks remain. Raises `VectorApiError` if no page's can go."""
        self._report.fail(failure)
        self._undeleted += 1
        if self._undeleted == UNDELETED_IN_A_ROW:
            raise VectorApiError(f"{failure.error}: {self._undeleted} pages in a row failed so")
