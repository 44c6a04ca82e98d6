"""Settings: their values, every problem at once, no secret anywhere, their documentation."""

import re
from pathlib import Path

import pytest

from pipeline.fetch.content import CONTENT_TYPES, ON_PAGES
from pipeline.settings import (
    ProgramName,
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
    "CONTENT_TYPES": ("pages",),
    "SINCE_HOURS": 0,
    "REFRESH_HOURS": 168,
}


def test_the_defaults_are_the_contracts() -> None:
    settings = load_settings("sync", ENOUGH)
    assert {name: getattr(settings, name.lower()) for name in CONTRACT} == CONTRACT
    assert settings.conf_base_url == (
        "https://api.atlassian.com/ex/confluence/11111111-2222-3333-4444-555555555555"
    )


@pytest.mark.parametrize("program_name", ["sync", "ingest_conf"])
def test_all_pages_are_ingested_by_default(program_name: ProgramName) -> None:
    assert load_settings(program_name, ENOUGH).since_hours == 0


@pytest.mark.parametrize(
    ("name", "text", "value"),
    [
        ("LABELS", " runbook, known-issue ,,runbook", ("runbook", "known-issue")),
        ("FILTER_LABELS", "runbook", ("runbook",)),
        ("CONTENT_TYPES", " Blogposts, pages,", ("pages", "blogposts")),
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
    settings = load_settings("sync", ENOUGH | {name: text})
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
        ("CONTENT_TYPES", "pages, wikis"),
        ("CONTENT_TYPES", ","),
        ("CONTENT_TYPES", "blogposts in a folder"),
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
        ("COLLECTION_ID", "../../evil"),
        ("COLLECTION_ID", "evil\nname"),
        ("COLLECTION_ID", "e" * 201),
    ],
)
def test_a_wrong_value_is_named(name: str, text: str) -> None:
    environ = ENOUGH | {name: text}
    if text == "2 with rotate":
        environ |= {"SHARD_COUNT": "2", "UPDATE_STRATEGY": "rotate"}
    if text == "blogposts in a folder":
        environ |= {"CONTENT_TYPES": "blogposts,comments", "FILTER_FOLDER_ID": "7"}
    if name == "CONF_API_TOKEN_FILE":
        del environ["CONF_API_TOKEN"]
    with pytest.raises(SettingsError, match=name):
        load_settings("sync", environ)


def test_a_store_whose_file_would_be_outside_of_the_state_folder_is_refused() -> None:
    with pytest.raises(SettingsError, match="VECTOR_DB_ID must not have slashes"):
        load_settings("ingest_conf", ENOUGH | {"VECTOR_DB_ID": "../../evil"})


@pytest.mark.parametrize("name", ["CONF_API_TOKEN", "VECTOR_API_TOKEN"])
@pytest.mark.parametrize("token", ["ATATT3xFfGF0=F1A7", f"{'A7' * 400}", "/srv/ATATT3xFfGF0"])
def test_a_token_in_the_place_of_its_files_path_is_not_shown(name: str, token: str) -> None:
    environ = {key: value for key, value in ENOUGH.items() if key != name}
    with pytest.raises(SettingsError, match=f"{name} cannot be read: .*{name}_FILE") as caught:
        load_settings("sync", environ | {f"{name}_FILE": token})
    error: BaseException | None = caught.value
    while error is not None:
        assert token[:10] not in str(error)
        error = error.__cause__ or error.__context__


def test_all_problems_are_reported_at_once() -> None:
    with pytest.raises(SettingsError) as caught:
        load_settings("sync", {"WORKERS": "x", "DRY_RUN": "y"})
    message = str(caught.value)
    for name in (
        "WORKERS",
        "DRY_RUN",
        "CONF_CLOUD_ID",
        "CONF_USER",
        "CONF_API_TOKEN",
        "VECTOR_API",
    ):
        assert name in message


def test_a_program_ignores_the_settings_that_it_does_not_use() -> None:
    lean = {k: v for k, v in ENOUGH.items() if k not in ("VECTOR_API_BASE_URL", "LLAMA_BASE_URL")}
    load_settings("test_confluence", lean | {"BATCH_SIZE": "ignored"})


@pytest.mark.parametrize(
    ("program_name", "names"),
    [
        ("sync", ["CONF_USER", "CONF_API_TOKEN", "VECTOR_API_BASE_URL"]),
        ("ingest_conf", ["CONF_USER", "CONF_API_TOKEN", "SPACE_NAME", "LLAMA_BASE_URL"]),
        ("test_confluence", ["CONF_USER", "CONF_API_TOKEN"]),
    ],
)
def test_a_program_names_the_settings_that_it_requires(
    program_name: ProgramName, names: list[str]
) -> None:
    with pytest.raises(SettingsError) as caught:
        load_settings(program_name, {})
    expected = ["CONF_CLOUD_ID (or CONF_BASE_URL)", *names]
    assert str(caught.value) == "; ".join(f"{name} is not set" for name in expected)


