"""`ingest_conf.py` end to end: the stand-in site into a real Llama Stack 0.2.23."""

import re
import shutil
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import requests

from demo.confluence_site import ConfluenceSite, SiteState
from demo.servers.llama_stack import LlamaStack
from ingest_conf import ingest
from pipeline.run import INGEST
from pipeline.run.execute import execute
from pipeline.settings import load_settings
from pipeline.upsert.files.store_api import OLD_PREFIX
from pipeline.upsert.rag_tool import RAG_TOOL
from tests.support.fast_retries import FAST
from tests.support.program import DETAILS, Ended, environment, load_report, run_program
from tests.support.proxy import Proxy, proxy_to
from tests.support.store_files import Looker, new_name

pytestmark = pytest.mark.real_server

TITLES = ("Ingress", "Registry", "Certificates")
TOPICS = ("the ingress controller", "the image registry", "expiring certificates")


class Place:
    """A site, a server, a store's name and a state folder: what a run needs."""

    def __init__(self, site: ConfluenceSite, server_url: str, folder: Path) -> None:
        self.site, self.server_url, self.folder = site, server_url, folder
        self.name = new_name()
        self.environ = environment(
            site, server_url, folder, SPACE_NAME="Known Issues", VECTOR_DB_ID=self.name
        )

    def ingest(self, **more: str) -> Ended:
        """One run of ingest_conf.py in this process, its report with it."""
        environ = self.environ | more
        code = execute(INGEST, load_settings(INGEST.name, environ), ingest, retry=FAST)
        return Ended(code, "", load_report(environ))

    def lose_state(self) -> None:
        """As a job without a volume does between its runs."""
        shutil.rmtree(self.folder)
        self.folder.mkdir()

    @property
    def vdb(self) -> Path:
        return self.folder / f"{self.name.replace('-', '_')}.vdb"

    @property
    def identifier(self) -> str:
        return self.vdb.read_text("utf-8").strip()

    @property
    def look(self) -> Looker:
        return Looker(self.server_url, self.identifier, OLD_PREFIX)

    def stores(self) -> list[str]:
        """The identifiers of the stores that have our name."""
        rows = self.look_at_server("/v1/vector-dbs")["data"]
        return [row["identifier"] for row in rows if row["vector_db_name"] == self.name]

    def look_at_server(self, path: str) -> Any:
        return Looker(self.server_url, "", "").get(path)

    def titles(self) -> list[str]:
        """The title of every document in the store, as often as it is there."""
        return sorted(str(row["attributes"]["title"]) for row in self.look.files())

    def texts(self) -> str:
        """What the store answers, by both of the server's ways."""
        return "\n".join(sorted(self.look.texts("what is this about?")))

    def page(self, title: str) -> str:
        state = self.site.state
        return next(page_id for page_id in state.page_ids() if state.page(page_id).title == title)


@pytest.fixture
def site() -> Iterator[ConfluenceSite]:
    state = SiteState()
    state.add_space("KI", "Known Issues")
    old = datetime.now(UTC) - timedelta(days=3)
    for title, topic in zip(TITLES, TOPICS, strict=True):
        state.add_page(
            title,
            "KI",
            f"<h2>Cure</h2><p>Here we treat {topic}.</p>",
            labels=[title.lower()],
            modified=old if title == "Certificates" else None,
        )
    with ConfluenceSite(state) as site:
        yield site


@pytest.fixture(params=["faiss", "sqlite-vec"])
def place(
    request: pytest.FixtureRequest, llama_stack: LlamaStack, site: ConfluenceSite, tmp_path: Path
) -> Place:
    """A place for each kind of store; the provider is named as users name it."""
    place = Place(site, llama_stack.base_url, tmp_path)
    place.environ["VECTOR_DB_PROVIDER"] = request.param
    return place


@pytest.fixture
def faiss(llama_stack: LlamaStack, site: ConfluenceSite, tmp_path: Path) -> Place:
    """One kind is enough for what is not the store's doing."""
    return Place(site, llama_stack.base_url, tmp_path)


@pytest.fixture
def proxy(faiss: Place) -> Iterator[Proxy]:
    """The server's address for runs, in which a test makes things go wrong."""
    with proxy_to(faiss.server_url) as proxy:
        faiss.environ["LLAMA_BASE_URL"] = proxy.base_url
        yield proxy


def no_upload_is_left_over(place: Place) -> bool:
    files = place.look.files()
    whole = {row["status"] for row in files} <= {"completed"}
    return whole and place.look.uploads() == {row["id"] for row in files}


