"""Each command of the README's OpenShift section, as far as it goes without a cluster."""

import os
import re
import subprocess
from collections.abc import Mapping
from pathlib import Path

import pytest
import yaml

from entrypoint import choose
from pipeline.settings import SettingsError, load_settings
from tests.support.debian_tools import find_tool
from tests.support.manifests import (
    FOLDER,
    TOKEN,
    VALUES,
    Object,
    envsubst,
    list_variables,
    load_pod_settings,
    oc_process,
    plain_files,
    pod_template,
    to_objects,
)

LLAMA = ("secret.yaml", "configmap-llama.yaml", "job-llama.yaml", "cronjob-llama.yaml")
EXPORTED = (
    "IMAGE CRON_SCHEDULE LLAMA_BASE_URL CONF_CLOUD_ID SPACE_NAME VECTOR_DB_ID LABELS SINCE_HOURS "
    "BATCH_SIZE CONF_USER CONF_API_TOKEN"
)
REQUIRED = "IMAGE CRON_SCHEDULE LLAMA_BASE_URL CONF_CLOUD_ID SPACE_NAME CONF_USER CONF_API_TOKEN"
PARAMETERS = (
    "IMAGE CRON_SCHEDULE LLAMA_BASE_URL CONF_CLOUD_ID SPACE_NAME VECTOR_DB_ID LABELS BATCH_SIZE "
    "CONF_USER CONF_API_TOKEN"
)


def pick(names: str) -> dict[str, str]:
    return {name: VALUES[name] for name in names.split()}


def really_substituted(path: Path, exported: Mapping[str, str]) -> list[Object]:
    """The objects of `envsubst < path` by gettext's program."""
    done = subprocess.run(
        [find_tool("envsubst", "gettext-base")],
        stdin=path.open(),
        env={"PATH": os.environ["PATH"], **exported},
        capture_output=True,
        text=True,
        timeout=30,
        check=True,
    )
    return to_objects(done.stdout)


def from_env_file(name: str, text: str, kind: str, key: str) -> Object:
    """What `oc create configmap|secret … --from-env-file=FILE` creates: values as they are."""
    lines = [line.lstrip() for line in text.splitlines()]
    rows = dict(line.split("=", 1) for line in lines if line and not line.startswith("#"))
    return {"kind": kind, "metadata": {"name": name}, key: rows}


@pytest.mark.parametrize("path", plain_files(), ids=lambda path: path.name)
@pytest.mark.parametrize("exported", [VALUES, {}], ids=["all exported", "none exported"])
def test_our_substitution_is_that_of_gettext(path: Path, exported: dict[str, str]) -> None:
    if list_variables(path):
        assert really_substituted(path, exported) == envsubst(path, exported)


def test_everything_that_is_exported_arrives() -> None:
    objects = [row for name in LLAMA for row in really_substituted(FOLDER / name, pick(EXPORTED))]
    job, cronjob = objects[2:]
    assert cronjob["spec"]["schedule"] == VALUES["CRON_SCHEDULE"]
    for manifest in (job, cronjob):
        template = pod_template(manifest)
        assert template is not None
        assert template["spec"]["containers"][0]["image"] == VALUES["IMAGE"]
        settings = load_pod_settings("ingest_conf", template, objects)
        assert settings.conf_cloud_id == VALUES["CONF_CLOUD_ID"]
        assert settings.llama_base_url == VALUES["LLAMA_BASE_URL"]
        assert settings.space_name == VALUES["SPACE_NAME"]
        assert settings.vector_db_id == VALUES["VECTOR_DB_ID"]
        assert settings.labels == ("runbook", "known-issue")
        assert (settings.since_hours, settings.batch_size) == (24, 50)
        assert settings.conf_user == VALUES["CONF_USER"]
        assert settings.conf_api_token.reveal() == TOKEN


def test_what_is_not_exported_has_the_programs_default() -> None:
    exported = pick(REQUIRED)
    objects = [row for name in LLAMA for row in really_substituted(FOLDER / name, exported)]
    template = pod_template(objects[2])
    assert template is not None
    settings = load_pod_settings("ingest_conf", template, objects)
    for field in ("labels", "since_hours", "batch_size", "vector_db_id"):
        assert settings.is_default(field)
    assert (settings.batch_size, settings.vector_db_id) == (100, "conf-known-issues")


