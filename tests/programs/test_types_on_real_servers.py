"""Pages, blog posts, files and comments on real servers: nights, and questions they answer."""

from pathlib import Path

import pytest

from demo.confluence_site import ConfluenceSite, SiteState
from demo.servers.local_server import LocalServer
from tests.support.program import NONE, Ended, environment, sync_now
from tests.support.real_servers import LaterServer
from tests.support.store_files import Looker, new_name, to_plain
from tests.support.vector_api import VectorApi

pytestmark = pytest.mark.real_server

EVERYTHING = {"CONTENT_TYPES": "pages,blogposts,attachments,comments"}
TYPES = ("page", "blogpost", "attachment", "comment")
FILE_QUESTION, COMMENT_QUESTION = "Where do foxes sleep at noon?", "Who paints the lighthouse?"


class Place:
    """A site with two of each type, beside a real server."""

    def __init__(self, server: LocalServer, state: SiteState, folder: Path) -> None:
        self.server, self.state, self.folder, self.name = server, state, folder, new_name()
        self.pages = [self.state.add_page(f"Tides {n}", "KI", f"<p>Tide {n}.</p>") for n in "12"]
        self.posts = [
            self.state.add_page(f"News {n}", "KI", f"<p>News {n}.</p>", content_type="blogpost")
            for n in "12"
        ]
        self.files = [self.state.files.add(one, "map.txt", b"Rivers.") for one in self.pages]
        self.threads = [self.state.comments.add(one, "<p>Rain?</p>") for one in self.pages]

    def edit_and_delete(self) -> None:
        """Change one of each type, and delete the other one."""
        for (changed, deleted), verb in ((self.pages, "tide"), (self.posts, "news")):
            self.state.edit(changed, f"<p>Another {verb}.</p>")
            self.state.trash(deleted)
        self.state.files.replace(self.files[0], b"Foxes sleep under the oak at noon.")
        self.state.comments.reply(self.threads[0], "<p>Greta paints the lighthouse.</p>")

    def sync(self, site: ConfluenceSite) -> Ended:
        environ = environment(site, self.server.base_url, self.folder, COLLECTION_ID=self.name)
        own = {"MAX_DELETE_PERCENT": "100", "VECTOR_API_VARIANT": "vector_stores"}
        return sync_now(environ | own | EVERYTHING)

    def ingest_afresh(self, site: ConfluenceSite) -> set[str]:
        """Return the texts of a first run, into a stand-in: a real server takes seconds for it."""
        with VectorApi(delete_route="document") as api:
            environ = environment(site, api.base_url, self.folder / "fresh", **EVERYTHING)
            assert sync_now(environ).code == 0
            return {to_plain(row.text) for row in api.documents("confluence").values()}

    def look(self) -> Looker:
        [path] = self.folder.glob("*.vdb")
        prefix = "/v1" if isinstance(self.server, LaterServer) else "/v1/openai/v1"
        return Looker(self.server.base_url, path.read_text().strip(), prefix)

    def answer(self, question: str) -> str:
        """Return the type of what answers a question best."""
        look = self.look()
        path = f"{look.prefix}/vector_stores/{look.store}/search"
        found = look.post(path, {"query": question, "max_num_results": 1})["data"]
        return str(found[0]["attributes"]["content_type"])


@pytest.fixture
def state() -> SiteState:
    state = SiteState()
    state.add_space("KI", "Known Issues")
    return state


@pytest.fixture(params=["llama_stack", "ogx"])
def place(request: pytest.FixtureRequest, state: SiteState, tmp_path: Path) -> Place:
    return Place(request.getfixturevalue(request.param), state, tmp_path)


def test_every_type_follows_its_site_and_answers_questions(
    place: Place, site: ConfluenceSite
) -> None:
    first = place.sync(site)
    assert (first.code, first["content"]) == (
        0,
        dict.fromkeys(TYPES, NONE | {"listed": 2, "new": 2}),
    )
    place.edit_and_delete()
    second = place.sync(site)
    assert (second.code, second["content"]) == (
        0, dict.fromkeys(TYPES, NONE | {"listed": 1, "changed": 1, "deleted": 1})
    )  # fmt: skip
    third = place.sync(site)
    assert (third["chunks"]["inserted"], third["chunks"]["deleted"]) == (0, 0)
    assert third["pages"]["unchanged"] == len(TYPES)
    assert (place.answer(FILE_QUESTION), place.answer(COMMENT_QUESTION)) == (
        "attachment",
        "comment",
    )
    assert place.look().texts("What is new?") == place.ingest_afresh(site)
