"""What a run knows of the server's embedding model: its window, and the limit where it refuses."""

from __future__ import annotations

import logging
from contextlib import suppress

from pipeline import chunk as chunk_stage
from pipeline.run.plan.digests import to_conversion_digest
from pipeline.run.plan.model_window import ModelWindow
from pipeline.settings import Settings
from pipeline.state import Ledger
from pipeline.upsert import Embedding, EmbeddingRoute, Sink, VectorApiError

log = logging.getLogger(__name__)
_FACT = "text_limit"  # in the ledger: the limit in the model's tokens, a space, the model


class ChunkLimit:
    """What one run knows of it: measured, or else kept from an earlier run.

    A server that does not answer must not change the chunks of every page.
    """

    def __init__(self, settings: Settings, sink: Sink, ledger: Ledger) -> None:
        self._settings, self._sink, self._ledger = settings, sink, ledger
        self._window = ModelWindow(settings.embedding_model_id, ledger)
        limit, _, model = ledger.get_about(_FACT).partition(" ")
        self._limit = int(limit) if limit and model == settings.embedding_model_id else 0

    @property
    def tokens(self) -> int | None:
        """The most tokens of a chunk, where they are fewer than CHUNK_TOKENS."""
        accepted = chunk_stage.accepted_tokens(self._limit) if self._limit else self._most
        return accepted if accepted < self._most else None

    @property
    def window(self) -> ModelWindow:
        """What chunks are cut for."""
        return self._window

    @property
    def _most(self) -> int:
        return self._settings.chunk_tokens or chunk_stage.auto_tokens(
            self._window.model, listed=self._window.listed
        )

    def measure(self) -> bool:
        """Ask the server; return whether chunks change their size."""
        before = (self.tokens, self._window.fact)
        with suppress(VectorApiError):  # the first insert shows what is wrong
            route = self._sink.find_embedding_route() if isinstance(self._sink, Embedding) else None
            if route:
                self._ask(route)
        return (self.tokens, self._window.fact) != before

    def _ask(self, route: EmbeddingRoute) -> None:
        with suppress(VectorApiError):  # what was listed before counts
            self._window.keep(route.model, route.list_window())
        measured = route.measure_limit(chunk_stage.to_word_pieces(self._most))
        if measured is not None:
            self._limit = measured
            self._ledger.set_about(**{_FACT: f"{measured} {self._settings.embedding_model_id}"})

    def to_conversion_digest(self) -> str:
        """Return the digest of converter and chunker with this limit and window."""
        return to_conversion_digest(self._settings, self.tokens, self._window.fact)

    def announce(self) -> None:
        """Log which chunks the model does not read whole."""
        if self.tokens:
            log.info(
                "chunks of at most %d tokens: the server's embedding model refuses texts of more "
                "than %d of its own tokens (CHUNK_TOKENS=%s)",
                self.tokens,
                self._limit,
                self._settings.chunk_tokens or "auto",
            )
            return
        model, window = self._window.model, self._window.known
        if window is None:
            log.info(
                "neither the server nor the table of embedding models has the window of %s: chunks "
                "are cut for a model that reads 512 word pieces (set CHUNK_TOKENS lower if yours "
                "reads less)",
                model,
            )
        elif (self._settings.chunk_tokens or 0) > window:
            log.warning(
                "CHUNK_TOKENS=%d exceeds the context window of %s (%d word pieces, about %d "
                "tokens): long sections are cut near that size; chunks that cannot be cut are "
                "truncated when embedded (CHUNK_TOKENS=auto makes the window the limit)",
                self._settings.chunk_tokens,
                model,
                window,
                chunk_stage.fitting_tokens(model, listed=window),
            )


def keep_limit(ledger: Ledger, other: Ledger) -> None:
    """Keep in another ledger of the same collection what is known of the model."""
    other.set_about(**{_FACT: ledger.get_about(_FACT)})
    ModelWindow.copy(ledger, other)
