"""all-MiniLM-L6-v2 as the demo's server runs it, with a cache of vectors by text."""

from __future__ import annotations

import hashlib
import sqlite3
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

ROOT = Path(__file__).parent.parent
CACHE = ROOT / ".cache" / "bench-vectors.sqlite3"
FLOATS = 384


class Model:
    """Text → unit vectors. What was embedded once is read from a file the next time."""

    def __init__(self, cache: Path = CACHE) -> None:
        sys.path.append(str(ROOT / "demo/servers/llama_stack_server/site"))
        from sentence_transformers import SentenceTransformer  # the demo server's own module

        self._model: Any = SentenceTransformer("all-MiniLM-L6-v2")
        cache.parent.mkdir(exist_ok=True)
        self._db = sqlite3.connect(cache)
        self._db.execute("CREATE TABLE IF NOT EXISTS vectors (key BLOB PRIMARY KEY, vector BLOB)")

    def embed(self, texts: Sequence[str]) -> np.ndarray:
        """Float32 of shape (len(texts), 384)."""
        keys = [hashlib.sha256(text.encode()).digest() for text in texts]
        unknown = [
            (key, text)
            for key, text in dict(zip(keys, texts, strict=True)).items()
            if self._load(key) is None
        ]
        for at in range(0, len(unknown), 256):
            batch = unknown[at : at + 256]
            vectors = self._model.encode([text for _, text in batch])
            rows = [
                (key, vector.tobytes()) for (key, _), vector in zip(batch, vectors, strict=True)
            ]
            with self._db:
                self._db.executemany("INSERT OR REPLACE INTO vectors VALUES (?, ?)", rows)
            _show(at + len(batch), len(unknown))
        found = b"".join(self._load(key) or b"" for key in keys)
        return np.frombuffer(found, dtype=np.float32).reshape(len(texts), FLOATS)

    def _load(self, key: bytes) -> bytes | None:
        row = self._db.execute("SELECT vector FROM vectors WHERE key = ?", (key,)).fetchone()
        return bytes(row[0]) if row else None


def _show(done: int, of: int) -> None:
    if sys.stderr.isatty():
        print(f"\rembedded {done} of {of}", end="\n" if done == of else "", file=sys.stderr)
