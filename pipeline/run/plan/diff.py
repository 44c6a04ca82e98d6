"""The plan of a run: what the collection holds, compared with what Confluence lists."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

from pipeline.records import PageRef
from pipeline.state import HeldPage

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Plan:
    """What a run has to do, by page."""

    new: tuple[PageRef, ...]
    changed: tuple[PageRef, ...]
    unchanged: int
    delete: tuple[str, ...]  # ids that the collection knows and the listing lacks
    left_out: tuple[PageRef, ...]  # listed, unknown, and not admitted

    @property
    def upsert(self) -> tuple[PageRef, ...]:
        """New and changed pages."""
        return self.new + self.changed


def diff(
    held: Mapping[str, HeldPage],
    listed: Iterable[PageRef],
    to_digest: Callable[[PageRef], str],
    is_admitted: Callable[[PageRef], bool],
) -> Plan:
    """Return the plan for the listed pages; a page with the recorded digest is unchanged.

    `is_admitted` decides about pages that the collection does not hold yet.
    """
    new: list[PageRef] = []
    changed: list[PageRef] = []
    seen: set[str] = set()
    left_out: list[PageRef] = []
    unchanged = 0
    for ref in listed:
        seen.add(ref.id)
        known = held.get(ref.id)
        if known is None and not is_admitted(ref):
            left_out.append(ref)
        elif known is None:
            new.append(ref)
        elif known.digest != to_digest(ref):
            changed.append(ref)
        else:
            unchanged += 1
    missing = tuple(page_id for page_id in held if page_id not in seen)
    return Plan(tuple(new), tuple(changed), unchanged, missing, tuple(left_out))


def log_plan(plan: Plan, deleted: Iterable[str], held: Mapping[str, HeldPage]) -> None:
    """Log what a run would do, one line for each page: + new, ~ changed, - deleted."""
    for sign, refs in (("+", plan.new), ("~", plan.changed)):
        for ref in refs:
            log.info("%s %s %s", sign, ref.id, ref.title)
    for page_id in deleted:
        log.info("- %s %s", page_id, held[page_id].title)
