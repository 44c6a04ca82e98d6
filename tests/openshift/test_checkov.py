"""The findings of a security scanner for the manifests as they are applied to a cluster."""

import json
import subprocess
from pathlib import Path

import pytest
import yaml

from demo.servers import Lock, say_on_stderr, venv
from tests.support.manifests import FOLDER, VALUES, Object, envsubst, oc_process, plain_files
from tests.support.server_fixtures import install_or_skip

pytestmark = pytest.mark.real_server

# The lock lists every package; pip needs half the time when it resolves nothing.
LOCK = Lock(Path(__file__).parent / "checkov" / "requirements.txt", with_dependencies=False)
TEMPLATE = FOLDER / "template.ocp"
PARAMETERS = ("IMAGE", "LLAMA_BASE_URL", "CONF_CLOUD_ID", "CONF_USER", "CONF_API_TOKEN")
ACCEPTED = {
    "CKV_K8S_21": "the namespace is the project that `oc apply` runs in",
    "CKV_K8S_35": "variables are the default, files are documented; neither is logged",
    "CKV_K8S_40": "restricted-v2 assigns a high user id and rejects a fixed one",
}


@pytest.fixture(scope="module")
def checkov() -> Path:
    """The scanner in its own virtual environment, about 270 MB in `.cache/`."""
    python = install_or_skip("checkov", lambda: venv.install_venv("checkov", [LOCK], say_on_stderr))
    return python.with_name("checkov")


def failed_checks(checkov: Path, objects: list[Object], folder: Path) -> dict[str, str]:
    """Return the failed checks: id → what is required, and of which object."""
    (folder / "all.yaml").write_text(yaml.safe_dump_all(objects), "utf-8")
    done = subprocess.run(
        [
            str(checkov),
            "--framework",
            "kubernetes",
            "--skip-download",
            "--compact",
            "--quiet",
            "--output",
            "json",
            "--directory",
            str(folder),
        ],
        capture_output=True,
        text=True,
        timeout=200,
        check=False,
    )
    assert done.returncode in (0, 1), done.stderr
    found = json.loads(done.stdout)["results"]["failed_checks"]
    return {row["check_id"]: f"{row['check_name']}: {row['resource']}" for row in found}


def test_only_the_accepted_checks_fail(checkov: Path, tmp_path: Path) -> None:
    objects = [row for path in plain_files() for row in envsubst(path, VALUES)]
    objects += oc_process(TEMPLATE, {name: VALUES[name] for name in PARAMETERS})
    failed = failed_checks(checkov, objects, tmp_path)
    assert failed.keys() == ACCEPTED.keys(), failed


def test_missing_limits_and_privileges_are_found(checkov: Path, tmp_path: Path) -> None:
    job = envsubst(FOLDER / "job-llama.yaml", VALUES)[0]
    container = job["spec"]["template"]["spec"]["containers"][0]
    del container["resources"]["limits"]
    container["securityContext"]["privileged"] = True
    failed = failed_checks(checkov, [job], tmp_path)
    assert {"CKV_K8S_11", "CKV_K8S_13", "CKV_K8S_16"} <= failed.keys()
