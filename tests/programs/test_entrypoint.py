"""One image serves both programs: the first argument or the settings choose."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from entrypoint import choose

ROOT = Path(__file__).parent.parent.parent
LLAMA, VECTOR = {"LLAMA_BASE_URL": "http://l"}, {"VECTOR_API_BASE_URL": "http://v"}


@pytest.mark.parametrize(
    ("arguments", "environ", "chosen"),
    [
        ([], {}, ("sync", [])),
        ([], VECTOR, ("sync", [])),
        ([], LLAMA, ("ingest_conf", [])),
        ([], LLAMA | VECTOR, ("sync", [])),
        (["ingest_conf"], VECTOR, ("ingest_conf", [])),
        (["test_confluence.py"], LLAMA, ("test_confluence", [])),
        (["sync", "--help"], LLAMA, ("sync", ["--help"])),
        (["--help"], LLAMA, ("ingest_conf", ["--help"])),
    ],
)
def test_the_argument_decides_else_the_settings(
    arguments: list[str], environ: dict[str, str], chosen: tuple[str, list[str]]
) -> None:
    assert choose(arguments, environ) == chosen


@pytest.mark.parametrize(
    ("arguments", "more", "message"),
    [
        ([], {}, "sync.py: settings: CONF_CLOUD_ID"),
        ([], LLAMA, "ingest_conf.py: settings: CONF_CLOUD_ID"),
        (["test_confluence"], {}, "test_confluence.py: settings: CONF_CLOUD_ID"),
    ],
)
def test_the_chosen_program_reports_missing_settings(
    arguments: list[str], more: dict[str, str], message: str
) -> None:
    done = subprocess.run(
        [sys.executable, str(ROOT / "entrypoint.py"), *arguments],
        env={"PATH": os.environ["PATH"], **more},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 2
    assert message in done.stderr


def test_the_image_copies_what_runs_and_nothing_else() -> None:
    containerfile = (ROOT / "Containerfile").read_text()
    copied = [line.split()[1:-1] for line in containerfile.splitlines() if line.startswith("COPY ")]
    names = {name for names in copied for name in names if not name.startswith(("--", "/"))}
    assert names == {
        "requirements.txt", "entrypoint.py", "sync.py", "ingest_conf.py", "test_confluence.py",
        "pipeline",
    }  # fmt: skip
    kept = (ROOT / ".containerignore").read_text().splitlines()
    assert {line[1:] for line in kept if line.startswith("!")} == names
