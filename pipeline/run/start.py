"""How every program starts: signals, arguments, settings, logging, then its job.

Light to import: the stages come once the settings are checked and signals are received.
"""

from __future__ import annotations

import contextlib
import os
import signal
import socket
import sys
import threading
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import NoReturn, Protocol

from pipeline.report import ExitCode, set_up_logging
from pipeline.settings import ProgramName, Settings, SettingsError, load_settings, to_help

_SIGNALS = (signal.SIGTERM, signal.SIGINT)


class Signals:
    """The signals of this process: the first is handed to the run, the second ends the process."""

    def __init__(self) -> None:
        self.leaves_threads = False  # set by a run that was stopped: see `_end_process`
        self._lock = threading.Lock()
        self._first = 0
        self._on_first: Callable[[int], None] | None = None

    @contextlib.contextmanager
    def listening(self) -> Iterator[None]:
        """Receive the signals within the block, and those that were blocked until now.

        The interpreter writes signals to a socket as they arrive, and a thread reads them: a
        handler would wait for the main thread, whatever that calls, and could deadlock with it.
        """
        reader, writer = socket.socketpair()
        writer.setblocking(False)
        threading.Thread(target=self._listen, args=(reader,), name="signals", daemon=True).start()
        wakeup = signal.set_wakeup_fd(writer.fileno())
        before = [signal.signal(number, lambda _number, _frame: None) for number in _SIGNALS]
        signal.pthread_sigmask(signal.SIG_UNBLOCK, _SIGNALS)
        try:
            yield
        finally:
            for number, action in zip(_SIGNALS, before, strict=True):
                signal.signal(number, action)
            signal.set_wakeup_fd(wakeup)
            writer.close()

    def hand_to(self, on_first: Callable[[int], None]) -> None:
        """Call this with the number of the first signal, at once if it has arrived."""
        with self._lock:
            self._on_first, first = on_first, self._first
        if first:
            on_first(first)

    def _listen(self, reader: socket.socket) -> None:
        with reader:
            while received := reader.recv(1):
                with self._lock:
                    if self._first:
                        os._exit(128 + received[0])  # process 1 has no default action
                    self._first, on_first = received[0], self._on_first
                if on_first:
                    on_first(self._first)


class Startable[Subject](Protocol):
    """A program whose job works on a `Subject`, such as a `Run`."""

    @property
    def name(self) -> ProgramName: ...

    def execute(
        self, settings: Settings, job: Callable[[Subject], None], signals: Signals
    ) -> int: ...


def start[Subject](
    program: Startable[Subject],
    about: str,
    job: Callable[[Subject], None],
    arguments: list[str],
    environ: Mapping[str, str],
    program_file: str,
) -> int:
    """Run a program's job with its settings; return the exit code.

    `about` is the program's docstring, shown by --help; a `.env` file beside `program_file` is
    read. Settings are checked before the stages are imported: invalid ones are reported at once.
    Signals are received before that, too: process 1 of a container would lose them.
    """
    if arguments:
        print(to_help(program.name, about))  # noqa: T201 - the answer to --help
        return ExitCode.OK if arguments in (["-h"], ["--help"]) else ExitCode.BAD_SETTINGS
    signals = Signals()
    with signals.listening():
        code = _run(program, job, environ, program_file, signals)
        if signals.leaves_threads:
            _end_process(code)
        return code


def _run[Subject](
    program: Startable[Subject],
    job: Callable[[Subject], None],
    environ: Mapping[str, str],
    program_file: str,
    signals: Signals,
) -> int:
    try:
        settings = load_settings(program.name, environ, Path(program_file).with_name(".env"))
    except SettingsError as error:
        print(f"{program.name}.py: settings: {error}", file=sys.stderr)  # noqa: T201 - no log yet
        return ExitCode.BAD_SETTINGS
    set_up_logging(settings)
    return program.execute(settings, job, signals)


def _end_process(exit_code: int) -> NoReturn:
    """End without waiting for threads that still wait for a server or convert a page.

    The interpreter would end them within code that may not be ended there: the process aborts.
    """
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(exit_code)
