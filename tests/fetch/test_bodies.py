"""Bodies in bulk: complete, current, and one failure for each page that fails."""

import threading
from typing import Any

import pytest

from demo.confluence_site import ConfluenceSite, SiteState, faults
from pipeline.fetch.errors import PageError
from pipeline.records import Page, PageFailure
from tests.support.confluence_client import opened
from tests.support.site_pages import WHEN, add_pages, list_all, pages_of


def test_pages_fetched_in_bulk_are_complete(site: ConfluenceSite, state: SiteState) -> None:
    top = state.add_page("2024", "KI", modified=WHEN)
    folder = state.add_folder("Folder", "KI", parent=top)
    one = state.add_page(
        "One", "KI", "<p>1</p>", storage="<p>source</p>", labels=["b", "a"], parent=top,
        modified=WHEN,
    )  # fmt: skip
    two = state.add_page("Two", "KI", "<p>2</p>", parent=folder, modified=WHEN)
    with opened(site) as client:
        refs = list_all(client)
        before = client.requests
        pages = client.get_pages(refs)
        assert client.requests - before == 1
        by_id = pages_of(pages)
    assert [page.ref for page in by_id.values()] == refs
    page = by_id[one]
    assert (page.html, page.storage) == ("<p>1</p>", "<p>source</p>")
    assert page.labels == ("a", "b")
    assert page.ref.ancestors == ("2024",)
    assert by_id[two].ref.ancestors == (folder,)
    assert page.ref.modified == "2026-06-15T09:30:00.000Z"
    assert page.url == f"{site.base_url}/wiki/spaces/KI/pages/{one}/One"
    assert page.body_format == "export_view"


def test_a_page_is_the_same_by_either_route(site: ConfluenceSite, state: SiteState) -> None:
    top = state.add_page("Top", "KI")
    folder = state.add_folder("Folder", "KI", parent=top)
    inside = state.add_page(
        "Inside", "KI", "<p>x</p>", storage="<p>s</p>", parent=folder, labels=["z", "a"]
    )
    state.add_page("Below", "KI", "<p>y</p>", parent=inside)
    with opened(site) as client:
        refs = list_all(client)
        assert client.get_pages(refs) == [client.get_page(ref) for ref in refs]


def test_an_edit_that_the_index_does_not_show_is_fetched_anyway(
    site: ConfluenceSite,
) -> None:
    site.state = state = SiteState(index_lag_seconds=float("inf"))
    state.add_space("KI", "Known Issues")
    old = add_pages(state, 3)
    state.reindex()
    new = state.add_page("New", "KI", "<p>new</p>")
    with opened(site) as client:
        refs = list_all(client)
        pages = pages_of(client.get_pages(refs))
    assert pages.keys() == {*old, new}
    assert pages[new].html == "<p>new</p>"


def test_a_row_older_than_the_listing_is_not_taken(site: ConfluenceSite, state: SiteState) -> None:
    first, second = add_pages(state, 2)
    state.edit(first, "<p>now</p>")

    def age(answer: dict[str, Any]) -> dict[str, Any]:
        for row in answer["results"]:
            row["version"]["number"] = 1
            row["body"]["export_view"]["value"] = "<p>before</p>"
        return answer

    site.fail("content/search", faults.rewritten(age), times=None)
    with opened(site) as client:
        pages = pages_of(client.get_pages(list_all(client)))
    assert pages[first].html == "<p>now</p>"
    assert pages[first].ref.version == 2
    assert pages[second].html == "<p>before</p>"


def test_a_row_of_the_same_version_number_but_an_earlier_time_is_not_taken(
    site: ConfluenceSite, state: SiteState
) -> None:
    first, second = add_pages(state, 2)
    state.edit(first, "<p>now</p>")
    state.drop_old_version(first)  # the edit has the number of the version that the row shows

    def age(answer: dict[str, Any]) -> dict[str, Any]:
        for row in answer["results"]:
            row["body"]["export_view"]["value"] = "<p>before</p>"
            if row["id"] == first:
                row["version"]["when"] = "2020-01-01T00:00:00.000Z"
        return answer

    site.fail("content/search", faults.rewritten(age), times=None)
    with opened(site) as client:
        pages = pages_of(client.get_pages(list_all(client)))
    assert pages[first].html == "<p>now</p>"
    assert pages[second].html == "<p>before</p>"


def test_a_page_edited_after_the_listing_has_its_newer_version(
    site: ConfluenceSite, state: SiteState
) -> None:
    page_id, _ = add_pages(state, 2)
    with opened(site) as client:
        refs = list_all(client)
        state.edit(page_id, "<p>later</p>")
        page = pages_of(client.get_pages(refs))[page_id]
    assert page.html == "<p>later</p>"
    assert page.ref.version == 2


def test_pages_that_vanish_after_the_listing_are_failures(
    site: ConfluenceSite, state: SiteState
) -> None:
    kept, archived, trashed, purged, hidden = add_pages(state, 5)
    with opened(site) as client:
        refs = list_all(client)
        state.archive(archived)
        state.trash(trashed)
        state.purge(purged)
        state.hide(hidden)
        fetched = client.get_pages(refs)
        with pytest.raises(PageError):
            client.get_page(refs[2])
    failures = {result.page_id: result for result in fetched if isinstance(result, PageFailure)}
    assert failures.keys() == {archived, trashed, purged, hidden}
    assert all(
        failure.stage == "fetch" and "\n" not in failure.error for failure in failures.values()
    )
    assert "status is trashed" in failures[trashed].error
    assert isinstance(fetched[0], Page)
    assert fetched[0].ref.id == kept


def test_many_threads_fetch_at_once(site: ConfluenceSite, state: SiteState) -> None:
    add_pages(state, 100)
    found: list[Page | PageFailure] = []
    with opened(site) as client:
        refs = list_all(client)
        threads = [
            threading.Thread(
                target=lambda at=at: found.extend(client.get_pages(refs[at : at + 25]))
            )
            for at in range(0, 100, 25)
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(20)
    assert pages_of(found).keys() == {ref.id for ref in refs}