def test_a_first_run_ingests_every_page(place: Place) -> None:
    ended = run_program("ingest_conf", place.environ)
    assert ended.code == 0, ended.log
    assert ended["pages"]["new"] == ended["chunks"]["inserted"] == 3
    assert place.stores() == [place.identifier]
    assert place.titles() == sorted(TITLES)
    for row in place.look.files():
        attributes = row["attributes"]
        assert row["status"] == "completed"
        assert attributes["document_id"] == f"conf-{attributes['page_id']}"
        assert all(isinstance(value, str | int | float) for value in attributes.values())
        assert attributes["source"] == "confluence"
        assert attributes["url"].startswith(place.site.base_url + "/wiki/")
        assert re.fullmatch("[0-9a-f]{64}", str(attributes["content_hash"]))
    text = place.texts()
    assert all(topic in text for topic in TOPICS)
    assert "Ingress > Cure" in text
    assert place.site.writes == []
    assert no_upload_is_left_over(place)


def test_the_default_stores_identifier_is_kept_beside_the_ledger(
    tmp_path: Path, site: ConfluenceSite, llama_stack: LlamaStack
) -> None:
    environ = environment(
        site, llama_stack.base_url, tmp_path, SPACE_NAME="Known Issues", RESET="1"
    )
    code = execute(INGEST, load_settings(INGEST.name, environ), ingest, retry=FAST)
    assert code == 0
    identifier = (tmp_path / "conf_known_issues.vdb").read_text("utf-8").strip()
    files = Looker(llama_stack.base_url, identifier, OLD_PREFIX).files()
    assert len(files) == 3


def test_a_second_run_without_a_volume_adds_nothing(place: Place) -> None:
    assert place.ingest().code == 0
    files, texts = place.look.files(), place.texts()
    uploads = place.look.uploads()
    place.lose_state()
    again = place.ingest()
    assert again.code == 0
    assert again["chunks"]["inserted"] == 0
    assert again["pages"]["failed"] == 0
    assert place.look.files() == files
    assert place.texts() == texts
    assert place.look.uploads() == uploads


def test_a_second_run_with_its_ledger_fetches_no_body(faiss: Place) -> None:
    assert faiss.ingest().code == 0
    again = faiss.ingest()
    assert again["pages"]["unchanged"] == 3
    assert again["chunks"]["inserted"] == 0


@pytest.mark.parametrize("keeps_state", [True, False])
def test_an_edited_page_replaces_its_old_text(place: Place, keeps_state: bool) -> None:
    assert place.ingest().code == 0
    if not keeps_state:
        place.lose_state()
    place.site.state.edit(place.page("Registry"), "<p>Now we treat full disks.</p>")
    assert place.ingest().code == 0
    assert place.titles() == sorted(TITLES)
    text = place.texts()
    assert "full disks" in text
    assert "the image registry" not in text
    assert no_upload_is_left_over(place)


def test_only_the_changed_section_of_an_edited_page_is_sent(faiss: Place) -> None:
    kept, old, new = (f"<h2>{title}</h2><p>{title}: {DETAILS}</p>" for title in ("A", "B", "C"))
    page = faiss.site.state.add_page("Two sections", "KI", kept + old)
    assert faiss.ingest().code == 0
    faiss.site.state.edit(page, kept + new)
    chunks = faiss.ingest()["chunks"]
    assert (chunks["inserted"], chunks["deleted"], chunks["unchanged"]) == (1, 1, 1)
    assert faiss.titles().count("Two sections") == 2


@pytest.mark.parametrize("keeps_state", [True, False])
def test_a_deleted_page_leaves_the_store(place: Place, keeps_state: bool) -> None:
    assert place.ingest().code == 0
    if not keeps_state:
        place.lose_state()
    place.site.state.trash(place.page("Registry"))
    ended = place.ingest()
    assert (ended.code, ended["pages"]["deleted"]) == (0, 1)
    assert place.titles() == ["Certificates", "Ingress"]
    assert "the image registry" not in place.texts()
    assert no_upload_is_left_over(place)


