"""Which kind of Vector API a server speaks, read from its own `/openapi.json`."""

from __future__ import annotations

import ipaddress
import json
import logging
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

from pipeline.settings import Settings
from pipeline.upsert.api import AnswerError, Api
from pipeline.upsert.dash import Dash
from pipeline.upsert.dash_stores import VectorDbs, VectorStores
from pipeline.upsert.dry_run import DryRun
from pipeline.upsert.errors import VectorApiError
from pipeline.upsert.files.store_api import to_prefix
from pipeline.upsert.sink import Sink
from pipeline.upsert.underscore import Underscore
from pipeline.upsert.vector_stores import VectorStores as FileStores

log = logging.getLogger(__name__)

INSERT, DOCUMENTS = "/v1/vector-io/insert", "/v1/vector_io/documents"
METHODS = ("get", "post", "put", "patch", "delete")
LOOKED_FOR = (
    f"{INSERT} with /v1/vector-dbs, or with /v1/vector_stores and /v1/embeddings (dash)",
    f"{DOCUMENTS} (underscore)",
    "/v1/vector_stores or /v1/openai/v1/vector_stores with …/files (vector_stores)",
)
ROUTES_TOLD = 8


def open_sink(settings: Settings) -> Sink:
    """The sink for the server of the settings; its collection is not opened yet.

    Raises `VectorApiError` if the server cannot be reached or speaks nothing that we know. In a
    dry run, a server that cannot be reached is only warned about.
    """
    api = Api(settings.vector_api_base_url, settings.vector_api_token)
    _warn_of_plain_http("VECTOR_API_BASE_URL", settings.vector_api_base_url, settings)
    try:
        sink = choose_sink(api, settings)
    except VectorApiError as error:
        api.close()
        if not settings.dry_run:
            raise
        log.warning("the dry run goes on without the vector server: %s", error)
        return DryRun(None)
    except BaseException:
        api.close()
        raise
    log.info("%s speaks %s", settings.vector_api_base_url, sink.variant)
    return DryRun(sink) if settings.dry_run else sink


def open_rag_tool(settings: Settings) -> Sink:
    """The sink of `ingest_conf.py`; its store is not opened yet."""
    from pipeline.upsert.rag_tool import RagTool  # the client is only needed here, and is heavy

    _warn_of_plain_http("LLAMA_BASE_URL", settings.llama_base_url, settings)
    sink = RagTool(settings)
    return DryRun(sink) if settings.dry_run else sink


def choose_sink(api: Api, settings: Settings) -> Sink:
    """The sink for what the server describes, or for the variant that the settings force."""
    wanted = settings.vector_api_variant
    description = _describe(api, is_needed=wanted == "auto")
    paths: Mapping[str, Any] = description.get("paths") or {}
    variant = _recognize(description) if wanted == "auto" else wanted
    if variant == "dash":
        return _open_dash(api, settings, description)
    if variant == "underscore":
        return Underscore(api, settings, _list_routes(paths))
    if variant == "vector_stores":
        return FileStores(settings, api)
    raise VectorApiError(
        f"{api.base_url}/openapi.json describes no Vector API: looked for "
        f"{'; '.join(LOOKED_FOR)}; found {_to_summary(paths)}"
    )


def _describe(api: Api, *, is_needed: bool) -> Mapping[str, Any]:
    try:
        description = api.get("/openapi.json")
    except AnswerError as error:
        if error.status != 404:
            raise
        if is_needed:
            raise VectorApiError(
                f"{error}: without its description the variant is not known; check "
                "VECTOR_API_BASE_URL, or set VECTOR_API_VARIANT"
            ) from error
        return {}
    if not isinstance(description, Mapping) or not isinstance(description.get("paths"), Mapping):
        raise VectorApiError(f"{api.base_url}/openapi.json is no OpenAPI description")
    return description


def _recognize(description: Mapping[str, Any]) -> str:
    paths = description["paths"]
    if INSERT in paths and ("/v1/vector-dbs" in paths or _wants_vectors(description)):
        return "dash"
    if DOCUMENTS in paths:
        return "underscore"
    return "vector_stores" if to_prefix(paths) else ""


def _wants_vectors(description: Mapping[str, Any]) -> bool:
    """Whether inserts go to a `vector_store_id` and bring vectors, which the server can make."""
    paths = description["paths"]
    if not {INSERT, "/v1/vector_stores", "/v1/embeddings"} <= paths.keys():
        return False
    # The field's name is somewhere in the insert's schema, here or behind a reference.
    body = paths[INSERT].get("post", {}).get("requestBody", {})
    schema = json.dumps(body) + _resolve(description, body)
    return '"vector_store_id"' in schema


def _resolve(description: Mapping[str, Any], body: Mapping[str, Any]) -> str:
    schemas = (description.get("components") or {}).get("schemas") or {}
    content = body.get("content") or {}
    references = [str(one.get("schema", {}).get("$ref", "")) for one in content.values()]
    return "".join(json.dumps(schemas.get(ref.rpartition("/")[2], {})) for ref in references)


def _open_dash(api: Api, settings: Settings, description: Mapping[str, Any]) -> Dash:
    paths = description.get("paths") or {}
    if not paths or "/v1/vector-dbs" in paths:
        return Dash(api, VectorDbs(api, settings), settings.collection_id)
    if _wants_vectors(description):
        return Dash(api, VectorStores(api, settings), settings.collection_id)
    raise VectorApiError(
        f"VECTOR_API_VARIANT=dash, but {api.base_url}/openapi.json has neither form of it: looked "
        f"for {LOOKED_FOR[0]}; found {_to_summary(paths)}"
    )


def _list_routes(paths: Mapping[str, Any]) -> set[tuple[str, str]]:
    return {
        (method.upper(), path)
        for path, operations in paths.items()
        for method in METHODS
        if method in operations
    }


def _to_summary(paths: Mapping[str, Any]) -> str:
    """What a server has instead, short: its routes that come nearest first."""
    if not paths:
        return "no routes"
    near = sorted(paths, key=lambda path: ("vector" not in path, path))
    more = f" and {len(near) - ROUTES_TOLD} more" if len(near) > ROUTES_TOLD else ""
    return ", ".join(near[:ROUTES_TOLD]) + more


def _warn_of_plain_http(name: str, url: str, settings: Settings) -> None:
    parts = urlsplit(url)
    if parts.scheme == "http" and settings.vector_api_token and not _is_loopback(parts.hostname):
        log.warning("%s is plain http: the token goes over the net unprotected", name)


def _is_loopback(host: str | None) -> bool:
    try:
        return host == "localhost" or ipaddress.ip_address(host or "").is_loopback
    except ValueError:
        return False
