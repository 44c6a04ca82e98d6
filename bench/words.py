"""Search by words beside vectors, by reciprocal rank fusion: what docs/search.md describes."""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Sequence

import numpy as np

from bench.passage import Passage

LENGTH = 50  # of each of the two lists
_CONSTANT = 60  # of reciprocal rank fusion
_WORD = re.compile(r"\w+")


class Words:
    """An index of the words of passages, in memory."""

    def __init__(self, passages: Sequence[Passage]) -> None:
        self._db = sqlite3.connect(":memory:")
        self._db.execute("CREATE VIRTUAL TABLE passages USING fts5 (text, tokenize = 'porter')")
        rows = ((number, passage.text) for number, passage in enumerate(passages))
        self._db.executemany("INSERT INTO passages (rowid, text) VALUES (?, ?)", rows)

    def fuse(self, question: str, scores: np.ndarray) -> np.ndarray:
        """Return other scores, by the ranks of words and of the scores of vectors.

        What is in neither list follows in the order of its vectors.
        """
        nearest = np.argsort(-scores, kind="stable")
        fused = np.empty(len(scores))
        fused[nearest] = -np.arange(len(scores))
        sums: dict[int, float] = {}
        for ranked in (nearest[:LENGTH].tolist(), self._search(question)):
            for rank, at in enumerate(ranked, 1):
                sums[at] = sums.get(at, 0) + 1 / (_CONSTANT + rank)
        for at, total in sums.items():
            fused[at] = total
        return fused

    def _search(self, question: str) -> list[int]:
        """Return the passages that have a word of a question, best first."""
        wanted = " OR ".join(f'"{word}"' for word in _WORD.findall(question))
        query = "SELECT rowid FROM passages WHERE passages MATCH ? ORDER BY rank LIMIT ?"
        return [row[0] for row in self._db.execute(query, (wanted, LENGTH))]
