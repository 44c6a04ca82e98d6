"""The embedding model that the server uses, and the window that it lists for it."""

from __future__ import annotations

import json

from pipeline import chunk as chunk_stage
from pipeline.state import Ledger

_FACT = "model_window"  # in the ledger: EMBEDDING_MODEL_ID, the server's model, what it lists


class ModelWindow:
    """What the server's list showed in this run, or else in an earlier one.

    Until then the model is the one that EMBEDDING_MODEL_ID names, and its window the table's.
    """

    def __init__(self, required: str, ledger: Ledger) -> None:
        self._required, self._ledger = required, ledger
        self.model, self.listed = required, None
        kept = json.loads(ledger.get_about(_FACT) or "[]")
        if kept and kept[0] == required:
            _, self.model, self.listed = kept

    @property
    def known(self) -> int | None:
        """How many word pieces the model reads; None where neither server nor table show it."""
        return chunk_stage.known_window(self.model, self.listed)

    @property
    def fact(self) -> str:
        """What changes the chunks, for the digest of pages; "" where it is as the name shows."""
        known = (self.known, chunk_stage.known_vocabulary(self.model))
        named = self._required
        is_named = known == (chunk_stage.known_window(named), chunk_stage.known_vocabulary(named))
        return "" if is_named else " ".join(map(str, known))

    def keep(self, model: str, listed: int | None) -> None:
        """Take what the server lists, for this run and for later ones."""
        self.model, self.listed = model, listed
        self._ledger.set_about(**{_FACT: json.dumps([self._required, model, listed])})

    @staticmethod
    def copy(ledger: Ledger, other: Ledger) -> None:
        """Keep the same in another ledger of the collection."""
        other.set_about(**{_FACT: ledger.get_about(_FACT)})
