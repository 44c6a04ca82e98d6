"""Which variant of the Vector API a server has, read from its own `/openapi.json`."""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from pipeline.http import RetryPolicy, Waiting, warn_of_plain_http
from pipeline.settings import Settings
from pipeline.upsert import dash, underscore, vector_stores
from pipeline.upsert.dry_run import DryRun
from pipeline.upsert.errors import VectorApiError
from pipeline.upsert.server.api import AnswerError, Api
from pipeline.upsert.server.description import Description, get_description
from pipeline.upsert.sink import Sink

log = logging.getLogger(__name__)


class FindableSink(Sink, Protocol):
    """A sink that can distinguish its collection from those of other variants."""

    def has_collection(self) -> bool:
        """Return whether the server has a collection of our name that this sink made."""


@dataclass(frozen=True, slots=True)
class Variant:
    """One variant of the Vector API."""

    name: str  # as VECTOR_API_VARIANT has it
    routes: str  # what it is recognized by, in words
    is_shown: Callable[[Description], bool]
    open: Callable[[Api, Settings, Description], FindableSink]


VARIANTS = (  # a server that has several is used by the first, which can replace and delete
    Variant(
        "vector_stores",
        vector_stores.ROUTES,
        vector_stores.has_vector_stores,
        vector_stores.open_vector_stores,
    ),
    Variant("dash", dash.ROUTES, dash.is_dash, dash.open_dash),
    Variant("underscore", underscore.ROUTES, underscore.is_underscore, underscore.open_underscore),
)


def open_sink(
    settings: Settings,
    waiting: Waiting | None = None,
    retry: RetryPolicy | None = None,
    made_with: str = "",
) -> Sink:
    """Return the sink for the server of the settings; its collection is not opened yet.

    `made_with` is the variant that an earlier run used for the collection, "" if none is known.

    Raises `VectorApiError` if the server cannot be reached or has none of the variants; in a dry
    run, either is only a warning.
    """
    api = Api(settings.vector_api_base_url, settings.vector_api_token, retry, waiting)
    if settings.vector_api_token:
        warn_of_plain_http("VECTOR_API_BASE_URL", settings.vector_api_base_url)
    try:
        sink = choose_sink(api, settings, made_with)
    except VectorApiError as error:
        api.close()
        if not settings.dry_run:
            raise
        log.warning("dry run without the vector server: %s", error)
        return DryRun(None)
    except BaseException:
        api.close()
        raise
    log.info("vector server %s: variant %s", settings.vector_api_base_url, sink.variant)
    return DryRun(sink) if settings.dry_run else sink


def open_rag_tool(
    settings: Settings, waiting: Waiting | None = None, retry: RetryPolicy | None = None
) -> Sink:
    """Return the sink of `ingest_conf.py`; its store is not opened yet."""
    from pipeline.upsert.rag_tool import RagTool  # its client is heavy, and only needed here

    if settings.vector_api_token:
        warn_of_plain_http("LLAMA_BASE_URL", settings.llama_base_url)
    api = Api(settings.llama_base_url, settings.vector_api_token, retry, waiting)
    sink = RagTool(api, settings)
    return DryRun(sink) if settings.dry_run else sink


def choose_sink(api: Api, settings: Settings, made_with: str = "") -> Sink:
    """Return the sink for what the server describes, or for the variant that the settings force.

    An existing collection keeps the variant that it was made with.
    """
    forced = settings.vector_api_variant
    description = _get_description(api, is_needed=forced == "auto")
    if forced != "auto":
        variant = next(variant for variant in VARIANTS if variant.name == forced)
        return variant.open(api, settings, description)
    shown = _recognize(api, description)
    sinks = [variant.open(api, settings, description) for variant in shown]
    chosen = next((sink for sink in sinks if sink.variant == made_with), None)
    if chosen is None and len(sinks) > 1:
        chosen = next((sink for sink in sinks if sink.has_collection()), None)
    if chosen and not chosen.can_delete and sinks[0].can_delete:
        log.warning(
            "the collection %s was made with the variant %s, which cannot delete: how to change "
            "over to %s is in docs/servers.md",
            settings.collection_id,
            chosen.variant,
            sinks[0].variant,
        )
    return chosen or sinks[0]


def _get_description(api: Api, *, is_needed: bool) -> Description:
    try:
        return get_description(api)
    except AnswerError as error:
        if error.status != 404:
            raise
        if not is_needed:
            return Description()
        raise VectorApiError(
            f"{error}: without its description the variant is not known; check "
            "VECTOR_API_BASE_URL, or set VECTOR_API_VARIANT"
        ) from error


def _recognize(api: Api, description: Description) -> list[Variant]:
    """Return the variants whose routes the server has: at least one."""
    if shown := [variant for variant in VARIANTS if variant.is_shown(description)]:
        return shown
    looked_for = "; ".join(f"{variant.routes} ({variant.name})" for variant in VARIANTS)
    raise VectorApiError(
        f"{api.base_url}/openapi.json describes no Vector API: looked for {looked_for}; "
        f"found {description.to_summary()}"
    )
