"""The plan is a pure comparison."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.records import PageRef
from pipeline.run.plan import diff, to_page_digest
from pipeline.run.scope import is_in_shard
from pipeline.state import HeldPage

SITE = "https://acme.example/wiki"
REF = PageRef("1", 3, "Title", "KI", modified="2026-06-01T00:00:00.000Z", ancestors=("Home",))


def held(*refs: PageRef) -> dict[str, HeldPage]:
    return {ref.id: HeldPage(ref.title, to_page_digest(ref, "f", SITE), "face") for ref in refs}


def plan_of(known, listed, admitted=True):
    return diff(known, listed, lambda ref: to_page_digest(ref, "f", SITE), lambda ref: admitted)


@pytest.mark.parametrize(
    "change",
    [
        {"version": 4},
        {"title": "Other"},
        {"space": "OPS"},
        {"ancestors": ("Elsewhere",)},
        {"labels": ("runbook",)},
        {"modified": "2026-07-01T00:00:00.000Z"},  # an old version was deleted with an edit
    ],
)
def test_what_can_change_a_chunk_changes_the_page(change) -> None:
    plan = plan_of(held(REF), [replace(REF, **change)])
    assert (len(plan.changed), plan.unchanged) == (1, 0)


def test_an_unchanged_page_is_left_alone() -> None:
    plan = plan_of(held(REF), [replace(REF, web_path="/x")])
    assert (plan.upsert, plan.unchanged, plan.delete) == ((), 1, ())


def test_another_converter_refreshes_every_page() -> None:
    plan = diff(held(REF), [REF], lambda ref: to_page_digest(ref, "other", SITE), lambda ref: True)
    assert plan.changed == (REF,)


def test_another_address_of_the_site_refreshes_every_page() -> None:
    plan = diff(held(REF), [REF], lambda ref: to_page_digest(ref, "f", "x"), lambda ref: True)
    assert plan.changed == (REF,)


def test_the_window_limits_new_pages_only() -> None:
    other = replace(REF, id="2")
    plan = plan_of(held(REF), [replace(REF, version=9), other], admitted=False)
    assert [ref.id for ref in plan.changed] == ["1"]
    assert (plan.new, plan.left_out, plan.delete) == ((), (other,), ())


def test_a_pending_page_is_ingested_whatever_its_age() -> None:
    plan = plan_of({"1": HeldPage("Title", "", "")}, [REF], admitted=False)
    assert plan.upsert == (REF,)


@given(st.sets(st.integers(0, 50)), st.sets(st.integers(0, 50)))
def test_every_page_is_in_exactly_one_part_of_the_plan(known: set[int], listed: set[int]) -> None:
    refs = [replace(REF, id=str(number)) for number in sorted(listed)]
    plan = plan_of(held(*(replace(REF, id=str(number)) for number in known)), refs)
    assert {ref.id for ref in plan.new} == {str(n) for n in listed - known}
    assert set(plan.delete) == {str(n) for n in known - listed}
    assert plan.unchanged == len(known & listed)


@given(st.text(min_size=1), st.integers(1, 40))
def test_every_page_belongs_to_exactly_one_shard(page_id: str, count: int) -> None:
    assert sum(is_in_shard(page_id, index, count) for index in range(count)) == 1


def test_the_share_of_a_page_is_the_same_on_every_machine() -> None:
    assert [is_in_shard(str(n), 0, 3) for n in range(8)] == [
        True, False, False, False, False, False, True, False,
    ]  # fmt: skip
