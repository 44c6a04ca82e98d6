"""A real server that hangs is started anew, and its test repeated."""

import pytest

from tests.support import hanging_servers

PLUGIN = ("-p", "tests.support.hanging_servers", "-p", "no:cacheprovider")
TESTS = """
import urllib.request

import pytest

from tests.demo.test_local_server import Script
from tests.support.hanging_servers import watch

SERVE = '''
    import http.server, sys, time
    class Health(http.server.BaseHTTPRequestHandler):
        def do_GET(self):
            if self.path == "/hang":
                time.sleep(600)
            self.send_response(200)
            self.end_headers()
            self.wfile.write(b'{"status": "OK"}')
    http.server.HTTPServer(("127.0.0.1", int(sys.argv[1])), Health).serve_forever()
'''
pytestmark = pytest.mark.real_server
tried = []

@pytest.fixture(scope="module")
def server():
    with Script(SERVE) as server, watch(server):
        yield server

def test_that_makes_it_hang(server):
    tried.append(server.pid)
    if len(tried) == 1:
        urllib.request.urlopen(f"{server.base_url}/hang", timeout=0.1)

def test_that_fails_for_another_reason(server):
    tried.append(server.pid)
    assert False

def test_that_always_makes_it_hang(server):
    tried.append(server.pid)
    urllib.request.urlopen(f"{server.base_url}/hang", timeout=0.1)

def test_tries():
    assert len(tried) == 5
    assert tried[0] != tried[1] == tried[2] == tried[3] != tried[4]
"""


@pytest.mark.slow
def test_a_test_is_repeated_once_and_only_where_its_server_hangs(
    pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(hanging_servers, "_SECONDS", 0.1)
    pytester.makepyfile(TESTS)
    result = pytester.runpytest_inprocess(*PLUGIN)
    result.assert_outcomes(passed=2, failed=2)
    result.stdout.fnmatch_lines(["*Script hung in *test_that_makes_it_hang, which is repeated:*"])
