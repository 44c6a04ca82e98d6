"""Every setting once: one field, and one row with everything about it.

The variable's name is the field's name in capitals.
"""

from __future__ import annotations

import base64
from collections.abc import Iterator
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any, Final, Literal

from pipeline.settings import checks
from pipeline.settings.checks import Check, Secret

ProgramName = Literal["sync", "ingest_conf", "test_confluence"]
SYNC: Final = "sync"
INGEST: Final = "ingest_conf"
CHECK: Final = "test_confluence"
ALL: tuple[ProgramName, ...] = (SYNC, INGEST, CHECK)
ATTACHMENT_TYPES = ("pdf", "docx", "xlsx", "pptx", "csv", "txt", "md", "html")
GATEWAY = "https://api.atlassian.com/ex/confluence"


@dataclass(frozen=True, slots=True)
class SettingRow:
    """Everything about a setting besides its field's name and type."""

    default: str
    check: Check
    meaning: str
    programs: tuple[ProgramName, ...] = (SYNC, INGEST)  # that read it
    required_by: tuple[ProgramName, ...] = ()
    alias: str = ""  # another variable, read where the first is not set
    has_file: bool = False  # `<NAME>_FILE` may name a file that holds the value
    shown: str | None = None  # in the documentation instead of the default
    is_free_text: bool = False  # a value that may be in quotes


def _setting(default: str, check: Check, meaning: str, **more: Any) -> Any:
    return field(metadata={"row": SettingRow(default, check, meaning, **more)})


