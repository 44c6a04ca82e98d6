"""The plan of a run: what the collection holds, compared with what Confluence lists."""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import count

from pipeline.records import PAGE, PageRef
from pipeline.run.plan.digests import Digests
from pipeline.state import HeldPage, Listing, Part, Planned, Selection, merge

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Plan:
    """What a run has to do, by page; read from the scratch database page by page."""

    planned: Planned
    unchanged_of: Mapping[str, int]  # by content type

    @property
    def unchanged(self) -> int:
        """How many pages need no work."""
        return sum(self.unchanged_of.values())

    @property
    def new(self) -> Selection[PageRef]:
        """Pages that the collection does not know, in the order of the listing, as all here."""
        return self.planned.pages(Part.NEW, Part.NEW)

    @property
    def changed(self) -> Selection[PageRef]:
        """Known pages with another digest, pending ones included."""
        return self.planned.pages(Part.CHANGED, Part.CHANGED)

    @property
    def upsert(self) -> Selection[PageRef]:
        """New, then changed pages."""
        return self.planned.pages(Part.NEW, Part.CHANGED)

    def fetches(self, page_id: str) -> bool:
        """Return whether a page is new or changed."""
        return self.planned.has(Part.NEW, Part.CHANGED, page_id)

    @property
    def left_out(self) -> Selection[PageRef]:
        """Pages that are listed, unknown, and not admitted."""
        return self.planned.pages(Part.LEFT_OUT, Part.LEFT_OUT)

    @property
    def delete(self) -> Selection[str]:
        """Ids that the collection knows and the listing lacks."""
        return self.planned.ids(Part.MISSING)


def diff(
    held: Mapping[str, HeldPage],
    listing: Listing,
    digests: Digests,
    is_admitted: Callable[[PageRef], bool],
    check: Callable[[], object] = lambda: None,
) -> Plan:
    """Return the plan for the listed pages; a page with the recorded digest is unchanged.

    `held` is sorted by id. `is_admitted` decides about pages that the collection does not hold
    yet. `check` is called for every page, and may raise.
    """
    missing, unchanged = count(), Counter[str]()

    def compare() -> Iterator[tuple[Part, int, str]]:
        listed = ((ref.id, (position, ref)) for position, ref in listing.rows())
        for page_id, known, row in merge(held.items(), listed):
            check()
            if row is None:
                yield Part.MISSING, next(missing), page_id
                continue
            position, ref = row
            part = _to_part(ref, known, digests, is_admitted)
            unchanged[ref.content_type] += part is None
            if part is not None:
                yield part, position, page_id

    planned = Planned(listing)
    planned.add(compare())
    return Plan(planned, unchanged)


def _to_part(
    ref: PageRef,
    known: HeldPage | None,
    digests: Digests,
    is_admitted: Callable[[PageRef], bool],
) -> Part | None:
    """Return where a listed page belongs; None if nothing is to be done for it."""
    if known is None:
        return Part.NEW if is_admitted(ref) else Part.LEFT_OUT
    return None if known.digest == digests.of(ref) else Part.CHANGED


def log_size(plan: Plan, listed: int) -> None:
    """Log how much of what is listed has to be done."""
    log.info(
        "plan: %d listed: %d new, %d changed, %d unchanged, %d known but not listed",
        listed,
        len(plan.new),
        len(plan.changed),
        plan.unchanged,
        len(plan.delete),
    )


def log_plan(plan: Plan, deleted: Iterable[str], held: Mapping[str, HeldPage]) -> None:
    """Log what a run would do, one line for each page: + new, ~ changed, - deleted."""
    for sign, refs in (("+", plan.new), ("~", plan.changed)):
        for ref in refs:
            kind = "" if ref.content_type == PAGE else f" ({ref.content_type})"
            log.info("%s %s %s%s", sign, ref.id, ref.title, kind)
    for page_id in deleted:
        log.info("- %s %s", page_id, held[page_id].title)