def test_oc_process_takes_the_parameters_and_its_pods_find_their_settings() -> None:
    objects = oc_process(FOLDER / "template.ocp", pick(PARAMETERS))
    for manifest in objects[2:]:
        template = pod_template(manifest)
        assert template is not None
        settings = load_pod_settings("ingest_conf", template, objects)
        assert settings.conf_api_token.reveal() == TOKEN
        assert settings.space_name == VALUES["SPACE_NAME"]
        assert settings.labels == ("runbook", "known-issue")
    assert objects[3]["spec"]["schedule"] == VALUES["CRON_SCHEDULE"]


@pytest.mark.parametrize(
    ("name", "program"),
    [("job-llama.yaml", "ingest_conf"), ("cronjob-llama.yaml", "ingest_conf"),
     ("cronjob.yaml", "sync")],
)  # fmt: skip
def test_settings_from_a_dotenv_file_serve_a_job_in_which_only_the_image_is_edited(
    name: str, program: str
) -> None:
    dotenv = (FOLDER.parent / ".env.example").read_text("utf-8")
    dotenv = re.sub(r"(?m)^CONF_(USER|API_TOKEN)=.*\n", "", dotenv)
    dotenv = dotenv.replace("00000000-0000-0000-0000-000000000000", VALUES["CONF_CLOUD_ID"])
    dotenv += "LLAMA_BASE_URL=http://llama-stack:8321\nSTATE_DIR=.\n"
    secrets = f"CONF_USER={VALUES['CONF_USER']}\nCONF_API_TOKEN={TOKEN}\n"
    objects = [
        from_env_file("working-sync-config", dotenv, "ConfigMap", "data"),
        from_env_file("confluence-creds", secrets, "Secret", "stringData"),
    ]
    text = (FOLDER / name).read_text("utf-8").replace("${IMAGE}", VALUES["IMAGE"])
    [manifest] = to_objects(text.replace("${CRON_SCHEDULE}", VALUES["CRON_SCHEDULE"]))
    template = pod_template(manifest)
    assert template is not None
    settings = load_pod_settings(program, template, objects)
    assert settings.space_name == "Known Issues"
    assert settings.conf_api_token.reveal() == TOKEN
    assert settings.state_dir == Path("/app/state")


def test_files_that_are_edited_by_hand_hold_what_was_written() -> None:
    values = VALUES | {"LABELS": ""}
    objects = []
    for name in ("secret.yaml", "configmap.yaml", "cronjob.yaml"):
        text = (FOLDER / name).read_text("utf-8")
        for variable in list_variables(FOLDER / name):
            text = text.replace(f"${{{variable}}}", values[variable])
        objects += to_objects(text)
    template = pod_template(objects[2])
    assert template is not None
    settings = load_pod_settings("sync", template, objects)
    assert settings.conf_api_token.reveal() == TOKEN
    assert settings.space_name == VALUES["SPACE_NAME"]
    assert settings.is_default("labels")


def test_the_whole_folder_is_applied_at_once() -> None:
    objects = []
    for path in sorted(FOLDER.glob("*.yaml")):
        text = path.read_text("utf-8")
        for variable in list_variables(path):
            text = text.replace(f"${{{variable}}}", VALUES[variable])
        objects += to_objects(text)
    assert sorted(manifest["kind"] for manifest in objects) == [
        "ConfigMap", "ConfigMap", "CronJob", "CronJob", "Job", "Secret",
    ]  # fmt: skip
    for manifest in objects:
        if template := pod_template(manifest):
            program = template["spec"]["containers"][0]["args"][0]
            settings = load_pod_settings(program, template, objects)
            assert settings.space_name == VALUES["SPACE_NAME"]


def test_variables_that_were_left_in_a_file_are_named() -> None:
    objects = [yaml.safe_load((FOLDER / name).read_text()) for name in LLAMA[:3]]
    template = pod_template(objects[2])
    assert template is not None
    with pytest.raises(SettingsError) as caught:
        load_pod_settings("ingest_conf", template, objects)
    for name in ("CONF_CLOUD_ID", "CONF_USER", "CONF_API_TOKEN", "LABELS", "SINCE_HOURS"):
        assert f"{name} is still ${{{name}}}" in str(caught.value)


def test_the_podman_command_starts_sync() -> None:
    names = "CONF_CLOUD_ID CONF_USER CONF_API_TOKEN VECTOR_API_BASE_URL COLLECTION_ID"
    program, arguments = choose([], pick(names))
    assert (program, arguments) == ("sync", [])
    settings = load_settings("sync", pick(names))
    assert settings.since_hours == 0, "every page, however old"
