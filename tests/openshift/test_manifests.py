"""The manifests: valid for the API server, accepted by restricted-v2, true to the settings."""

import base64
import re
import sys
from pathlib import Path
from zoneinfo import available_timezones

import pytest
import yaml

from pipeline.settings import INGEST, SYNC, describe, load_settings
from tests.support.manifests import (
    FOLDER,
    TOKEN,
    VALUES,
    Object,
    documented_variables,
    envsubst,
    oc_process,
    plain_files,
    pod_template,
    run_tool,
)

ROOT = FOLDER.parent
BIN = Path(sys.executable).parent
TEMPLATE = FOLDER / "template.ocp"
GIVEN = {
    name: VALUES[name]
    for name in ("IMAGE", "LLAMA_BASE_URL", "CONF_CLOUD_ID", "CONF_USER", "CONF_API_TOKEN")
}
SUPPORTED = ["1.29", "1.31", "1.33"]  # OpenShift 4.16, 4.18, 4.20
UNITS = {"m": 0.001, "Mi": 2**20, "Gi": 2**30, "": 1}


def every_object() -> list[tuple[str, Object]]:
    found = [(path.name, one) for path in plain_files() for one in envsubst(path, VALUES)]
    return found + [(TEMPLATE.name, one) for one in oc_process(TEMPLATE, GIVEN)]


def ids(value: object) -> str:
    return f"{value[0]} {value[1]['kind']}" if isinstance(value, tuple) else str(value)


OBJECTS = every_object()
RUNNING = [told for told in OBJECTS if pod_template(told[1])]


def amount(text: str) -> float:
    number, unit = re.fullmatch(r"([\d.]+)(m|Mi|Gi|)", text).groups()  # type: ignore[union-attr]
    return float(number) * UNITS[unit]


@pytest.mark.parametrize("version", SUPPORTED)
def test_every_object_fits_the_schema(version: str, tmp_path: Path) -> None:
    paths = []
    for number, (_, one) in enumerate(OBJECTS):
        if one["kind"] != "PrometheusRule":  # a custom resource: no schema in Kubernetes itself
            paths.append(tmp_path / f"{number}.yaml")
            paths[-1].write_text(yaml.safe_dump(one))
    told = run_tool(str(BIN / "kubernetes-validate"), "-k", version, "--strict", *map(str, paths))
    assert told.startswith("exit 0"), told


def test_a_typo_does_not_pass_the_schema(tmp_path: Path) -> None:
    one = envsubst(FOLDER / "cronjob.yaml", VALUES)[0]
    one["spec"]["concurencyPolicy"] = "Forbid"
    (tmp_path / "typo.yaml").write_text(yaml.safe_dump(one))
    validate = str(BIN / "kubernetes-validate")
    told = run_tool(validate, "-k", SUPPORTED[-1], "--strict", str(tmp_path / "typo.yaml"))
    assert not told.startswith("exit 0")


@pytest.mark.parametrize("told", OBJECTS, ids=ids)
def test_nothing_is_left_to_substitute(told: tuple[str, Object]) -> None:
    name, one = told
    text = yaml.safe_dump(one).replace(TOKEN, "").replace(yaml.safe_dump(TOKEN), "")
    if one["kind"] != "Secret":
        assert "${" not in text, name


@pytest.mark.parametrize("told", OBJECTS, ids=ids)
def test_names_and_labels_are_what_a_server_takes(told: tuple[str, Object]) -> None:
    one = told[1]
    name = one["metadata"]["name"]
    assert re.fullmatch(r"[a-z0-9]([a-z0-9-]*[a-z0-9])?", name)
    assert len(name) <= (52 if one["kind"] == "CronJob" else 63)
    assert one["metadata"]["labels"]["app.kubernetes.io/part-of"] == "confluence-vector-sync"
    if template := pod_template(one):
        assert "app.kubernetes.io/name" in template["metadata"]["labels"]


@pytest.mark.parametrize("told", [t for t in OBJECTS if t[1]["kind"] == "CronJob"], ids=ids)
def test_a_schedule_has_five_fields_in_range_and_a_time_zone(told: tuple[str, Object]) -> None:
    spec = told[1]["spec"]
    assert spec["schedule"] == "0 2 * * *"
    ranges = [(0, 59), (0, 23), (1, 31), (1, 12), (0, 7)]
    for field, (low, high) in zip(spec["schedule"].split(), ranges, strict=True):
        assert field == "*" or low <= int(field) <= high
    assert spec["timeZone"] in available_timezones()
    assert spec["concurrencyPolicy"] == "Forbid"
    assert spec["startingDeadlineSeconds"] >= 600


@pytest.mark.parametrize("told", RUNNING, ids=ids)
def test_the_pod_is_what_restricted_v2_accepts(told: tuple[str, Object]) -> None:
    template = pod_template(told[1])
    assert template is not None
    pod = template["spec"]
    container = pod["containers"][0]
    for context in (pod["securityContext"], container["securityContext"]):
        assert not {"runAsUser", "runAsGroup", "fsGroup", "privileged"} & context.keys()
    assert pod["securityContext"]["runAsNonRoot"] is True
    assert pod["securityContext"]["seccompProfile"] == {"type": "RuntimeDefault"}
    assert container["securityContext"] == {
        "allowPrivilegeEscalation": False,
        "readOnlyRootFilesystem": True,
        "capabilities": {"drop": ["ALL"]},
    }
    assert pod["restartPolicy"] == "Never"
    assert pod["automountServiceAccountToken"] is False
    assert pod["enableServiceLinks"] is False
    assert pod["terminationGracePeriodSeconds"] == 60
    assert container["terminationMessagePolicy"] == "FallbackToLogsOnError"


