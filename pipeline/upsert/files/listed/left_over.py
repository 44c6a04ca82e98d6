"""What interrupted runs and lost updates leave behind at servers that can lose files."""

from __future__ import annotations

import logging
from collections.abc import Iterable

from pipeline.upsert.errors import InsertRejectedError, VectorApiError, must_be_stored
from pipeline.upsert.files.entry import PENDING, to_place_of_file
from pipeline.upsert.files.store_api import StoreApi
from pipeline.upsert.files.workers import Workers

log = logging.getLogger(__name__)
REST, REST_SECONDS = 3, 1.0  # equal counts in a row, so far apart: OGX works once a second
LONGEST_REST = 30  # counts


def wait_for_rest(api: StoreApi, store: str) -> None:
    """Wait until the server has finished what an interrupted run asked for.

    A deletion beside it would damage the store's list. A store that never rests, because another
    run writes into it, is not waited for longer.
    """
    log.info("an interrupted run left files behind: removing them once the server is at rest")
    counts = [-1]
    while (len(counts) < REST or len(set(counts[-REST:])) > 1) and len(counts) < LONGEST_REST:
        counts.append(api.count_files(store))
        api.api.waiting.pause(REST_SECONDS)


def find_lost(api: StoreApi, store: str, unlisted: Iterable[str], workers: Workers) -> list[str]:
    """Return which of these uploads, that the store's list does not have, have chunks in it."""
    lost: list[str] = []

    def look(file_id: str) -> None:
        if api.has_chunks(store, file_id):
            lost.append(file_id)

    workers.run(look, unlisted)
    return lost


def attach_again(
    api: StoreApi, store: str, lost: Iterable[str]
) -> tuple[set[tuple[str, int]], set[str]]:
    """Attach files again that the store's list has lost, so that their chunks can go.

    Returns their places, see `to_place_of_file`, and the files that the server refuses: nothing
    else could ever remove their chunks, so that their uploads are to be kept.
    Raises `VectorApiError` where the server does not answer as it should.
    """
    places: set[tuple[str, int]] = set()
    refused: set[str] = set()
    for file_id in lost:
        text = api.get_upload(file_id)
        try:
            with must_be_stored("a lost file cannot be removed"):
                api.attach(store, file_id, text, PENDING)
        except VectorApiError as error:
            if not isinstance(error.__cause__, InsertRejectedError):
                raise
            refused.add(file_id)
            log.warning("%s; the next run tries again", error)
        else:
            places.add(to_place_of_file(text))
    return places, refused
