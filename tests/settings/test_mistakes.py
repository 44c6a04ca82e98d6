"""Mistakes in the settings: each is named with its cause and cure, or forgiven where it can be."""

from pathlib import Path

import pytest

from pipeline.settings import SettingsError, load_settings

CLOUD_ID = "11111111-2222-3333-4444-555555555555"
ENOUGH = {
    "CONF_CLOUD_ID": CLOUD_ID,
    "CONF_USER": "bot@example.com",
    "CONF_API_TOKEN": "ATATT3xFfGF0=AB12",
    "VECTOR_API_BASE_URL": "http://127.0.0.1:8321",
}
SITE = "https://acme.atlassian.net"


@pytest.mark.parametrize(
    ("name", "text", "value"),
    [
        ("CONF_BASE_URL", f"{SITE}/wiki", SITE),
        ("CONF_BASE_URL", f"{SITE}/wiki/", SITE),
        ("CONF_BASE_URL", f"{SITE}/wiki/spaces/KI/pages/123/Home?focused=1#top", SITE),
        ("CONF_BASE_URL", "https://wiki/wiki/home", "https://wiki"),
        ("CONF_BASE_URL", "https://wiki.acme.example/wikis", "https://wiki.acme.example/wikis"),
        ("CONF_SITE_URL", SITE, f"{SITE}/wiki"),
        ("CONF_SITE_URL", f"{SITE}/", f"{SITE}/wiki"),
        ("CONF_SITE_URL", f"{SITE}/wiki/spaces/KI/overview", f"{SITE}/wiki"),
        ("VECTOR_API_BASE_URL", "http://server:8321/v1", "http://server:8321"),
        ("VECTOR_API_BASE_URL", "http://server:8321/v1/", "http://server:8321"),
        ("VECTOR_API_BASE_URL", "http://server:8321/v1/openai/v1", "http://server:8321"),
        ("VECTOR_API_BASE_URL", "http://server/llama/v1", "http://server/llama"),
        ("SINCE_HOURS", "9999999", 0),
        ("SINCE_HOURS", "1e300", 0),
        ("SINCE_HOURS", "876000", 876_000),
        ("SPACE_NAME", '"Known Issues"', '"Known Issues"'),
        ("CHUNK_TOKENS", "AUTO", None),
        ("ATTACHMENT_TYPES", "PDF, txt,pdf,", ("pdf", "txt")),
    ],
)
def test_an_address_or_a_number_that_is_clear_is_taken(name: str, text: str, value: object) -> None:
    assert getattr(load_settings("sync", ENOUGH | {name: text}), name.lower()) == value


