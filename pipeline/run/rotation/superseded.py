"""Stores that have to be removed: recorded before, so that a later run makes up for a failure."""

from __future__ import annotations

import logging
from collections.abc import Iterable

from pipeline.run.collection import Collection
from pipeline.state import Ledger
from pipeline.upsert import Rotating, VectorApiError

log = logging.getLogger(__name__)
_FACT = "superseded"  # in the ledger: identifiers, separated by spaces


def supersede(ledger: Ledger, identifiers: Iterable[str]) -> None:
    """Record stores that have to be removed."""
    recorded = [*_list_superseded(ledger), *identifiers]
    ledger.set_about(**{_FACT: " ".join(dict.fromkeys(recorded))})


def remove_superseded(collection: Collection, ledger: Ledger, active: str = "") -> str:
    """Remove the recorded stores, but for the current and the `active` one.

    Return why one of them is still there, "" if none is; the record keeps it.
    """
    recorded, sink = _list_superseded(ledger), collection.sink
    if not recorded or not isinstance(sink, Rotating):
        return ""
    error, left = "", []
    try:
        existing = sink.older_stores()
    except VectorApiError as failed:
        return str(failed)
    for identifier in recorded:
        if identifier not in existing or identifier == active:
            continue
        try:
            sink.delete_store(identifier)
            log.info("rotation: removed the older store %s", identifier)
        except VectorApiError as failed:
            left.append(identifier)
            error = f"the older store {identifier} cannot be removed: {failed}"
    ledger.set_about(**{_FACT: " ".join(left)})
    return error


def _list_superseded(ledger: Ledger) -> list[str]:
    return ledger.get_about(_FACT).split()
