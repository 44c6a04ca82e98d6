"""A server's description of itself, its `/openapi.json`: which routes it has."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from pipeline.upsert.errors import VectorApiError
from pipeline.upsert.server.api import Api

METHODS = ("get", "post", "put", "patch", "delete")
ROUTES_SHOWN = 8


@dataclass(frozen=True, slots=True)
class Description:
    """An OpenAPI document; empty where the server has none."""

    document: Mapping[str, Any] = field(default_factory=dict)

    @property
    def paths(self) -> Mapping[str, Any]:
        """Path → method in lower case → operation."""
        paths: Mapping[str, Any] = self.document.get("paths") or {}
        return paths

    def has(self, *paths: str) -> bool:
        """Return whether the server has all these paths, by whatever method."""
        return self.paths.keys() >= set(paths)

    def list_routes(self) -> set[tuple[str, str]]:
        """Return (method in capitals, path) of every route."""
        return {
            (method.upper(), path)
            for path, operations in self.paths.items()
            for method in METHODS
            if method in operations
        }

    def takes_field(self, path: str, name: str) -> bool:
        """Return whether the body of a POST has a field, anywhere in its schema."""
        body = self.paths[path].get("post", {}).get("requestBody", {})
        return f'"{name}"' in json.dumps(body) + self._resolve(body)

    def _resolve(self, body: Mapping[str, Any]) -> str:
        """Return the schemas to which a request's body refers, as JSON."""
        schemas = (self.document.get("components") or {}).get("schemas") or {}
        content = body.get("content") or {}
        references = [str(kind.get("schema", {}).get("$ref", "")) for kind in content.values()]
        return "".join(json.dumps(schemas.get(ref.rpartition("/")[2], {})) for ref in references)

    def to_summary(self) -> str:
        """Return a few of the routes in one line, those about vectors first."""
        if not self.paths:
            return "no routes"
        paths = sorted(self.paths, key=lambda path: ("vector" not in path, path))
        more = f" and {len(paths) - ROUTES_SHOWN} more" if len(paths) > ROUTES_SHOWN else ""
        return ", ".join(paths[:ROUTES_SHOWN]) + more


def get_description(api: Api) -> Description:
    """Return the server's description. Raises `VectorApiError` if it has none."""
    document = api.get("/openapi.json")
    if not isinstance(document, Mapping) or not isinstance(document.get("paths"), Mapping):
        raise VectorApiError(f"{api.base_url}/openapi.json is no OpenAPI description")
    return Description(document)
