"""An even sample of the chunks that a run wrote, for the check at its end."""

from __future__ import annotations

import random

from pipeline.records import Chunk

SIZE = 20  # chunks


class Sample:
    """Keeps `SIZE` chunks of however many are added, each with the same chance."""

    def __init__(self) -> None:
        self.chunks: list[Chunk] = []
        self._added = 0
        self._random = random.Random(0)  # noqa: S311 - a sample to check, not a secret

    def add(self, chunk: Chunk) -> None:
        """Add a chunk that the sink has confirmed."""
        self._added += 1
        if len(self.chunks) < SIZE:
            self.chunks.append(chunk)
        elif (place := self._random.randrange(self._added)) < SIZE:
            self.chunks[place] = chunk
