"""A real server that hangs or ends is started anew, and its test repeated."""

import pytest

from tests.support import hanging_servers

PLUGIN = ("-p", "tests.support.hanging_servers", "-p", "no:cacheprovider")
TESTS = """
import os
import signal
import time
import urllib.request
from contextlib import suppress

import pytest

from tests.demo.test_local_server import Script
from tests.support.hanging_servers import watch

SERVE = '''
    import http.server, sys
    class Health(http.server.BaseHTTPRequestHandler):
        status = "OK"
        def do_GET(self):
            if self.path == "/hang":
                Health.status = "HANGS"
            self.send_response(200)
            self.end_headers()
            self.wfile.write(b'{"status": "%s"}' % Health.status.encode())
    http.server.HTTPServer(("127.0.0.1", int(sys.argv[1])), Health).serve_forever()
'''
pytestmark = pytest.mark.real_server
tried = []

@pytest.fixture(scope="module")
def shared():
    with Script(SERVE) as server, watch(server):
        yield server

@pytest.fixture
def server(shared):
    tried.append(shared.pid)
    yield shared
    assert shared.answers(0), "it is started again before fixtures end that work with it"

def hang(server):
    urllib.request.urlopen(f"{server.base_url}/hang").close()

def test_that_makes_it_hang(server):
    if len(tried) == 1:
        hang(server)
        assert False

def test_that_fails_for_another_reason(server):
    assert False

def test_that_always_makes_it_hang(server):
    hang(server)
    assert False

def test_that_ends_it(server):
    if len(tried) == 6:
        os.kill(server.pid, signal.SIGKILL)
        assert False

@pytest.mark.timeout(0.3)
def test_with_a_time_limit(server):
    hang(server)
    time.sleep(60)

def test_tries(shared):
    pids = [*tried, shared.pid]
    assert len(tried) == 9
    restarted = [one for one in range(9) if pids[one] != pids[one + 1]]
    assert restarted == [0, 3, 4, 5, 7, 8]
"""


@pytest.mark.slow
def test_a_test_is_repeated_once_and_only_where_its_server_stopped_answering(
    pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(hanging_servers, "_SECONDS", 0.1)
    pytester.makepyfile(TESTS)
    result = pytester.runpytest_inprocess(*PLUGIN)
    result.assert_outcomes(passed=3, failed=3)
    result.stdout.fnmatch_lines(
        ["*Script stopped answering in *test_that_makes_it_hang, which is repeated once:*"]
    )
