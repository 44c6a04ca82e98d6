"""The plan is a pure comparison."""

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.records import ListedPage, PageRef
from pipeline.run.plan import Digests, Plan, diff
from pipeline.run.scope import is_in_shard
from pipeline.state import HeldPage, Listing, open_scratch

DIGESTS = Digests("f", "https://acme.example/wiki")
REF = PageRef("1", 3, "Title", "KI", modified="2026-06-01T00:00:00.000Z")


def held(*refs: PageRef) -> dict[str, HeldPage]:
    return {ref.id: HeldPage(ref.title, DIGESTS.of(ref), "face") for ref in refs}


def listing_of(*refs: PageRef, parent: str | None = None) -> Listing:
    listing = Listing(open_scratch(None))
    listing.add((ListedPage(ref, parent) for ref in refs), lambda page_id: True)
    return listing


def plan_of(
    known: dict[str, HeldPage],
    listing: Listing,
    digests: Digests = DIGESTS,
    *,
    admitted: bool = True,
) -> Plan:
    return diff(known, listing, digests, lambda ref: admitted)


@pytest.mark.parametrize(
    "change",
    [
        {"version": 4},
        {"title": "Other"},
        {"space": "OPS"},
        {"content_type": "blogpost"},
        {"modified": "2026-07-01T00:00:00.000Z"},  # an old version was deleted with an edit
    ],
)
def test_what_can_change_a_chunk_changes_the_page(change: dict[str, Any]) -> None:
    plan = plan_of(held(REF), listing_of(replace(REF, **change)))
    assert (len(plan.changed), plan.unchanged) == (1, 0)


def test_a_plan_knows_which_pages_it_fetches() -> None:
    other, new = replace(REF, id="2"), replace(REF, id="3")
    known = held(REF, replace(other, version=1))
    plan = plan_of(known, listing_of(REF, other, new))
    assert [plan.fetches(page) for page in ("1", "2", "3", "4")] == [False, True, True, False]
    assert not plan_of({}, listing_of(REF), admitted=False).fetches("1"), "it is left out"


def test_another_ancestor_changes_the_page() -> None:
    known = held(replace(REF, ancestors=("7",)))
    assert plan_of(known, listing_of(REF, parent="7")).unchanged == 1
    assert [ref.ancestors for ref in plan_of(known, listing_of(REF, parent="8")).changed] == [
        ("8",)
    ]


def test_another_label_changes_the_page() -> None:
    listing = listing_of(REF)
    listing.keep_only([(REF.id, ("runbook",))])
    assert plan_of(held(replace(REF, labels=("runbook",))), listing).unchanged == 1
    assert [ref.labels for ref in plan_of(held(REF), listing).changed] == [("runbook",)]


def test_an_unchanged_page_is_left_alone() -> None:
    plan = plan_of(held(REF), listing_of(replace(REF, web_path="/x")))
    assert (len(plan.upsert), plan.unchanged, len(plan.delete)) == (0, 1, 0)


@pytest.mark.parametrize(
    "digests", [replace(DIGESTS, conversion="other"), replace(DIGESTS, address="x")]
)
def test_another_converter_or_address_of_the_site_refreshes_every_page(digests: Digests) -> None:
    assert list(plan_of(held(REF), listing_of(REF), digests).changed) == [REF]


def test_the_window_limits_new_pages_only() -> None:
    other = replace(REF, id="2")
    plan = plan_of(held(REF), listing_of(replace(REF, version=9), other), admitted=False)
    assert [ref.id for ref in plan.changed] == ["1"]
    assert (len(plan.new), list(plan.left_out), len(plan.delete)) == (0, [other], 0)


def test_a_pending_page_is_ingested_whatever_its_age() -> None:
    plan = plan_of({"1": HeldPage("Title", "", "")}, listing_of(REF), admitted=False)
    assert list(plan.upsert) == [REF]


@given(st.sets(st.integers(0, 50)), st.sets(st.integers(0, 50)))
def test_every_page_is_in_exactly_one_part_of_the_plan(known: set[int], listed: set[int]) -> None:
    refs = [replace(REF, id=str(number)) for number in sorted(listed)]
    known_ids = sorted(map(str, known))
    plan = plan_of(held(*(replace(REF, id=page_id) for page_id in known_ids)), listing_of(*refs))
    assert [int(ref.id) for ref in plan.new] == sorted(listed - known)  # as they are listed
    assert set(plan.delete) == {str(n) for n in known - listed}
    assert plan.unchanged == len(known & listed)


def test_new_pages_come_before_changed_ones_each_as_they_are_listed() -> None:
    known, other, pages = held(REF), replace(REF, version=4), ("9", "10", "8")
    new = [replace(REF, id=page_id) for page_id in pages]
    assert [ref.id for ref in plan_of(known, listing_of(other, *new)).upsert] == [*pages, "1"]


@given(st.text(min_size=1), st.integers(1, 40))
def test_every_page_belongs_to_exactly_one_shard(page_id: str, count: int) -> None:
    assert sum(is_in_shard(page_id, index, count) for index in range(count)) == 1


def test_the_share_of_a_page_is_the_same_on_every_machine() -> None:
    assert [is_in_shard(str(n), 0, 3) for n in range(8)] == [
        True, False, False, False, False, False, True, False,
    ]  # fmt: skip
