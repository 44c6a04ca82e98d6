"""What goes wrong with a stand-in Vector API on request, and what it logs."""

from dataclasses import dataclass
from typing import Literal

from tests.support.vector_api_wire import Answer, Request


@dataclass
class Fault:
    """A failure of the next `times` requests (None: of all) that it applies to."""

    status: int = 500
    on: str = "insert"  # insert, query, delete, create, describe, any
    times: int | None = 1
    stored: Literal["nothing", "half", "all"] = "nothing"  # in spite of the failure
    answer: Literal["status", "reset", "hang", "html", "cut", "echo", "stop"] = "status"
    retry_after: str = ""
    location: str = ""  # where a redirect leads: another server's base URL
    chunk: str = ""  # only where this chunk is among the inserted ones
    saying: str = ""  # only where an inserted chunk has this text
    asking: str = ""  # only where a question has this text
    path: str = ""  # only where the address has this part
    over_bytes: int = -1  # only where the body is longer
    text: str = "made to fail"

    def applies(self, request: Request, kind: str, ids: list[str]) -> bool:
        """Return whether it applies to this request."""
        return (
            self.times != 0
            and self.on in (kind, "any")
            and (not self.chunk or self.chunk in ids)
            and (not self.saying or any(self.saying in text for text in request.texts))
            and self.asking in str(request.body.get("query", ""))
            and self.path in request.path
            and request.size > self.over_bytes
        )

    def to_answer(self, request: Request) -> Answer:
        """Return the answer of the failure."""
        headers = {"Retry-After": self.retry_after} if self.retry_after else {}
        if self.location:
            headers["Location"] = self.location + request.path
        status = 200 if self.answer in ("html", "cut") else self.status
        echo = f"{self.text}: {request.headers.get('Authorization')} {request.body}"
        detail = echo if self.answer == "echo" else self.text
        return Answer(status, {"detail": detail}, headers, self.answer)


@dataclass(frozen=True, slots=True)
class Logged:
    """One request with its answer's status; 0: the connection was closed."""

    method: str
    path: str
    kind: str
    status: int
    chunks: int
    authorization: str
