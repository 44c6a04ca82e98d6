"""Hostile files beside others in one run of the program, in the memory of a pod."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from demo.confluence_site import ConfluenceSite, SiteState
from tests.markdown.attachments.hostile_files import table
from tests.support.program import ROOT, environment, load_report
from tests.support.vector_api import VectorApi

POD = 512 * 2**20  # bytes, of openshift/cronjob.yaml
ON = {"CONTENT_TYPES": "pages,attachments"}
# Runs sync.py, then prints the peaks of its own memory and of its largest child, in bytes.
PROGRAM = """
import json, resource, runpy, sys
del sys.argv[0]
try:
    runpy.run_path(sys.argv[0], run_name="__main__")
except SystemExit as end:
    who = resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN
    peaks = [resource.getrusage(one).ru_maxrss * 1024 for one in who]
    print(json.dumps([end.code, *peaks]))
"""


def sync_and_measure(environ: dict[str, str]) -> list[int]:
    """Return the exit code, and both peaks. A shell between does not inherit that of this one."""
    shell = 'umask 077; "$@"; exit $?'
    done = subprocess.run(
        ["/bin/sh", "-c", shell, "sh", sys.executable, "-c", PROGRAM, str(ROOT / "sync.py")],
        env={"PATH": os.environ["PATH"], "PYTHONPATH": str(ROOT), "PYTHONUTF8": "1"} | environ,
        stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, timeout=240, check=True,
    )  # fmt: skip
    found: list[int] = json.loads(done.stdout.splitlines()[-1])
    return found


@pytest.mark.slow
def test_hostile_files_fail_by_name_in_one_run_and_others_are_ingested(tmp_path: Path) -> None:
    state, failing, without_text = SiteState(), set(), set()
    state.add_space("KI", "Known Issues")
    page = state.add_page("Page", "KI", "<p>Text.</p>")
    for name, make, error, _ in table()[3:23]:
        state.files.add(page, name, make())
        (without_text if error == "NoTextError" else failing).add(f"Page > {name}")
    state.files.add(page, "notes.md", b"# Notes\n\nText.\n")
    (tmp_path / "tmp").mkdir()
    with ConfluenceSite(state) as site, VectorApi(delete_route="document") as api:
        environ = environment(site, api.base_url, tmp_path, TMPDIR=str(tmp_path / "tmp"), **ON)
        code, own, child = sync_and_measure(environ)
        print(f"the run {own >> 20} MiB, the largest child {child >> 20} MiB")
        report = load_report(environ)
        assert (code, {row["title"] for row in report["failures"]}) == (1, failing)
        stored = {str(row.metadata["title"]) for row in api.documents("confluence").values()}
    assert stored == {"Page", "Page > notes.md", *without_text}
    assert own + child < POD
    assert not list((tmp_path / "tmp").iterdir())
