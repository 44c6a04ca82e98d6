"""A server that refuses texts over its model's window: every page comes in whole all the same."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from demo.confluence_site import ConfluenceSite, SiteState
from demo.servers.local_server import LocalServer
from pipeline.chunk.tokens import count_tokens
from tests.support.embedding_service import MODEL
from tests.support.program import Ended, environment, sync_now
from tests.support.store_files import Looker, new_name, to_plain

pytestmark = pytest.mark.real_server

PLACES = [
    ("ogx_postgres", "pgvector", "vector_stores"),
    ("ogx_postgres", "pgvector", "dash"),
    ("llama_stack_07_vllm", "faiss", "vector_stores"),
    ("llama_stack_07_vllm", "sqlite-vec", "dash"),
]
CODE = [f"def step_{n}(): return run(['a-{n}'], check=True)  # {n}" for n in range(48)]
ROWS = [f"Row {n} of the long table | its value is {n * 7} | see {n}" for n in range(60)]
# Of other scripts the model reads single bytes: a chunk that is short for us is long for it.
CHINESE = [f"第{n}步：备份服务器在夜间重新启动，然后检查所有磁盘的状态。" for n in range(16)]


def to_code(lines: list[str]) -> str:
    return (
        '<ac:structured-macro ac:name="code"><ac:parameter ac:name="language">python'
        f"</ac:parameter><ac:plain-text-body><![CDATA[{chr(10).join(lines)}]]>"
        "</ac:plain-text-body></ac:structured-macro>"
    )


def to_table(rows: list[str]) -> str:
    cells = ["".join(f"<td>{cell}</td>" for cell in row.split(" | ")) for row in rows]
    head = "<tr><th>Name</th><th>Value</th><th>More</th></tr>"
    return f"<table><tbody>{head}{''.join(f'<tr>{row}</tr>' for row in cells)}</tbody></table>"


class Place:
    """A small site beside a real server, with a collection of its own."""

    def __init__(self, server: LocalServer, provider: str, variant: str, folder: Path) -> None:
        self.server, self.provider, self.variant = server, provider, variant
        self.folder, self.name = folder, new_name()
        self.state = SiteState()
        self.state.add_space("KI", "Known Issues")
        self.code = self.state.add_page("Steps", "KI", f"<p>Run:</p>{to_code(CODE)}<p>End.</p>")
        self.table = self.state.add_page("Values", "KI", to_table(ROWS))
        self.chinese = self.state.add_page("备份", "KI", "".join(f"<p>{s}</p>" for s in CHINESE))
        self.state.add_page("Foxes", "KI", "<h2>What</h2><p>Foxes live in the wood.</p>")

    def sync(self, site: ConfluenceSite, **more: str) -> Ended:
        environ = environment(
            site,
            self.server.base_url,
            self.folder,
            COLLECTION_ID=self.name,
            VECTOR_DB_PROVIDER=self.provider,
            VECTOR_API_VARIANT=self.variant,
            EMBEDDING_MODEL_ID=MODEL,
            UPDATE_STRATEGY="rotate" if self.variant == "dash" else "upsert",
        )
        return sync_now(environ | more)

    def chunks(self) -> dict[str, str]:
        """What the store answers, by id; each once, whatever the rank."""
        identifier = (self.folder / f"{self.name.replace('-', '_')}.vdb").read_text().strip()
        look = Looker(self.server.base_url, identifier, "/v1")
        body = {look.key: look.store, "query": "What is it?", "params": {"max_chunks": 500}}
        rows = look.post("/v1/vector-io/query", body)["chunks"]
        found = {}
        for row in rows:
            about = row["metadata"]
            chunk_id = about.get("conf_chunk_id") or row["chunk_id"]
            assert chunk_id not in found, f"{chunk_id} is there twice"
            found[chunk_id] = row["content"]
        return found

    def texts(self, title: str) -> str:
        """Return all that the store has of a page."""
        own = [text for text in self.chunks().values() if text.startswith(title)]
        return to_plain("\n".join(own))


@pytest.fixture(params=PLACES, ids=" ".join)
def place(request: pytest.FixtureRequest, tmp_path: Path) -> Place:
    name, provider, variant = request.param
    return Place(request.getfixturevalue(name), provider, variant, tmp_path)


@pytest.fixture
def site(place: Place) -> Iterator[ConfluenceSite]:
    with ConfluenceSite(place.state) as site:
        yield site


def test_every_page_comes_in_whole_and_once_and_an_edit_converges(
    place: Place, site: ConfluenceSite, tmp_path: Path
) -> None:
    assert count_tokens("\n".join(CODE)) > 900
    first = place.sync(site)
    assert (first.code, first["failures"]) == (0, []), first.report
    for title, lines in (("Steps", CODE), ("Values", ROWS), ("备份", CHINESE)):
        text = place.texts(title)
        for line in lines:
            assert to_plain(line).strip("| ") in text.replace("\\|", "|"), line
    parts = [text for text in place.chunks().values() if "def step_" in text]
    assert len(parts) > 1
    for text in parts:
        assert re.fullmatch(r"Steps\n\n(Run:\n\n)?```python\n[\s\S]*\n```(\n\nEnd\.)?", text), text
    for text in place.chunks().values():
        assert "Row " not in text or "| Name | Value | More |" in text

    before, requests = place.chunks(), first["requests"]["vector_api"]
    second = place.sync(site)
    assert (second.code, second["chunks"]["inserted"], second["chunks"]["deleted"]) == (0, 0, 0)
    assert second["requests"]["vector_api"] < 15 < requests
    assert place.chunks() == before

    edited = [*CODE[:20], "changed = True", *CODE[21:]]
    place.state.edit(place.code, f"<p>Run:</p>{to_code(edited)}<p>End.</p>")
    third = place.sync(site)
    assert (third.code, third["chunks"]["stale"]) == (0, 0), third.report
    fresh = Place(place.server, place.provider, place.variant, tmp_path / "fresh")
    fresh.state = place.state
    fresh.folder.mkdir()
    assert fresh.sync(site).code == 0
    assert place.chunks() == fresh.chunks()
    if place.variant == "vector_stores":
        assert third["chunks"]["unchanged"] > 0
