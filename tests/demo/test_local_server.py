"""LocalServer with small servers: start, stop, restart, failures."""

import os
import signal
import subprocess
import sys
import textwrap
import time
from collections.abc import Mapping, Sequence
from pathlib import Path

import pytest

from demo.servers import LocalServer, ServerError

_SERVE = """
    import http.server, sys
    class Health(http.server.BaseHTTPRequestHandler):
        def do_GET(self):
            self.send_response(200)
            self.end_headers()
            self.wfile.write(b'{"status": "OK"}')
    http.server.HTTPServer(("127.0.0.1", int(sys.argv[1])), Health).serve_forever()
"""
_SERVE_WITH_WORKER = (
    """
    import pathlib, subprocess, sys
    worker = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"])
    pathlib.Path("worker").write_text(str(worker.pid))
"""
    + _SERVE
)


class Script(LocalServer):
    """A server in a few lines of Python; its port is its first argument."""

    name = "Script"

    def __init__(self, script: str, data_dir: Path | None = None) -> None:
        super().__init__(data_dir, say=lambda _: None)
        self._script = textwrap.dedent(script)

    def install(self) -> Path:
        return Path(sys.executable)

    def configure(self) -> None:
        (self.data_dir / "script.py").write_text(self._script, encoding="utf-8")

    def command(self, python: Path, port: int) -> Sequence[str]:
        return [str(python), "script.py", str(port)]

    def environment(self) -> Mapping[str, str]:
        return {}


def _is_running(pid: int) -> bool:
    """Return whether the process runs; a zombie does not."""
    state = subprocess.run(
        ["ps", "-o", "stat=", "-p", str(pid)], capture_output=True, text=True, check=False
    ).stdout.strip()
    return state not in ("", "Z") and not state.startswith("Z")


def _wait_until_gone(pid: int) -> None:
    for _ in range(200):
        if not _is_running(pid):
            return
        time.sleep(0.1)
    raise AssertionError(f"process {pid} still runs")


def test_the_server_and_its_temporary_data_end_with_the_block() -> None:
    with Script(_SERVE) as server:
        assert _is_running(server.pid)
        data_dir = server.data_dir
        assert (data_dir / "script.py").exists()
    assert not _is_running(server.pid)
    assert not data_dir.exists()


def test_a_named_data_folder_is_kept(tmp_path: Path) -> None:
    with Script(_SERVE, tmp_path / "kept"):
        pass
    assert (tmp_path / "kept" / "server.log").exists()


def test_a_restart_is_a_new_process_at_the_same_address() -> None:
    with Script(_SERVE) as server:
        address, pid = server.base_url, server.pid
        server.restart()
        assert server.base_url == address
        assert server.pid != pid
        assert not _is_running(pid)


def test_an_error_in_the_block_stops_the_server() -> None:
    with pytest.raises(ZeroDivisionError), Script(_SERVE) as server:
        raise ZeroDivisionError
    assert not _is_running(server.pid)


def test_workers_of_the_server_end_with_it() -> None:
    with Script(_SERVE_WITH_WORKER) as server:
        worker = int((server.data_dir / "worker").read_text())
        assert _is_running(worker)
    _wait_until_gone(worker)


def test_a_failed_start_shows_the_exit_code_and_the_end_of_the_log() -> None:
    server = Script("import sys; print('no such vegetable'); sys.exit(3)")
    with pytest.raises(ServerError, match=r"(?s)ended with code 3.*no such vegetable"), server:
        pass
    assert not server.data_dir.exists()


def test_a_failed_start_shows_no_earlier_log(tmp_path: Path) -> None:
    (tmp_path / "server.log").write_text("an old story\n")
    with pytest.raises(ServerError) as caught, Script("print('the new one')", tmp_path):
        pass
    assert "the new one" in str(caught.value)
    assert "an old story" not in str(caught.value)


@pytest.mark.parametrize("ending", [signal.SIGTERM, signal.SIGKILL])
def test_the_server_ends_when_its_starter_is_killed(ending: signal.Signals, tmp_path: Path) -> None:
    starter = f"""
        import time
        from tests.demo.test_local_server import Script, _SERVE
        from pathlib import Path
        with Script(_SERVE, Path({str(tmp_path)!r})) as server:
            print(server.pid, flush=True)
            time.sleep(600)
    """
    with subprocess.Popen(
        [sys.executable, "-c", textwrap.dedent(starter)],
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONPATH": str(Path(__file__).parent.parent.parent)},
    ) as process:
        assert process.stdout is not None
        server_pid = int(process.stdout.readline())
        assert _is_running(server_pid)
        process.send_signal(ending)
    _wait_until_gone(server_pid)