@pytest.mark.parametrize(
    ("name", "text", "message"),
    [
        ("ATTACHMENT_TYPES", "pdf,doc", "ATTACHMENT_TYPES must be one or more of pdf, docx, xlsx"),
        ("ATTACHMENT_TYPES", ",", "ATTACHMENT_TYPES must be one or more of"),
        ("ATTACHMENT_MAX_MB", "0", "ATTACHMENT_MAX_MB must be a whole number from 1 to 1000"),
        ("CONF_CLOUD_ID", "acme", "CONF_CLOUD_ID must be the site's ID, 36 letters"),
        ("CONF_CLOUD_ID", SITE, "tenant_info shows it"),
        ("CONF_CLOUD_ID", CLOUD_ID.replace("-", ""), "must be the site's ID"),
        ("CONF_CLOUD_ID", "00000000-0000-0000-0000-000000000000", "is the example's"),
        ("CONF_SITE_URL", f"{SITE}/jira", "CONF_SITE_URL must end with /wiki"),
        ("CONF_BASE_URL", "https://[acme/wiki", "must be a URL that starts with https://"),
        ("CONF_USER", '"bot@example.com"', "CONF_USER is in quotes"),
        ("CONF_USER", "\ufeffbot@example.com", r"holds an invisible character \(U\+FEFF\)"),
        ("CONF_API_TOKEN", "'ATATT3xFfGF0=AB12'", "CONF_API_TOKEN is in quotes"),
        ("CONF_API_TOKEN", "“ATATT3xFfGF0=AB12”", "CONF_API_TOKEN is in quotes"),
        ("CONF_API_TOKEN", "ATATT3xFfGF0\u200b=AB12", r"\(U\+200B\)"),
        ("CONF_API_TOKEN", "CONF_API_TOKEN=ATATT3", "begins with CONF_API_TOKEN=: it must be"),
        ("CONF_API_TOKEN", "export CONF_API_TOKEN=ATATT3", "begins with export CONF_API_TOKEN="),
        ("CONF_API_TOKEN", "Basic ATATT3", "begins with Basic: it must be the value alone"),
        ("VECTOR_API_TOKEN", "Authorization: Bearer ATATT3", "begins with Authorization: Bearer:"),
        ("CONF_API_TOKEN", "replace-me", "is still the example's replace-me"),
        ("CONF_API_TOKEN", "${CONF_API_TOKEN}", r"is still \$\{CONF_API_TOKEN\}"),
        ("SPACE_NAME", "$SPACE_NAME", r"is still \$SPACE_NAME"),
        ("FILTER_LABELS", "${FILTER_LABELS}", r"LABELS is still \$\{FILTER_LABELS\}"),
        ("COLLECTION_ID", '"confluence"', "COLLECTION_ID is in quotes"),
        ("LABELS", " , ,", "LABELS has commas only"),
        ("FILTER_SPACE_KEYS", ",", "FILTER_SPACE_KEYS has commas only"),
        ("FILTER_FOLDER_ID", "1" * 21, "FILTER_FOLDER_ID must be the number of a page or folder"),
    ],
)
def test_a_value_that_no_server_would_accept_is_named(name: str, text: str, message: str) -> None:
    with pytest.raises(SettingsError, match=message) as caught:
        load_settings("sync", ENOUGH | {name: text})
    assert "ATATT3" not in str(caught.value)
    assert "\n" not in str(caught.value)
    assert ";" not in str(caught.value), "one mistake is one problem"


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"CONF_API_TOKEN=ATATT3\n", "begins with CONF_API_TOKEN="),
        (b'"ATATT3"\n', "is in quotes"),
        (b"ATATT3\nATATT3\n", "must be a single line"),
        ("ATATT3".encode("utf-16"), "CONF_API_TOKEN_FILE.*not UTF-8 text: save it as UTF-8"),
        ("ATATT3".encode("utf-16-le"), "not UTF-8 text"),
    ],
)
def test_a_file_that_does_not_hold_the_token_alone_is_named(
    content: bytes, message: str, tmp_path: Path
) -> None:
    path = tmp_path / "token"
    path.write_bytes(content)
    environ = {k: v for k, v in ENOUGH.items() if k != "CONF_API_TOKEN"}
    with pytest.raises(SettingsError, match=message) as caught:
        load_settings("sync", environ | {"CONF_API_TOKEN_FILE": str(path)})
    assert "ATATT3" not in str(caught.value)


@pytest.mark.parametrize("name", ["CONF_API_TOKEN_FILE", "VECTOR_API_TOKEN_FILE"])
def test_a_device_in_the_place_of_a_file_does_not_fill_the_memory(name: str) -> None:
    environ = {k: v for k, v in ENOUGH.items() if k != "CONF_API_TOKEN"}
    with pytest.raises(SettingsError, match=f"the file of {name}: over 1,000,000 bytes"):
        load_settings("sync", environ | {name: "/dev/zero"})


def test_a_byte_order_mark_before_a_files_text_is_no_part_of_it(tmp_path: Path) -> None:
    token, dotenv = tmp_path / "token", tmp_path / ".env"
    token.write_text("ATATT3\n", "utf-8-sig")
    dotenv.write_text(f"CONF_CLOUD_ID={CLOUD_ID}\r\nCONF_USER=bot@example.com\r\n", "utf-8-sig")
    environ = {"CONF_API_TOKEN_FILE": str(token), "VECTOR_API_BASE_URL": "http://server"}
    settings = load_settings("sync", environ, dotenv)
    assert settings.conf_api_token.reveal() == "ATATT3"
    assert (settings.conf_cloud_id, settings.conf_user) == (CLOUD_ID, "bot@example.com")
    token.write_text("ATATT4\n", "utf-8-sig")
    settings.conf_api_token.reload()
    assert settings.conf_api_token.reveal() == "ATATT4"


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le", "latin-1"])
def test_a_dotenv_file_in_another_encoding_is_named(tmp_path: Path, encoding: str) -> None:
    dotenv = tmp_path / ".env"
    dotenv.write_bytes("SPACE_NAME=Störungen\n".encode(encoding))
    with pytest.raises(SettingsError, match=r"\.env is not UTF-8 text: save it as UTF-8"):
        load_settings("sync", ENOUGH, dotenv)
