"""The official llama-stack-client as the rag-tool's sink uses it: few calls, its errors as ours."""

from __future__ import annotations

import importlib.metadata
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import llama_stack_client as llama

from pipeline.settings import Secret
from pipeline.upsert.api import REFUSING, Api
from pipeline.upsert.embedding_models import EmbeddingModel
from pipeline.upsert.errors import (
    InsertRejectedError,
    InsertThrottledError,
    InsertUnclearError,
    VectorApiError,
)
from pipeline.upsert.reasons import to_error_text, to_seconds

SECONDS = 900.0  # a hundred long pages are embedded while we wait


class Store(NamedTuple):
    """A store as `/v1/vector-dbs` lists it."""

    identifier: str
    name: str


class RagClient:
    """The client for one server. Every call raises `VectorApiError`."""

    def __init__(self, api: Api, token: Secret) -> None:
        """`api` is for the same server; it tells the version when the client is refused."""
        self.requests = 0
        self._api = api
        self._client = llama.LlamaStackClient(
            base_url=api.base_url,
            api_key=token.reveal() or "none",  # without one, it would look for a variable
            timeout=SECONDS,
            max_retries=0,  # a repeated insert stores everything twice
            http_client=llama.DefaultHttpxClient(
                # Redirects would carry token and text to wherever the answer points.
                follow_redirects=False,
                verify=api.open_tls() if api.base_url.startswith("https") else True,
            ),
        )
        if not token:
            self._client.api_key = None

    def list_stores(self) -> list[Store]:
        """Every store of the server."""
        rows = self._call(self._client.vector_dbs.list)
        return [
            Store(row.identifier, getattr(row, "vector_db_name", None) or row.identifier)
            for row in rows
        ]

    def register(self, name: str, model: EmbeddingModel, provider: str) -> str:
        """Make a store; return its identifier, which is not the name."""
        given: dict[str, Any] = {"provider_id": provider} if provider else {}
        if model.dimension:
            given["embedding_dimension"] = model.dimension
        made = self._call(
            self._client.vector_dbs.register,
            vector_db_id=name,
            vector_db_name=name,
            embedding_model=model.name,
            **given,
        )
        return str(made.identifier)

    def unregister(self, identifier: str) -> None:
        """Delete a store; one that is gone already is no error."""
        try:
            self._call(self._client.vector_dbs.unregister, identifier)
        except _StatusError as error:
            if error.status != 404:
                raise

    def insert(self, documents: Sequence[dict[str, Any]], identifier: str, chunk_size: int) -> None:
        """Send documents once. That it returns means nothing: look whether they are there.

        Raises `InsertRejectedError`, `InsertThrottledError` or `InsertUnclearError` too.
        """
        try:
            self._call(
                self._client.tool_runtime.rag_tool.insert,
                documents=documents,
                vector_db_id=identifier,
                chunk_size_in_tokens=chunk_size,
            )
        except _StatusError as error:
            if error.status in REFUSING or error.status < 400:
                raise
            if error.status == 429:
                raise InsertThrottledError(str(error), error.retry_after) from None
            if error.status < 500 and error.status != 408:
                raise InsertRejectedError(str(error)) from None
            raise InsertUnclearError(str(error), error.retry_after) from None
        except _NoAnswerError as error:
            raise InsertUnclearError(str(error), still_at_work=error.is_late) from None

    def close(self) -> None:
        """Give back connections."""
        self._client.close()

    def to_server(self) -> str:
        """The server's version in words."""
        version = self._get_version()
        return f"version {version}" if version else "of an unknown version"

    def _get_version(self) -> str:
        try:
            return str(self._api.get("/v1/version")["version"])
        except (VectorApiError, KeyError, TypeError):
            return ""  # it is for a message only

    def _call(self, call: Callable[..., Any], *args: Any, **given: Any) -> Any:
        self.requests += 1
        what = f"{self._api.base_url}: {call.__qualname__}"
        try:
            return call(*args, **given)
        except llama.APIStatusError as error:
            if error.status_code == 426:
                raise VectorApiError(self._to_cure()) from None
            said = self._api.quote(to_error_text(error.response), [args, given])  # type: ignore[arg-type]
            after = to_seconds(error.response.headers.get("Retry-After", ""))
            message = f"{what}: HTTP {error.status_code}: {said}"
            raise _StatusError(message, error.status_code, after) from None
        except llama.APIConnectionError as error:
            is_late = isinstance(error, llama.APITimeoutError)
            reason = "timed out" if is_late else "the connection broke, or there was none"
            raise _NoAnswerError(f"{what}: {reason}", is_late=is_late) from None
        except llama.APIError as error:
            said = self._api.quote(str(error), [args, given])
            raise VectorApiError(f"{what}: {said}") from None

    def _to_cure(self) -> str:
        client = importlib.metadata.version("llama-stack-client")
        wanted = self._get_version() or "<the server's version>"
        return (
            f"{self._api.base_url} refuses our client (HTTP 426): the server is "
            f"{self.to_server()}, llama-stack-client is version {client}; "
            f"`pip install llama-stack-client=={wanted}` fixes it"
        )


class _StatusError(VectorApiError):
    def __init__(self, message: str, status: int, retry_after: float | None) -> None:
        super().__init__(message)
        self.status, self.retry_after = status, retry_after


class _NoAnswerError(VectorApiError):
    def __init__(self, message: str, *, is_late: bool) -> None:
        super().__init__(message)
        self.is_late = is_late
