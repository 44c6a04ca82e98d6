"""What makes a run fetch a page again, and what reaches the collection then."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from demo.confluence_site import ConfluenceSite
from tests.support.program import Ended, environment, sync_now
from tests.support.recovery import new_state
from tests.support.vector_api import VectorApi


class Place:
    """A site with two pages, one of them in its second version, and the collection of it."""

    def __init__(self, site: ConfluenceSite, api: VectorApi, folder: Path) -> None:
        self.site, self.api, self.folder, self.state = site, api, folder, site.state
        self.home = self.state.add_page("Home", "KI", "<p>Welcome here.</p>")
        self.page = self.state.add_page("Disks", "KI", "<p>Buy disks.</p>")
        self.state.edit(self.page, "<p>Delete logs.</p>")

    def sync(self, **settings: str) -> Ended:
        environ = environment(self.site, self.api.base_url, self.folder)
        return sync_now(environ | settings)

    def rows(self, name: str) -> set[object]:
        return {row.metadata[name] for row in self.api.documents("confluence").values()}

    def texts(self) -> str:
        return "\n".join(row.text for row in self.api.documents("confluence").values())


@pytest.fixture
def place(tmp_path: Path) -> Iterator[Place]:
    with ConfluenceSite(new_state(pages=0)) as site, VectorApi(delete_route="document") as api:
        place = Place(site, api, tmp_path)
        assert place.sync().code == 0
        yield place


def test_another_site_url_renews_every_link(place: Place) -> None:
    ended = place.sync(CONF_SITE_URL="https://wiki.acme.example")
    assert (ended.code, ended["pages"]["changed"]) == (0, 2)
    assert all(str(url).startswith("https://wiki.acme.example/") for url in place.rows("url"))
    again = place.sync(CONF_SITE_URL="https://wiki.acme.example")
    assert (again["pages"]["unchanged"], again["chunks"]["inserted"]) == (2, 0)


def test_an_edit_that_keeps_the_version_number_is_noticed(place: Place) -> None:
    place.state.edit(place.page, "<p>Rotate logs.</p>")
    place.state.drop_old_version(place.page)
    ended = place.sync()
    assert (ended.code, ended["pages"]["changed"]) == (0, 1)
    assert "Rotate logs." in place.texts()
    assert "Delete logs." not in place.texts()
    assert place.sync()["pages"]["unchanged"] == 2


def test_a_page_that_loses_all_its_text_is_a_warning_once(place: Place) -> None:
    assert not [text for text in place.sync()["warnings"] if "no text any more" in text]
    place.state.edit(place.page, "<p></p>")
    ended = place.sync()
    [warning] = [text for text in ended["warnings"] if "no text any more" in text]
    assert warning.startswith(f"page {place.page} 'Disks': version 3 has no text any more")
    assert ended.code == 0
    assert "Delete logs." not in place.texts()
    place.state.edit(place.page, "<p> </p>")
    assert not [text for text in place.sync()["warnings"] if "no text any more" in text]
    place.state.rename(place.page, "Discs")
    assert not [text for text in place.sync()["warnings"] if "no text any more" in text]