def test_files_and_comments_follow_their_page_without_a_ledger(faiss: Place) -> None:
    state, page = faiss.site.state, faiss.page("Ingress")
    file = state.files.add(page, "pods.txt", b"Count the pods.")
    thread = state.comments.add(page, "<p>Is it safe?</p>")
    types = {"CONTENT_TYPES": "pages,attachments,comments", "MAX_DELETE_PERCENT": "100"}
    assert faiss.ingest(**types)["content"]["comment"]["new"] == 1
    state.files.replace(file, b"Count the nodes.")
    state.comments.reply(thread, "<p>Yes, it is.</p>")
    faiss.lose_state()
    second = faiss.ingest(**types)
    assert (second.code, second["chunks"]["inserted"], second["chunks"]["deleted"]) == (0, 2, 2)
    assert "Yes, it is." in faiss.texts()
    assert "Count the pods." not in faiss.texts()
    faiss.lose_state()
    assert faiss.ingest(MAX_DELETE_PERCENT="100")["chunks"]["deleted"] == 2
    assert faiss.titles() == sorted(TITLES)


def test_labels_choose_pages(faiss: Place) -> None:
    assert faiss.ingest(LABELS="ingress,certificates").code == 0
    assert faiss.titles() == ["Certificates", "Ingress"]


def test_the_window_skips_older_pages_and_reports_them(faiss: Place) -> None:
    ended = faiss.ingest(SINCE_HOURS="24")
    assert ended.code == 0
    assert faiss.titles() == ["Ingress", "Registry"]
    assert any("1 pages older than SINCE_HOURS=24" in warning for warning in ended["warnings"])


@pytest.mark.parametrize("keeps_state", [True, False])
def test_the_delete_guard_holds_with_and_without_a_ledger(faiss: Place, keeps_state: bool) -> None:
    for number in range(8):
        faiss.site.state.add_page(f"More {number}", "KI", f"<p>Thing {number}.</p>")
    assert faiss.ingest().code == 0
    if not keeps_state:
        faiss.lose_state()
    for number in range(8):
        faiss.site.state.trash(faiss.page(f"More {number}"))
    assert faiss.ingest().code == 6
    assert len(Looker(faiss.server_url, faiss.stores()[0], OLD_PREFIX).files()) == 11
    assert faiss.ingest(MAX_DELETE_PERCENT="100").code == 0
    assert faiss.titles() == sorted(TITLES)


@pytest.mark.parametrize("keeps_ledger", [True, False])
def test_a_vdb_file_that_names_a_vanished_store_recovers_with_a_warning(
    faiss: Place, keeps_ledger: bool, caplog: pytest.LogCaptureFixture
) -> None:
    assert faiss.ingest().code == 0
    gone = faiss.identifier
    requests.delete(f"{faiss.server_url}/v1/vector-dbs/{gone}", timeout=60).raise_for_status()
    if not keeps_ledger:
        faiss.lose_state()
        faiss.vdb.write_text(gone + "\n", "utf-8")
    assert faiss.ingest().code == 0
    assert f"{gone} is gone" in caplog.text
    assert faiss.stores() == [faiss.identifier] != [gone]
    assert faiss.titles() == sorted(TITLES)


def test_a_lost_vdb_file_makes_no_second_store(place: Place) -> None:
    assert place.ingest().code == 0
    before = place.identifier
    place.vdb.unlink()
    assert place.ingest().code == 0
    assert place.stores() == [place.identifier] == [before]


def test_a_reset_leaves_one_fresh_store(faiss: Place) -> None:
    assert faiss.ingest().code == 0
    before = faiss.identifier
    ended = faiss.ingest(RESET="1")
    assert (ended.code, ended["chunks"]["inserted"]) == (0, 3)
    assert faiss.stores() == [faiss.identifier] != [before]
    assert faiss.titles() == sorted(TITLES)
    assert no_upload_is_left_over(faiss)


@pytest.mark.parametrize("reset", ["0", "1"])
def test_a_dry_run_writes_nothing(faiss: Place, proxy: Proxy, reset: str) -> None:
    assert faiss.ingest().code == 0
    files, kept = faiss.look.files(), faiss.identifier
    faiss.site.state.edit(faiss.page("Registry"), "<p>Now we treat full disks.</p>")
    proxy.requests.clear()
    assert faiss.ingest(DRY_RUN="1", RESET=reset).code == 0
    assert faiss.look.files() == files
    assert (faiss.stores(), faiss.identifier) == ([kept], kept)
    assert RAG_TOOL not in [path for _, path in proxy.requests]
    assert "DELETE" not in [method for method, _ in proxy.requests]


def test_a_first_dry_run_makes_no_store_and_no_file(faiss: Place) -> None:
    ended = faiss.ingest(DRY_RUN="1")
    assert (ended.code, ended["pages"]["new"]) == (0, 3)
    assert faiss.stores() == []
    assert [path.name for path in faiss.folder.iterdir()] == ["report.json"]


