"""Comments in the order in which people read them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence

from pipeline.fetch.on_pages.rows import CLOSED
from pipeline.records import Comment, CommentRef, Thread


def to_threads(comments: Iterable[Comment]) -> tuple[Thread, ...]:
    """Return the comments of a page as threads, the oldest first; they may repeat.

    A reply in a thread whose first comment is missing, because it is closed, is left out.
    """
    by_id = {comment.id: comment for comment in comments}
    replies = defaultdict[str, list[Comment]](list)
    for comment in sorted(by_id.values(), key=lambda comment: int(comment.id)):
        replies[comment.parent].append(comment)
    return tuple(Thread(tuple(_list_below(first, replies))) for first in replies[""])


def list_missing(listed: Sequence[CommentRef], seen: Mapping[str, bool]) -> list[CommentRef]:
    """Return the listed comments that a page's own lists should have, and lack.

    `seen` has what these lists have: id → whether it is open. They have no replies in closed
    threads, nor to a comment that is not there any more.
    """
    by_id = {ref.id: ref for ref in listed}

    def is_expected(ref: CommentRef) -> bool:
        above = {ref.id}
        while ref.resolution not in CLOSED and seen.get(ref.id, True):
            if not ref.parent:
                return True
            if ref.parent not in by_id or ref.parent in above:
                return False
            above.add(ref.parent)
            ref = by_id[ref.parent]
        return False

    return [ref for ref in listed if ref.id not in seen and is_expected(ref)]


def _list_below(first: Comment, replies: Mapping[str, Sequence[Comment]]) -> Iterator[Comment]:
    """Yield a comment and everything below it, each comment below what it answers."""
    left = [first]
    while left:
        comment = left.pop()
        yield comment
        left += reversed(replies.get(comment.id, ()))
