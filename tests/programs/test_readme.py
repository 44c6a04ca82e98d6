"""README.md: the commands that people type, its links and its queries work."""

import json
import os
import re
import subprocess
from pathlib import Path

import pytest

from demo.confluence_site import ConfluenceSite
from demo.pages import demo_state
from tests.support.debian_tools import find_tool
from tests.support.program import ROOT, environment, sync_now
from tests.support.vector_api import VectorApi

README = (ROOT / "README.md").read_text("utf-8")
BLOCKS = re.findall(r"^```\w*\n(.*?)^```$", README, re.DOTALL | re.MULTILINE)
COMMANDS = [
    "podman build -t confluence-sync:latest .",
    "podman run --rm -e CONF_CLOUD_ID= -e CONF_USER= -e CONF_API_TOKEN= -e VECTOR_API_BASE_URL= "
    "-e COLLECTION_ID= localhost/confluence-sync:latest",
    "pip install -r requirements.txt && pip install llama-stack-client jupyter",
    "jupyter notebook ingest_conf.ipynb",
    "envsubst < openshift/secret.yaml | oc apply -f -",
    "envsubst < openshift/configmap-llama.yaml | oc apply -f -",
    "envsubst < openshift/job-llama.yaml | oc apply -f -",
    "envsubst < openshift/cronjob-llama.yaml | oc apply -f -",
    "oc process -f openshift/template.ocp -p IMAGE= -p CRON_SCHEDULE= -p LLAMA_BASE_URL= "
    "-p CONF_CLOUD_ID= -p SPACE_NAME= -p VECTOR_DB_ID= -p LABELS= -p BATCH_SIZE= -p CONF_USER= "
    "-p CONF_API_TOKEN= | oc apply -f -",
    "oc create configmap working-sync-config --from-env-file=.env",
    "oc create secret generic confluence-creds --from-env-file=.env.secrets",
    "oc apply -f openshift/job-llama.yaml",
    "oc apply -f openshift/cronjob-llama.yaml",
    "oc apply -f openshift/secret.yaml",
    "oc apply -f openshift/configmap.yaml",
    "oc apply -f openshift/cronjob.yaml",
]
EXPORTED = (
    "NAMESPACE IMAGE CRON_SCHEDULE LLAMA_BASE_URL CONF_CLOUD_ID SPACE_NAME VECTOR_DB_ID LABELS "
    "SINCE_HOURS BATCH_SIZE CONF_USER CONF_API_TOKEN"
)


def list_commands() -> set[str]:
    """The commands of all blocks, on one line each, without comments and values."""
    lines = "\n".join(BLOCKS).replace("\\\n", " ").splitlines()
    plain = (re.sub(r"(-[ep] \w+=)\S+", r"\1", line.partition("  #")[0]) for line in lines)
    return {" ".join(line.split()) for line in plain}


@pytest.mark.parametrize("command", COMMANDS)
def test_the_command_is_there_word_for_word(command: str) -> None:
    assert command in list_commands()


def test_every_variable_of_the_manifests_is_exported() -> None:
    exports = " ".join(line for line in list_commands() if line.startswith("export "))
    assert set(EXPORTED.split()) <= set(re.findall(r"(\w+)=", exports))


def test_the_demo_takes_three_commands_and_a_real_site_five() -> None:
    [demo] = [block for block in BLOCKS if "make demo" in block]
    [venv] = [block for block in BLOCKS if "-m venv" in block]
    assert len(demo.splitlines()) == 3
    assert len(venv.splitlines()) == 5
    assert "VERIFY_QUERY=" in venv.splitlines()[-1]


def to_anchor(heading: str) -> str:
    """As GitHub makes it."""
    return re.sub(r"[^\w\- ]", "", heading.strip().lower()).replace(" ", "-")


@pytest.mark.parametrize(
    "page", [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted(ROOT.glob("docs/*.md"))],
    ids=lambda page: page.name,
)  # fmt: skip
def test_every_link_leads_to_a_file_and_a_heading(page: Path) -> None:
    for target in re.findall(r"\]\(((?!https?:)[^)\s]+)\)", page.read_text("utf-8")):
        path, _, anchor = target.partition("#")
        linked = (page.parent / path).resolve() if path else page
        assert linked.exists(), target
        if anchor:
            headings = re.findall(r"^#+ (.*)$", linked.read_text("utf-8"), re.MULTILINE)
            assert anchor in map(to_anchor, headings), target


@pytest.mark.parametrize("variant", ["underscore", "dash"])
def test_the_query_is_answered(variant: str, tmp_path: Path) -> None:
    find_tool("curl", "curl")
    find_tool("jq", "jq")
    [block] = [block for block in BLOCKS if "/v1/vector_io/query" in block]
    [command] = [part for part in block.split("\n\n") if part.startswith(f"# {variant}")]
    with ConfluenceSite(demo_state()) as site, VectorApi(variant) as api:
        environ = environment(site, api.base_url, tmp_path, SPACE_NAME="Known Issues")
        assert sync_now(environ).code == 0
        done = subprocess.run(
            ["bash", "-euo", "pipefail", "-c", command],
            env={"PATH": os.environ["PATH"], "VECTOR_API_BASE_URL": api.base_url},
            cwd=tmp_path,
            capture_output=True,
            text=True,
            timeout=30,
            check=True,
        )
    answer, _ = json.JSONDecoder().raw_decode(done.stdout)
    assert "page_id" in json.dumps(answer)


def test_git_ignores_what_a_run_leaves_in_the_checkout() -> None:
    left = ["sync.lock", "sync.sqlite3", "sync.sqlite3-wal", "sync.scratch", "confluence.vdb"]
    left += [".env", ".env.secrets"]
    done = subprocess.run(
        ["git", "check-ignore", "--no-index", *left],
        cwd=ROOT, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.stdout.split() == left
    assert (ROOT / ".env.example").exists()
