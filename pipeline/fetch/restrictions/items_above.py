"""What is above the pages besides listed pages: folders, whiteboards, databases, smart links."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from typing import NamedTuple

from pipeline.fetch.account import Account
from pipeline.fetch.content import ABOVE, BY_NAME, ROWS_A_REQUEST, V1, V2, to_id
from pipeline.fetch.errors import SCOPE_BY_WORD, BrokenAnswerError, StatusError
from pipeline.fetch.rows import is_restricted
from pipeline.fetch.transport import REFUSALS, Transport

_GONE = 410  # a route that the site has no more
_MOST_NAMED = 5  # items in a warning
_SCOPE_OF_RESTRICTIONS = SCOPE_BY_WORD["restriction"]
_SCOPE_OF_ANCESTORS = SCOPE_BY_WORD["ancestors"]


class Item(NamedTuple):
    """Something in a space's tree."""

    id: str
    kind: str  # page, blogpost, folder, whiteboard, database, embed, or what Confluence adds


class ItemsAbove:
    """Asks for the items above a page, and for their restrictions; each only once."""

    def __init__(self, transport: Transport, account: Account, is_known: dict[str, bool]) -> None:
        """`is_known` has what is known already: by page, whether it is restricted itself."""
        self._transport, self._account = transport, account
        self._restricted: dict[str, bool | None] = dict(is_known)
        self._lacking: set[str] = set()  # scopes
        self._refused: dict[str, list[Item]] = defaultdict(list)  # by what is missing

    def is_restricted(self, item: Item) -> bool | None:
        """Return whether an item is restricted itself; None if that cannot be asked."""
        if item.id not in self._restricted:
            self._restricted[item.id] = self._ask_restriction(item)
        return self._restricted[item.id]

    def list_above(self, page_id: str, parent: str | None, kind: str) -> list[Item] | None:
        """Return all items above a page, from the top down; None if they cannot be asked.

        `parent` and `kind` are its parent as listed; None and "" if the listing does not show it.
        """
        if parent is not None and kind in ABOVE:
            item = _to_item(parent, kind)
            found = self._ask_all_ancestors(item)
            return None if found is None else [*found, item]
        found = self._ask_all_ancestors(Item(page_id, "page"))
        if found is None:
            return None
        if parent is not None and [item.id for item in found[-1:]] != [parent]:
            self._refused["an answer that agrees with the listing"].append(Item(page_id, "page"))
            return None
        return found

    def list_warnings(self) -> Iterator[str]:
        """Yield a line for each scope or right that is missing, with the items that need it."""
        for missing, items in self._refused.items():
            named = ", ".join(f"{item.kind} {item.id}" for item in items[:_MOST_NAMED])
            more = f" and {len(items) - _MOST_NAMED} others" if len(items) > _MOST_NAMED else ""
            yield (
                f"RESTRICTED_PAGES=skip: whether {named}{more} may be seen by everyone is unknown, "
                f"so that the pages there are skipped: missing is {missing}"
            )

    def _ask_restriction(self, item: Item) -> bool | None:
        if _SCOPE_OF_RESTRICTIONS in self._lacking:
            self._refused[f"the token's scope {_SCOPE_OF_RESTRICTIONS}"].append(item)
            return None
        path = f"{V1}/content/{to_id(item.id)}/restriction/byOperation"
        try:
            return is_restricted(self._transport.get(path))
        except StatusError as error:
            if self._is_gone(item, error):
                return False
            self._note(error, _SCOPE_OF_RESTRICTIONS, item)
            return None

    def _ask_all_ancestors(self, item: Item) -> list[Item] | None:
        """Return what is above an item, from the top down; None if it cannot be asked."""
        found: list[Item] = []
        lowest, seen = item, set[Item]()
        while lowest not in seen:
            seen.add(lowest)
            items = self._ask_ancestors(lowest, item)
            if items is None:
                return None
            found = items + found
            if len(items) < ROWS_A_REQUEST:
                return found
            lowest = items[0]  # the list has no next link: the rest is above its first
        raise BrokenAnswerError(f"{lowest.kind} {lowest.id} is listed above itself")

    def _ask_ancestors(self, item: Item, concerned: Item) -> list[Item] | None:
        collection = ABOVE.get(item.kind)
        if collection is None or _SCOPE_OF_ANCESTORS in self._lacking:
            missing = f"the token's scope {_SCOPE_OF_ANCESTORS}" if collection else "a route for it"
            self._refused[missing].append(concerned)
            return None
        path = f"{V2}/{collection}/{to_id(item.id)}/ancestors"
        try:
            rows = list(self._transport.list_rows(path, {"limit": ROWS_A_REQUEST}))
        except StatusError as error:
            self._note(error, _SCOPE_OF_ANCESTORS, concerned)
            return None
        return [_to_item(str(row.get("id")), str(row.get("type"))) for row in rows]

    def _is_gone(self, item: Item, error: StatusError) -> bool:
        """Return whether a page is not there any more, as v2 has it, so that nothing is stored."""
        if error.status != 404 or item.kind not in BY_NAME:
            return False
        self._account.check()
        try:
            page = self._transport.get(BY_NAME[item.kind].to_path(item.id))
        except StatusError as gone:
            if gone.status != 404:
                raise
            return True
        return page.get("status") not in ("current", "archived")

    def _note(self, error: StatusError, scope: str, item: Item) -> None:
        """Record what is missing. Raises the error if it does not concern the item."""
        if error.lacks_scope:
            self._account.check()
            self._lacking.add(scope)
            self._refused[f"the token's scope {scope}"].append(item)
            return
        if error.status not in (*REFUSALS, _GONE) or error.status == 401:
            raise error
        self._account.check()
        missing = "the account's right to view it" if error.status != _GONE else "the route"
        self._refused[f"{missing} (HTTP {error.status})"].append(item)


def _to_item(item_id: str, kind: str) -> Item:
    """Return an item of an answer. Raises `BrokenAnswerError` if its id is none."""
    if not (item_id.isascii() and item_id.isdigit()):
        raise BrokenAnswerError(f"what is above a page has the id {item_id[:40]!r}, not a number")
    return Item(item_id, kind)