@pytest.mark.parametrize("told", RUNNING, ids=ids)
def test_what_may_be_written_is_mounted(told: tuple[str, Object]) -> None:
    pod = pod_template(told[1])["spec"]  # type: ignore[index]
    mounts = {one["name"]: one["mountPath"] for one in pod["containers"][0]["volumeMounts"]}
    assert mounts == {"state": "/app/state", "tmp": "/tmp"}
    assert {one["name"] for one in pod["volumes"]} == set(mounts)
    assert all("sizeLimit" in one["emptyDir"] for one in pod["volumes"])


@pytest.mark.parametrize("told", RUNNING, ids=ids)
def test_requests_stay_below_limits(told: tuple[str, Object]) -> None:
    resources = pod_template(told[1])["spec"]["containers"][0]["resources"]  # type: ignore[index]
    for name in ("cpu", "memory", "ephemeral-storage"):
        assert amount(resources["requests"][name]) <= amount(resources["limits"][name])


@pytest.mark.parametrize("told", RUNNING, ids=ids)
def test_the_failure_policy_follows_the_exit_codes(told: tuple[str, Object]) -> None:
    one = told[1]
    spec = one["spec"]["jobTemplate"]["spec"] if one["kind"] == "CronJob" else one["spec"]
    ignored, failed = spec["podFailurePolicy"]["rules"]
    assert ignored == {
        "action": "Ignore",
        "onPodConditions": [{"type": "DisruptionTarget", "status": "True"}],
    }
    assert (failed["action"], failed["onExitCodes"]["operator"]) == ("FailJob", "In")
    assert failed["onExitCodes"]["values"] == [2, 3, 6]
    assert (
        failed["onExitCodes"]["containerName"] == spec["template"]["spec"]["containers"][0]["name"]
    )
    assert spec.get("backoffLimit", spec.get("backoffLimitPerIndex")) >= 1


@pytest.mark.parametrize(
    ("config", "program"),
    [("configmap.yaml", SYNC), ("configmap-llama.yaml", INGEST), ("template.ocp", INGEST)],
)
def test_the_settings_load_and_exist(config: str, program: str) -> None:
    objects = [one for name, one in OBJECTS if name == config and one["kind"] == "ConfigMap"]
    told = objects[0]["data"]
    assert told.keys() <= {row.name for row in describe(program)}
    settings = load_settings(program, told | {"CONF_USER": "u", "CONF_API_TOKEN": "t"})
    assert 0 < settings.run_deadline_seconds < 14400, "activeDeadlineSeconds comes later"


def test_a_run_ends_before_its_job_does() -> None:
    for _, one in RUNNING:
        spec = one["spec"]["jobTemplate"]["spec"] if one["kind"] == "CronJob" else one["spec"]
        assert spec["activeDeadlineSeconds"] == 14400


@pytest.mark.parametrize("told", [t for t in OBJECTS if t[1]["kind"] == "Secret"], ids=ids)
def test_a_token_with_any_character_survives(told: tuple[str, Object]) -> None:
    secret = told[1]
    plain = secret.get("stringData") or {
        name: base64.b64decode(value).decode() for name, value in secret["data"].items()
    }
    assert plain == {"CONF_USER": VALUES["CONF_USER"], "CONF_API_TOKEN": TOKEN}
    assert secret["metadata"]["name"] == "confluence-creds"


def test_what_a_pod_refers_to_is_there() -> None:
    names = {(one["kind"], one["metadata"]["name"]) for _, one in OBJECTS}
    for _, one in RUNNING:
        for source in pod_template(one)["spec"]["containers"][0]["envFrom"]:  # type: ignore[index]
            for key, kind in (("configMapRef", "ConfigMap"), ("secretRef", "Secret")):
                if key in source:
                    assert (kind, source[key]["name"]) in names


def test_every_parameter_of_the_template_is_described_and_used() -> None:
    template = yaml.safe_load(TEMPLATE.read_text())
    text = TEMPLATE.read_text().partition("objects:")[2]
    for one in template["parameters"]:
        assert one["description"]
        assert f"${{{one['name']}}}" in text
    used = set(re.findall(r"\$\{(\w+)\}", text))
    assert used == {one["name"] for one in template["parameters"]}
    assert [one["kind"] for one in oc_process(TEMPLATE, GIVEN)] == [
        "ConfigMap", "Secret", "Job", "CronJob",
    ]  # fmt: skip


def test_the_template_refuses_what_oc_refuses() -> None:
    with pytest.raises(ValueError, match="required"):
        oc_process(TEMPLATE, {})
    with pytest.raises(ValueError, match="unknown"):
        oc_process(TEMPLATE, GIVEN | {"TYPO": "x"})


@pytest.mark.parametrize("path", plain_files(), ids=lambda path: path.name)
def test_the_documented_variables_are_those_that_are_used(path: Path) -> None:
    body = "\n".join(
        line for line in path.read_text().splitlines() if not line.lstrip().startswith("#")
    )
    used = set(re.findall(r"\$\{(\w+)\}", body))
    assert used == set(documented_variables(path))


def test_the_shards_divide_the_pages() -> None:
    job = envsubst(FOLDER / "job-sharded.yaml", VALUES)[0]["spec"]
    count = job["template"]["spec"]["containers"][0]["env"][0]
    assert count == {"name": "SHARD_COUNT", "value": str(job["completions"])}
    assert job["completionMode"] == "Indexed"


def test_the_containerfile_is_linted() -> None:
    told = run_tool(str(BIN / "hadolint"), str(ROOT / "Containerfile"))
    assert told.strip() == "exit 0", told
