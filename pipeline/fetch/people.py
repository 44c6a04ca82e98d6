"""Names of people by their account ids, asked for in bulk."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from urllib.parse import urlencode

from pipeline.fetch.content import V1
from pipeline.fetch.errors import (
    BrokenAnswerError,
    ConfluenceError,
    StatusError,
    is_failure,
    to_scope,
)
from pipeline.fetch.rows import Json, to_line
from pipeline.fetch.transport import REFUSALS, Transport, never
from pipeline.http import FAILURES_IN_A_ROW

# The site takes a hundred, but ids may have 128 characters, and proxies refuse paths over 8,000.
PEOPLE_A_REQUEST = 50
_PATH = f"{V1}/user/bulk"
_BAD_REQUEST, _GONE = 400, 410
_SHARE_OF_TIME = 1 / 4  # names are not worth the usual wait for an answer


class NamesError(Exception):
    """Names cannot be asked for, while pages can be read."""

    def __init__(self, message: str, *, is_final: bool = False) -> None:
        super().__init__(message)
        self.is_final = is_final  # a later attempt would fail too


class People:
    """Asks one site for names."""

    def __init__(self, transport: Transport) -> None:
        self._transport = transport
        self._failures = 0  # in a row

    def list_names(self, account_ids: Sequence[str]) -> dict[str, str]:
        """Return account id → name of at most `PEOPLE_A_REQUEST` people whom the site knows.

        Raises `NamesError`; after a failure, nothing is retried until a question is answered.
        """
        query = urlencode([("accountId", account_id) for account_id in account_ids])
        is_final = is_failure if self._failures else never
        try:
            answer = self._transport.get(
                f"{_PATH}?{query}", None, is_final, REFUSALS, _SHARE_OF_TIME
            )
            names = dict(_to_names(answer))
        except ConfluenceError as error:
            is_about_ids = isinstance(error, StatusError) and error.status == _BAD_REQUEST
            self._failures = 0 if is_about_ids else self._failures + 1
            raise self._to_names_error(error) from None
        self._failures = 0
        return names

    def _to_names_error(self, error: ConfluenceError) -> NamesError:
        if isinstance(error, StatusError) and error.lacks_scope:
            scope = to_scope(error.request)
            return NamesError(f"the token lacks the scope {scope}", is_final=True)
        is_refused = isinstance(error, StatusError) and error.status in (*REFUSALS, _GONE)
        return NamesError(str(error), is_final=is_refused or self._failures >= FAILURES_IN_A_ROW)


def _to_names(answer: Json) -> Iterator[tuple[str, str]]:
    rows = answer.get("results")
    if not isinstance(rows, list):
        raise BrokenAnswerError(f"GET {_PATH}: expected a list of results, got none")
    for row in rows:
        if isinstance(row, dict) and isinstance(account_id := row.get("accountId"), str):
            name = row.get("displayName") or row.get("publicName")
            if isinstance(name, str) and (line := to_line(name)):
                yield account_id, line
