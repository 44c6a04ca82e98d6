"""Every fault observed on a Vector API: the exit code, and the pages in the collection."""

import re
import threading
import time
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal

import pytest

from demo.confluence_site import ConfluenceSite, faults
from pipeline.http import RetryPolicy, Waiting
from pipeline.run import SYNC
from pipeline.settings import Settings
from pipeline.upsert import Sink
from pipeline.upsert.discovery import choose_sink
from pipeline.upsert.server.api import Api
from tests.support.fast_retries import FAST
from tests.support.program import environment, sync_now
from tests.support.recovery import (
    BODIES,
    PAGES,
    check_that_a_clean_run_repairs,
    check_that_failures_are_reported,
    pages_in,
)
from tests.support.vector_api import Fault, Form, VectorApi
from tests.support.waiting import Recorded

ONE_PAGE = "This is page 7."


@dataclass(frozen=True)
class ApiFault:
    """A fault; the exit code, and the number of pages in the collection."""

    name: str
    fault: dict[str, object]
    code: int
    held: int


API = [
    ApiFault("insert 400 once", {"status": 400}, 0, PAGES),
    ApiFault("insert 401", {"status": 401, "times": None}, 5, 0),
    ApiFault(
        "insert 413 over a size", {"status": 413, "over_bytes": 3000, "times": None}, 0, PAGES
    ),
    ApiFault("insert 422 once", {"status": 422}, 0, PAGES),
    ApiFault(
        "insert 429 with Retry-After", {"status": 429, "retry_after": "0", "times": 3}, 0, PAGES
    ),
    ApiFault("insert 500 once", {"status": 500}, 0, PAGES),
    ApiFault(
        "insert 500 for one page every time",
        {"status": 500, "times": None, "saying": ONE_PAGE},
        1,
        PAGES - 1,
    ),
    ApiFault(
        "insert 400 for one page every time",
        {"status": 400, "times": None, "saying": ONE_PAGE},
        1,
        PAGES - 1,
    ),
    ApiFault("insert 500 every time", {"status": 500, "times": None}, 5, 0),
    ApiFault("insert 400 every time", {"status": 400, "times": None}, 5, 0),
    ApiFault("time-out after storing", {"status": 504, "stored": "all"}, 0, PAGES),
    ApiFault("reset after storing", {"answer": "reset", "stored": "all"}, 0, PAGES),
    ApiFault("half a batch stored", {"status": 500, "stored": "half"}, 0, PAGES),
    ApiFault("answer cut off after storing", {"answer": "cut", "stored": "all"}, 0, PAGES),
    ApiFault("200 and nothing stored", {"status": 200, "stored": "nothing"}, 1, PAGES - 5),
    ApiFault("no description", {"status": 404, "on": "describe", "times": None}, 5, 0),
    ApiFault("collection refused", {"status": 403, "on": "create", "times": None}, 5, 0),
]


@pytest.mark.slow
@pytest.mark.parametrize("form", ["dash", "underscore"])
@pytest.mark.parametrize("row", API, ids=lambda row: row.name)
def test_a_fault_of_the_vector_api_has_its_exit_code_and_is_repaired_by_the_next_run(
    row: ApiFault, form: str, site: ConfluenceSite, tmp_path: Path
) -> None:
    with VectorApi(form) as api:  # type: ignore[arg-type]
        api.faults = [Fault(**row.fault)]  # type: ignore[arg-type]
        ended = sync_now(environment(site, api.base_url, tmp_path, BATCH_SIZE="5"))
        assert (ended.code, len(pages_in(api))) == (row.code, row.held), ended["failures"]
        if row.code < 2:
            check_that_failures_are_reported(ended, site, api)
        check_that_a_clean_run_repairs(site, api, tmp_path)


@pytest.mark.parametrize("form", ["dash", "underscore"])
@pytest.mark.parametrize("stored", ["nothing", "half", "all"])
def test_a_server_may_restart_between_batches(
    stored: Literal["nothing", "half", "all"],
    form: Form,
    site: ConfluenceSite,
    tmp_path: Path,
) -> None:
    refused: list[float] = []
    starting = threading.Lock()
    with VectorApi(form) as api:

        def start_at_last(seconds: float) -> None:
            """Bring the server back before the client gives up."""
            with starting:  # a request beside this one waits for the start, too
                refused.append(seconds)
                if len(refused) == 3:
                    api.start()
            time.sleep(seconds)

        def open_sink(
            settings: Settings, _waiting: Waiting, retry: RetryPolicy | None, _made_with: str
        ) -> Sink:
            address, token = settings.vector_api_base_url, settings.vector_api_token
            return choose_sink(Api(address, token, retry, Recorded(start_at_last)), settings)

        api.faults = [Fault(answer="stop", stored=stored, saying=ONE_PAGE)]
        environ = environment(site, api.base_url, tmp_path, BATCH_SIZE="3")
        ended = sync_now(environ, FAST, replace(SYNC, open_sink=open_sink))
        assert (ended.code, len(pages_in(api))) == (0, PAGES)
        assert len(refused) >= 3  # attempts of the interrupted batch, and of a parallel one
        check_that_a_clean_run_repairs(site, api, tmp_path)


@pytest.mark.parametrize("form", ["dash", "underscore"])
def test_a_store_that_is_deleted_during_the_run_is_exit_5(
    form: Form, site: ConfluenceSite, tmp_path: Path
) -> None:
    with VectorApi(form) as api:
        environ = environment(site, api.base_url, tmp_path)
        assert sync_now(environ).code == 0
        page = next(iter(site.state.page_ids()))
        site.state.edit(page, "<p>Edited.</p>")

        def drop_store(request: faults.Request) -> bool:
            if re.search(BODIES, request.target) and api.documents("confluence"):
                api.drop("confluence")
            return False

        site.fail(drop_store, faults.reset())
        assert sync_now(environ).code == 5
        check_that_a_clean_run_repairs(site, api, tmp_path)
