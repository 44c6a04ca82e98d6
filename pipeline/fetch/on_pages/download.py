"""The content of attachments, saved to files: from the host that Confluence redirects to."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from tempfile import NamedTemporaryFile
from typing import BinaryIO, cast
from urllib.parse import SplitResult, urlsplit

from pipeline.fetch.account import Account
from pipeline.fetch.content import V1, to_id
from pipeline.fetch.errors import BrokenAnswerError, ConfluenceError, PageError, StatusError
from pipeline.fetch.on_pages.rows import to_attachment_id
from pipeline.fetch.on_pages.selection import to_attachment_type
from pipeline.fetch.rows import to_line
from pipeline.fetch.transport import Transport
from pipeline.http import (
    NO_ANSWER,
    BearerAuth,
    RequestError,
    Retries,
    RetryPolicy,
    Route,
    SavingError,
    TooBigError,
    Waiting,
    is_loopback,
    is_passing_status,
    open_session,
    save_answer,
    to_cause,
    to_retry_after,
)
from pipeline.records import Attachment
from pipeline.settings import ATTACHMENT_TYPES, Secret, Settings

log = logging.getLogger(__name__)

# Files are as they are: what packs them again could only hide their size.
_HEADERS = {"Accept": "*/*", "Accept-Encoding": "identity"}
_NO_CREDENTIALS = BearerAuth(Secret(""))
_PAGE = "text/html"


class _HostError(ConfluenceError):
    """The host of files does not deliver one. The address is not shown: it opens the file."""

    def __init__(
        self,
        message: str,
        *,
        can_pass: bool = False,
        retry_after: float | None = None,
        is_doubted: bool = False,
        is_unreachable: bool = False,
    ) -> None:
        super().__init__(message)
        self.can_pass, self.retry_after = can_pass, retry_after
        self.is_unreachable = is_unreachable  # for every file, even if it does not pass
        self.is_doubted = is_doubted  # a new address may help: the token in it lasts for minutes


class Downloads:
    """Saves attachments of one site. Safe to use from several threads."""

    def __init__(
        self,
        transport: Transport,
        account: Account,
        settings: Settings,
        waiting: Waiting,
        retry: RetryPolicy,
    ) -> None:
        self._transport, self._account, self._settings = transport, account, settings
        self._waiting, self._retry = waiting, retry
        self._retries = Retries(retry, waiting.pause)
        self._route = Route("the host of attachments")
        self._most_bytes = settings.attachment_max_mb << 20
        self._session = open_session(_NO_CREDENTIALS, pool_size=settings.workers + 1)

    def save(self, attachment: Attachment, folder: Path) -> Path:
        """Save the listed version to a new file in the folder; return its path.

        The file is never larger than ATTACHMENT_MAX_MB. Raises `PageError` for what is this file's
        fault: gone, too large, not delivered; `ConfluenceError` if the site or the account fails. A
        host that fails every time, as behind a firewall that blocks it, is asked now and then only.
        """
        if not self._route.is_due():
            raise PageError(
                "not asked for: the host of attachments fails every time, as for the files before"
            )
        try:
            path = self._save(attachment, folder)
        except _HostError as error:
            self._route.note(answered=not (error.can_pass or error.is_unreachable))
            raise PageError(str(error)) from None
        except (StatusError, BrokenAnswerError) as error:
            raise self._account.to_page_error(error) from None
        self._route.note(answered=True)
        return path

    def close(self) -> None:
        """Close the connections."""
        self._session.close()

    def _save(self, attachment: Attachment, folder: Path) -> Path:
        attempt = partial(self._attempt, attachment, folder)
        try:
            return self._retries.run(attempt, self._is_final)
        except _HostError as error:
            if not error.is_doubted:
                raise
            log.warning("attachment %s: %s; asking for a new address", attachment.id, error)
        return self._retries.run(attempt, self._is_final)

    def _is_final(self, error: RequestError) -> bool:
        """Return whether not to try again: the site's own errors have had their attempts."""
        return not isinstance(error, _HostError) or not self._route.is_patient

    def _attempt(self, attachment: Attachment, folder: Path) -> Path:
        """Ask for an address and save what is there. Each attempt needs an address of its own."""
        page_id, file_id = to_id(attachment.page_id), to_attachment_id(attachment.id)
        path = f"{V1}/content/{page_id}/child/attachment/{file_id}/download"
        url = self._transport.get_redirect(f"{path}?version={attachment.version}")
        host = self._to_host(url)
        share_of_time = self._route.share_of_time
        try:
            return self._waiting.answer(
                partial(self._exchange, attachment, folder, url, host, share_of_time),
                share_of_time * self._retry.answer_seconds,
            )
        except TooBigError:
            most = self._settings.attachment_max_mb
            raise PageError(f"the file is larger than ATTACHMENT_MAX_MB={most}") from None
        except SavingError as error:
            raise PageError(f"the file cannot be saved in {folder}: {error}") from None
        except NO_ANSWER as error:
            cause = to_cause(error)
            raise _HostError(
                f"{host}: {cause.text}", can_pass=cause.can_pass, is_unreachable=True
            ) from None

    def _to_host(self, url: str) -> str:
        """Return the host of a redirect's target. Raises `_HostError` for a place not to go to."""
        own = urlsplit(self._settings.conf_base_url)
        try:
            target = urlsplit(url)
            is_local = _is_local(target) and _is_local(own)
        except ValueError:
            raise _HostError("the download redirects to no valid address") from None
        shown = to_line(f"{target.scheme[:20]}://{target.hostname or ''}"[:100])
        if not (target.scheme == "https" or (target.scheme == "http" and is_local)):
            raise _HostError(f"the download redirects to {shown}; only https is followed")
        sites = {own.netloc, urlsplit(self._transport.site_url).netloc}
        if target.netloc in sites or target.username is not None:
            raise _HostError(f"the download redirects to {shown}, not to the host of files")
        return shown

    def _exchange(
        self, attachment: Attachment, folder: Path, url: str, host: str, share_of_time: float
    ) -> Path:
        """Save one answer to a new file, waiting for that share of the usual time."""
        connect_seconds, read_seconds = self._retry.timeout
        timeout = share_of_time * connect_seconds, share_of_time * read_seconds
        with self._session.get(url, headers=_HEADERS, timeout=timeout, stream=True) as response:
            self._retries.has_answered = True
            status = response.status_code
            if status != 200:
                raise _HostError(
                    f"{host}: HTTP {status}",
                    can_pass=is_passing_status(status),
                    retry_after=to_retry_after(response.headers),
                    is_doubted=status in (401, 403, 404, 410),
                )
            kind = to_attachment_type(attachment)
            suffix = f".{kind}" if kind in ATTACHMENT_TYPES else ""
            with _open_new(folder, f"{attachment.id}-", suffix) as file:
                size = save_answer(response, file, self._most_bytes, self._retry.answer_seconds)
                if other := _to_other(attachment, size, response.headers.get("Content-Type", "")):
                    raise _HostError(
                        f"{host}: {other}: a log-in page or a proxy may have answered",
                        is_doubted=True,
                    )
                return Path(file.name)


def _to_other(attachment: Attachment, size: int, content_type: str) -> str:
    """Return what shows that an answer is not the listed file, "" if nothing does."""
    if attachment.size is not None:
        return "" if size == attachment.size else f"{size} bytes instead of {attachment.size}"
    is_page = content_type.lower().startswith(_PAGE)
    is_expected = to_attachment_type(attachment) == "html" or _PAGE in attachment.media_type
    return f"{_PAGE} instead of the file" if is_page and not is_expected else ""


@contextmanager
def _open_new(folder: Path, prefix: str, suffix: str) -> Iterator[BinaryIO]:
    """Yield a new file, which is removed again if an error is raised."""
    try:
        file = NamedTemporaryFile(  # noqa: SIM115 - entered below
            dir=folder, prefix=prefix, suffix=suffix, delete=False
        )
    except OSError as error:
        raise SavingError(error.strerror) from None
    with file:
        try:
            yield cast(BinaryIO, file)
        except BaseException:
            Path(file.name).unlink(missing_ok=True)
            raise


def _is_local(url: SplitResult) -> bool:
    return is_loopback(url.hostname or "")
