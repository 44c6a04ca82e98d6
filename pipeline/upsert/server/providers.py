"""The providers of a server: the databases and models behind its API."""

from __future__ import annotations

from typing import Any

from pipeline.upsert.errors import UnusableSettingError
from pipeline.upsert.server.api import AnswerError, Api


def list_providers(api: Api) -> list[dict[str, Any]]:
    """Return the server's providers; [] where it does not list them to us (403, 404)."""
    try:
        return list(api.get("/v1/providers").rows("data"))
    except AnswerError as error:
        if error.status not in (403, 404):
            raise
        return []


def to_provider_type(api: Api, provider: str) -> str:
    """Return the type of a provider, such as `inline::faiss`; its id where that is not known."""
    types = {row["provider_id"]: str(row["provider_type"]) for row in list_providers(api)}
    return types.get(provider, provider)


def to_provider_field(api: Api, provider: str) -> dict[str, str]:
    """Return the field that names the provider of a new store; {} for the server's default.

    Raises `UnusableSettingError` for an unknown one, to which the server would answer 500 without a
    reason.
    """
    if not provider:
        return {}
    known = [row["provider_id"] for row in list_providers(api) if row.get("api") == "vector_io"]
    if known and provider not in known:
        raise UnusableSettingError(
            f"the server has no vector provider {provider!r} (VECTOR_DB_PROVIDER); "
            f"it has {', '.join(known)}"
        )
    return {"provider_id": provider}
