"""Pages whose text the vector server refuses in every run block nothing else."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from demo.confluence_site import ConfluenceSite
from tests.support.program import DETAILS, Ended, environment, sync_now
from tests.support.recovery import pages_in, small_site
from tests.support.vector_api import Fault, VectorApi

SECTIONS = 14  # of a refused page, a chunk each: more than are sent alone before others are tried


class Place:
    """A site of eight pages, and a server that has them and refuses what says "poison"."""

    def __init__(self, site: ConfluenceSite, api: VectorApi, folder: Path) -> None:
        self.site, self.api, self.folder = site, api, folder
        assert self.sync().code == 0
        api.faults = [Fault(status=400, saying="poison", times=None)]

    def sync(self, **more: str) -> Ended:
        return sync_now(environment(self.site, self.api.base_url, self.folder, **more))

    def add_refused(self, sections: int = SECTIONS) -> None:
        body = "".join(f"<h2>Part {n}</h2><p>poison {n}. {DETAILS}</p>" for n in range(sections))
        self.site.state.add_page(f"Refused {len(self.site.state.pages)}", "KI", body)

    def trash_one(self) -> str:
        gone = next(iter(self.site.state.page_ids("KI")))
        self.site.state.trash(gone)
        return gone


@pytest.fixture
def place(tmp_path: Path) -> Iterator[Place]:
    with small_site(8) as site, VectorApi(delete_route="document") as api:
        yield Place(site, api, tmp_path)


def test_one_refused_page_is_its_own_failure(place: Place) -> None:
    place.add_refused()
    gone = place.trash_one()
    ended = place.sync()
    assert (ended.code, [one["stage"] for one in ended["failures"]]) == (1, ["upsert"])
    assert gone not in pages_in(place.api)


def test_what_is_gone_is_deleted_though_nothing_can_be_stored(place: Place) -> None:
    for _ in range(3):
        place.add_refused(4)
    gone = place.trash_one()
    assert place.sync().code == 5
    assert gone not in pages_in(place.api)


@pytest.mark.slow
@pytest.mark.parametrize("size", ["5", "100"])
def test_a_refused_page_of_many_chunks_does_not_end_the_run_before_the_others(
    size: str, place: Place
) -> None:
    place.add_refused(220)
    later = place.site.state.add_page("Later", "KI", "<p>This is later.</p>")
    assert place.sync(BATCH_SIZE=size).code == 1
    assert later in pages_in(place.api)
