"""The open comments of one page, with their bodies."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence

from pipeline.fetch.account import Account
from pipeline.fetch.content import BY_NAME, ROWS_A_REQUEST, V2
from pipeline.fetch.errors import BrokenAnswerError, GoneError, PageError, StatusError
from pipeline.fetch.on_pages.comments import KINDS
from pipeline.fetch.on_pages.rows import is_open, to_comment, to_marked
from pipeline.fetch.transport import Params, Transport
from pipeline.records import Comment, CommentRef, PageRef, Thread

_PARAMS: Params = {"body-format": "storage", "limit": ROWS_A_REQUEST}


def get_threads(
    transport: Transport, account: Account, page: PageRef, listed: Sequence[CommentRef]
) -> tuple[Thread, ...]:
    """Return a page's open threads as they are now, the oldest first.

    `listed` are the page's comments by `list_comments`: only the lists that have some of them are
    asked for, and both lists if there are none, so that no comments is a positive answer. One
    request for each list, and one for each comment with replies, or that is not listed. Raises
    `PageError` if the page is not readable any more, or its comments fail.
    """
    kinds = {ref.is_inline for ref in listed} or {False, True}
    try:
        threads = [
            thread
            for is_inline, collection in KINDS
            if is_inline in kinds
            for thread in _Lists(transport, collection, listed).list_threads(page)
        ]
    except (StatusError, BrokenAnswerError) as error:
        account.rule_out_site_failure(error)
        if isinstance(error, StatusError) and error.status in (403, 404):
            raise GoneError(f"comments are not there or not readable any more: {error}") from None
        raise PageError(str(error)) from None
    return tuple(sorted(threads, key=lambda thread: int(thread.comments[0].id)))


class _Lists:
    """The lists of a page's comments of one kind."""

    def __init__(
        self, transport: Transport, collection: str, listed: Collection[CommentRef]
    ) -> None:
        self._transport, self._collection = transport, collection
        answered = {ref.parent for ref in listed}
        self._without_replies = {ref.id for ref in listed} - answered

    def list_threads(self, page: PageRef) -> Iterator[Thread]:
        path = f"{BY_NAME[page.content_type].to_path(page.id)}/{self._collection}"
        rows = self._transport.list_rows(path, {"status": "current", **_PARAMS})
        first = {to_comment(row): to_marked(row) for row in rows if is_open(row)}  # may repeat
        for comment, marked in first.items():
            yield Thread(tuple(self._list_thread(comment)), marked)

    def _list_thread(self, first: Comment) -> Iterator[Comment]:
        """Yield a comment and everything below it, however deep, each below what it answers."""
        left, seen = [first], {first.id}
        while left:
            comment = left.pop()
            yield comment
            replies = [reply for reply in self._list_replies(comment.id) if reply.id not in seen]
            left += sorted(replies, key=lambda reply: int(reply.id), reverse=True)
            seen.update(reply.id for reply in replies)

    def _list_replies(self, comment_id: str) -> Iterator[Comment]:
        if comment_id in self._without_replies:
            return
        path = f"{V2}/{self._collection}/{comment_id}/children"
        rows = self._transport.list_rows(path, _PARAMS)
        yield from {to_comment(row, comment_id): None for row in rows if is_open(row)}  # may repeat
