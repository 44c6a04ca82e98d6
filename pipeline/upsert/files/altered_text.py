"""Whether a server alters the text of files."""

from __future__ import annotations

import re

from pipeline.upsert.files.store_api import OLD_PREFIX, StoreApi
from pipeline.upsert.server.api import AnswerError, NoAnswerError
from pipeline.upsert.server.made_by import MADE_BY_US

_NUMBER = re.compile(r"\d+")
_INDENTED = "apps:\n    web:\n\n\n        port"


def alters_text(api: StoreApi, store: str) -> bool:
    """Return whether the server strips white space from the text of files.

    OGX does, from 1.0 on. Where the server does not tell its version, another store of the same
    model and provider is made, tried and deleted.
    """
    if api.prefix == OLD_PREFIX:
        return False
    major = _get_major(api)
    return _try_text(api, store) if major is None else major >= 1


def _get_major(api: StoreApi) -> int | None:
    """Return the first number of the server's version; None where it does not tell."""
    try:
        answer = api.api.get("/v1/version")
    except (AnswerError, NoAnswerError):
        return None
    version = answer.get("version") if isinstance(answer, dict) else answer
    number = _NUMBER.search(str(version))
    return int(number[0]) if number else None


def _try_text(api: StoreApi, store: str) -> bool:
    about = (api.get_store(store) or {}).get("metadata") or {}
    body = {
        "name": "conf-try-text",
        "embedding_model": about.get("embedding_model"),
        "embedding_dimension": int(about.get("embedding_dimension") or 0),
        "provider_id": about.get("provider_id"),
        "metadata": MADE_BY_US,
    }
    tried = str(api.api.post_once(f"{api.prefix}/vector_stores", body)["id"])
    file_id = api.upload(f"try.{tried}.md", _INDENTED)
    try:
        api.attach(tried, file_id, _INDENTED, {})
        chunk = api.read_chunk(tried, file_id)
        return _INDENTED not in str(chunk.get("text") or chunk.get("content"))
    finally:
        api.delete_store(tried)
        api.delete_upload(file_id)
