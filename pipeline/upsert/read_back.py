"""Read the chunks of a page back from a server that only answers queries."""

from __future__ import annotations

from collections.abc import Mapping, Set

from pipeline.records import Hit
from pipeline.upsert.find_by_query import REFUSED, TOP_KS, Ask, ask_beside
from pipeline.upsert.server.api import AnswerError

NEIGHBOURS = 100  # hits for a chunk of the page


def read_back(ask: Ask, title: str, chunk_ids: Set[str]) -> Mapping[str, Hit]:
    """Return chunk id → chunk of those that the store answers with.

    First the page's title is asked for, with which its chunks begin, then the chunks that were
    found: others of the page are near them.
    """
    found: dict[str, Hit] = {}
    for top_k in TOP_KS:
        if len(found) == len(chunk_ids) or not _ask_for(ask, title, top_k, chunk_ids, found):
            break
    asked: set[str] = set()
    while len(found) < len(chunk_ids) and (left := found.keys() - asked):
        chunk_id = min(left)
        asked.add(chunk_id)
        _ask_for(ask, found[chunk_id].text, NEIGHBOURS, chunk_ids, found)
    return found


def _ask_for(
    ask: Ask, question: str, top_k: int, chunk_ids: Set[str], found: dict[str, Hit]
) -> bool:
    """Add to `found`; return whether the store may have more hits than `top_k`."""
    try:
        hits = ask_beside(ask, question, top_k)
    except AnswerError as error:
        if error.status in REFUSED and top_k != TOP_KS[0]:
            return False  # more than this server returns at once
        raise
    found |= {hit.chunk_id: hit for hit in hits if hit.chunk_id in chunk_ids}
    return len(hits) == top_k
