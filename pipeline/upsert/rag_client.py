"""The official llama-stack-client as the rag-tool's sink uses it: few calls, our errors."""

from __future__ import annotations

import importlib.metadata
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any, NamedTuple

import llama_stack_client as llama

from pipeline.http import to_cause
from pipeline.settings import Secret
from pipeline.upsert.bounded_client import BoundedClient
from pipeline.upsert.errors import VectorApiError
from pipeline.upsert.server.api import (
    TO_DELETE,
    TO_STORE,
    AnswerError,
    Api,
    NoAnswerError,
    insert_errors,
)
from pipeline.upsert.server.embedding_models import EmbeddingModel

TIMEOUT_SECONDS = 900.0  # a hundred long pages are embedded before the answer


class Store(NamedTuple):
    """A store as `/v1/vector-dbs` lists it."""

    identifier: str
    name: str
    model: str  # that it was made with; "" where the server does not show it


class RagClient:
    """The client for one server. Every call raises `VectorApiError`."""

    def __init__(self, api: Api, token: Secret) -> None:
        """`api` is for the same server; it reads the version if the server refuses the client."""
        self.requests = 0
        self._api, self._token = api, token
        self._client = llama.LlamaStackClient(
            base_url=api.base_url,
            # Without one, the client would read an environment variable.
            api_key=token.reveal() or "none",
            timeout=TIMEOUT_SECONDS,
            max_retries=0,  # a repeated insert stores everything twice
            http_client=BoundedClient(
                # Redirects would carry token and text to wherever the answer points.
                follow_redirects=False,
                verify=api.open_tls() if api.base_url.startswith("https") else True,
            ),
        )
        if not token:
            self._client.api_key = None

    def list_stores(self) -> list[Store]:
        """Return every store of the server."""
        rows = self._call(self._client.vector_dbs.list)
        return [
            Store(
                row.identifier,
                getattr(row, "vector_db_name", None) or row.identifier,
                getattr(row, "embedding_model", None) or "",
            )
            for row in rows
        ]

    def register(self, name: str, model: EmbeddingModel, provider: dict[str, str]) -> str:
        """Create a store; return its identifier, which is not the name.

        `provider`: the field that names one, see `to_provider_field`.
        """
        options: dict[str, Any] = dict(provider)
        if model.dimension:
            options["embedding_dimension"] = model.dimension
        made = self._call(
            self._client.vector_dbs.register,
            finish_seconds=TO_STORE,
            vector_db_id=name,
            vector_db_name=name,
            embedding_model=model.name,
            **options,
        )
        return str(made.identifier)

    def unregister(self, identifier: str) -> None:
        """Delete a store; a missing one is no error."""
        try:
            unregister = self._client.vector_dbs.unregister
            self._call(unregister, identifier, finish_seconds=TO_DELETE)
        except AnswerError as error:
            if error.status != 404:
                raise

    def insert(self, documents: Sequence[dict[str, Any]], identifier: str, chunk_size: int) -> None:
        """Send documents once. A success does not prove that they are stored.

        Raises the errors of `insert_errors`.
        """
        with insert_errors():
            self._call(
                self._client.tool_runtime.rag_tool.insert,
                finish_seconds=TO_STORE,
                documents=documents,
                vector_db_id=identifier,
                chunk_size_in_tokens=chunk_size,
            )

    def close(self) -> None:
        """Close the connections."""
        self._client.close()

    def describe_version(self) -> str:
        """Return the server's version in words, for an error message."""
        version = self._get_version()
        return f"version {version}" if version else "of an unknown version"

    def _get_version(self) -> str:
        try:
            return str(self._api.get("/v1/version")["version"])
        except (VectorApiError, KeyError, TypeError):
            return ""  # it is for a message only

    def _call(
        self, call: Callable[..., Any], *args: Any, finish_seconds: float = 0.0, **options: Any
    ) -> Any:
        self.requests += 1
        what, token = f"{self._api.base_url}: {call.__qualname__}", self._token.reveal()
        try:
            request = partial(call, *args, **options)
            return self._api.waiting.answer(request, TIMEOUT_SECONDS, finish_seconds)
        except llama.APIStatusError as error:
            answer = error.response
            if answer.status_code == 401 and self._api.has_newer_token(token):
                self._client.api_key = self._token.reveal()
                # Nothing of it was done.
                return self._call(call, *args, finish_seconds=finish_seconds, **options)
            if answer.status_code == 426:
                raise VectorApiError(self._explain_refusal()) from None
            raise self._api.to_answer_error(
                what, answer.status_code, answer.headers, answer.content, [args, options]
            ) from None
        except (llama.APIConnectionError, TimeoutError) as error:
            cause = to_cause(error)
            raise NoAnswerError(f"{what}: {cause.text}", cause) from None
        except llama.APIError as error:
            text = self._api.quote(str(error), [args, options])
            raise VectorApiError(f"{what}: {text}") from None

    def _explain_refusal(self) -> str:
        client = importlib.metadata.version("llama-stack-client")
        needed = self._get_version() or "<the server's version>"
        return (
            f"{self._api.base_url} refuses our client (HTTP 426): the server is "
            f"{self.describe_version()}, llama-stack-client is version {client}; "
            f"`pip install llama-stack-client=={needed}` fixes it"
        )
