"""Find chunks on servers that only answer queries: each chunk is looked for by its own text."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from pipeline.records import Chunk, Hit
from pipeline.upsert.server.api import AnswerError
from pipeline.upsert.server.text_limit import ask_with_less

Ask = Callable[[str, int], list[Hit]]  # question, how many → hits, best first

# A question equal to a stored text has distance 0, and 1/0 is an HTTP 400 on Llama Stack. A few
# characters before the text keep it at a distance and still nearest: they are within the model's
# window however long the text is, and enough for a text of a single word.
PROBES = ("? ", "about: ")
PROBE_CHARACTERS = 2000  # more than the usual model's window holds
# A stored chunk is the nearest, or nearly: of 1,200 from real pages, one was not among the first
# ten. Only a crowd hides it: chunks that begin alike (edits of a page), or that are the same to the
# model (scripts that it cannot read). A hit costs the server much more than the search.
TOP_KS = (10, 100, 1000)
BEGINNING = 1000  # characters
REFUSED = (400, 413, 422)


def find_by_query(ask: Ask, chunks: Sequence[Chunk]) -> Mapping[str, str]:
    """Return which of the chunks the store answers with, id → id: there are no other handles."""
    near = list_near(ask, chunks)
    return {chunk.id: chunk.id for chunk in chunks if chunk.id in near}


def list_near(ask: Ask, chunks: Sequence[Chunk]) -> set[str]:
    """Return the ids that are nearest to the chunks, theirs included where the store has them."""
    near: set[str] = set()
    for chunk in chunks:
        if chunk.id not in near:
            near |= _list_near(ask, chunk)
    return near


def ask_beside(ask: Ask, text: str, top_k: int) -> list[Hit]:
    """Return the hits nearest to a text that may be stored exactly as it is."""

    def ask_near(beginning: str) -> list[Hit]:
        for probe in PROBES[:-1]:
            try:
                return ask(probe + beginning, top_k)
            except AnswerError as error:
                if error.status != 400 or error.is_too_long:
                    raise
        return ask(PROBES[-1] + beginning, top_k)

    return ask_with_less(ask_near, text[:PROBE_CHARACTERS])


def _list_near(ask: Ask, chunk: Chunk) -> set[str]:
    """Return the ids nearest to a chunk; its own is among them if the store has it."""
    ids: set[str] = set()
    for top_k in TOP_KS:
        try:
            hits = ask_beside(ask, chunk.text, top_k)
        except AnswerError as error:
            if error.status in REFUSED and top_k != TOP_KS[0]:
                break  # more than this server returns at once
            raise
        ids |= {hit.chunk_id for hit in hits}
        if chunk.id in ids or len(hits) < top_k or not _is_crowd(hits, chunk.text):
            break
    return ids


def _is_crowd(hits: Sequence[Hit], text: str) -> bool:
    """Return whether the last hit is so near that the text itself may rank after it."""
    first, last = hits[0], hits[-1]
    words, others = (set(each[:BEGINNING].lower().split()) for each in (text, last.text))
    looks_alike = 2 * len(words & others) >= len(words | others)
    return looks_alike or 0 < 0.999 * first.score <= last.score
