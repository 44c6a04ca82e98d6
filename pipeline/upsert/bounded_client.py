"""The HTTP client below the official one: answers of bounded size."""

from __future__ import annotations

import math
from typing import Any

import httpx
import llama_stack_client as llama

from pipeline.http import EncodingError, join_bounded

# Of the body alone; it is decoded here.
_OF_THE_TRANSFER = ("content-encoding", "content-length", "transfer-encoding")
_DECODED = ("", "identity", "gzip", "deflate")  # one part of these is 64 MB at most


class BoundedClient(llama.DefaultHttpxClient):
    """Reads answers as `pipeline.http.read_answer` does."""

    def send(self, request: httpx.Request, **options: Any) -> httpx.Response:
        """Send a request; return the answer with its body, decoded.

        Raises `TooBigError`, and `EncodingError` for an encoding that was not asked for.
        """
        response = super().send(request, **options | {"stream": True})
        try:
            encoding = response.headers.get("Content-Encoding", "").strip().lower()
            if encoding not in _DECODED:  # several multiply; others have no limit
                raise EncodingError
            body = join_bounded(response.iter_bytes(), math.inf)
        finally:
            response.close()
        headers = [
            pair for pair in response.headers.multi_items() if pair[0] not in _OF_THE_TRANSFER
        ]
        return httpx.Response(response.status_code, headers=headers, content=body, request=request)
