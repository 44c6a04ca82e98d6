"""v2's lists of comments, and the comments of one page by them."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator

from pipeline.fetch.content import V2
from pipeline.fetch.on_pages.rows import is_current
from pipeline.fetch.rows import Json, to_row_id
from pipeline.fetch.transport import Params, Transport

KINDS = ((False, "footer-comments"), (True, "inline-comments"))  # whether inline → list
IsLeaf = Callable[[Json], bool]  # of a comment's row: its replies are not asked for


def list_of_page(
    transport: Transport, path: str, collection: str, params: Params, is_leaf: IsLeaf
) -> Iterator[tuple[Json, str]]:
    """Yield the rows of a page's current comments of one kind, and the id of what each answers.

    `path` is the page's v2 route. A page's list has no replies: they are asked for by comment.
    """
    left, seen = deque([(f"{path}/{collection}", "")]), set[str]()
    while left:
        list_path, parent = left.popleft()
        for row in transport.list_rows(list_path, params):
            comment_id = to_row_id(row)
            if comment_id in seen or not is_current(row):
                continue
            seen.add(comment_id)
            yield row, parent
            if not is_leaf(row):
                left.append((f"{V2}/{collection}/{comment_id}/children", comment_id))
