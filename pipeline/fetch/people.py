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
from pipeline.http import Route

# The site takes a hundred, but ids may have 128 characters, and proxies refuse paths over 8,000.
PEOPLE_A_REQUEST = 50
_PATH = f"{V1}/user/bulk"
_GONE = 410


class NamesError(Exception):
    """Names cannot be asked for, while pages can be read."""

    def __init__(self, message: str, *, is_final: bool = False) -> None:
        super().__init__(message)
        self.is_final = is_final  # a later attempt would fail too


class People:
    """Asks one site for names. Safe to use from several threads."""

    def __init__(self, transport: Transport) -> None:
        self._transport = transport
        self._route = Route("the route of people's names")

    def list_names(self, account_ids: Sequence[str]) -> dict[str, str]:
        """Return account id → name of at most `PEOPLE_A_REQUEST` people whom the site knows.

        Raises `NamesError`. A route that fails every time is asked only now and then.
        """
        if not self._route.is_due():
            raise NamesError("the route of people's names fails every time")
        query = urlencode([("accountId", account_id) for account_id in account_ids])
        is_final = never if self._route.is_patient else is_failure
        try:
            answer = self._transport.get(
                f"{_PATH}?{query}", None, is_final, REFUSALS, self._route.share_of_time
            )
            names = dict(_to_names(answer))
        except ConfluenceError as error:
            self._route.note(answered=not error.can_pass)
            raise _to_names_error(error) from None
        self._route.note(answered=True)
        return names


def _to_names(answer: Json) -> Iterator[tuple[str, str]]:
    rows = answer.get("results")
    if not isinstance(rows, list):
        raise BrokenAnswerError(f"GET {_PATH}: expected a list of results, got none")
    for row in rows:
        if isinstance(row, dict) and isinstance(account_id := row.get("accountId"), str):
            name = row.get("displayName") or row.get("publicName")
            if isinstance(name, str) and (line := to_line(name)):
                yield account_id, line


def _to_names_error(error: ConfluenceError) -> NamesError:
    if not isinstance(error, StatusError):
        return NamesError(str(error))
    if error.lacks_scope:
        return NamesError(f"the token lacks the scope {to_scope(error.request)}", is_final=True)
    return NamesError(str(error), is_final=error.status in (*REFUSALS, _GONE))
