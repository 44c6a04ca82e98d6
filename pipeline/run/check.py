"""The run of test_confluence.py: what the account can see. It only reads."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass

from pipeline.fetch import ConfluenceError, CredentialsError, Site, Space, types_in_scope
from pipeline.http import RetryPolicy, StoppedWaitingError
from pipeline.records import Attachment, CommentRef, PageFailure
from pipeline.report import ExitCode
from pipeline.run.execute import to_exit_code
from pipeline.run.scope import to_nothing
from pipeline.run.start import Signals
from pipeline.run.stop import Stop
from pipeline.settings import Settings
from pipeline.state import Listing, open_scratch

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Check:
    """What the job works on: the settings and their site."""

    settings: Settings
    site: Site

    def list_pages(self, space: Space) -> Listing:
        """Return everything current of the space; log rows that cannot be read."""
        listing = Listing(open_scratch(None))
        for part in self.site.list_pages([space]):
            listing.add(part.pages, lambda page_id: True)
            for reason in part.odd_rows:
                log.warning("%s", reason)
        return listing

    def count_types(self, pages: Listing) -> Iterator[tuple[str, int]]:
        """Yield what each of CONTENT_TYPES is called, and how many of it are listed."""
        counts = pages.count_types()
        for content in types_in_scope(self.settings):
            yield content.noun.capitalize(), counts.get(content.name, 0)

    def count_on_pages(self, pages: Listing) -> Iterator[tuple[str, int]]:
        """Yield what CONTENT_TYPES names of the things that are on the pages, and how many."""
        types, owners = self.settings.content_types, pages.owners()
        if "attachments" in types:
            yield "Attachments", _count(self.site.list_attachments(owners))
        if "comments" in types:
            yield "Comments", _count(self.site.list_comments(owners))

    def refuse_empty(self, space: Space, pages: Listing) -> None:
        """Raise `CredentialsError` if a space that the settings name lists no page."""
        if not pages and (self.settings.space_name or self.settings.filter_space_keys):
            raise CredentialsError(
                f"{to_nothing(self.settings)} is listed in {space.key}: the space is empty, or the "
                "account lacks the permission to view its pages"
            )

    def keep_members(self, space: Space, pages: Listing) -> None:
        """Limit the pages of the space to those that the filters include."""
        members = self.site.list_members([space])
        if members is not None:
            pages.keep_only((page_id, None) for page_id, _ in members)

    def refuse_no_member(self, members: int) -> None:
        """Raise `CredentialsError` if there are filters that include no page of any space."""
        if self.settings.has_filters and not members:
            raise CredentialsError(
                f"{to_nothing(self.settings)} matches LABELS and FILTER_FOLDER_ID: check their "
                "spelling"
            )


def _count(listed: Iterator[Attachment | CommentRef | PageFailure]) -> int:
    """Count what is listed, once; log what could not be."""
    ids = set[str]()
    for one in listed:
        if isinstance(one, PageFailure):
            log.warning("page %s: %s", one.page_id, one.error)
        else:
            ids.add(one.id)
    return len(ids)


def execute_check(
    settings: Settings,
    job: Callable[[Check], None],
    signals: Signals,
    retry: RetryPolicy | None = None,
) -> int:
    """Run the job; log an error of Confluence; return the exit code. `retry`: another policy."""
    stop = Stop()
    signals.hand_to(stop.on_signal)
    try:
        with closing(Site(settings, stop.waiting, retry)) as site:
            job(Check(settings, site))
    except (ConfluenceError, StoppedWaitingError) as error:
        cause = stop.error or error
        log.error("%s", cause)
        signals.leaves_threads = stop.error is not None
        return to_exit_code(cause)
    return ExitCode.OK
