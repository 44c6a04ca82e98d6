"""From the environment and a `.env` file to checked `Settings`."""

from __future__ import annotations

import io
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from pipeline.settings.checks import secret
from pipeline.settings.leftovers import read_text, refuse_leftovers
from pipeline.settings.table import GATEWAY, ProgramName, SettingRow, Settings, list_rows


class SettingsError(Exception):
    """All problems of the settings, "; " between them; never the value of a secret."""


def load_settings(
    program_name: ProgramName, environ: Mapping[str, str], dotenv: Path | None = None
) -> Settings:
    """Return one program's settings; the environment takes precedence over the `.env` file.

    Settings that the program does not use have their defaults. Raises `SettingsError` with every
    problem at once.
    """
    variables = {**_load_dotenv(dotenv), **environ}
    problems: list[str] = []
    values: dict[str, Any] = {}  # by field, without those that failed their check
    for field, row in list_rows():
        name = field.upper()
        try:
            values[field] = _to_value(name, row, program_name, variables)
        except ValueError as error:
            problems.append(f"{name} {error}")
    if not values.get("conf_base_url") and values.get("conf_cloud_id"):
        values["conf_base_url"] = f"{GATEWAY}/{values['conf_cloud_id']}"
    problems += _list_missing(program_name, values)
    problems += _list_bad_tokens(values)
    problems += _list_contradictions(values)
    if problems:
        raise SettingsError("; ".join(problems))
    set_fields = frozenset(field for field, row in list_rows() if _is_set(field, row, variables))
    return Settings(**values, set_fields=set_fields)


def _load_dotenv(path: Path | None) -> dict[str, str]:
    if path is None or not path.is_file():
        return {}
    from dotenv import dotenv_values  # only where there is a file: programs start faster

    try:
        text = read_text(path)
    except OSError as error:
        raise SettingsError(f"{path} cannot be read: {error.strerror}") from None
    except ValueError as error:
        raise SettingsError(f"{path} is {error}") from None
    # No interpolation: a token may hold a dollar sign.
    values = dotenv_values(stream=io.StringIO(text), interpolate=False)
    return {name: value or "" for name, value in values.items()}


def _is_set(field: str, row: SettingRow, variables: Mapping[str, str]) -> bool:
    name = field.upper()
    names = [name, row.alias, f"{name}_FILE" if row.has_file else ""]
    return any(variables.get(one, "").strip() for one in names if one)


def _to_value(
    name: str, row: SettingRow, program_name: ProgramName, variables: Mapping[str, str]
) -> Any:
    """Return the variable's value, its file's, its alias's, else the default.

    Raises `ValueError` if it fails its check, or its file cannot be read.
    """
    if program_name not in row.programs:
        return row.check(row.default)
    if text := variables.get(name, "").strip():
        refuse_leftovers(name, text, row.is_free_text)
        return row.check(text)
    if row.has_file and (path := variables.get(f"{name}_FILE", "").strip()):
        text = _read_file(f"{name}_FILE", Path(path))
        refuse_leftovers(name, text, row.is_free_text)
        return secret(text, Path(path))
    if row.alias and (text := variables.get(row.alias, "").strip()):
        refuse_leftovers(row.alias, text, row.is_free_text)
        return row.check(text)
    return row.check(row.default)


def _read_file(name: str, path: Path) -> str:
    """Return the text of a secret's file. Errors do not quote the path: it may be the secret."""
    try:
        return read_text(path).strip()
    except OSError as error:
        raise ValueError(
            f"cannot be read: {error.strerror}; {name} must be the path of a file that holds it"
        ) from None
    except ValueError as error:
        raise ValueError(f"cannot be read: the file of {name}: {error}") from None


# The rules between settings. A value that failed its own check is missing from `values`, so that no
# second problem is reported for it.


def _list_missing(program_name: ProgramName, values: Mapping[str, Any]) -> Iterator[str]:
    if values.get("conf_base_url") == "" and "conf_cloud_id" in values:
        yield "CONF_CLOUD_ID (or CONF_BASE_URL) is not set"
    if values.get("conf_auth") == "basic" and values.get("conf_user") == "":
        yield "CONF_USER is not set"
    for field, row in list_rows():
        if program_name in row.required_by and field in values and not values[field]:
            yield f"{field.upper()} is not set"


def _list_bad_tokens(values: Mapping[str, Any]) -> Iterator[str]:
    bearer_tokens = ["vector_api_token"]
    if values.get("conf_auth") == "bearer":  # Basic authentication encodes the token
        bearer_tokens.append("conf_api_token")
    for field in bearer_tokens:
        if field in values and not values[field].reveal().isascii():
            yield f"{field.upper()} must be ASCII: it is sent in an HTTP header"


def _list_contradictions(values: Mapping[str, Any]) -> Iterator[str]:
    if values.get("space_name") and values.get("filter_space_keys"):
        yield "SPACE_NAME and FILTER_SPACE_KEYS exclude each other: set only one"
    types = values.get("content_types", ())
    if values.get("filter_folder_id") and "blogposts" in types and "pages" not in types:
        yield (
            f"FILTER_FOLDER_ID and CONTENT_TYPES={','.join(types)} exclude each other: blog posts "
            "are in no folder"
        )
    index, count = values.get("shard_index", 0), values.get("shard_count", 1)
    if "shard_count" in values and index >= count:
        yield f"SHARD_INDEX must be less than SHARD_COUNT: {index} is not less than {count}"
    if count > 1 and (values.get("update_strategy") == "rotate" or values.get("reset")):
        yield "SHARD_COUNT must be 1 with UPDATE_STRATEGY=rotate and with RESET=1"
    tokens, overlap = values.get("chunk_tokens"), values.get("chunk_overlap", 0)
    if tokens and overlap > tokens // 2:
        yield f"CHUNK_OVERLAP must be at most half of CHUNK_TOKENS: {overlap} against {tokens}"
