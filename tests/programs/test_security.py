"""Whole runs: credentials go to the configured hosts only; the log keeps secrets, pages' texts
and forged lines out, whatever titles hold and servers answer."""

import base64
import json
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from demo.confluence_site import ConfluenceSite, Paging, SiteState
from demo.confluence_site import faults as on_site
from tests.support.forking import run_forked
from tests.support.program import environment, sync_now
from tests.support.vector_api import Fault, VectorApi

pytestmark = pytest.mark.slow

USER, TOKEN, VECTOR_TOKEN = "bot@example.com", "ATATT3xFfGF0=tökén", "vector-s3cr3t"
BASIC = base64.b64encode(f"{USER}:{TOKEN}".encode()).decode()
TEXT = "The zebra «ate» the\nquarterly backup tapes of row {}."
PAGES = 4
FORGED = "2001-01-01T00:00:00Z INFO    exit 0: all is well"
TITLE = f"Disk\n{FORGED}\r\x1b[2K\x00\x85\u2028\u202e\u2066full"
LINE = re.compile(
    r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ (DEBUG|INFO|WARNING|ERROR|CRITICAL) +\S.*| {4}.*"
)
# sync.py with short waits between attempts, and with a pod's termination message.
PROGRAM = """
import os, sys
from pathlib import Path
from pipeline.report import set_up_logging
from pipeline.run import SYNC
from pipeline.run.execute import execute
from pipeline.settings import load_settings
from sync import sync
from tests.support.fast_retries import FAST
{spoil}
settings = load_settings(SYNC.name, os.environ)
set_up_logging(settings)
sys.exit(execute(SYNC, settings, sync, retry=FAST, termination_log=Path(sys.argv[1])))
"""


@dataclass(frozen=True)
class Output:
    """What a run left for people to read."""

    code: int
    log: str
    everything: bytes  # the log, the report, the termination message, the state folder


def run(environ: dict[str, str], folder: Path, spoil: str = "") -> Output:
    """sync.py in a process of its own; `spoil` is Python that runs before it."""
    message = folder / "termination-log"
    message.touch()
    source = PROGRAM.format(spoil=spoil)
    code, log = run_forked(lambda: exec(source, {"__name__": "__main__"}), environ, [str(message)])
    assert message.read_bytes()
    files = [path.read_bytes() for path in folder.iterdir() if path.is_file()]
    return Output(code, log, b"\n".join([log.encode(), *files]))


@pytest.fixture
def site() -> Iterator[ConfluenceSite]:
    state = SiteState()
    state.add_space("KI", "Known Issues")
    for number in range(PAGES):
        state.add_page(f"Issue {number}", "KI", f"<p>{TEXT.format(number)}</p>")
    with ConfluenceSite(state, user=USER, token=TOKEN) as site:
        yield site


@pytest.fixture
def api() -> Iterator[VectorApi]:
    with VectorApi("underscore", delete_route="document", token=VECTOR_TOKEN) as api:
        yield api


@pytest.fixture
def environ(site: ConfluenceSite, api: VectorApi, tmp_path: Path) -> dict[str, str]:
    return environment(site, api.base_url, tmp_path, VECTOR_API_TOKEN=VECTOR_TOKEN)


# Secrets and bodies

ECHO = {"message": f"{'x' * 120} Authorization: Basic {BASIC}; token {TOKEN}"}
BODIES = r"content/search|/wiki/api/v2/pages/\d+"
Spoil = Callable[[ConfluenceSite, VectorApi], object]


def refuse(status: int, times: int | None = None) -> Spoil:
    return lambda _, api: api.faults.append(Fault(status, times=times, answer="echo"))


def fail(where: str, status: int) -> Spoil:
    return lambda site, _: site.fail(where, on_site.error(status, ECHO), times=None)


FAULTS: dict[str, tuple[Spoil, str, int]] = {
    "nothing goes wrong": (lambda *_: None, "", 0),
    "an insert is refused once": (refuse(400, times=1), "", 0),
    "inserts are refused": (refuse(422), "", 1),
    "inserts are forbidden": (refuse(403), "", 5),
    "inserts break the server": (refuse(500), "", 1),
    "bodies cannot be had": (fail(BODIES, 500), "", 1),
    "the credentials are refused": (fail("user/current", 403), "", 3),
    "the converter breaks": (
        lambda *_: None,
        "import pipeline.run.on_pages.documents as m; m.convert_page = lambda p, *_: int(p.html)",
        1,
    ),
    "the program breaks": (
        lambda *_: None,
        "from pipeline.run.steps import Run; Run.verify = lambda r: "
        f"int(str(r.collection.sink.query('backup', 3)) + {TOKEN + BASIC!r})",
        1,
    ),
}  # fmt: skip


