"""A type is turned on and off: within the guard, as a dry run shows it, and killed in between."""

from collections.abc import Iterator

import pytest

from demo.confluence_site import faults
from tests.faults.model.nights import Nights
from tests.faults.model.stores import Kind
from tests.support.killing import sync_and_stop
from tests.support.program import NONE, Ended

PAGES, OF_EACH = 10, 3
NAMES = {"blogposts": "blogpost", "attachments": "attachment", "comments": "comment"}
EVERY = ",".join(NAMES)
BODIES = "content/search|body-format"  # requests, as a pattern
KINDS = [Kind("dash"), Kind("files")]


on_both = pytest.mark.parametrize("nights", KINDS, ids=lambda kind: kind.variant, indirect=True)


@pytest.fixture
def nights(request: pytest.FixtureRequest) -> Iterator[Nights]:
    """Pages alone are stored; the site has three of every other type."""
    nights = Nights(request.param, {"SPACE_NAME": "Known Issues"})
    site = nights.site
    pages = [site.home, *(site.add(f"Page {n}", [f"{n} foxes"], set()) for n in range(1, PAGES))]
    for number, page in enumerate(pages[:OF_EACH]):
        site.add(f"Post {number}", [f"{number} birds"], set(), content_type="blogpost")
        site.state.files.add(page, "notes.md", b"# Notes\n\nSay %d frogs.\n" % number)
        site.state.comments.add(page, f"<p>Say {number} wolves.</p>")
    assert nights.sync()["pages"]["new"] == PAGES
    yield nights
    nights.close()


def on(types: str) -> dict[str, str]:
    return {"CONTENT_TYPES": f"pages,{types}"}


def to_counts(ended: Ended) -> dict[str, dict[str, int]]:
    """Return what the report of a run counts of each type but pages."""
    return {name: counts for name, counts in ended["content"].items() if name != "page"}


def check_removed(nights: Nights, ended: Ended, names: list[str], *codes: int) -> None:
    """Assert that the types are deleted, or outdated where the server cannot delete."""
    assert ended.code in codes
    if nights.kind.can_delete:
        assert to_counts(ended) == dict.fromkeys(names, NONE | {"deleted": OF_EACH})
    assert len({row["page_id"] for row in ended["stale"]}) == (
        0 if nights.kind.can_delete else OF_EACH * len(names)
    )


@pytest.mark.parametrize(
    ("nights", "types"),
    [*((KINDS[1], one) for one in NAMES), *((kind, EVERY) for kind in KINDS)],
    indirect=["nights"],
)
def test_a_type_is_added_in_full_and_removed_within_the_guard(nights: Nights, types: str) -> None:
    names = [NAMES[one] for one in types.split(",")]
    added = dict.fromkeys(names, NONE | {"listed": OF_EACH, "new": OF_EACH})
    writes = nights.count_writes()
    assert to_counts(nights.sync(**on(types), DRY_RUN="1")) == added
    assert nights.count_writes() == writes
    assert to_counts(nights.sync(**on(types))) == added
    writes = nights.count_writes()
    refused = [nights.sync(DRY_RUN=dry_run, MAX_DELETE_PERCENT="20") for dry_run in ("1", "0")]
    assert [ended.code for ended in refused] == [6, 6]
    assert refused[0]["pages"] == refused[1]["pages"]
    check_removed(nights, nights.sync(DRY_RUN="1"), names, 0)
    assert nights.count_writes() == writes
    check_removed(nights, nights.sync(), names, *nights.complete)
    nights.check_that_one_clean_run_repairs_everything()


@on_both
def test_a_dry_run_counts_what_is_added_as_the_guard_of_a_run_does(nights: Nights) -> None:
    assert nights.sync(**on("blogposts")).code == 0
    replaced = on("comments") | {"MAX_DELETE_PERCENT": "20"}  # 3 of 13, and of 16 with the new ones
    codes = {nights.sync(**replaced, DRY_RUN=dry_run).code for dry_run in ("1", "0")}
    assert codes <= set(nights.complete)


@pytest.mark.slow
@on_both
def test_kills_while_types_are_added_and_removed_lose_nothing(nights: Nights) -> None:
    every = on(EVERY)
    with nights.other_settings(**every, BATCH_SIZE="1"):
        nights.kill(3, writes_only=True)
    check_that_a_dry_run_writes_nothing(nights)
    nights.check(nights.sync())  # put back
    with nights.other_settings(**every, BATCH_SIZE="1"):
        nights.kill(8, writes_only=True)
    with nights.other_settings(**every):
        check_that_a_dry_run_writes_nothing(nights)
        nights.check(nights.sync())
    nights.kill(4, writes_only=nights.kind.can_delete)
    check_that_a_dry_run_writes_nothing(nights)
    with nights.other_settings(**every):
        nights.check_that_one_clean_run_repairs_everything()


@on_both
def test_what_a_killed_run_has_only_planned_is_not_guarded(nights: Nights) -> None:
    server = nights.site.server
    server.fail(BODIES, faults.hang(60), times=None)
    with nights.other_settings(**on(EVERY)):
        sync_and_stop(nights.environ(), lambda: server.count(BODIES), 1)
    server.clear_faults()
    ended = nights.sync(MAX_DELETE_PERCENT="20")
    assert (ended.code, ended["pages"]["deleted"]) == (0, 0)


def check_that_a_dry_run_writes_nothing(nights: Nights) -> None:
    writes = nights.count_writes()
    nights.check(nights.sync(DRY_RUN="1"))
    assert nights.count_writes() == writes
