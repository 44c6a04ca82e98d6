"""Which chunks are looked up in the store before they are sent, and what this shows beside them.

Where a store cannot list its chunks, the ledger may be behind, restored from a backup, and nothing
shows that but the chunks themselves: one that is sent twice is there twice on some servers, and a
text that only the lost ledger knew would stay for good.
"""

from __future__ import annotations

from collections.abc import Mapping

from pipeline.records import StoredChunk
from pipeline.run.collection import Collection
from pipeline.run.write.page_update import PageUpdate
from pipeline.state import Ledger
from pipeline.upsert import Showing, Sink

# A look-up costs as much as an insert, so a run that sends a whole collection again stops asking: a
# ledger that is behind lacks pages of the same plan, and some of them are among so many chunks.
ENOUGH = 500  # chunks in a row that the store did not have


class LookUps:
    """Looks up chunks of one run."""

    def __init__(self, collection: Collection) -> None:
        self._sink: Sink = collection.sink
        self._ledger: Ledger = collection.ledger
        self._all = collection.look_first
        # Of a store that is being filled for the first time, the ledger knows everything.
        may_be_behind = collection.was_complete and not self._sink.can_list
        self._most = ENOUGH if may_be_behind else 0

    def find(self, update: PageUpdate) -> Mapping[str, str]:
        """Return chunk id → handle of those new chunks of a page that the store has.

        What was sent before without being confirmed is always looked up. What the store shows of
        the page's earlier texts, unknown to the ledger, joins the update's old chunks.
        """
        if not self._all and self._most <= 0:
            return self._sink.find(update.unsure) if update.unsure else {}
        if not update.new:
            return {}
        found = self._find_new(update)
        self._most = ENOUGH if found else self._most - len(update.new)
        return found

    def _find_new(self, update: PageUpdate) -> Mapping[str, str]:
        if isinstance(self._sink, Showing):
            near = self._sink.list_near(update.new)
            self._adopt(update, near)
            found = {chunk.id: chunk.id for chunk in update.new if chunk.id in near}
        else:
            found = dict(self._sink.find(update.new))
        # A search shows what is stored, but not with which metadata.
        return {} if update.renews else found

    def _adopt(self, update: PageUpdate, near: set[str]) -> None:
        page_id = update.page.ref.id
        known = {held.stored.id for held in self._ledger.chunks(page_id)} | update.chunk_ids
        strange = {name for name in near - known if name.startswith(f"conf-{page_id}-")}
        self._ledger.confirm(dict.fromkeys(strange, page_id), {name: name for name in strange})
        update.old += [StoredChunk(name, page_id, name) for name in sorted(strange)]
