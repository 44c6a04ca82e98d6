"""A collection of texts that answers queries by shared words: small, deterministic, quick."""

import re
import time
from array import array
from collections import Counter
from dataclasses import dataclass
from functools import lru_cache
from itertools import chain

RAREST = 12  # of a question's words choose the candidates
CANDIDATES = 200
_WORD = re.compile(r"\w+|[^\w\s]")


@dataclass(frozen=True, slots=True)
class Document:
    """One stored text."""

    id: str
    text: str
    metadata: dict[str, object]


class WordIndex:
    """Documents in the order of their insertion; fast with tens of thousands."""

    def __init__(self, overwrites: bool) -> None:
        """`overwrites`: a second document of an id replaces the first; else both stay."""
        self._overwrites = overwrites
        self._rows: list[Document | None] = []
        self._put_at: list[float] = []
        self._row_of: dict[str, int] = {}
        self._rows_with: dict[str, array[int]] = {}

    def put(self, document: Document) -> None:
        """Add or replace a document."""
        if self._overwrites:
            self.remove(document.id)
        row = len(self._rows)
        self._rows.append(document)
        self._put_at.append(time.monotonic())
        self._row_of[document.id] = row
        for word in _to_words(document.text):
            self._rows_with.setdefault(word, array("I")).append(row)

    def remove(self, document_id: str) -> bool:
        """Remove a document; return False if it was not there."""
        row = self._row_of.pop(document_id, None)
        if row is not None:
            self._rows[row] = None
        return row is not None

    def settle(self) -> None:
        """Let what was put in so far be found, however long the lag is."""
        self._put_at = [float("-inf")] * len(self._put_at)

    def list_documents(self) -> list[Document]:
        """Return all documents, oldest first; ids repeat where nothing is overwritten."""
        return [document for document in self._rows if document]

    def search(
        self, question: str, top_k: int, lag_seconds: float = 0.0
    ) -> list[tuple[Document, float]]:
        """Return the documents that share most words with the question, with scores from 0 to 1.

        What was put in during the last `lag_seconds` is not found yet.
        """
        oldest = time.monotonic() - lag_seconds
        words = _to_words(question)
        known = sorted((w for w in words if w in self._rows_with), key=self._frequency)
        rows = chain.from_iterable(self._rows_with[word] for word in known[:RAREST])
        counted = Counter(rows).most_common(CANDIDATES + top_k)
        near = [
            document
            for row, _ in counted
            if (document := self._rows[row]) and self._put_at[row] <= oldest
        ]
        scored = [(document, _to_score(words, document)) for document in near]
        scored.sort(key=lambda hit: (-hit[1], hit[0].id))
        if len(scored) < top_k:  # vector stores answer with something, however far
            there = {document.id for document in near}
            rest = (
                row
                for row, put_at in zip(self._rows, self._put_at, strict=True)
                if row and put_at <= oldest and row.id not in there
            )
            scored += [(row, 0.0) for row, _ in zip(rest, range(top_k), strict=False)]
        return scored[:top_k]

    def _frequency(self, word: str) -> int:
        return len(self._rows_with[word])


@lru_cache(1_000)  # the same documents are candidates of many questions
def _to_words(text: str) -> frozenset[str]:
    return frozenset(_WORD.findall(text.lower()))


def _to_score(words: frozenset[str], document: Document) -> float:
    there = _to_words(document.text)
    return len(words & there) / (len(words | there) or 1)
