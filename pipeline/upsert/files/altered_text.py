"""Whether a server alters the text of files."""

from __future__ import annotations

from pipeline.upsert.errors import must_be_stored
from pipeline.upsert.files.store_api import OLD_PREFIX, StoreApi
from pipeline.upsert.files.version import Version
from pipeline.upsert.server.embedding_models import EmbeddingModel
from pipeline.upsert.server.listed_window import to_whole_number

_INDENTED = "apps:\n    web:\n\n\n        port"


def alters_text(api: StoreApi, store: str, version: Version, *, may_try: bool) -> bool:
    """Return whether the server strips white space from the text of files.

    OGX does, from 1.0 on. Where the server does not show its version, another store of the same
    model and provider is made, tried and deleted; without `may_try`, the answer is False there.
    """
    if api.prefix == OLD_PREFIX:
        return False
    return version >= (1, 0) if version else may_try and _try_text(api, store)


def _try_text(api: StoreApi, store: str) -> bool:
    about = (api.get_store(store) or {}).get("metadata") or {}
    dimension = to_whole_number(about.get("embedding_dimension")) or None
    model = EmbeddingModel(str(about.get("embedding_model") or ""), dimension)
    provider = str(about.get("provider_id") or "")
    tried, file_id = api.make_store("conf-try-text", model, provider, "vector_stores"), ""
    try:
        with must_be_stored("it is not known whether the server keeps a text as it is"):
            file_id = api.upload(f"try.{tried}.md", _INDENTED)
            api.attach(tried, file_id, _INDENTED, {})
            chunk = api.read_chunk(tried, file_id)
        return _INDENTED not in str(chunk.get("text") or chunk.get("content"))
    finally:
        api.delete_store(tried)
        if file_id:
            api.delete_upload(file_id)
