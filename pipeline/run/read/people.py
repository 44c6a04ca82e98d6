"""The names of people whom pages show by their account ids, asked for once a run."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from itertools import batched

from pipeline.fetch import PEOPLE_A_REQUEST, NamesError, Site
from pipeline.report import Report

_ACCOUNT_ID = re.compile(r"[A-Za-z0-9:._-]{1,128}")  # any other is what the page's author wrote
_MOST_KNOWN = 10_000  # names that are held: about 2 MB
_MOST_ASKED = 500  # people of one page: what it costs must not be up to its author


class People:
    """The names that one run knows."""

    def __init__(self, site: Site, report: Report) -> None:
        self._site, self._report = site, report
        self._known: dict[str, str] = {}  # account id → name, the oldest first; "": not on the site
        self._is_refused = self._has_warned = False

    def find(self, account_ids: Sequence[str]) -> Mapping[str, str]:
        """Return account id → name, "" for a person whom the site does not know.

        People who could not be asked for are missing; the first time is reported.
        """
        found, unknown = dict[str, str](), list[str]()
        for account_id in account_ids:
            if account_id in self._known or not _ACCOUNT_ID.fullmatch(account_id):
                found[account_id] = self._known.get(account_id, "")
            else:
                unknown.append(account_id)
        for batch in batched(unknown[:_MOST_ASKED], PEOPLE_A_REQUEST):
            found |= self._ask(batch)
        return found

    def _ask(self, account_ids: Sequence[str]) -> dict[str, str]:
        if self._is_refused:
            return {}
        try:
            names = self._site.list_names(account_ids)
        except NamesError as error:
            self._is_refused = error.is_final
            self._warn(error)
            return {}
        answer = {one: names.get(one, "") for one in account_ids}
        self._known |= answer
        while len(self._known) > _MOST_KNOWN:
            del self._known[next(iter(self._known))]
        return answer

    def _warn(self, error: NamesError) -> None:
        if not self._has_warned:
            self._has_warned = True
            self._report.warn(
                f"the names of some people are not known, and pages show their ids (@…): {error}; "
                "these pages are fetched again after REFRESH_HOURS"
            )
