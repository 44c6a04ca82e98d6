"""Conversion and chunking take time in proportion to the page, whatever the page holds."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.hostile_pages import HOSTILE_PAGES
from tests.support.hostile_run import TIMES

ROOT = Path(__file__).parent.parent
SECONDS = 600  # for all pages of one converter, on a busy machine
# A linear page takes 8 times as long, a quadratic one 64 times. What is less than a chunk when it
# is small is not cut then: that may take a tenth of a second more.
MOST_TIMES, UNNOTICED = 3 * TIMES, 0.15


@pytest.mark.slow
@pytest.mark.parametrize(
    ("with_fallback", "size"),
    [
        pytest.param(False, 2_500, marks=pytest.mark.xdist_group("hostile")),
        pytest.param(True, 700, marks=pytest.mark.xdist_group("hostile-fallback")),
    ],
)
def test_no_page_takes_more_than_its_share(with_fallback: bool, size: int) -> None:
    command = [
        sys.executable,
        "-m",
        "tests.support.hostile_run",
        str(int(with_fallback)),
        str(size),
    ]
    try:
        done = subprocess.run(
            command, cwd=ROOT, capture_output=True, text=True, timeout=SECONDS, check=True
        )
    except subprocess.TimeoutExpired as error:
        lines = (error.stdout or b"").decode().splitlines()
        pytest.fail(f"not finished after {SECONDS} s: {lines[-1] if lines else 'nothing done'}")
    results = [json.loads(line) for line in done.stdout.splitlines() if line.startswith("[")]
    assert [result[0] for result in results] == list(HOSTILE_PAGES)
    assert not [
        result for result in results if result[3] or result[2] > MOST_TIMES * result[1] + UNNOTICED
    ]
