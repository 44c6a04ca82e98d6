"""Every setting once: name, default, check and one line of documentation.

The variable's name is the field's name in capitals. `load_settings` collects all problems and
tells them together; `describe` gives the rows that the README, `.env.example` and `--help` show.
"""

from __future__ import annotations

import base64
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, fields
from math import isfinite
from pathlib import Path
from typing import Any, Final, Literal, NamedTuple
from urllib.parse import urlsplit

ProgramName = Literal["sync", "ingest_conf", "test_confluence"]
SYNC: Final = "sync"
INGEST: Final = "ingest_conf"
CHECK: Final = "test_confluence"
GATEWAY = "https://api.atlassian.com/ex/confluence"


class SettingsError(Exception):
    """What is wrong with the settings: one line a problem, never a secret's value."""

    def __init__(self, problems: list[str]) -> None:
        super().__init__("; ".join(problems))
        self.problems = problems


class Secret:
    """A value that no `repr`, log line, error or report shows; `reveal()` is for the wire."""

    __slots__ = ("_value",)

    def __init__(self, value: str) -> None:
        self._value = value

    def reveal(self) -> str:
        return self._value

    def __bool__(self) -> bool:
        return bool(self._value)

    def __repr__(self) -> str:
        return "Secret(***)" if self._value else "Secret()"


class Row(NamedTuple):
    """A setting as people read it."""

    name: str
    default: str
    meaning: str
    programs: tuple[str, ...]


def _text(value: str) -> str:
    return value


def _secret(value: str) -> Secret:
    if any(ord(character) < 32 for character in value):
        raise ValueError("must be a single line without control characters")
    return Secret(value)


def _names(value: str) -> tuple[str, ...]:
    return tuple(dict.fromkeys(name.strip() for name in value.split(",") if name.strip()))


def _url(value: str) -> str:
    parts = urlsplit(value)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise ValueError("must be a URL that starts with https:// or http://")
    if parts.username or parts.password or parts.query or parts.fragment:
        raise ValueError("must be a bare URL: no user, password, query or fragment")
    return value.rstrip("/")


def _flag(value: str) -> bool:
    if value.lower() in ("1", "true", "yes", "on"):
        return True
    if value.lower() in ("0", "false", "no", "off"):
        return False
    raise ValueError("must be 1 or 0")


def _hours(value: str) -> float:
    hours = float(value or 0)
    if not isfinite(hours) or hours < 0:
        raise ValueError("must be a number of hours, 0 or more")
    return hours


def _whole(low: int, high: int) -> Callable[[str], int]:
    def parse(value: str) -> int:
        if not value.lstrip("-").isdigit() or not low <= int(value) <= high:
            raise ValueError(f"must be a whole number from {low} to {high}")
        return int(value)

    return parse


def _chunk_tokens(value: str) -> int | None:
    if value == "auto":
        return None
    try:
        return _whole(64, 8192)(value)
    except ValueError as error:
        raise ValueError(f"{error}, or auto") from None


def _digits(value: str) -> str:
    if not value.isascii() or not value.isdigit():
        raise ValueError("must be the number of a page or folder, as in its address")
    return value


def _path(value: str) -> Path:
    return Path(value)


def _one_of(*choices: str) -> Callable[[str], str]:
    def parse(value: str) -> str:
        if value.lower() not in choices:
            raise ValueError(f"must be one of {', '.join(choices)}")
        return value.lower()

    return parse


ALL = (SYNC, INGEST, CHECK)
BOTH = (SYNC, INGEST)


def _setting(
    default: str,
    check: Callable[[str], Any],
    meaning: str,
    programs: tuple[str, ...] = BOTH,
    *,
    shown: str | None = None,
    also: str = "",
) -> Any:
    """One row: `shown` replaces the default in the documentation, `also` is an alias."""
    return field(
        metadata={
            "default": default,
            "check": check,
            "meaning": meaning,
            "programs": programs,
            "shown": default if shown is None else shown,
            "also": also,
        }
    )


