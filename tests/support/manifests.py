"""The manifests as they are applied to a cluster: by `envsubst`, or by `oc process`."""

import base64
import json
import re
import subprocess
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml

FOLDER = Path(__file__).parent.parent.parent / "openshift"
TOKEN = "a\"b'c$HOME\\d\n${X} end"  # characters that YAML, shells and templates treat specially
VALUES = {
    "IMAGE": "quay.io/acme/confluence-sync@sha256:" + "0" * 64,
    "CONF_CLOUD_ID": "00000000-0000-0000-0000-000000000000",
    "CONF_USER": "bot@example.com",
    "CONF_API_TOKEN": TOKEN,
    "CONF_USER_B64": base64.b64encode(b"bot@example.com").decode(),
    "CONF_API_TOKEN_B64": base64.b64encode(TOKEN.encode()).decode(),
    "SPACE_NAME": "Known Issues",
    "LABELS": "",
    "VECTOR_API_BASE_URL": "http://vector-api:8321",
    "LLAMA_BASE_URL": "http://llama-stack:8321",
    "COLLECTION_ID": "confluence",
    "VECTOR_DB_ID": "conf-known-issues",
}
Object = dict[str, Any]


def plain_files() -> list[Path]:
    return sorted(FOLDER.glob("*.yaml"))


def documented_variables(path: Path) -> list[str]:
    """Return the variables of the `envsubst` call in a file's header."""
    lists = re.findall(r"envsubst '([^']*)'", path.read_text("utf-8"))
    return [name.removeprefix("$") for names in lists for name in names.split()]


def envsubst(path: Path, values: Mapping[str, str]) -> list[Object]:
    """Return the file's objects with its documented variables substituted, as by `envsubst`."""
    text = path.read_text("utf-8")
    for name in documented_variables(path):
        text = re.sub(rf"\$\{{{name}\}}|\${name}\b", lambda _, n=name: values.get(n, ""), text)
    return [document for document in yaml.safe_load_all(text) if document]


def oc_process(path: Path, parameters: Mapping[str, str]) -> list[Object]:
    """Return the objects of `oc process -f path -p NAME=VALUE …`. Raises ValueError as it does."""
    template = yaml.safe_load(path.read_text("utf-8"))
    rows = {row["name"]: row for row in template["parameters"]}
    if unknown := parameters.keys() - rows.keys():
        raise ValueError(f"unknown parameter {unknown}")
    values = {name: parameters.get(name, str(row.get("value", ""))) for name, row in rows.items()}
    for name, row in rows.items():
        if row.get("required") and not values[name]:
            raise ValueError(f"parameter {name} is required")

    def fill(node: Any) -> Any:
        if isinstance(node, dict):
            return {key: fill(value) for key, value in node.items()}
        if isinstance(node, list):
            return [fill(value) for value in node]
        if not isinstance(node, str):
            return node
        if whole := re.fullmatch(r"\$\{\{(\w+)\}\}", node):
            return json.loads(values[whole[1]]) if whole[1] in values else node
        return re.sub(r"\$\{(\w+)\}", lambda found: values.get(found[1], found[0]), node)

    objects: list[Object] = fill(template["objects"])
    for manifest in objects:
        manifest.setdefault("metadata", {}).setdefault("labels", {}).update(
            template.get("labels", {})
        )
    return objects


def job_spec(manifest: Object) -> Object | None:
    """Return the specification of a Job, or of a CronJob's jobs; None for other objects."""
    if manifest["kind"] == "CronJob":
        spec: Object = manifest["spec"]["jobTemplate"]["spec"]
        return spec
    return manifest["spec"] if manifest["kind"] == "Job" else None


def pod_template(manifest: Object) -> Object | None:
    """Return the pod template of a Job or CronJob; None for other objects."""
    spec = job_spec(manifest)
    return spec and spec["template"]


def run_tool(*command: str) -> str:
    """Run a command; return its exit code and output as text."""
    done = subprocess.run(command, capture_output=True, text=True, timeout=300, check=False)
    return f"exit {done.returncode}\n{done.stdout}{done.stderr}"