def test_a_value_that_fails_its_check_is_one_problem() -> None:
    environ = ENOUGH | {"CONF_BASE_URL": "acme", "CONF_CLOUD_ID": "", "SHARD_COUNT": "no"}
    with pytest.raises(SettingsError) as caught:
        load_settings("sync", environ)
    assert [problem.split()[0] for problem in str(caught.value).split("; ")] == [
        "CONF_BASE_URL",
        "SHARD_COUNT",
    ]


def test_a_bearer_token_needs_no_user() -> None:
    environ = {k: v for k, v in ENOUGH.items() if k != "CONF_USER"}
    assert load_settings("sync", environ | {"CONF_AUTH": "bearer"}).conf_user == ""


@pytest.mark.parametrize(
    ("environ", "named"),
    [
        ({"VECTOR_API_TOKEN": "tok€n"}, "VECTOR_API_TOKEN"),
        ({"CONF_API_TOKEN": "tok€n", "CONF_AUTH": "bearer"}, "CONF_API_TOKEN"),
        ({"CONF_API_TOKEN": "tok€n"}, ""),  # Basic encodes it
    ],
)
def test_a_bearer_token_that_no_header_can_hold_is_refused(
    environ: dict[str, str], named: str
) -> None:
    if not named:
        assert load_settings("sync", ENOUGH | environ).conf_api_token.reveal() == "tok€n"
        return
    with pytest.raises(SettingsError, match=f"{named} must be ASCII") as caught:
        load_settings("sync", ENOUGH | environ)
    assert "tok€n" not in str(caught.value)


def test_a_secret_may_come_from_a_file(tmp_path: Path) -> None:
    (tmp_path / "token").write_text("from file\n")
    environ = {k: v for k, v in ENOUGH.items() if k != "CONF_API_TOKEN"}
    settings = load_settings("sync", environ | {"CONF_API_TOKEN_FILE": str(tmp_path / "token")})
    assert settings.conf_api_token.reveal() == "from file"


def test_the_environment_takes_precedence_over_the_dotenv_file(tmp_path: Path) -> None:
    dotenv = tmp_path / ".env"
    dotenv.write_text("COLLECTION_ID=from-file\nCONF_API_TOKEN=pa$$word$HOME\nWORKERS=7\n")
    environ = {k: v for k, v in ENOUGH.items() if k != "CONF_API_TOKEN"} | {"WORKERS": "2"}
    settings = load_settings("sync", environ, dotenv)
    assert (settings.collection_id, settings.workers) == ("from-file", 2)
    assert settings.conf_api_token.reveal() == "pa$$word$HOME"


@pytest.mark.parametrize("broken", [{}, {"WORKERS": "x"}])
def test_a_secret_is_never_shown(broken: dict[str, str]) -> None:
    environ = ENOUGH | {"VECTOR_API_TOKEN": "v3ct0r"} | broken
    try:
        shown = repr(load_settings("sync", environ))
    except SettingsError as error:
        shown = repr(error) + str(error)
    assert "s3cr3t" not in shown
    assert "v3ct0r" not in shown
    assert "s3cr3t" not in f"{Secret('s3cr3t')!r} {Secret('s3cr3t')}"


def test_the_readme_has_every_setting_with_its_default_and_meaning() -> None:
    readme = (ROOT / "README.md").read_text("utf-8")
    rows = re.findall(r"^\| `([A-Z_]+)` \| (.*?) \| (.*) \|$", readme, flags=re.MULTILINE)
    assert rows == [(row.name, row.default, row.meaning) for row in describe()]


def test_the_example_file_names_every_setting_and_loads_once_it_is_filled_in() -> None:
    example = (ROOT / ".env.example").read_text("utf-8")
    names = re.findall(r"^#? ?([A-Z_]+)=", example, flags=re.MULTILINE)
    assert sorted(names) == sorted(row.name for row in describe())
    with pytest.raises(SettingsError) as caught:
        load_settings("sync", {}, ROOT / ".env.example")
    problems = str(caught.value).split("; ")
    assert [problem.split(" is ")[0] for problem in problems] == ["CONF_CLOUD_ID", "CONF_API_TOKEN"]
    load_settings(
        "sync", {name: ENOUGH[name] for name in ("CONF_CLOUD_ID", "CONF_API_TOKEN")},
        ROOT / ".env.example",
    )  # fmt: skip


def test_the_help_names_the_settings_of_its_program_only() -> None:
    shown = to_help("ingest_conf", "About.")
    assert "LLAMA_BASE_URL" in shown
    assert "VECTOR_API_BASE_URL" not in shown


def test_every_field_is_documented() -> None:
    assert {row.name for row in describe()} == {
        name.upper() for name in Settings.__slots__ if name != "set_fields"
    }
    assert all(row.meaning for row in describe())


def test_every_content_type_that_is_accepted_has_a_row() -> None:
    choices = [content.setting for content in (*CONTENT_TYPES, *ON_PAGES)]
    assert load_settings("sync", ENOUGH | {"CONTENT_TYPES": ",".join(choices)}).content_types == (
        tuple(choices)
    )
    with pytest.raises(SettingsError, match=f"one or more of {', '.join(choices)}, with commas"):
        load_settings("sync", ENOUGH | {"CONTENT_TYPES": "wikis"})
