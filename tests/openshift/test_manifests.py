"""The manifests are valid, accepted by restricted-v2, and in step with the settings."""

import re
import sys
from pathlib import Path
from zoneinfo import available_timezones

import pytest
import yaml

from pipeline.markdown.attachments import FileLimits
from pipeline.settings import ProgramName, describe
from tests.support.manifests import (
    FOLDER,
    TOKEN,
    VALUES,
    Object,
    envsubst,
    job_spec,
    list_variables,
    load_pod_settings,
    oc_process,
    plain_files,
    pod_template,
    run_tool,
)

ROOT = FOLDER.parent
BIN = Path(sys.executable).parent
TEMPLATE = FOLDER / "template.ocp"
PARAMETERS = {
    name: VALUES[name]
    for name in ("IMAGE", "LLAMA_BASE_URL", "CONF_CLOUD_ID", "CONF_USER", "CONF_API_TOKEN")
}
SUPPORTED = ["1.29", "1.31", "1.33"]  # OpenShift 4.16, 4.18, 4.20
UNITS = {"m": 0.001, "Mi": 2**20, "Gi": 2**30, "": 1}


def every_object() -> list[tuple[str, Object]]:
    found = [(path.name, manifest) for path in plain_files() for manifest in envsubst(path, VALUES)]
    return found + [(TEMPLATE.name, manifest) for manifest in oc_process(TEMPLATE, PARAMETERS)]


def to_id(value: object) -> str:
    return f"{value[0]} {value[1]['kind']}" if isinstance(value, tuple) else str(value)


OBJECTS = every_object()
RUNNING = [entry for entry in OBJECTS if pod_template(entry[1])]


def amount(text: str) -> float:
    number, unit = re.fullmatch(r"([\d.]+)(m|Mi|Gi|)", text).groups()  # type: ignore[union-attr]
    return float(number) * UNITS[unit]


@pytest.mark.parametrize("version", SUPPORTED)
def test_every_object_fits_the_schema(version: str, tmp_path: Path) -> None:
    paths = []
    for number, (_, manifest) in enumerate(OBJECTS):
        if (
            manifest["kind"] != "PrometheusRule"
        ):  # a custom resource: no schema in Kubernetes itself
            paths.append(tmp_path / f"{number}.yaml")
            paths[-1].write_text(yaml.safe_dump(manifest))
    output = run_tool(str(BIN / "kubernetes-validate"), "-k", version, "--strict", *map(str, paths))
    assert output.startswith("exit 0"), output


def test_a_typo_fails_the_schema(tmp_path: Path) -> None:
    manifest = envsubst(FOLDER / "cronjob.yaml", VALUES)[0]
    manifest["spec"]["concurencyPolicy"] = "Forbid"
    (tmp_path / "typo.yaml").write_text(yaml.safe_dump(manifest))
    validate = str(BIN / "kubernetes-validate")
    output = run_tool(validate, "-k", SUPPORTED[-1], "--strict", str(tmp_path / "typo.yaml"))
    assert not output.startswith("exit 0")


@pytest.mark.parametrize("entry", OBJECTS, ids=to_id)
def test_names_and_labels_are_valid(entry: tuple[str, Object]) -> None:
    manifest = entry[1]
    name = manifest["metadata"]["name"]
    assert re.fullmatch(r"[a-z0-9]([a-z0-9-]*[a-z0-9])?", name)
    assert len(name) <= (52 if manifest["kind"] == "CronJob" else 63)
    assert manifest["metadata"]["labels"]["app.kubernetes.io/part-of"] == "confluence-vector-sync"
    if template := pod_template(manifest):
        assert "app.kubernetes.io/name" in template["metadata"]["labels"]


