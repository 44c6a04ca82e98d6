"""Comments in the order in which people read them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence

from pipeline.records import Comment, Thread


def to_threads(comments: Iterable[Comment]) -> tuple[Thread, ...]:
    """Return the comments of a page as threads, the oldest first; they may repeat.

    A reply in a thread whose first comment is missing, because it is closed, is left out.
    """
    by_id = {comment.id: comment for comment in comments}
    replies = defaultdict[str, list[Comment]](list)
    for comment in sorted(by_id.values(), key=lambda comment: int(comment.id)):
        replies[comment.parent].append(comment)
    return tuple(Thread(tuple(_list_below(first, replies))) for first in replies[""])


def _list_below(first: Comment, replies: Mapping[str, Sequence[Comment]]) -> Iterator[Comment]:
    """Yield a comment and everything below it, each comment below what it answers."""
    left = [first]
    while left:
        comment = left.pop()
        yield comment
        left += reversed(replies.get(comment.id, ()))
