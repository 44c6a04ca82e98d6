"""A server process on loopback: started, waited for, restarted on its data, reliably stopped."""

import contextlib
import http.client
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import IO, Self

_GUARD = Path(__file__).with_name("guard.py")
_START_SECONDS = 300.0  # six seconds is usual; a cold disk or a busy machine takes longer
_STOP_SECONDS = 20.0
_PORT_ATTEMPTS = 3
_LOG_TAIL = 30  # lines


class ServerError(Exception):
    """The server did not start; the message ends with the last lines of its log."""


def say_on_stderr(line: str) -> None:
    """Print a line of progress."""
    print(line, file=sys.stderr, flush=True)


class LocalServer(ABC):
    """A context manager around one server process.

    A subclass defines how the server is installed, configured and called. The process ends with
    the `with` block, and also when this process ends in any other way (see guard.py).
    """

    name: str
    data_dir: Path  # set when the block begins

    def __init__(self, data_dir: Path | None, say: Callable[[str], None]) -> None:
        """Without `data_dir`, the data is temporary and removed at the end of the `with` block."""
        self._kept_data_dir = data_dir
        self._say = say
        self._port = 0
        self._guard: subprocess.Popen[str] | None = None
        self.pid = 0

    @abstractmethod
    def install(self) -> Path:
        """Create the server's virtual environment unless it exists; return its Python."""

    @abstractmethod
    def configure(self) -> None:
        """Write the server's configuration into `data_dir`."""

    @abstractmethod
    def command(self, python: Path, port: int) -> Sequence[str]:
        """Return the command that serves on this loopback port."""

    @abstractmethod
    def environment(self) -> Mapping[str, str]:
        """Return all environment variables of the server; it inherits none."""

    @property
    def base_url(self) -> str:
        """`http://127.0.0.1:<port>`; the same after `restart`."""
        return f"http://127.0.0.1:{self._port}"

    @property
    def log(self) -> Path:
        """The server's output, appended over restarts."""
        return self.data_dir / "server.log"

    def __enter__(self) -> Self:
        self._python = self.install()
        temporary = self._kept_data_dir is None
        self.data_dir = Path(
            tempfile.mkdtemp(prefix="server-") if temporary else self._kept_data_dir or ""
        ).absolute()
        try:
            self.data_dir.mkdir(parents=True, exist_ok=True)
            self.configure()
            self._start_on_free_port()
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()
        if self._kept_data_dir is None:
            shutil.rmtree(self.data_dir, ignore_errors=True)

    def restart(self) -> None:
        """Stop and start again on the same data and port."""
        self.stop()
        self._start()

    def answers(self, seconds: float) -> bool:
        """Return whether the server runs and is healthy at some time within `seconds`.

        If it is not, it is ended by SIGABRT, upon which Python writes the stacks of its threads to
        the log where PYTHONFAULTHANDLER is set.
        """
        deadline = time.monotonic() + seconds
        while not self._is_healthy():
            if self._guard is None or self._guard.poll() is not None:
                return False
            if time.monotonic() > deadline:
                with contextlib.suppress(ProcessLookupError):
                    os.kill(self.pid, signal.SIGABRT)
                return False
            time.sleep(0.1)
        return True

    def log_tail(self, lines: int, start: int = 0) -> str:
        """Return the last lines of the log after its byte `start`."""
        with self.log.open(encoding="utf-8", errors="replace") as log:
            log.seek(start)
            last = log.read().splitlines()[-lines:]
        return "\n".join(f"  | {line.rstrip()}" for line in last)

    def stop(self) -> None:
        """Stop the server and wait for its end; do nothing when it is not running."""
        guard, self._guard = self._guard, None
        if guard is None:
            return
        assert guard.stdin is not None
        assert guard.stdout is not None
        guard.stdin.close()
        try:
            guard.wait(_STOP_SECONDS)
        finally:
            guard.stdout.close()

    def _start_on_free_port(self) -> None:
        for _ in range(_PORT_ATTEMPTS - 1):
            self._port = _free_port()
            try:
                self._start()
            except ServerError as error:
                # Another process took the port after _free_port had found it.
                if "address already in use" not in str(error):
                    raise
            else:
                return
        self._port = _free_port()
        self._start()

    def _start(self) -> None:
        self._say(f"{self.name}: starting on {self.base_url} …")
        began = time.monotonic()
        with self.log.open("a", encoding="utf-8") as log:
            log_start = log.tell()
            self._guard = self._launch(log)
        try:
            self._wait_until_healthy(began + _START_SECONDS)
        except ServerError as error:
            self.stop()
            raise ServerError(f"{error}\n{self.log_tail(_LOG_TAIL, log_start)}") from None
        self._say(f"{self.name}: ready after {time.monotonic() - began:.1f} s")

    def _launch(self, log: IO[str]) -> subprocess.Popen[str]:
        guard = subprocess.Popen(
            [sys.executable, "-I", _GUARD, *self.command(self._python, self._port)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=log,
            text=True,
            env=dict(self.environment()),
            cwd=self.data_dir,
            start_new_session=True,  # Ctrl-C reaches this process only, which then stops the server
        )
        assert guard.stdout is not None
        self.pid = int(guard.stdout.readline() or 0)  # no line: the command did not start
        return guard

    def _wait_until_healthy(self, deadline: float) -> None:
        assert self._guard is not None
        while not self._is_healthy():
            if self._guard.poll() is not None:
                raise ServerError(f"{self.name} ended with code {self._guard.returncode}")
            if time.monotonic() > deadline:
                raise ServerError(f"{self.name} did not answer within {_START_SECONDS:.0f} s")
            time.sleep(0.1)

    def _is_healthy(self) -> bool:
        direct = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        try:
            with direct.open(f"{self.base_url}/v1/health", timeout=5) as answer:
                return json.load(answer).get("status") == "OK"  # type: ignore[no-any-return]
        except (OSError, ValueError, http.client.HTTPException):
            return False  # not listening yet


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