@pytest.mark.parametrize(
    "entry", [entry for entry in OBJECTS if entry[1]["kind"] == "CronJob"], ids=to_id
)
def test_a_schedule_has_five_fields_in_range_and_a_time_zone(entry: tuple[str, Object]) -> None:
    spec = entry[1]["spec"]
    assert spec["schedule"] == "0 2 * * *"
    ranges = [(0, 59), (0, 23), (1, 31), (1, 12), (0, 7)]
    for field, (low, high) in zip(spec["schedule"].split(), ranges, strict=True):
        assert field == "*" or low <= int(field) <= high
    assert spec["timeZone"] in available_timezones()
    assert spec["concurrencyPolicy"] == "Forbid"
    assert spec["startingDeadlineSeconds"] >= 600


@pytest.mark.parametrize("entry", RUNNING, ids=to_id)
def test_the_process_that_reads_a_file_leaves_memory_to_the_run(entry: tuple[str, Object]) -> None:
    template = pod_template(entry[1])
    assert template is not None
    limit = template["spec"]["containers"][0]["resources"]["limits"]["memory"]
    left = int(limit.removesuffix("Mi")) * 2**20 - FileLimits().memory_mb * 10**6
    assert left > 120 * 10**6  # over it, the kernel kills the whole pod; a run takes about 90 MB


@pytest.mark.parametrize("entry", RUNNING, ids=to_id)
def test_restricted_v2_accepts_the_pod(entry: tuple[str, Object]) -> None:
    template = pod_template(entry[1])
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


@pytest.mark.parametrize("entry", RUNNING, ids=to_id)
def test_the_writable_folders_are_mounted(entry: tuple[str, Object]) -> None:
    pod = pod_template(entry[1])["spec"]  # type: ignore[index]
    mounts = {mount["name"]: mount["mountPath"] for mount in pod["containers"][0]["volumeMounts"]}
    assert mounts == {"state": "/app/state", "tmp": "/tmp"}
    assert {volume["name"] for volume in pod["volumes"]} == set(mounts)
    assert all("sizeLimit" in volume["emptyDir"] for volume in pod["volumes"])


@pytest.mark.parametrize("entry", RUNNING, ids=to_id)
def test_requests_stay_below_limits(entry: tuple[str, Object]) -> None:
    resources = pod_template(entry[1])["spec"]["containers"][0]["resources"]  # type: ignore[index]
    for name in ("cpu", "memory", "ephemeral-storage"):
        assert amount(resources["requests"][name]) <= amount(resources["limits"][name])


@pytest.mark.parametrize("entry", RUNNING, ids=to_id)
def test_the_failure_policy_follows_the_exit_codes(entry: tuple[str, Object]) -> None:
    manifest = entry[1]
    spec = job_spec(manifest)
    assert spec is not None
    ignored, failed = spec["podFailurePolicy"]["rules"]
    assert ignored == {
        "action": "Ignore",
        "onPodConditions": [{"type": "DisruptionTarget", "status": "True"}],
    }
    assert (failed["action"], failed["onExitCodes"]["operator"]) == ("FailJob", "In")
    assert failed["onExitCodes"]["values"] == [2, 3, 6, 7]
    assert (
        failed["onExitCodes"]["containerName"] == spec["template"]["spec"]["containers"][0]["name"]
    )
    assert spec.get("backoffLimit", spec.get("backoffLimitPerIndex")) >= 1


@pytest.mark.parametrize("entry", RUNNING, ids=to_id)
def test_the_settings_exist_and_load(entry: tuple[str, Object]) -> None:
    name, manifest = entry
    pod = pod_template(manifest)
    assert pod is not None
    program: ProgramName = pod["spec"]["containers"][0]["args"][0]
    config = "configmap.yaml" if program == "sync" else "configmap-llama.yaml"
    group = [TEMPLATE.name] if name == TEMPLATE.name else [config, "secret.yaml"]
    objects = [other for file, other in OBJECTS if file in group]
    [data] = [other["data"] for other in objects if other["kind"] == "ConfigMap"]
    assert data.keys() <= {row.name for row in describe(program)}
    settings = load_pod_settings(program, pod, objects)
    assert 0 < settings.run_deadline_seconds < 14400, "must be below activeDeadlineSeconds"
    assert settings.state_dir == Path("/app/state")
    assert settings.conf_api_token.reveal() == TOKEN
    assert settings.space_name == (
        "Known Issues" if name == TEMPLATE.name else VALUES["SPACE_NAME"]
    )


