"""The account that reads Confluence, and whether a failure is its own, the site's or a page's."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from pipeline.fetch.content import V1
from pipeline.fetch.errors import (
    ConfluenceError,
    CredentialsError,
    GoneError,
    PageError,
    StatusError,
    to_credentials_error,
)
from pipeline.fetch.rows import Json, to_line
from pipeline.fetch.transport import REFUSALS, Transport
from pipeline.settings import Settings


class Account:
    """The credentials of one run, checked again whenever something is refused."""

    def __init__(self, transport: Transport, settings: Settings) -> None:
        self._transport, self._settings = transport, settings

    def check(self) -> str:
        """Return the account's display name. Raises `CredentialsError` if it is refused twice."""
        user = self._ask()
        if _is_anonymous(user):
            self._transport.pause_after_refusal("Confluence treats this token as anonymous")
            user = self._ask()
        if _is_anonymous(user):
            raise CredentialsError(
                "Confluence treats this token as an anonymous visitor: it has expired, was "
                "revoked, or does not belong to CONF_USER"
            )
        name = user.get("displayName") or user.get("publicName") or self._settings.conf_user
        return to_line(str(name))

    def _ask(self) -> Json:
        try:
            return self._transport.get(f"{V1}/user/current", doubted=REFUSALS)
        except StatusError as error:
            if error.status in REFUSALS:
                raise to_credentials_error(error, self._settings) from None
            raise

    @contextmanager
    def explaining_refusals(self) -> Iterator[None]:
        """Raise `CredentialsError` for a refused list, which must not pass for an empty one."""
        try:
            yield
        except StatusError as error:
            if error.status not in REFUSALS:
                raise
            self.rule_out_site_failure(error)
            raise CredentialsError(
                f"{error}: the account is accepted, but cannot see this (any more)"
            ) from None

    def rule_out_site_failure(self, error: ConfluenceError) -> None:
        """Return if `error` concerns one page or list only.

        Raises `ConfluenceError` if the site fails, `CredentialsError` if it refuses the account.
        """
        status = error.status if isinstance(error, StatusError) else 0
        if status == 429:
            raise error
        self.check()
        if isinstance(error, StatusError) and error.lacks_scope:
            raise to_credentials_error(error, self._settings) from None

    def to_page_error(self, error: ConfluenceError) -> PageError:
        """Return what an error of a request about one page or file is, see its classes.

        Raises as `rule_out_site_failure` does if it is not the page's.
        """
        self.rule_out_site_failure(error)
        if isinstance(error, StatusError) and error.status in (403, 404):
            return GoneError(f"not there or not readable any more: {error}")
        return PageError(str(error))


def _is_anonymous(user: Json) -> bool:
    return user.get("type") == "anonymous"