@dataclass(frozen=True, slots=True)
class Settings:
    """The settings of one run, checked. Durations have their unit in the name."""

    # fmt: off
    conf_cloud_id: str = _setting(
        "", checks.cloud_id, f"site's cloud ID; the API root is `{GATEWAY}/<id>`",
        programs=ALL, shown="required unless CONF_BASE_URL is set",
    )
    conf_base_url: str = _setting(
        "", checks.site_root,
        "API root before `/wiki/…`, which may follow: another gateway, the site's own URL or a "
        "test server",
        programs=ALL, shown="from CONF_CLOUD_ID",
    )
    conf_user: str = _setting(
        "", checks.text, "email of the account (not required with `CONF_AUTH=bearer`)",
        programs=ALL, shown="required",
    )
    conf_api_token: Secret = _setting(
        "", checks.secret, "API token; `CONF_API_TOKEN_FILE` reads it from a file",
        programs=ALL, required_by=ALL, has_file=True,
    )
    conf_auth: str = _setting(
        "basic", checks.one_of("basic", "bearer"), "how the token is sent: basic or bearer",
        programs=ALL,
    )
    conf_site_url: str = _setting(
        "", checks.site_url, "base URL of links to pages, such as `https://acme.atlassian.net/wiki`",
        programs=ALL, shown="from Confluence's responses",
    )
    space_name: str = _setting(
        "", checks.text, "name of one space; its key is looked up (required by ingest_conf.py)",
        programs=ALL, required_by=(INGEST,), is_free_text=True,
    )
    filter_space_keys: tuple[str, ...] = _setting(
        "", checks.names,
        "comma-separated space keys, or the aliases that addresses show; without it and "
        "SPACE_NAME, every visible space",
        programs=ALL,
    )
    filter_folder_id: str = _setting(
        "", checks.page_id, "ID of a page or folder: only its descendants", programs=ALL
    )
    labels: tuple[str, ...] = _setting(
        "", checks.names,
        "comma-separated labels: only pages with at least one of them (alias `FILTER_LABELS`)",
        programs=ALL, alias="FILTER_LABELS",
    )
    content_types: tuple[str, ...] = _setting(
        "pages", checks.some_of("pages", "blogposts", "attachments", "comments"),
        "comma-separated: pages, blogposts (which are in no folder: FILTER_FOLDER_ID leaves them "
        "out), attachments and comments (of the pages and blog posts that are named here; of "
        "pages, which are not ingested then, where neither is)",
        programs=ALL,
    )
    since_hours: float = _setting(
        "", checks.hours,
        "the first run leaves out pages that were last modified longer ago; they are ingested "
        "once they are edited, or by one run with 0. Later runs ingest every page that is new "
        "in the listing, however old",
        shown="all",
    )
    refresh_hours: float = _setting(
        "168", checks.hours,
        "a page is fetched again after so many hours, although it has not changed, if it shows "
        "Jira, a report, a page outside the scope, or was not rendered; 0: never",
    )
    vector_api_base_url: str = _setting(
        "", checks.server_url, "URL of the Vector API, with or without `/v1`",
        programs=(SYNC,), required_by=(SYNC,),
    )
    vector_api_variant: str = _setting(
        "auto", checks.one_of("auto", "vector_stores", "dash", "underscore"),
        "auto (the variant that the collection was made with, else the first that the server has "
        "of vector_stores, dash, underscore), or one of the three",
        programs=(SYNC,),
    )
    vector_api_token: Secret = _setting(
        "", checks.secret,
        "bearer token for the vector server; `VECTOR_API_TOKEN_FILE` reads it from a file, again "
        "when the server rejects it",
        has_file=True,
    )
    vector_db_provider: str = _setting(
        "", checks.text, "provider ID for a new store", shown="the server's default"
    )
    collection_id: str = _setting(
        "confluence", checks.file_name, "name of the collection or store", programs=(SYNC,)
    )
    embedding_model_id: str = _setting(
        "all-MiniLM-L6-v2", checks.text,
        "embedding model, as the server names it; where it is not set and the server does not have "
        "the default, the server's default or only one",
    )
    chunk_tokens: int | None = _setting(
        "1000", checks.chunk_tokens,
        "maximum tokens per chunk (cl100k_base), breadcrumb included; auto: what fits the "
        "embedding model's window; fewer where the server refuses longer texts",
    )
    chunk_overlap: int = _setting(
        "180", checks.whole_number(0, 4096),
        "maximum tokens repeated from the previous chunk of the same section",
    )
    batch_size: int = _setting(
        "100", checks.whole_number(1, 10_000),
        "chunks (sync.py) or documents (ingest_conf.py) per insert request",
    )
    update_strategy: str = _setting(
        "upsert", checks.one_of("upsert", "rotate", "append"),
        "upsert: update the store in place; rotate: build a new store, verify it, then delete the "
        "old one; append: accept that a server that cannot delete keeps outdated text",
        programs=(SYNC,),
    )
    max_delete_percent: int = _setting(
        "20", checks.whole_number(0, 100),
        "delete nothing if more than this share of the known pages would be deleted (not applied "
        "under 10 known pages); 100: no limit",
    )
    state_dir: Path = _setting(
        ".", checks.path, "directory of the ledger and the `.vdb` file",
        shown="`.` (`/app/state` in the image)",
    )
    workers: int = _setting("4", checks.whole_number(1, 32), "concurrent requests to Confluence")
    dry_run: bool = _setting(
        "0", checks.flag, "log the plan; write nothing, not even the ledger"
    )
    verify: bool = _setting(
        "1", checks.flag,
        "before the run, look up a few pages of earlier runs; after it, count what the store holds "
        "(where it lists), and query it for a sample of the new chunks",
    )
    verify_query: str = _setting(
        "", checks.text,
        "after the run, query the collection with this text and log the three best results",
        is_free_text=True,
    )
    restricted_pages: str = _setting(
        "include", checks.one_of("include", "skip"),
        "include, or skip pages with view restrictions of their own or of anything above them; "
        "what cannot be asked is skipped, with a warning",
    )
    attachment_types: tuple[str, ...] = _setting(
        ",".join(ATTACHMENT_TYPES), checks.some_of(*ATTACHMENT_TYPES),
        "comma-separated types of attachments that are read, by the file's extension, else by its "
        "media type",
    )
    attachment_max_mb: int = _setting(
        "25", checks.whole_number(1, 1000),
        "an attachment of more MB (of 1,048,576 bytes) is left out, and counted in the report",
    )
    run_deadline_seconds: int = _setting(
        "", checks.whole_number_or_unset(1, 7 * 24 * 3600),
        "end cleanly after this many seconds (exit 1); the next run resumes",
    )
    shard_index: int = _setting(
        "0", checks.whole_number(0, 9999),
        "this run's shard, counted from 0 (alias `JOB_COMPLETION_INDEX`)",
        alias="JOB_COMPLETION_INDEX",
    )
    shard_count: int = _setting(
        "1", checks.whole_number(1, 10_000), "number of shards that the pages are divided into"
    )
    log_format: str = _setting(
        "auto", checks.one_of("auto", "json"),
        "auto: progress bar on a terminal, lines elsewhere; json: JSON lines",
    )
    log_level: str = _setting(
        "INFO", checks.one_of("debug", "info", "warning", "error"),
        "DEBUG, INFO, WARNING or ERROR",
        programs=ALL,
    )
    report_file: Path | None = _setting(
        "", checks.path, "write the JSON report of the run to this file"
    )
    otel_exporter_otlp_endpoint: str = _setting(
        "", checks.url,
        "push the figures of the run once, at its end, to this OTLP/HTTP collector: its URL before "
        "`/v1/metrics`",
    )
    llama_base_url: str = _setting(
        "", checks.server_url, "URL of the Llama Stack server, with or without `/v1`",
        programs=(INGEST,), required_by=(INGEST,),
    )
    reset: bool = _setting(
        "0", checks.flag, "delete every store named VECTOR_DB_ID first", programs=(INGEST,)
    )
    vector_db_id: str = _setting(
        "conf-known-issues", checks.file_name,
        "name of the vector store; its identifier is kept in `<name with _>.vdb`",
        programs=(INGEST,),
    )
    test_limit: int = _setting(
        "10", checks.whole_number(1, 250), "pages to print per space", programs=(CHECK,)
    )
    # fmt: on
    set_fields: frozenset[str] = frozenset()  # no setting: the fields that are not just defaults

    @property
    def has_filters(self) -> bool:
        """Whether pages of the spaces are filtered by more than the listing shows."""
        return bool(self.labels or self.filter_folder_id)

    @property
    def own_workers(self) -> int:
        """This run's share of WORKERS: shards run side by side against one site."""
        return max(1, self.workers // self.shard_count)

    def is_default(self, field: str) -> bool:
        """Return whether a setting was not set, so that it has its default."""
        return field not in self.set_fields

    def mask(self, text: str) -> str:
        """Return the text with *** for every secret: a server may repeat a header."""
        tokens = (self.conf_api_token, self.vector_api_token)
        secrets = [value for token in tokens for value in token.reveal_all()]
        if self.conf_api_token:
            pair = f"{self.conf_user}:{self.conf_api_token.reveal()}"
            secrets.append(base64.b64encode(pair.encode()).decode())
        return checks.mask(text, secrets)


def list_rows() -> Iterator[tuple[str, SettingRow]]:
    """Yield each field's name with its row."""
    for setting in fields(Settings):
        if row := setting.metadata.get("row"):
            yield setting.name, row
