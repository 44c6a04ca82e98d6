"""The plan: a pure comparison of what the collection holds with what Confluence lists."""

from __future__ import annotations

import hashlib
import json
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
    outside: int  # listed, unknown, and older than the window: not taken in

    @property
    def upsert(self) -> tuple[PageRef, ...]:
        return self.new + self.changed


def diff(
    held: Mapping[str, HeldPage],
    listed: Iterable[PageRef],
    digest: Callable[[PageRef], str],
    is_admitted: Callable[[PageRef], bool],
) -> Plan:
    """Compare. A page is unchanged when its digest is the one recorded."""
    new: list[PageRef] = []
    changed: list[PageRef] = []
    seen: set[str] = set()
    unchanged = outside = 0
    for ref in listed:
        seen.add(ref.id)
        known = held.get(ref.id)
        if known is None and not is_admitted(ref):
            outside += 1
        elif known is None:
            new.append(ref)
        elif known.digest != digest(ref):
            changed.append(ref)
        else:
            unchanged += 1
    gone = tuple(page_id for page_id in held if page_id not in seen)
    return Plan(tuple(new), tuple(changed), unchanged, gone, outside)


def to_digest(ref: PageRef, fingerprint: str) -> str:
    """Everything about a page that can change its chunks, as 16 hex digits."""
    facts = [ref.version, ref.title, ref.space, ref.ancestors, ref.labels, fingerprint]
    return hashlib.sha256(json.dumps(facts).encode()).hexdigest()[:16]


def is_in_shard(page_id: str, index: int, count: int) -> bool:
    """Whether a page is this run's: a stable hash, the same on every machine and in every run."""
    return int.from_bytes(hashlib.sha256(page_id.encode()).digest()[:8]) % count == index


def show_plan(plan: Plan, deleted: Iterable[str], held: Mapping[str, HeldPage]) -> None:
    """Log what a run would do, one line a page: + new, ~ changed, - deleted."""
    for sign, refs in (("+", plan.new), ("~", plan.changed)):
        for ref in refs:
            log.info("%s %s %s", sign, ref.id, ref.title)
    for page_id in deleted:
        log.info("- %s %s", page_id, held[page_id].title)
