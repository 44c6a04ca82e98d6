"""How every program starts: arguments, settings, logging, then its job."""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Protocol

from pipeline.report import ExitCode, set_up_logging
from pipeline.settings import ProgramName, Settings, SettingsError, load_settings, to_help


class Startable[Subject](Protocol):
    """A program whose job works on a `Subject`, such as a `Run`."""

    @property
    def name(self) -> ProgramName: ...

    def execute(self, settings: Settings, job: Callable[[Subject], None]) -> int: ...


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
    """
    if arguments:
        print(to_help(program.name, about))  # noqa: T201 - the answer to --help
        return ExitCode.OK if arguments in (["-h"], ["--help"]) else ExitCode.BAD_SETTINGS
    try:
        settings = load_settings(program.name, environ, Path(program_file).with_name(".env"))
    except SettingsError as error:
        print(f"{program.name}.py: settings: {error}", file=sys.stderr)  # noqa: T201 - no log yet
        return ExitCode.BAD_SETTINGS
    set_up_logging(settings)
    return program.execute(settings, job)