@dataclass(frozen=True, slots=True)
class Settings:
    """One run's settings, checked. Durations carry their unit in the name."""

    conf_cloud_id: str = _setting(
        "", _text, f"site cloud id: the root is `{GATEWAY}/<id>`", ALL,
        shown="required unless CONF_BASE_URL",
    )  # fmt: skip
    conf_base_url: str = _setting(
        "", _url, "the root before `/wiki/…`: another gateway, a site's URL, a test server", ALL,
        shown="from CONF_CLOUD_ID",
    )  # fmt: skip
    conf_user: str = _setting(
        "", _text, "account's email (not needed with `CONF_AUTH=bearer`)", ALL, shown="required"
    )
    conf_api_token: Secret = _setting(
        "", _secret, "API token; `CONF_API_TOKEN_FILE` names a file that holds it", ALL,
        shown="required",
    )  # fmt: skip
    conf_auth: str = _setting(
        "basic", _one_of("basic", "bearer"), "how the token is sent: basic or bearer", ALL
    )
    conf_site_url: str = _setting(
        "", _url, "base of the links for people, such as `https://acme.atlassian.net/wiki`", ALL,
        shown="learned from the answers",
    )  # fmt: skip
    space_name: str = _setting(
        "", _text, "a space by its name; the key is looked up (required by ingest_conf.py)", ALL
    )
    filter_space_keys: tuple[str, ...] = _setting(
        "", _names, "comma-separated space keys; without it and SPACE_NAME, every visible space",
        ALL,
    )  # fmt: skip
    filter_folder_id: str = _setting(
        "", _digits, "number of a page or folder: take its descendants only"
    )
    labels: tuple[str, ...] = _setting(
        "", _names, "comma-separated: pages with any of these labels (alias `FILTER_LABELS`)",
        also="FILTER_LABELS",
    )  # fmt: skip
    since_hours: float = _setting(
        "24", _hours,
        "take in new pages only if modified within so many hours, or since the last complete "
        "run if that is longer ago; known pages are always kept true; empty or 0: all pages",
        shown="24 (sync.py), 0 (ingest_conf.py)",
    )  # fmt: skip
    vector_api_base_url: str = _setting(
        "", _url, "the Vector API, before `/v1/…`", (SYNC,), shown="required"
    )
    vector_api_variant: str = _setting(
        "auto", _one_of("auto", "dash", "underscore", "vector_stores"),
        "auto (asks `/openapi.json`), dash, underscore or vector_stores", (SYNC,),
    )  # fmt: skip
    vector_api_token: Secret = _setting(
        "", _secret, "bearer token for the vector server; `VECTOR_API_TOKEN_FILE` too", BOTH
    )
    vector_db_provider: str = _setting(
        "", _text, "provider id when a store is made", shown="the server's default"
    )
    collection_id: str = _setting("confluence", _text, "name of the collection or store", (SYNC,))
    embedding_model_id: str = _setting(
        "all-MiniLM-L6-v2", _text, "model that embeds the chunks, as the server names it"
    )
    chunk_tokens: int | None = _setting(
        "1000", _chunk_tokens,
        "most tokens in a chunk (cl100k_base), breadcrumb included; auto fits the model's window",
    )  # fmt: skip
    chunk_overlap: int = _setting(
        "180", _whole(0, 4096), "most tokens repeated from the chunk before, within a section"
    )
    batch_size: int = _setting(
        "100", _whole(1, 10_000), "chunks (sync.py) or documents (ingest_conf.py) in one insert"
    )
    update_strategy: str = _setting(
        "upsert", _one_of("upsert", "rotate"),
        "upsert, or rotate: build a fresh store, verify it, then remove the old one", (SYNC,),
    )  # fmt: skip
    max_delete_percent: int = _setting(
        "20", _whole(0, 100),
        "refuse to delete more of the known pages (never trips under 10 pages); 100 lifts it",
    )  # fmt: skip
    state_dir: Path = _setting(
        ".",
        _path,
        "folder of the ledger and the `.vdb` file",
        shown="`.` (`/app/state` in the image)",
    )
    workers: int = _setting("4", _whole(1, 32), "concurrent requests to Confluence")
    dry_run: bool = _setting(
        "0", _flag, "show what would be done; write nothing, not even the ledger"
    )
    verify: bool = _setting("1", _flag, "after the run, find a sample of what was written by query")
    verify_query: str = _setting(
        "", _text, "after the run, ask the collection this and print the best three answers"
    )
    restricted_pages: str = _setting(
        "include", _one_of("include", "skip"), "include or skip pages with view restrictions"
    )
    run_deadline_seconds: int = _setting(
        "", _whole(1, 7 * 24 * 3600), "end cleanly after this long; the next run goes on (exit 1)"
    )
    shard_index: int = _setting(
        "0", _whole(0, 9999), "this run's share of the pages, from 0 (`JOB_COMPLETION_INDEX` too)",
        also="JOB_COMPLETION_INDEX",
    )  # fmt: skip
    shard_count: int = _setting("1", _whole(1, 10_000), "number of runs that share the pages")
    log_format: str = _setting(
        "auto", _one_of("auto", "json"), "auto: progress bar on a terminal, lines elsewhere; json"
    )
    log_level: str = _setting(
        "INFO", _one_of("debug", "info", "warning", "error"), "DEBUG, INFO, WARNING or ERROR", ALL
    )
    report_file: Path | None = _setting("", _path, "write a JSON report of the run to this file")
    llama_base_url: str = _setting(
        "", _url, "the Llama Stack server, before `/v1/…`", (INGEST,), shown="required"
    )
    reset: bool = _setting("0", _flag, "delete the stores of that name first", (INGEST,))
    vector_db_id: str = _setting(
        "conf-known-issues", _text,
        "logical name; the store's identifier is kept in `<name with _>.vdb`", (INGEST,),
    )  # fmt: skip
    test_limit: int = _setting("10", _whole(1, 250), "pages to show", (CHECK,))

    @property
    def own_workers(self) -> int:
        """This run's share of WORKERS: shards run side by side against one site."""
        return max(1, self.workers // self.shard_count)

    def mask(self, text: str) -> str:
        """The text with *** for every secret, whoever wrote it: a server may repeat a header."""
        tokens = [one.reveal() for one in (self.conf_api_token, self.vector_api_token) if one]
        pair = f"{self.conf_user}:{self.conf_api_token.reveal()}"
        basic = base64.b64encode(pair.encode()).decode() if self.conf_api_token else ""
        # The longest first: one may be a part of another.
        for secret in sorted(filter(None, (*tokens, basic)), key=len, reverse=True):
            text = text.replace(secret, "***")
        return text


def describe(program: ProgramName | None = None) -> Iterator[Row]:
    """The settings as documentation rows, of one program or of all."""
    for row in fields(Settings):
        if program is None or program in row.metadata["programs"]:
            yield Row(
                row.name.upper(),
                row.metadata["shown"],
                row.metadata["meaning"],
                row.metadata["programs"],
            )


def load_settings(
    program: ProgramName, environ: Mapping[str, str], dotenv: Path | None = None
) -> Settings:
    """Read one program's settings; the environment wins over the `.env` file.

    Raises `SettingsError` with every problem at once. Variables that the program does not use
    keep their defaults, whatever they say.
    """
    given = {**_dotenv_values(dotenv), **environ}
    problems: list[str] = []
    values: dict[str, Any] = {}
    for row in fields(Settings):
        name, about = row.name.upper(), row.metadata
        default = "0" if name == "SINCE_HOURS" and program == INGEST else about["default"]
        if program not in about["programs"]:
            raw = default
        else:
            raw = _raw_value(given, name, about, default, problems)
        try:
            empty = raw == "" and about["check"] is not _hours
            values[row.name] = _empty_value(about["check"]) if empty else about["check"](raw)
        except ValueError as error:
            problems.append(
                f"{name} {error}" if "must" in str(error) else f"{name} must be a number"
            )
    _derive(values)
    problems += _missing(program, values)
    if problems:
        raise SettingsError(problems)
    return Settings(**values)


def _dotenv_values(path: Path | None) -> dict[str, str]:
    if path is None or not path.is_file():
        return {}
    from dotenv import dotenv_values  # only where there is a file: start-up stays quick

    # No interpolation: a token may hold a dollar sign.
    return {name: value or "" for name, value in dotenv_values(path, interpolate=False).items()}


def _raw_value(
    given: Mapping[str, str], name: str, about: Mapping[str, Any], default: str, problems: list[str]
) -> str:
    """The variable's text: itself, its `_FILE`, its alias, else the default."""
    value = given.get(name, "").strip()
    if value:
        return value
    if about["check"] is _secret and (path := given.get(f"{name}_FILE", "").strip()):
        try:
            return Path(path).read_text("utf-8").strip()
        except (OSError, UnicodeDecodeError) as error:
            reason = getattr(error, "strerror", None) or "not UTF-8 text"
            problems.append(f"{name}_FILE cannot be read: {path}: {reason}")
            return default
    if about["also"] and (value := given.get(about["also"], "").strip()):
        return value
    if about["check"] is _hours and name in given:
        return ""  # set but empty means "all pages", not the default
    return default


def _empty_value(check: Callable[[str], Any]) -> Any:
    if check in (_text, _url, _digits):
        return ""
    if check is _secret:
        return Secret("")
    if check is _names:
        return ()
    return None


def _derive(values: dict[str, Any]) -> None:
    """Fill in what one setting takes from another."""
    if not values.get("conf_base_url") and values.get("conf_cloud_id"):
        values["conf_base_url"] = f"{GATEWAY}/{values['conf_cloud_id']}"
    values["run_deadline_seconds"] = values.get("run_deadline_seconds") or 0


def _missing(program: ProgramName, values: Mapping[str, Any]) -> Iterator[str]:
    if "conf_base_url" in values and not values["conf_base_url"]:
        yield "CONF_CLOUD_ID (or CONF_BASE_URL) is not set"
    if values.get("conf_cloud_id") and not values["conf_cloud_id"].replace("-", "").isalnum():
        yield "CONF_CLOUD_ID must be the site's id: letters, digits and hyphens"
    needed = ["conf_api_token"]
    needed += ["conf_user"] if values.get("conf_auth") == "basic" else []
    needed += {SYNC: ["vector_api_base_url"], INGEST: ["llama_base_url", "space_name"], CHECK: []}[
        program
    ]
    for name in needed:
        if name in values and not values[name]:
            yield f"{name.upper()} is not set"
    bearers = ["vector_api_token"]
    bearers += ["conf_api_token"] if values.get("conf_auth") == "bearer" else []
    for name in bearers:
        if name in values and not values[name].reveal().isascii():
            yield f"{name.upper()} must be plain ASCII: it stands in a header"
    if values.get("space_name") and values.get("filter_space_keys"):
        yield "SPACE_NAME and FILTER_SPACE_KEYS exclude each other: set one"
    index, count = values.get("shard_index"), values.get("shard_count")
    if index is not None and count is not None and index >= count:
        yield f"SHARD_INDEX must be under SHARD_COUNT: {index} is not under {count}"
    if (count or 1) > 1 and (values.get("update_strategy") == "rotate" or values.get("reset")):
        yield "SHARD_COUNT must be 1 with UPDATE_STRATEGY=rotate and with RESET=1"
    tokens, overlap = values.get("chunk_tokens"), values.get("chunk_overlap")
    if tokens and overlap is not None and overlap > tokens // 2:
        yield f"CHUNK_OVERLAP must be at most half of CHUNK_TOKENS: {overlap} against {tokens}"


def to_help(program: ProgramName, about: str) -> str:
    """What `--help` prints: what the program is for, and its settings."""
    rows = list(describe(program))
    width = max(len(row.name) for row in rows)
    lines = [
        f"  {row.name:<{width}}  {row.meaning}" + (f" [{row.default}]" if row.default else "")
        for row in rows
    ]
    return "\n".join([about.strip(), "", "It takes no arguments; its settings:", *lines])
