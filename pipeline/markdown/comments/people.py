"""The names of people in a page's comments: those who write, and those whom they mention."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence

from pipeline.markdown.both_bodies import FindNames, Names
from pipeline.markdown.tree import Element
from pipeline.records import Thread

_MENTIONED = re.compile(r"""ri:account-id=["']([^"'<>]+)["']""")


class People:
    """The people of one page's comments, whose names are asked for with one question."""

    def __init__(self, threads: Sequence[Thread], find_names: FindNames) -> None:
        comments = [comment for thread in threads for comment in thread.comments]
        authors = dict.fromkeys(comment.author for comment in comments if comment.author)
        mentioned = {one: None for comment in comments for one in _MENTIONED.findall(comment.html)}
        ids = authors | mentioned  # authors first: so many are asked for, and no more
        self._names: Mapping[str, str] = find_names(list(ids)) if ids else {}
        self.are_missing = not ids.keys() <= self._names.keys()  # a later run may find them
        self._mentions = Names(self._choose)

    def name_of(self, account_id: str) -> str:
        """Return a name on one line, "" where it is not known."""
        return " ".join(self._names.get(account_id, "").split())

    def put_in(self, root: Element) -> None:
        """Give each person in a tree their name, as far as it is known."""
        self._mentions.put_in(root)

    def _choose(self, ids: Iterable[str]) -> Mapping[str, str]:
        return {one: self._names[one] for one in ids if one in self._names}