@pytest.mark.parametrize("log_format", ["auto", "json"])
@pytest.mark.parametrize("name", FAULTS)
def test_no_secret_and_no_text_of_a_page_is_shown_when(
    name: str,
    log_format: str,
    environ: dict[str, str],
    site: ConfluenceSite,
    api: VectorApi,
    tmp_path: Path,
) -> None:
    fault, spoil, code = FAULTS[name]
    fault(site, api)
    ended = run(environ | {"LOG_FORMAT": log_format}, tmp_path, spoil)
    assert ended.code == code, ended.log
    for private in (TOKEN, VECTOR_TOKEN, BASIC, BASIC[:20], "zebra", "quarterly backup"):
        assert private.encode() not in ended.everything, private
        assert json.dumps(private)[1:-1].encode() not in ended.everything
    if log_format == "json":
        assert all(json.loads(line)["message"] for line in ended.log.splitlines())
    else:
        assert all(LINE.fullmatch(line) for line in ended.log.splitlines())


# Forged lines


@pytest.mark.parametrize("log_format", ["auto", "json"])
def test_the_names_and_titles_of_a_site_cannot_forge_a_log_line(
    log_format: str, environ: dict[str, str], site: ConfluenceSite, api: VectorApi, tmp_path: Path
) -> None:
    site.state.rename_space("KI", f"Known{TITLE}")
    for page in site.state.page_ids():
        site.state.rename(page, TITLE)
    api.faults = [Fault(status=400, text=TITLE)]
    more = {"LOG_FORMAT": log_format, "LOG_LEVEL": "DEBUG", "VERIFY_QUERY": TITLE.replace("\0", "")}
    spoil = f"from pipeline.run.steps import Run; Run.prune = lambda *_: int({TITLE!r})"
    for ended in (
        run(environ | more | {"DRY_RUN": "1"}, tmp_path),
        run(environ | more, tmp_path),
        run(environ | more, tmp_path, spoil),
    ):
        assert "full" in ended.log
        for line in ended.log.removesuffix("\n").split("\n"):
            assert line.isprintable()
            assert not line.startswith(FORGED[:20])
            assert LINE.fullmatch(line) if log_format == "auto" else json.loads(line)["level"]


# Other hosts


@pytest.mark.parametrize("fault", [on_site.redirect, on_site.next_link_to])
@pytest.mark.parametrize("where", ["user/current", "/spaces", r"/spaces/\d+/pages", BODIES])
def test_confluence_cannot_lead_the_credentials_to_another_host(
    where: str,
    fault: Callable[[str], on_site.Fault],
    environ: dict[str, str],
    site: ConfluenceSite,
) -> None:
    with VectorApi() as other:
        struck = site.fail(where, fault(other.base_url + "/wiki/api/v2/pages"), times=None)
        is_list = "user" not in where and where != BODIES  # what is complete needs no next link
        assert sync_now(environ).code == (4 if is_list or fault is on_site.redirect else 0)
        assert struck.hits
        assert other.log == []


def test_a_next_link_below_a_false_base_stays_on_the_configured_host(
    environ: dict[str, str], site: ConfluenceSite
) -> None:
    with VectorApi() as other:

        def lead_away(answer: on_site.Json) -> on_site.Json:
            links = answer.get("_links", {}) | {"base": f"{other.base_url}/wiki"}
            if "next" in links:
                links["next"] = f"{other.base_url}{links['next']}"
            return answer | {"_links": links}

        site.paging = Paging(next_shape="wiki", list_rows=2)
        spoilt = on_site.Fault(rewrite=lead_away, headers={"Link": ""})
        site.fail(r"/spaces/\d+/pages", spoilt, times=None)
        ended = sync_now(environ)
        assert (ended.code, ended["pages"]["new"]) == (0, PAGES)
        assert site.count(r"/spaces/\d+/pages") == PAGES // 2
        assert other.log == []


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
@pytest.mark.parametrize("kind", ["describe", "create", "query", "insert"])
def test_a_vector_api_cannot_lead_token_or_text_to_another_host(
    kind: str,
    status: int,
    environ: dict[str, str],
    api: VectorApi,
    caplog: pytest.LogCaptureFixture,
) -> None:
    with VectorApi() as other:
        api.faults = [Fault(status, on=kind, times=None, location=other.base_url)]
        assert sync_now(environ).code == 5
        assert other.log == []
    assert f"redirects to {other.base_url}" in caplog.text
    assert {request.authorization for request in api.log} == {f"Bearer {VECTOR_TOKEN}"}


def test_a_vector_api_cannot_lead_a_deletion_to_another_host(
    environ: dict[str, str], api: VectorApi, site: ConfluenceSite
) -> None:
    assert sync_now(environ).code == 0
    site.state.trash(next(iter(site.state.page_ids())))
    with VectorApi() as other:
        api.faults = [Fault(307, on="delete", times=None, location=other.base_url)]
        assert sync_now(environ).code == 5
        assert other.log == []
