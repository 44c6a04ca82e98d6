"""A page and its chunks, for the tests of the chunker."""

import random
import re

from pipeline.chunk import split
from pipeline.records import Chunk, Markdown, Page, PageRef

URL = "https://acme.atlassian.net/wiki/spaces/KI/pages/42"


def chunks_of(text: str, limit: int | None = 1000, overlap: int = 180, **more: str) -> list[Chunk]:
    """Split a page of the space KI; `title` and `model` may be set."""
    title = more.get("title", "Nightly backup")
    ref = PageRef("42", 7, title, "KI", modified="2026-06-15T09:30:00.000Z", labels=("ops",))
    headings = len(re.findall(r"^#{1,6} ", text, re.MULTILINE))
    anchors = tuple(f"a{number}" for number in range(headings))
    return split(
        Page(ref, URL, "", ("ops", "restic")),
        Markdown(title, text, anchors),
        limit,
        overlap,
        more.get("model", "all-MiniLM-L6-v2"),
    )


def bodies(chunks: list[Chunk]) -> list[str]:
    """Return the texts of chunks without their breadcrumbs."""
    return [chunk.text.partition("\n\n")[2] for chunk in chunks]


def prose(seed: int, sentences: int) -> str:
    """Return sentences of made-up words, the same for the same seed."""
    rng = random.Random(seed)
    words = ("node", "disk", "image", "backup", "restore", "snapshot", "lock", "retry", "queue")
    return " ".join(
        f"{rng.choice(words).title()} {' '.join(rng.choices(words, k=9))} {rng.randint(1, 9999)}."
        for _ in range(sentences)
    )
