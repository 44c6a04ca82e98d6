"""How long a text a server's embedding model takes, and how to ask with less where one is refused.

Some servers cut a text that is longer than the model's window, others refuse it: vLLM, for example.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from pipeline.upsert.errors import VectorApiError
from pipeline.upsert.server.api import AnswerError, Api
from pipeline.upsert.server.embedding_models import list_window

_WORD = "the"  # one token in every vocabulary
_SHORTEST = 8  # tokens: what is refused with so few is not refused for its length
_REFUSALS = (400, 413, 422)
_SHORTEST_QUERY = 20  # characters


@dataclass(frozen=True, slots=True)
class EmbeddingRoute:
    """A server's route for embeddings, and the model that embeds the chunks."""

    api: Api
    route: str
    model: str

    def list_window(self) -> int | None:
        """Return how many word pieces the model reads, None where the server does not list it."""
        return list_window(self.api, self.model)

    def measure_limit(self, most: int) -> int | None:
        """Return how many tokens a text may have; 0 if `most` are accepted: they are cut, or read.

        The tokens are the model's own. None: the refusal has another reason than the length.
        Raises `VectorApiError` where the server does not answer.
        """
        refusal = self._ask(most)
        if refusal is None:
            return 0
        if refusal.limit and refusal.limit < most:
            return refusal.limit
        if self._ask(_SHORTEST):
            return None
        accepted, refused = _SHORTEST, most
        while refused - accepted > refused // 16:
            middle = (accepted + refused) // 2
            if self._ask(middle):
                refused = middle
            else:
                accepted = middle
        return accepted

    def refuses(self, text: str) -> bool:
        """Return whether the server shows that it refuses this text as too long."""
        try:
            self.api.post_once(self.route, self._to_body(text))
        except VectorApiError as error:
            return isinstance(error, AnswerError) and error.is_too_long
        return False

    def _ask(self, tokens: int) -> AnswerError | None:
        try:
            self.api.post(self.route, self._to_body(" ".join([_WORD] * tokens)))
        except AnswerError as error:
            if error.is_too_long or error.status in _REFUSALS:
                return error
            raise
        return None

    def _to_body(self, text: str) -> dict[str, object]:
        return {"model": self.model, "input": [text]}


def ask_with_less[T](ask: Callable[[str], T], text: str) -> T:
    """Ask with a text, or with as much of its beginning as the model accepts."""
    while True:
        try:
            return ask(text)
        except AnswerError as error:
            if not error.is_too_long or len(text) <= _SHORTEST_QUERY:
                raise
        text = text[: len(text) // 2]