def test_a_server_restarted_between_runs_changes_nothing(
    llama_stack: LlamaStack, site: ConfluenceSite, tmp_path: Path
) -> None:
    place = Place(site, llama_stack.base_url, tmp_path)
    assert place.ingest().code == 0
    files = place.look.files()
    llama_stack.restart()
    with proxy_to(llama_stack.base_url) as proxy:  # the server's address is another one
        again = Place(site, proxy.base_url, tmp_path)
        again.name = place.name
        again.environ["VECTOR_DB_ID"] = place.name
        site.state.edit(again.page("Registry"), "<p>Now we treat full disks.</p>")
        place.lose_state()
        assert again.ingest().code == 0
        assert len(again.look.files()) == len(files)
        assert "full disks" in again.texts()
        assert "the image registry" not in again.texts()


# A server that answers one thing and does another.


def test_an_insert_that_stores_nothing_is_reported_and_not_recorded(
    faiss: Place, proxy: Proxy
) -> None:
    proxy.fault = lambda method, path: (200, None) if path == RAG_TOOL else None
    ended = faiss.ingest()
    assert ended.code in (1, 5)
    assert ended["chunks"]["inserted"] == 0
    assert ended["failures"]
    assert faiss.look.files() == []
    proxy.fault = lambda method, path: None
    healed = faiss.ingest()
    assert (healed.code, healed["chunks"]["inserted"]) == (0, 3)
    assert faiss.titles() == sorted(TITLES)


def test_one_insert_that_stores_nothing_is_repeated_in_the_same_run(
    faiss: Place, proxy: Proxy
) -> None:
    first = iter([(200, None)])
    proxy.fault = lambda method, path: next(first, None) if path == RAG_TOOL else None
    assert faiss.ingest().code == 0
    assert faiss.titles() == sorted(TITLES)
    assert no_upload_is_left_over(faiss)


def test_a_refusal_that_repeats_what_was_sent_is_reported_without_it(
    faiss: Place, proxy: Proxy, caplog: pytest.LogCaptureFixture
) -> None:
    proxy.fault = lambda method, path: "echo" if path == RAG_TOOL else None
    ended = faiss.ingest(VECTOR_API_TOKEN="store-s3cr3t")
    assert ended.code == 1
    shown = f"{caplog.text} {ended.report}"
    assert "HTTP 400: cannot store Bearer ***" in shown
    for private in ("store-s3cr3t", "we treat", *TOPICS):
        assert private not in shown


def test_another_version_of_the_client_is_reported_with_the_command_that_cures_it(
    faiss: Place, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr("llama_stack_client._client.__version__", "0.7.3")  # what it sends
    monkeypatch.setattr("importlib.metadata.version", lambda name: "0.7.3")
    assert faiss.ingest().code == 5
    assert "server is version 0.2.23" in caplog.text
    assert "llama-stack-client is version 0.7.3" in caplog.text
    assert "`pip install llama-stack-client==0.2.23`" in caplog.text
    assert faiss.stores() == []


def test_a_server_without_rag_tool_is_reported_with_the_program_that_serves_it(
    faiss: Place, proxy: Proxy
) -> None:
    proxy.hidden = "rag-tool"
    ended = run_program("ingest_conf", faiss.environ)
    assert ended.code == 5
    assert "sync.py with VECTOR_API_VARIANT=vector_stores" in ended.log
    assert "Traceback" not in ended.log
    assert faiss.stores() == []


WRONG = [
    ({"LLAMA_BASE_URL": ""}, 2, "LLAMA_BASE_URL is not set"),
    ({"SPACE_NAME": ""}, 2, "SPACE_NAME is not set"),
    ({"CONF_API_TOKEN": "expired"}, 3, "token"),
    ({"SPACE_NAME": "Known Isues"}, 3, "Known Issues"),
    ({"CONF_BASE_URL": "http://no-such-host.invalid"}, 4, "no-such-host.invalid"),
    ({"LLAMA_BASE_URL": "http://127.0.0.1:9"}, 5, "127.0.0.1:9"),
    ({"VECTOR_DB_PROVIDER": "nowhere"}, 2, "VECTOR_DB_PROVIDER"),
]


@pytest.mark.parametrize(("wrong", "code", "message"), WRONG, ids=lambda value: str(value)[:40])
def test_wrong_settings_are_reported_in_one_line(
    wrong: dict[str, str], code: int, message: str, faiss: Place
) -> None:
    ended = run_program("ingest_conf", faiss.environ | wrong)
    assert ended.code == code, ended.log
    assert message in ended.log
    assert "Traceback" not in ended.log
    assert faiss.stores() == []
