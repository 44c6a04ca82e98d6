"""Names of people whom the storage format has by their account ids only."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from pipeline.markdown.macros.people import ACCOUNT, NAME
from pipeline.markdown.tree import Element

# Account ids → the names of those that could be asked for: "" for a person whom the site has not.
FindNames = Callable[[Sequence[str]], Mapping[str, str]]


class Names:
    """Puts the names of people into the trees of one page, all of a tree with one question."""

    def __init__(self, find: FindNames | None) -> None:
        self._find = find
        self.are_missing = False  # some could not be asked for: a later run may

    def put_in(self, root: Element) -> None:
        """Give each person in the tree their name, as far as it can be found."""
        if self._find is None:
            return
        people = [(person, person.get(ACCOUNT) or "") for person in root.iter("ri:user")]
        ids = dict.fromkeys(account_id for _, account_id in people if account_id)
        if not ids:
            return
        names = self._find(list(ids))
        for person, account_id in people:
            person.set(NAME, names.get(account_id, ""))
        self.are_missing |= not ids.keys() <= names.keys()
