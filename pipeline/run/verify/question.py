"""The answer to VERIFY_QUERY: by words and vectors where the server is shown to search words."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from itertools import pairwise

from pipeline.records import Hit
from pipeline.upsert import SearchingWords, Sink, VectorApiError

log = logging.getLogger(__name__)
_LONG_LIST = 50  # hits that each search puts into the fusion; servers accept no more


def answer(sink: Sink, question: str, top_k: int) -> list[Hit]:
    """Return the best hits for a question, best first.

    A server whose search for words fails, finds nothing, or ranks its hits in reverse is asked by
    vectors only.
    """
    hits = sink.query(question, top_k)
    if not hits or not isinstance(sink, SearchingWords):
        return hits
    try:
        by_words = sink.query_once(question, _LONG_LIST, "keyword")
        both = sink.query_once(question, _LONG_LIST, "hybrid") if _are_ranked(by_words) else []
        reason = "the server finds nothing by words, or ranks it in reverse"
    except VectorApiError as error:
        both, reason = [], str(error)
    if both:
        log.info("VERIFY_QUERY is answered by words and vectors")
        return both[:top_k]
    log.info("VERIFY_QUERY is answered by vectors only: %s", reason)
    return hits


def _are_ranked(hits: Sequence[Hit]) -> bool:
    """Return whether there are hits whose scores fall from a positive one.

    Llama Stack's sqlite-vec gives negative scores, the best one lowest; its fusion with vectors
    takes the highest for the best.
    """
    return bool(hits) and hits[-1].score > 0 and all(a.score >= b.score for a, b in pairwise(hits))
