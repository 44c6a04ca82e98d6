"""The comments of many pages, as cheap references."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator, Mapping

from pipeline.fetch.account import Account
from pipeline.fetch.content import ROWS_A_REQUEST, V2
from pipeline.fetch.on_pages.either_way import list_either_way
from pipeline.fetch.on_pages.rows import is_current, to_comment_ref
from pipeline.fetch.rows import Json
from pipeline.fetch.transport import Params, Transport
from pipeline.records import CommentRef, PageFailure

KINDS = ((False, "footer-comments"), (True, "inline-comments"))
_PARAMS: Params = {"limit": ROWS_A_REQUEST}


def list_comments(
    transport: Transport, account: Account, pages: Mapping[str, str]
) -> Iterator[CommentRef | PageFailure]:
    """Yield every comment of the pages (id → content type), resolved ones too, in no order.

    They may repeat. A page with a `PageFailure` was not listed in full. See `list_either_way` for
    the requests; page by page it is one for each kind of comment, and one for each comment.
    """
    for is_inline, collection in KINDS:
        of_kind = _OfKind(transport, collection, is_inline)
        yield from list_either_way(
            transport, account, collection, _PARAMS, pages, of_kind.read, of_kind.list_of_page
        )


class _OfKind:
    """Footer comments, or inline comments."""

    def __init__(self, transport: Transport, collection: str, is_inline: bool) -> None:
        self._transport, self._collection, self._is_inline = transport, collection, is_inline

    def read(self, row: Json, page_id: str, parent: str = "") -> CommentRef | None:
        if not is_current(row):
            return None
        return to_comment_ref(row, page_id, is_inline=self._is_inline, parent=parent)

    def list_of_page(self, path: str, page_id: str) -> Iterator[CommentRef]:
        """Yield a page's comments: v2 lists those that answer a comment below that one only."""
        left, seen = deque([(f"{path}/{self._collection}", "")]), set[str]()
        while left:
            list_path, parent = left.popleft()
            for row in self._transport.list_rows(list_path, _PARAMS):
                ref = self.read(row, page_id, parent)
                if ref is None or ref.id in seen:
                    continue
                seen.add(ref.id)
                left.append((f"{V2}/{self._collection}/{ref.id}/children", ref.id))
                yield ref
