"""A server that refuses texts over its model's window: the limit is known, and pages come in."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from demo.confluence_site import ConfluenceSite, SiteState
from tests.support.embedding_service import count_tokens
from tests.support.killing import sync_and_stop
from tests.support.program import DETAILS, Ended, environment, sync_now
from tests.support.vector_api import Fault, VectorApi

WINDOW = 200
# One chunk where no limit is known. It has more of the model's tokens than most texts: also chunks
# of the measured limit are refused.
CODE = [f"step_{n} --port={n}  # 备份完成检查磁盘" for n in range(45)]


def to_body(lines: list[str], end: str = "That is all.") -> str:
    code = "\n".join(lines)
    return (
        f"<h2>First</h2><p>Do this. {DETAILS}</p>"
        f'<h2>Then</h2><ac:structured-macro ac:name="code"><ac:plain-text-body><![CDATA[{code}]]>'
        f"</ac:plain-text-body></ac:structured-macro><h2>End</h2><p>{end} {DETAILS}</p>"
    )


class Place:
    """A site with a page that has a long code block, beside a server that refuses long texts."""

    def __init__(self, site: ConfluenceSite, api: VectorApi, folder: Path) -> None:
        self.site, self.state, self.api, self.folder = site, site.state, api, folder
        self.page = self.state.add_page("Steps", "KI", to_body(CODE))

    def environ(self, **more: str) -> dict[str, str]:
        return environment(self.site, self.api.base_url, self.folder) | more

    def sync(self, **more: str) -> Ended:
        return sync_now(self.environ(**more))

    def lines(self) -> set[str]:
        """The lines of code that the collection has; each chunk is there once."""
        assert not self.api.duplicates("confluence")
        texts = [document.text for document in self.api.documents("confluence").values()]
        return {line for text in texts for line in re.findall(r"^step_.*", text, re.MULTILINE)}

    def longest(self) -> int:
        return max(count_tokens(row.text) for row in self.api.documents("confluence").values())


@pytest.fixture
def state() -> SiteState:
    state = SiteState()
    state.add_space("KI", "Known Issues")
    state.add_page("Short", "KI", "<p>Short.</p>")
    return state


@pytest.fixture(params=["dash", "underscore"])
def api(request: pytest.FixtureRequest) -> Iterator[VectorApi]:
    """Of the two, only dash can be asked for the limit."""
    with VectorApi(request.param, delete_route="document", window=WINDOW) as api:
        yield api


@pytest.fixture
def dash() -> Iterator[VectorApi]:
    with VectorApi("dash", window=WINDOW) as api:
        yield api


@pytest.fixture
def place(site: ConfluenceSite, api: VectorApi, tmp_path: Path) -> Place:
    return Place(site, api, tmp_path)


@pytest.fixture
def dash_place(site: ConfluenceSite, dash: VectorApi, tmp_path: Path) -> Place:
    return Place(site, dash, tmp_path)


def test_a_long_code_block_comes_in_whole_and_a_second_run_sends_nothing(place: Place) -> None:
    first = place.sync()
    assert (first.code, first["pages"]["new"]) == (0, 2), first.report
    assert place.lines() == set(CODE)
    assert place.longest() <= WINDOW
    inserts = place.api.count("insert")
    second = place.sync()
    assert (second.code, second["chunks"]["inserted"]) == (0, 0)
    assert place.api.count("insert") == inserts


def test_an_edit_beside_a_chunk_that_was_split_leaves_its_parts_alone(place: Place) -> None:
    first = place.sync()
    before = place.api.documents("confluence")
    place.state.edit(place.page, to_body(CODE, "Now it is over."))
    second = place.sync(UPDATE_STRATEGY="append")
    assert second.code == 0, second.report
    assert second["chunks"]["inserted"] == 1
    assert second["chunks"]["unchanged"] == first["chunks"]["inserted"] - 2
    assert second["pages"] | {"listed": 2} == second["pages"] | {"changed": 1, "new": 0}
    after = place.api.documents("confluence")
    gone, come = before.keys() - after.keys(), after.keys() - before.keys()
    assert (len(gone), len(come)) == (0 if place.api.form == "dash" else 1, 1)


def test_an_edit_of_a_chunk_that_was_split_converges(place: Place, tmp_path: Path) -> None:
    place.sync()
    changed = [*CODE[:30], "step_30 --changed", *CODE[31:]]
    place.state.edit(place.page, to_body(changed))
    assert place.sync(UPDATE_STRATEGY="append").code == 0
    held = place.api.documents("confluence").keys()
    with VectorApi(place.api.form, "document", window=WINDOW) as fresh:
        environ = place.environ(VECTOR_API_BASE_URL=fresh.base_url, STATE_DIR=str(tmp_path / "f"))
        assert sync_now(environ).code == 0
        new = fresh.documents("confluence").keys()
    assert held >= new
    if place.api.form == "underscore":
        assert held == new


def test_new_labels_are_sent_with_every_part(site: ConfluenceSite, tmp_path: Path) -> None:
    with VectorApi("underscore", "document", window=WINDOW) as api:
        place = Place(site, api, tmp_path)
        place.sync()
        held = api.documents("confluence").keys()
        place.state.set_labels(place.page, ["ops"])
        place.state.edit(place.page, to_body(CODE))
        ended = place.sync()
        assert (ended.code, ended["chunks"]["deleted"]) == (0, 0), ended.report
        rows = api.documents("confluence")
        assert rows.keys() == held
        own = [row for row in rows.values() if row.metadata["page_id"] == place.page]
        assert {row.metadata["labels"] for row in own} == {"ops"}


def test_parts_that_were_stale_are_current_again(dash_place: Place) -> None:
    dash_place.sync()
    held = dash_place.api.documents("confluence")
    dash_place.state.edit(dash_place.page, "<p>All of it is gone.</p>")
    assert dash_place.sync()["chunks"]["stale"] == len(held) - 1
    dash_place.state.edit(dash_place.page, to_body(CODE))
    ended = dash_place.sync()
    assert (ended["chunks"]["inserted"], ended["chunks"]["stale"]) == (0, 1)
    assert dash_place.api.documents("confluence").keys() > held.keys()


def test_nothing_old_is_deleted_before_every_part_is_stored(
    site: ConfluenceSite, tmp_path: Path
) -> None:
    with VectorApi("underscore", "document", window=WINDOW) as api:
        place = Place(site, api, tmp_path)
        place.sync()
        before = api.documents("confluence").keys()
        changed = [line.replace("port", "node") for line in CODE]
        api.faults = [Fault(status=422, saying="step_40 --node", times=None)]
        place.state.edit(place.page, to_body(changed))
        ended = place.sync()
        assert (ended.code, ended["pages"]["failed"]) == (1, 1)
        assert api.documents("confluence").keys() >= before
        api.faults = []
        assert place.sync().code == 0
        assert place.lines() == set(changed)


@pytest.mark.slow
@pytest.mark.parametrize("size", [2, 100])
def test_parts_are_sent_whatever_the_batches(place: Place, size: int) -> None:
    for number in range(5):
        place.state.add_page(f"More {number}", "KI", to_body(CODE[number * 10 :]))
    ended = place.sync(BATCH_SIZE=str(size))
    assert (ended.code, ended["pages"]["new"]) == (0, 7), ended.report
    assert place.lines() == set(CODE)
    assert place.longest() <= WINDOW


@pytest.mark.slow
@pytest.mark.parametrize("inserts", [2, 5, 9])
def test_a_run_that_is_killed_between_the_parts_is_finished_by_the_next(
    place: Place, inserts: int
) -> None:
    sync_and_stop(place.environ(BATCH_SIZE="1"), lambda: place.api.count("insert"), inserts)
    ended = place.sync()
    assert ended.code == 0, ended.report
    assert place.lines() == set(CODE)
    assert ended["chunks"]["stale"] == 0


def test_equal_chunks_that_are_too_long_are_all_stored(place: Place) -> None:
    section = f"<h2>A</h2><pre>{chr(10).join(CODE[:20])}</pre>"
    page = place.state.add_page("Twice", "KI", section + f"<p>{DETAILS}</p>" + section)
    assert place.sync().code == 0
    rows = place.api.documents("confluence").values()
    texts = [row.text for row in rows if row.metadata["page_id"] == page]
    assert sum(text.count(CODE[7]) for text in texts) == 2


def test_a_chunk_that_is_refused_whatever_its_length_fails_its_page_alone(place: Place) -> None:
    text = "the input length exceeds the context length"
    place.api.faults = [Fault(status=400, saying="Steps", times=None, text=text)]
    ended = place.sync()
    assert (ended.code, ended["pages"]["failed"], ended["pages"]["new"]) == (1, 1, 1)
    assert text in ended["failures"][0]["error"]


def test_the_limit_is_logged_and_no_chunk_exceeds_it(
    dash_place: Place, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("INFO")
    code = [f"step_{n} --host=a-{n}.example --port={n}" for n in range(60)]
    dash_place.state.edit(dash_place.page, to_body(code))
    assert dash_place.sync().code == 0
    assert dash_place.lines() == set(code)
    assert "chunks of at most 156 tokens" in caplog.text
    assert "more than 200 of its own tokens (CHUNK_TOKENS=1000)" in caplog.text
    assert "truncated" not in caplog.text
    assert {row.status for row in dash_place.api.log if row.kind == "insert"} == {200}


def test_a_server_that_cuts_silently_changes_no_chunk(
    site: ConfluenceSite, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    with VectorApi("dash", window=100_000) as api, VectorApi("dash") as other:
        place = Place(site, api, tmp_path)
        assert place.sync().code == 0
        elsewhere = {"VECTOR_API_BASE_URL": other.base_url, "STATE_DIR": str(tmp_path / "other")}
        assert place.sync(**elsewhere).code == 0
        assert api.documents("confluence") == other.documents("confluence")
        assert api.count("embed") == 1
    assert "truncated when embedded" in caplog.text


def test_a_run_without_work_does_not_ask_for_the_limit(dash_place: Place) -> None:
    dash_place.sync()
    asked = dash_place.api.count("embed")
    assert dash_place.sync(VERIFY="0")["requests"]["vector_api"] <= 3
    assert dash_place.api.count("embed") == asked == 1


def test_a_limit_that_cannot_be_measured_changes_no_page(dash_place: Place) -> None:
    dash_place.sync()
    dash_place.api.faults = [Fault(status=503, on="embed", times=None)]
    dash_place.state.edit(dash_place.page, to_body(CODE, "Now it is over."))
    ended = dash_place.sync(UPDATE_STRATEGY="append")
    assert (ended.code, ended["pages"]["changed"], ended["chunks"]["inserted"]) == (0, 1, 1)
    assert dash_place.sync(UPDATE_STRATEGY="append")["pages"]["changed"] == 0


def test_another_limit_splits_every_page_anew(dash_place: Place) -> None:
    dash_place.sync()
    dash_place.api.window = 150
    dash_place.state.edit(dash_place.page, to_body(CODE, "Now it is over."))
    ended = dash_place.sync(UPDATE_STRATEGY="append")
    assert (ended.code, ended["pages"]["unchanged"]) == (0, 0)
    assert dash_place.lines() == set(CODE)


def test_a_rotation_keeps_the_limit(dash_place: Place) -> None:
    dash_place.sync(UPDATE_STRATEGY="rotate")
    dash_place.state.edit(dash_place.page, to_body(CODE, "Now it is over."))
    assert dash_place.sync(UPDATE_STRATEGY="rotate")["chunks"]["inserted"] > 4
    dash_place.api.faults = [Fault(status=503, on="embed", times=None)]
    ended = dash_place.sync(UPDATE_STRATEGY="rotate")
    assert (ended.code, ended["pages"]["unchanged"]) == (0, 2)
