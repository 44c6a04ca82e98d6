"""Another site, variant or model on the STATE_DIR of a collection ends with exit code 2."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from demo.confluence_site import ConfluenceSite, SiteState
from tests.support.program import Ended, environment, sync_now
from tests.support.vector_api import Form, VectorApi

OTHER_MODEL = {"EMBEDDING_MODEL_ID": "all-MiniLM-L12-v2"}


def to_state() -> SiteState:
    state = SiteState()
    state.add_space("KI", "Known Issues")
    state.add_page("Disks", "KI", "<p>Delete logs.</p>")
    return state


class Place:
    """A site, a Vector API, and what a run leaves unchanged when it is refused."""

    def __init__(self, site: ConfluenceSite, api: VectorApi, folder: Path) -> None:
        self.site, self.api, self.folder = site, api, folder

    def sync(self, site: ConfluenceSite | None = None, **settings: str) -> Ended:
        return sync_now(environment(site or self.site, self.api.base_url, self.folder) | settings)

    def assert_refused(self, ended: Ended, log: str, *said: str) -> None:
        assert ended.code == 2
        assert all(words in log for words in said), log
        assert self.api.count("insert") == 1
        assert self.sync()["pages"]["unchanged"] == 1


@pytest.fixture(params=["dash", "underscore"])
def place(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Place]:
    form: Form = request.param
    with ConfluenceSite(to_state()) as site, VectorApi(form) as api:
        place = Place(site, api, tmp_path)
        assert place.sync().code == 0
        yield place


def test_another_site_is_refused(place: Place, caplog: pytest.LogCaptureFixture) -> None:
    with ConfluenceSite(to_state()) as other:
        ended = place.sync(other)
    place.assert_refused(ended, caplog.text, "belongs to the site", "a STATE_DIR and a collection")


def test_the_two_addresses_of_one_site_are_one_site(place: Place) -> None:
    ended = place.sync(CONF_BASE_URL=place.site.base_url)
    assert (ended.code, ended["pages"]["unchanged"]) == (0, 1)


def test_another_variant_is_refused(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    with ConfluenceSite(to_state()) as site, VectorApi("dash") as api:
        place = Place(site, api, tmp_path)
        assert place.sync().code == 0
        ended = place.sync(VECTOR_API_VARIANT="underscore")
        place.assert_refused(ended, caplog.text, "another variant", "set VECTOR_API_VARIANT")


@pytest.mark.parametrize("variant", ["underscore", "vector_stores"])
def test_a_variant_that_the_server_does_not_have_is_not_recorded(
    variant: str, tmp_path: Path
) -> None:
    with ConfluenceSite(to_state()) as site, VectorApi("dash") as api:
        place = Place(site, api, tmp_path)
        assert place.sync(VECTOR_API_VARIANT=variant).code == 5
        assert place.sync().code == 0


def test_another_model_than_the_recorded_one_is_refused(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    with ConfluenceSite(to_state()) as site, VectorApi("underscore") as api:
        place = Place(site, api, tmp_path)
        assert place.sync().code == 0
        ended = place.sync(**OTHER_MODEL)
        place.assert_refused(
            ended,
            caplog.text,
            "EMBEDDING_MODEL_ID=all-MiniLM-L12-v2, but the store was made with all-MiniLM-L6-v2",
            "a COLLECTION_ID and a STATE_DIR of their own",
        )
        assert place.sync(DRY_RUN="1", **OTHER_MODEL).code == 2


def test_where_no_model_is_set_the_collection_keeps_its_own(tmp_path: Path) -> None:
    with ConfluenceSite(to_state()) as site, VectorApi("underscore") as api:
        place = Place(site, api, tmp_path)
        assert place.sync(**OTHER_MODEL).code == 0
        assert place.sync().code == 0
        assert place.sync(**OTHER_MODEL).code == 0
        assert place.sync(EMBEDDING_MODEL_ID="all-MiniLM-L6-v2").code == 2
