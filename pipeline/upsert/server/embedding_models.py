"""The embedding models that a server offers, and the one that EMBEDDING_MODEL_ID means."""

from __future__ import annotations

import logging
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from pipeline.settings import Settings
from pipeline.upsert.errors import UnusableSettingError, VectorApiError
from pipeline.upsert.server.api import AnswerError, Api, to_segment
from pipeline.upsert.server.listed_window import to_listed_window, to_whole_number
from pipeline.upsert.server.made_by import MADE_BY_US

log = logging.getLogger(__name__)
SECOND_COLLECTION = (
    "give the run a COLLECTION_ID and a STATE_DIR of their own, so that it builds a second one"
)
_STORES = "/v1/vector_stores"
_NAMED_MODEL = re.compile(r"Embedding model '([^']+)'")


@dataclass(frozen=True, slots=True)
class EmbeddingModel:
    """A model by its name in requests."""

    name: str
    dimension: int | None  # of its vectors; None where it is not listed
    resource: str = ""  # the provider's own name: one model may be listed under two names
    window: int | None = None  # word pieces; None where it is not listed, or cannot be right


def refuse_other_model(
    settings: Settings, made_with: str, cure: str, api: Api | None = None
) -> None:
    """Raise `UnusableSettingError` if EMBEDDING_MODEL_ID is set to another model than `made_with`.

    `cure` is what else a person can do. The names of one model differ by its provider's name;
    `api` is asked where they differ by more, None where the server lists no models.
    """
    wanted = settings.embedding_model_id
    if not made_with or settings.is_default("embedding_model_id") or _is_same(wanted, made_with):
        return
    models = (api and _list_models(api)) or []
    found = _choose(models, wanted)
    if found is None or found != _choose(models, made_with):
        raise UnusableSettingError(
            f"EMBEDDING_MODEL_ID={wanted}, but the store was made with {made_with}: set "
            f"EMBEDDING_MODEL_ID={made_with}, or {cure}"
        )


def to_model_fact(settings: Settings, made_with: str) -> str:
    """Return the model to record: `made_with`, else what EMBEDDING_MODEL_ID is set to, or ""."""
    is_default = settings.is_default("embedding_model_id")
    return made_with or ("" if is_default else settings.embedding_model_id)


def find_model_of_store(api: Api, settings: Settings, made_with: str) -> EmbeddingModel:
    """Return the model for the vectors of a store that was made with `made_with`, "" if unknown.

    Where EMBEDDING_MODEL_ID is not set, another default of the server changes nothing. Raises
    `UnusableSettingError` where the server does not have the model any more.
    """
    if not made_with or not settings.is_default("embedding_model_id"):
        return find_embedding_model(api, settings)
    models = _list_models(api)
    if models is None:
        return EmbeddingModel(made_with, None)
    if found := _choose(models, made_with):
        return found
    raise UnusableSettingError(
        f"the store was made with {made_with}, and the server does not have that embedding model "
        f"any more; it has {', '.join(model.name for model in models) or 'none'}: bring it back, "
        "or set EMBEDDING_MODEL_ID and build a new store with UPDATE_STRATEGY=rotate"
    )


def find_embedding_model(api: Api, settings: Settings) -> EmbeddingModel:
    """Return the server's model that EMBEDDING_MODEL_ID names.

    The name is the full one, or the part after the provider's. Where the setting is not set and
    the server does not have its default, the server's only or default embedding model is used.
    Where a server lists no models, the name is used as it is. Raises `UnusableSettingError` where
    it lists others only.
    """
    required = settings.embedding_model_id
    models = _list_models(api)
    if models is None:
        return EmbeddingModel(required, None)
    if found := _choose(models, required):
        return found
    distinct: dict[str, EmbeddingModel] = {}  # of one model under two names the first
    for model in models:
        distinct.setdefault(model.resource or model.name, model)
    if distinct and settings.is_default("embedding_model_id"):
        [first, *others] = distinct.values()
        chosen = _ask_for_default(api, models) if others else first
        if chosen:
            log.info("the server has no %s: using its embedding model, %s", required, chosen.name)
            return chosen
    names = ", ".join(model.name for model in distinct.values())
    raise UnusableSettingError(
        f"the server has no embedding model {required!r} (EMBEDDING_MODEL_ID); "
        f"it has {names or 'none'}"
    )


def list_window(api: Api, name: str) -> int | None:
    """Return the window that the server lists for a model, under any of the model's names.

    Raises `VectorApiError` if it does not list the model, as while it starts.
    """
    models = _list_models(api) or []
    named = [model for model in models if model.name == name]
    if not named:
        raise VectorApiError(f"the server does not list the model {name}")
    same = [model for model in models if model.resource == named[0].resource != ""]
    return next((model.window for model in (*named, *same) if model.window), None)


def measure_dimension(api: Api, route: str, model: EmbeddingModel) -> int:
    """Return the dimension of a model's vectors: the listed one, or that of one embedding.

    `route` is the server's route for embeddings.
    """
    if model.dimension:
        return model.dimension
    answer = api.post(route, {"model": model.name, "input": ["size"]})
    return len(answer.rows("data")[0]["embedding"])


def _list_models(api: Api) -> list[EmbeddingModel] | None:
    """Return the embedding models, of one model the name with a dimension first.

    None where the server lists no models at all. Llama Stack 0.2 lists `identifier` and
    `metadata`, later servers `id` and `custom_metadata`.
    """
    try:
        rows = api.get("/v1/models").rows("data")
    except AnswerError as error:
        if error.status != 404:
            raise
        return None
    if not rows:
        return None
    models = [model for row in rows if (model := _to_model(row))]
    return sorted(models, key=lambda model: model.dimension is None)


def _ask_for_default(api: Api, models: list[EmbeddingModel]) -> EmbeddingModel | None:
    """Return the model of a store that is made without one; None where the server has no default.

    No list shows it: a store is made and deleted again. OGX refuses it with the model's name where
    the dimension is not known.
    """
    try:
        made = api.post_once(_STORES, {"name": "conf-default-model", "metadata": MADE_BY_US})
    except AnswerError as error:
        if error.status not in (400, 404, 405, 422):
            raise
        named = _NAMED_MODEL.search(str(error))
        name = named[1] if named else ""
    else:
        api.delete(f"{_STORES}/{to_segment(made['id'])}")
        name = str((made.get("metadata") or {}).get("embedding_model", ""))
    return next((model for model in models if model.name == name), None)


def _to_model(row: Mapping[str, Any]) -> EmbeddingModel | None:
    about = row.get("custom_metadata") or row.get("metadata") or {}
    kind = row.get("model_type") or about.get("model_type")
    name, dimension = row.get("identifier") or row.get("id"), about.get("embedding_dimension")
    if kind != "embedding" or not name:
        return None
    resource = row.get("provider_resource_id") or about.get("provider_resource_id") or ""
    size = to_whole_number(dimension) or None
    return EmbeddingModel(str(name), size, str(resource), to_listed_window(about))


def _is_same(one: str, other: str) -> bool:
    """Return whether two names differ by no more than the provider's name in front."""
    return one == other or one.endswith(f"/{other}") or other.endswith(f"/{one}")


def _choose(models: list[EmbeddingModel], required: str) -> EmbeddingModel | None:
    """Return the model of that name; of one model under two names, the one with a dimension."""
    named = [
        model for model in models if model.name == required or model.name.endswith(f"/{required}")
    ]
    if not named:
        return None
    exact = next((model for model in named if model.name == required), named[0])
    same = [model for model in models if exact.resource and model.resource == exact.resource]
    return exact if exact.dimension or not same else same[0]