def test_a_run_ends_before_its_job_does() -> None:
    for _, manifest in RUNNING:
        spec = job_spec(manifest)
        assert spec is not None
        assert spec["activeDeadlineSeconds"] == 14400


@pytest.mark.parametrize(
    "entry", [entry for entry in OBJECTS if entry[1]["kind"] == "Secret"], ids=to_id
)
def test_a_token_with_special_characters_is_unchanged(entry: tuple[str, Object]) -> None:
    secret = entry[1]
    expected = {"CONF_USER": VALUES["CONF_USER"], "CONF_API_TOKEN": TOKEN}
    assert secret["stringData"] == expected
    assert secret["metadata"]["name"] == "confluence-creds"


def test_the_objects_that_a_pod_refers_to_exist() -> None:
    names = {(manifest["kind"], manifest["metadata"]["name"]) for _, manifest in OBJECTS}
    for _, manifest in RUNNING:
        for source in pod_template(manifest)["spec"]["containers"][0]["envFrom"]:  # type: ignore[index]
            for key, kind in (("configMapRef", "ConfigMap"), ("secretRef", "Secret")):
                if key in source:
                    assert (kind, source[key]["name"]) in names


def test_every_parameter_of_the_template_is_described_and_used() -> None:
    template = yaml.safe_load(TEMPLATE.read_text())
    text = TEMPLATE.read_text().partition("objects:")[2]
    for parameter in template["parameters"]:
        assert parameter["description"]
        assert f"${{{parameter['name']}}}" in text
    used = set(re.findall(r"\$\{(\w+)\}", text))
    assert used == {parameter["name"] for parameter in template["parameters"]}
    assert [manifest["kind"] for manifest in oc_process(TEMPLATE, PARAMETERS)] == [
        "ConfigMap", "Secret", "Job", "CronJob",
    ]  # fmt: skip


def test_the_template_rejects_missing_and_unknown_parameters() -> None:
    with pytest.raises(ValueError, match="required"):
        oc_process(TEMPLATE, {})
    with pytest.raises(ValueError, match="unknown"):
        oc_process(TEMPLATE, PARAMETERS | {"TYPO": "x"})


@pytest.mark.parametrize("path", plain_files(), ids=lambda path: path.name)
def test_a_file_has_variables_for_settings_the_image_and_the_schedule_only(path: Path) -> None:
    settings = {row.name for row in describe()}
    assert list_variables(path) <= settings | {"IMAGE", "CRON_SCHEDULE"}
    comments = [line.partition("#")[2] for line in path.read_text().splitlines()]
    assert not any("$" in comment for comment in comments), "envsubst replaces it there too"


def test_the_folder_holds_what_every_installation_applies_and_the_options_a_folder_of_theirs() -> (
    None
):
    assert sorted(path.name for path in FOLDER.iterdir()) == [
        "configmap-llama.yaml", "configmap.yaml", "cronjob-llama.yaml", "cronjob.yaml",
        "job-llama.yaml", "options", "secret.yaml", "template.ocp",
    ]  # fmt: skip


def test_the_shards_divide_the_pages() -> None:
    job = envsubst(FOLDER / "options" / "job-sharded.yaml", VALUES)[0]["spec"]
    count = job["template"]["spec"]["containers"][0]["env"][-1]
    assert count == {"name": "SHARD_COUNT", "value": str(job["completions"])}
    assert job["completionMode"] == "Indexed"


def test_the_containerfile_passes_the_linter() -> None:
    output = run_tool(str(BIN / "hadolint"), str(ROOT / "Containerfile"))
    assert output.strip() == "exit 0", output
