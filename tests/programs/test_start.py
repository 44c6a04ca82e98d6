"""How the programs start: arguments and settings are answered before anything heavy is loaded."""

import subprocess
import sys
from pathlib import Path

import pytest

from pipeline.run import CHECK, INGEST, SYNC, start
from pipeline.run.start import Startable
from pipeline.settings import Settings, load_settings
from tests.support.program import ROOT

PROGRAMS = ("sync", "ingest_conf", "test_confluence")
HEAVY = ("requests", "lxml", "tiktoken", "tqdm", "sqlite3", "llama_stack_client", "pandas")


class Recorder:
    """A program that records what it is started with."""

    name = "sync"

    def __init__(self) -> None:
        self.started: list[Settings] = []

    def execute(self, settings: Settings, job: object, signals: object) -> int:
        self.started.append(settings)
        return 7


def start_with(program: Startable[object], *arguments: str, **environ: str) -> int:
    return start(program, "About.", lambda _: None, list(arguments), environ, "/nowhere/sync.py")


ENOUGH = {
    "CONF_BASE_URL": "http://127.0.0.1:1",
    "CONF_USER": "bot",
    "CONF_API_TOKEN": "token",
    "VECTOR_API_BASE_URL": "http://127.0.0.1:2",
    "LLAMA_BASE_URL": "http://127.0.0.1:3",
    "SPACE_NAME": "Known Issues",
}


def test_the_exit_code_is_the_jobs(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "excepthook", sys.excepthook)
    recorder = Recorder()
    assert start_with(recorder, **ENOUGH) == 7
    assert recorder.started[0].space_name == "Known Issues"


def test_the_env_file_beside_the_program_is_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "excepthook", sys.excepthook)
    (tmp_path / ".env").write_text("COLLECTION_ID=from-file\n")
    recorder = Recorder()
    start(recorder, "About.", lambda _: None, [], ENOUGH, str(tmp_path / "sync.py"))
    assert recorder.started[0].collection_id == "from-file"


@pytest.mark.parametrize(
    ("arguments", "code"), [(["-h"], 0), (["--help"], 0), (["--dry-run"], 2), (["-h", "x"], 2)]
)
def test_arguments_are_answered_with_the_help(
    arguments: list[str], code: int, capsys: pytest.CaptureFixture[str]
) -> None:
    recorder = Recorder()
    assert start_with(recorder, *arguments, **ENOUGH) == code
    assert not recorder.started
    out = capsys.readouterr().out
    assert out.startswith("About.")
    assert "VECTOR_API_BASE_URL" in out


def test_invalid_settings_are_exit_2_and_one_line(capsys: pytest.CaptureFixture[str]) -> None:
    recorder = Recorder()
    assert start_with(recorder, **ENOUGH | {"WORKERS": "many"}) == 2
    assert not recorder.started
    assert capsys.readouterr().err.startswith("sync.py: settings: WORKERS must be ")


@pytest.mark.parametrize("name", PROGRAMS)
def test_invalid_settings_are_reported_before_anything_heavy_is_loaded(name: str) -> None:
    code = (
        "import runpy, sys\n"
        f"try: runpy.run_path('{name}.py', run_name='__main__')\n"
        f"except SystemExit as end: print(end.code, [m for m in {HEAVY} if m in sys.modules])\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, env={}, capture_output=True, text=True, check=True
    )
    assert done.stdout == "2 []\n"
    assert done.stderr.startswith(f"{name}.py: settings: ")


def test_the_programs_differ_in_server_and_collection() -> None:
    assert [program.name for program in (SYNC, INGEST, CHECK)] == list(PROGRAMS)
    settings = load_settings("sync", ENOUGH | {"COLLECTION_ID": "c"})
    assert (SYNC.server(settings), SYNC.collection(settings)) == ("http://127.0.0.1:2", "c")
    settings = load_settings("ingest_conf", ENOUGH | {"VECTOR_DB_ID": "v"})
    assert (INGEST.server(settings), INGEST.collection(settings)) == ("http://127.0.0.1:3", "v")
