"""One cooldown for all threads; a run that is stopped ends its waits at once."""

import threading
import time
from dataclasses import replace

import pytest

from demo.confluence_site import ConfluenceSite, SiteState, faults
from pipeline.fetch.cooldown import Cooldown
from pipeline.fetch.transport import Transport
from pipeline.http import StoppedWaitingError, Waiting
from tests.support.confluence_client import (
    PAGES,
    QUICK,
    USER,
    list_ids,
    settings_of,
    ten_pages,
    to_transport,
)


@pytest.fixture
def state() -> SiteState:
    return ten_pages()


def test_one_throttled_request_makes_all_threads_wait(
    site: ConfluenceSite, caplog: pytest.LogCaptureFixture
) -> None:
    site.fail(PAGES, faults.rate_limited("1"))
    transport = to_transport(site)
    throttled = threading.Thread(target=lambda: list_ids(transport, 250), daemon=True)
    throttled.start()
    deadline = time.monotonic() + 60
    while "retrying in" not in caplog.text and time.monotonic() < deadline:
        time.sleep(0.01)
    transport.get(USER)
    throttled.join(60)
    first, *others = site.requests
    assert {request.path for request in others} == {USER, PAGES}
    assert all(request.at - first.at >= 1.0 for request in others)


def test_a_cooldown_is_never_shortened() -> None:
    stop = Waiting()
    cooldown = Cooldown(stop)
    cooldown.extend(1000)
    cooldown.extend(0.001)
    threading.Timer(0.05, stop.end).start()
    with pytest.raises(StoppedWaitingError):
        cooldown.wait()


@pytest.mark.parametrize(
    "fault", [faults.rate_limited("60"), faults.server_error(503)], ids=["cooldown", "backoff"]
)
def test_a_stop_ends_a_wait_at_once(site: ConfluenceSite, fault: faults.Fault) -> None:
    stop = Waiting()
    site.fail(PAGES, fault, times=None)
    transport = Transport(
        settings_of(site), stop, replace(QUICK, base_seconds=60, total_seconds=900)
    )
    threading.Timer(0.2, stop.end).start()
    with pytest.raises(StoppedWaitingError):
        list_ids(transport)
    with pytest.raises(StoppedWaitingError):
        transport.get(USER)
    assert transport.requests == 1
