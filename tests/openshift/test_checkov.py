"""What a security scanner says about the manifests, as the cluster would get them."""

import json
import os
import subprocess
from pathlib import Path

import pytest
import yaml

from demo.servers.local_server import say_on_stderr
from demo.servers.venv import Lock, RegistryUnreachableError, install_venv
from tests.support.manifests import FOLDER, VALUES, Object, envsubst, oc_process, plain_files

# Its lock names every package, so that pip need not resolve anything: half the time.
LOCK = Lock(Path(__file__).parent / "checkov" / "requirements.txt", with_dependencies=False)
TEMPLATE = FOLDER / "template.ocp"
GIVEN = ("IMAGE", "LLAMA_BASE_URL", "CONF_CLOUD_ID", "CONF_USER", "CONF_API_TOKEN")
SKIPPED = {
    "CKV_K8S_21": "the namespace is the project that `oc apply` runs in",
    "CKV_K8S_35": "variables are the default, files the documented choice; neither is ever logged",
    "CKV_K8S_40": "restricted-v2 gives a high user id, and refuses one that is written down",
}


@pytest.fixture(scope="module")
def checkov() -> Path:
    """The scanner in an environment of its own, about 270 MB in `.cache/`."""
    try:
        python = install_venv("checkov", [LOCK], say_on_stderr)
    except RegistryUnreachableError:
        if os.environ.get("CI"):
            raise
        pytest.skip("NOT SCANNED: checkov is not installed, the package index does not answer")
    return python.with_name("checkov")


def failed_checks(checkov: Path, objects: list[Object], folder: Path) -> dict[str, str]:
    """Checks that are not passed: their id → what they ask for and of whom."""
    (folder / "all.yaml").write_text(yaml.safe_dump_all(objects), "utf-8")
    done = subprocess.run(
        [str(checkov), "--framework", "kubernetes", "--skip-download", "--compact", "--quiet",
         "--output", "json", "--directory", str(folder)],
        capture_output=True, text=True, timeout=200, check=False,
    )  # fmt: skip
    assert done.returncode in (0, 1), done.stderr
    found = json.loads(done.stdout)["results"]["failed_checks"]
    return {one["check_id"]: f"{one['check_name']}: {one['resource']}" for one in found}


def test_the_scanner_finds_nothing_but_what_is_meant(checkov: Path, tmp_path: Path) -> None:
    objects = [one for path in plain_files() for one in envsubst(path, VALUES)]
    objects += oc_process(TEMPLATE, {name: VALUES[name] for name in GIVEN})
    failed = failed_checks(checkov, objects, tmp_path)
    assert failed.keys() == SKIPPED.keys(), failed


def test_the_scanner_finds_what_is_wrong(checkov: Path, tmp_path: Path) -> None:
    job = envsubst(FOLDER / "job-llama.yaml", VALUES)[0]
    container = job["spec"]["template"]["spec"]["containers"][0]
    del container["resources"]["limits"]
    container["securityContext"]["privileged"] = True
    failed = failed_checks(checkov, [job], tmp_path)
    assert {"CKV_K8S_11", "CKV_K8S_13", "CKV_K8S_16"} <= failed.keys()
