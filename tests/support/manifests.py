"""The manifests as they are applied to a cluster: by `envsubst`, or by `oc process`."""

import json
import re
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import yaml

from pipeline.settings import Settings, load_settings

FOLDER = Path(__file__).parent.parent.parent / "openshift"
TOKEN = "a\"b'c$HOME\\d=${X} #e: f%"  # characters that YAML, shells and templates treat specially
VALUES = {  # of the variables that a user exports
    "IMAGE": "quay.io/acme/confluence-sync@sha256:" + "0" * 64,
    "CRON_SCHEDULE": "0 2 * * *",
    "CONF_CLOUD_ID": "11111111-2222-3333-4444-555555555555",
    "CONF_USER": "bot@example.com",
    "CONF_API_TOKEN": TOKEN,
    "SPACE_NAME": 'Ops & "on-call": what\'s known #1',
    "LABELS": "runbook,known-issue",
    "SINCE_HOURS": "24",
    "BATCH_SIZE": "50",
    "VECTOR_API_BASE_URL": "http://vector-api:8321",
    "LLAMA_BASE_URL": "http://llama-stack:8321",
    "COLLECTION_ID": "confluence",
    "VECTOR_DB_ID": "conf-known-issues",
}
Object = dict[str, Any]


def plain_files() -> list[Path]:
    return sorted([*FOLDER.glob("*.yaml"), *FOLDER.glob("options/*.yaml")])


def list_variables(path: Path) -> set[str]:
    """Return the variables of a file that `envsubst` replaces."""
    return set(re.findall(r"\$\{(\w+)\}", path.read_text("utf-8")))


def envsubst(path: Path, values: Mapping[str, str]) -> list[Object]:
    """Return the objects of `envsubst < path` with these variables exported and no others."""
    text = path.read_text("utf-8")
    if list_variables(path):  # alerts.yaml is applied as it is, with the variables of Prometheus
        text = re.sub(r"\$(?:\{(\w+)\}|(\w+))", lambda m: values.get(m[1] or m[2], ""), text)
    return to_objects(text)


def to_objects(text: str) -> list[Object]:
    """Return the objects of a YAML file."""
    return [document for document in yaml.safe_load_all(text) if document]


def load_pod_settings(program_name: Any, pod: Object, objects: Sequence[Object]) -> Settings:
    """Return the settings of a program in its pod, from these ConfigMaps and Secrets."""
    container, environ = pod["spec"]["containers"][0], dict[str, str]()
    for source in container["envFrom"]:
        kind = "ConfigMap" if "configMapRef" in source else "Secret"
        [reference] = source.values()
        found = [
            manifest["data" if kind == "ConfigMap" else "stringData"]
            for manifest in objects
            if (manifest["kind"], manifest["metadata"]["name"]) == (kind, reference["name"])
        ]
        assert len(found) == 1 or (not found and reference.get("optional")), reference
        environ |= found[0] if found else {}
    environ |= {row["name"]: row["value"] for row in container["env"]}
    assert all(isinstance(value, str) for value in environ.values()), environ
    return load_settings(program_name, environ)


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
