"""Settings: every variable once, all problems at once, no secret anywhere."""

import re
from pathlib import Path

import pytest

from pipeline.settings import (
    CHECK,
    INGEST,
    SYNC,
    Secret,
    Settings,
    SettingsError,
    describe,
    load_settings,
    to_help,
)

ROOT = Path(__file__).parent.parent.parent
ENOUGH = {
    "CONF_CLOUD_ID": "11111111-2222-3333-4444-555555555555",
    "CONF_USER": "bot@example.com",
    "CONF_API_TOKEN": "s3cr3t$token",
    "VECTOR_API_BASE_URL": "http://127.0.0.1:8321/",
    "LLAMA_BASE_URL": "http://127.0.0.1:8321",
    "SPACE_NAME": "Known Issues",
}
CONTRACT = {
    "CONF_AUTH": "basic",
    "VECTOR_API_VARIANT": "auto",
    "COLLECTION_ID": "confluence",
    "EMBEDDING_MODEL_ID": "all-MiniLM-L6-v2",
    "CHUNK_TOKENS": 1000,
    "CHUNK_OVERLAP": 180,
    "BATCH_SIZE": 100,
    "UPDATE_STRATEGY": "upsert",
    "MAX_DELETE_PERCENT": 20,
    "STATE_DIR": Path("."),
    "WORKERS": 4,
    "DRY_RUN": False,
    "VERIFY": True,
    "RESTRICTED_PAGES": "include",
    "SHARD_INDEX": 0,
    "SHARD_COUNT": 1,
    "LOG_FORMAT": "auto",
    "LOG_LEVEL": "info",
    "RESET": False,
    "VECTOR_DB_ID": "conf-known-issues",
    "SINCE_HOURS": 24,
}


def test_the_defaults_are_the_contracts() -> None:
    settings = load_settings(SYNC, ENOUGH)
    assert {name: getattr(settings, name.lower()) for name in CONTRACT} == CONTRACT
    assert settings.conf_base_url == (
        "https://api.atlassian.com/ex/confluence/11111111-2222-3333-4444-555555555555"
    )


def test_ingest_conf_takes_in_all_pages_by_default() -> None:
    assert load_settings(INGEST, ENOUGH).since_hours == 0


@pytest.mark.parametrize(
    ("name", "text", "value"),
    [
        ("LABELS", " runbook, known-issue ,,runbook", ("runbook", "known-issue")),
        ("FILTER_LABELS", "runbook", ("runbook",)),
        ("SINCE_HOURS", "", 0),
        ("SINCE_HOURS", "1.5", 1.5),
        ("CHUNK_TOKENS", "auto", None),
        ("DRY_RUN", "true", True),
        ("LOG_LEVEL", "DEBUG", "debug"),
        ("JOB_COMPLETION_INDEX", "0", 0),
        ("CONF_BASE_URL", "https://acme.atlassian.net/", "https://acme.atlassian.net"),
    ],
)
def test_a_value_is_read(name: str, text: str, value: object) -> None:
    settings = load_settings(SYNC, ENOUGH | {name: text})
    alias = {"FILTER_LABELS": "labels", "JOB_COMPLETION_INDEX": "shard_index"}
    assert getattr(settings, alias.get(name, name.lower())) == value


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("CONF_BASE_URL", "acme.atlassian.net"),
        ("CONF_BASE_URL", "https://user:pw@acme.atlassian.net"),
        ("CONF_CLOUD_ID", "../../evil"),
        ("CONF_AUTH", "digest"),
        ("FILTER_FOLDER_ID", '1" or type=page'),
        ("SINCE_HOURS", "a day"),
        ("SINCE_HOURS", "-1"),
        ("SINCE_HOURS", "nan"),
        ("CHUNK_TOKENS", "1"),
        ("CHUNK_OVERLAP", "900"),
        ("BATCH_SIZE", "0"),
        ("MAX_DELETE_PERCENT", "101"),
        ("WORKERS", "many"),
        ("DRY_RUN", "maybe"),
        ("SHARD_INDEX", "1"),
        ("SHARD_COUNT", "2 with rotate"),
        ("FILTER_SPACE_KEYS", "KI"),
        ("CONF_API_TOKEN_FILE", "/no/such/file"),
    ],
)
def test_a_wrong_value_is_named(name: str, text: str) -> None:
    given = ENOUGH | {name: text}
    if text == "2 with rotate":
        given |= {"SHARD_COUNT": "2", "UPDATE_STRATEGY": "rotate"}
    if name == "CONF_API_TOKEN_FILE":
        del given["CONF_API_TOKEN"]
    with pytest.raises(SettingsError, match=name):
        load_settings(SYNC, given)


