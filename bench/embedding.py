"""Embedding models that need no download at run time, with a cache of vectors by text."""

from __future__ import annotations

import hashlib
import sqlite3
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from functools import cached_property, partial
from pathlib import Path

import numpy as np

from bench.models import Encode, load_e5_small, load_mpnet

ROOT = Path(__file__).parent.parent
CACHE = ROOT / ".cache" / "bench-vectors.sqlite3"
GRAPHS = ROOT / ".cache" / "bench-models"
_BATCH = 64


def load_minilm() -> Encode:
    """all-MiniLM-L6-v2 as the demo's server runs it: 256 word pieces."""
    sys.path.append(str(ROOT / "demo/servers/llama_stack_server/site"))
    from sentence_transformers import SentenceTransformer  # the demo server's own module

    model = SentenceTransformer("all-MiniLM-L6-v2")
    return lambda texts, _: model.encode(texts)


MODELS: Mapping[str, Callable[[], Encode]] = {
    "all-MiniLM-L6-v2": load_minilm,
    "all-mpnet-base-v2": partial(load_mpnet, GRAPHS),
    "multilingual-e5-small": partial(load_e5_small, GRAPHS),
}

USUAL = ("all-MiniLM-L6-v2", "multilingual-e5-small")  # what `make bench` has installed


class Model:
    """Text → unit vectors. What was embedded once is read from a file the next time."""

    def __init__(self, name: str, cache: Path = CACHE) -> None:
        self._name = name
        cache.parent.mkdir(exist_ok=True)
        self._db = sqlite3.connect(cache, timeout=60)
        self._db.execute("CREATE TABLE IF NOT EXISTS vectors (key BLOB PRIMARY KEY, vector BLOB)")

    def embed(self, texts: Sequence[str], *, are_questions: bool = False) -> np.ndarray:
        """Float32 of shape (len(texts), floats of a vector)."""
        kind = f"{self._name} {are_questions} "
        keys = [hashlib.sha256((kind + text).encode()).digest() for text in texts]
        unknown = [
            (key, text)
            for key, text in dict(zip(keys, texts, strict=True)).items()
            if self._load(key) is None
        ]
        begin = time.monotonic()
        for at in range(0, len(unknown), _BATCH):
            batch = unknown[at : at + _BATCH]
            vectors = self._encode([text for _, text in batch], are_questions)
            rows = [
                (key, vector.tobytes()) for (key, _), vector in zip(batch, vectors, strict=True)
            ]
            with self._db:
                self._db.executemany("INSERT OR REPLACE INTO vectors VALUES (?, ?)", rows)
            _show(at + len(batch), len(unknown), time.monotonic() - begin)
        found = b"".join(self._load(key) or b"" for key in keys)
        return np.frombuffer(found, dtype=np.float32).reshape(len(texts), -1)

    @cached_property
    def _encode(self) -> Encode:
        return MODELS[self._name]()

    def _load(self, key: bytes) -> bytes | None:
        row = self._db.execute("SELECT vector FROM vectors WHERE key = ?", (key,)).fetchone()
        return bytes(row[0]) if row else None


def _show(done: int, of: int, seconds: float) -> None:
    """Print a line for every thousand texts."""
    if done % 1024 == 0 or done == of:
        rate = done / max(seconds, 1e-9)
        print(f"embedded {done} of {of} texts, {rate:.1f} a second", file=sys.stderr, flush=True)
