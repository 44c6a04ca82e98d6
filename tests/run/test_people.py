"""Names of people whom a page shows by their account ids: in whole runs, and their bounds."""

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, cast

import pytest

from demo.confluence_site import ConfluenceSite, faults
from pipeline.fetch import PEOPLE_A_REQUEST, NamesError, Site
from pipeline.report import Report
from pipeline.run.read.people import People
from tests.support.program import Ended, environment, sync_now
from tests.support.recovery import EVER, new_state
from tests.support.site_pages import WHEN
from tests.support.vector_api import VectorApi

BULK = "user/bulk"
ERROR = "<div>We don't have a way to export this macro.</div>"
ASK = '<p>Ask <ac:link><ri:user ri:account-id="5b10"/></ac:link> and <ri:user/>others.</p>'


class Place:
    """A site with people, and the collection of its space."""

    def __init__(self, site: ConfluenceSite, api: VectorApi, folder: Path) -> None:
        self.site, self.api, self.folder, self.state = site, api, folder, site.state
        self.now = datetime(2026, 6, 20, 2, 0, tzinfo=UTC)
        self.state.clock = lambda: self.now
        self.state.people = {"5b10": "Robin Roe"}

    def add(self, title: str, rendered: str, storage: str = ASK) -> None:
        self.state.add_page(title, "KI", rendered, storage=storage, modified=WHEN)

    def sync(self) -> Ended:
        """Run, a minute later."""
        self.now += timedelta(minutes=1)
        names = {"SPACE_NAME": "Known Issues"}
        return sync_now(environment(self.site, self.api.base_url, self.folder, **names))

    def text(self) -> str:
        return "\n".join(row.text for row in self.api.documents("confluence").values())


@pytest.fixture
def place(tmp_path: Path) -> Iterator[Place]:
    with ConfluenceSite(new_state(pages=0)) as site, VectorApi(delete_route="document") as api:
        yield Place(site, api, tmp_path)


def test_a_name_is_asked_for_once_a_run_and_only_where_a_page_shows_an_id(place: Place) -> None:
    place.add("Rendered", '<p>Ask <a class="confluence-userlink">Robin Roe</a>.</p>')
    place.sync()
    assert place.site.count(BULK) == 0
    place.add("First", ERROR)
    place.add("Second", ERROR)
    assert place.sync().code == 0
    assert place.site.count(BULK) == 1
    assert "@5b10" not in place.text()
    assert place.text().count("Ask @Robin Roe and") == 2


def test_a_name_that_could_not_be_asked_for_is_asked_for_again_after_refresh_hours(
    place: Place,
) -> None:
    by = '<ac:caption>By <ac:link><ri:user ri:account-id="5b10"/></ac:link></ac:caption>'
    image = f"<ac:image>{by}</ac:image>"
    place.add("Drawing", "<p>A drawing, whole.</p>", f"<p>A drawing, whole.</p>{image}")
    place.site.fail(BULK, faults.error(403), times=EVER)
    ended = place.sync()
    assert (ended.code, len(ended["warnings"])) == (0, 1)
    assert "the names of some people are not known" in ended["warnings"][0]
    assert "By @5b10" in place.text()
    place.site.clear_faults()
    place.now += timedelta(hours=168)
    assert place.sync()["pages"]["changed"] == 1
    assert "By @Robin Roe" in place.text()
    place.now += timedelta(hours=168)
    assert place.sync()["pages"]["unchanged"] == 1


class Names:
    """A site that knows everybody, or fails."""

    def __init__(self, *errors: NamesError) -> None:
        self.asked: list[Sequence[str]] = []
        self._errors = list(errors)

    def list_names(self, account_ids: Sequence[str]) -> dict[str, str]:
        self.asked.append(account_ids)
        if self._errors:
            raise self._errors.pop(0)
        return {one: f"Person {one}" for one in account_ids}


def people_of(names: Names, report: Report | None = None) -> People:
    return People(cast(Site, cast(Any, names)), report or Report())


def test_what_is_no_account_id_is_not_asked_for() -> None:
    names = Names()
    odd = ["a,b", "", "é", "x" * 129, "a b"]
    assert people_of(names).find(odd) == dict.fromkeys(odd, "")
    assert names.asked == []


def test_one_page_cannot_ask_for_any_number_of_people() -> None:
    names = Names()
    found = people_of(names).find([str(number) for number in range(100_000)])
    assert len(found) == 500
    assert len(names.asked) == 500 / PEOPLE_A_REQUEST


def test_names_are_forgotten_once_they_are_too_many() -> None:
    names = Names()
    people = people_of(names)
    for first in range(0, 11_000, 500):
        people.find([str(number) for number in range(first, first + 500)])
    number = len(names.asked)
    assert people.find(["10999"]) == {"10999": "Person 10999"}
    assert len(names.asked) == number
    assert people.find(["0"]) == {"0": "Person 0"}
    assert len(names.asked) == number + 1


def test_after_a_refusal_nobody_is_asked_for_and_after_a_failure_others_are() -> None:
    report = Report()
    names = Names(NamesError("it failed"), NamesError("no scope", is_final=True))
    people = people_of(names, report)
    assert people.find(["1"]) == {}
    assert people.find(["2"]) == {}
    assert people.find(["3"]) == {}
    assert names.asked == [("1",), ("2",)]
    [warning] = report.to_json()["warnings"]
    assert "(@…): it failed" in warning