def test_all_problems_are_told_at_once() -> None:
    with pytest.raises(SettingsError) as caught:
        load_settings(SYNC, {"WORKERS": "x", "DRY_RUN": "y"})
    told = str(caught.value)
    for name in (
        "WORKERS",
        "DRY_RUN",
        "CONF_CLOUD_ID",
        "CONF_USER",
        "CONF_API_TOKEN",
        "VECTOR_API",
    ):
        assert name in told


def test_a_program_does_not_ask_for_what_it_does_not_use() -> None:
    lean = {k: v for k, v in ENOUGH.items() if k not in ("VECTOR_API_BASE_URL", "LLAMA_BASE_URL")}
    load_settings(CHECK, lean | {"BATCH_SIZE": "not looked at"})


def test_a_bearer_token_needs_no_user() -> None:
    given = {k: v for k, v in ENOUGH.items() if k != "CONF_USER"}
    assert load_settings(SYNC, given | {"CONF_AUTH": "bearer"}).conf_user == ""


@pytest.mark.parametrize(
    ("given", "named"),
    [
        ({"VECTOR_API_TOKEN": "tok€n"}, "VECTOR_API_TOKEN"),
        ({"CONF_API_TOKEN": "tok€n", "CONF_AUTH": "bearer"}, "CONF_API_TOKEN"),
        ({"CONF_API_TOKEN": "tok€n"}, ""),  # Basic encodes it
    ],
)
def test_a_bearer_token_that_no_header_can_hold_is_said(given: dict[str, str], named: str) -> None:
    if not named:
        assert load_settings(SYNC, ENOUGH | given).conf_api_token.reveal() == "tok€n"
        return
    with pytest.raises(SettingsError, match=f"{named} must be plain ASCII") as caught:
        load_settings(SYNC, ENOUGH | given)
    assert "tok€n" not in str(caught.value)


def test_a_secret_may_come_from_a_file(tmp_path: Path) -> None:
    (tmp_path / "token").write_text("from file\n")
    given = {k: v for k, v in ENOUGH.items() if k != "CONF_API_TOKEN"}
    settings = load_settings(SYNC, given | {"CONF_API_TOKEN_FILE": str(tmp_path / "token")})
    assert settings.conf_api_token.reveal() == "from file"


def test_the_environment_wins_over_the_dotenv_file(tmp_path: Path) -> None:
    dotenv = tmp_path / ".env"
    dotenv.write_text("COLLECTION_ID=from-file\nCONF_API_TOKEN=pa$$word$HOME\nWORKERS=7\n")
    given = {k: v for k, v in ENOUGH.items() if k != "CONF_API_TOKEN"} | {"WORKERS": "2"}
    settings = load_settings(SYNC, given, dotenv)
    assert (settings.collection_id, settings.workers) == ("from-file", 2)
    assert settings.conf_api_token.reveal() == "pa$$word$HOME"


@pytest.mark.parametrize("broken", [{}, {"WORKERS": "x"}])
def test_a_secret_is_never_shown(broken: dict[str, str]) -> None:
    given = ENOUGH | {"VECTOR_API_TOKEN": "v3ct0r"} | broken
    try:
        told = repr(load_settings(SYNC, given))
    except SettingsError as error:
        told = repr(error) + str(error)
    assert "s3cr3t" not in told
    assert "v3ct0r" not in told
    assert "s3cr3t" not in f"{Secret('s3cr3t')!r} {Secret('s3cr3t')}"


def test_the_readme_has_every_setting_with_its_default_and_meaning() -> None:
    readme = (ROOT / "README.md").read_text("utf-8")
    rows = re.findall(r"^\| `([A-Z_]+)` \| (.*?) \| (.*) \|$", readme, flags=re.MULTILINE)
    assert rows == [(row.name, row.default, row.meaning) for row in describe()]


def test_the_example_file_names_every_setting_and_loads() -> None:
    example = (ROOT / ".env.example").read_text("utf-8")
    names = re.findall(r"^#? ?([A-Z_]+)=", example, flags=re.MULTILINE)
    assert sorted(names) == sorted(row.name for row in describe())
    load_settings(SYNC, {}, ROOT / ".env.example")


def test_the_help_names_the_settings_of_its_program_only() -> None:
    told = to_help(INGEST, "About.")
    assert "LLAMA_BASE_URL" in told
    assert "VECTOR_API_BASE_URL" not in told


def test_every_field_is_documented() -> None:
    assert {row.name for row in describe()} == {name.upper() for name in Settings.__slots__}
    assert all(row.meaning for row in describe())
