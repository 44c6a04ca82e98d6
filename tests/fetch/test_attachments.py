"""Attachments of pages: which are listed, at what price, which are read, which are gone."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pytest

from demo.confluence_site import ConfluenceSite, Paging, SiteState, faults
from pipeline.fetch import (
    ConfluenceError,
    CredentialsError,
    Site,
    to_attachment_type,
    to_reason_left_out,
)
from pipeline.records import Attachment, PageFailure
from tests.support.confluence_client import QUICK, opened, settings_for
from tests.support.site_pages import add_pages

ALL = r"v2/attachments\?"
OF_A_PAGE = r"pages/\d+/attachments"


def as_pages(ids: list[str]) -> Mapping[str, str]:
    return dict.fromkeys(ids, "page")


def listed(client: Site, ids: list[str]) -> dict[str, Attachment]:
    """Return the attachments of pages by id; a page that is not listed fails the test."""
    found = client.list_attachments(as_pages(ids))
    return {row.id: row for row in found if isinstance(row, Attachment) or pytest.fail(row.error)}


def failures(client: Site, ids: list[str]) -> dict[str, str]:
    found = client.list_attachments(as_pages(ids))
    return {row.page_id: row.error for row in found if isinstance(row, PageFailure)}


def test_an_attachment_is_listed_with_what_shows_its_changes(
    site: ConfluenceSite, state: SiteState
) -> None:
    (page,) = add_pages(state, 1)
    file = state.files.add(page, "Plan für 2027.pdf", b"%PDF-1.7")
    with opened(site) as client:
        before = listed(client, [page])[file]
        state.files.replace(file, b"%PDF-1.7 more")
        after = listed(client, [page])[file]
        assert client.to_file_url(after).startswith(
            f"{site.base_url}/wiki/pages/viewpageattachments.action?pageId={page}"
        )
    assert (before.page_id, before.title, before.media_type, before.size, before.version) == (
        page, "Plan für 2027.pdf", "application/pdf", 8, 1,
    )  # fmt: skip
    assert (after.version, after.size) == (2, 13)
    assert after.modified >= before.modified > "2020"


def test_only_current_attachments_of_the_pages_are_listed(
    site: ConfluenceSite, state: SiteState
) -> None:
    pages = add_pages(state, 4)
    files = [state.files.add(page, "a.txt", b"x") for page in pages]
    for file, status in zip(files[:2], ("trashed", "archived"), strict=True):
        state.files.set_status(file, status)
    with opened(site) as client:
        assert list(listed(client, pages[:3])) == files[2:3]
        assert list(client.list_attachments({})) == []


def test_rows_that_are_not_current_are_left_out_whatever_was_asked_for(
    site: ConfluenceSite, state: SiteState
) -> None:
    def trash_first(answer: dict[str, Any]) -> dict[str, Any]:
        first, *others = answer["results"]
        return answer | {"results": [first | {"status": "trashed"}, *others]}

    (page,) = add_pages(state, 1)
    files = [state.files.add(page, "a.txt", b"x") for _ in range(2)]
    site.fail(ALL, faults.rewritten(trash_first), times=None)
    with opened(site) as client:
        assert list(listed(client, [page])) == files[1:]


def test_many_pages_share_the_requests_of_the_sites_list(
    site: ConfluenceSite, state: SiteState
) -> None:
    site.paging = Paging(list_rows=20, short_pages=True, repeated_rows=True)
    pages = add_pages(state, 30)
    files = [state.files.add(page, f"{at}.txt", b"x") for page in pages for at in range(3)]
    with opened(site) as client:
        assert set(listed(client, pages)) == set(files)
    assert site.count(ALL) < 8
    assert site.count(OF_A_PAGE) == 0


def test_few_pages_of_a_site_with_many_files_are_asked_one_by_one(
    site: ConfluenceSite, state: SiteState
) -> None:
    site.paging = Paging(list_rows=2)
    pages = add_pages(state, 30)
    files = {page: state.files.add(page, "a.txt", b"x") for page in pages}
    with opened(site) as client:
        assert set(listed(client, pages[-2:])) == {files[page] for page in pages[-2:]}
    assert (site.count(ALL), site.count(OF_A_PAGE)) == (3, 2)


@pytest.mark.parametrize("fault", [faults.server_error(500), faults.truncated_json()])
def test_a_sites_list_that_fails_is_replaced_by_the_pages_own(
    site: ConfluenceSite, state: SiteState, fault: faults.Fault
) -> None:
    site.paging = Paging(list_rows=2)
    pages = add_pages(state, 6)
    files = {state.files.add(page, "a.txt", b"x") for page in pages}
    site.fail(ALL, fault, times=None, after=1)
    with opened(site) as client:
        assert set(listed(client, pages)) == files


def test_a_list_that_never_ends_is_an_error(site: ConfluenceSite, state: SiteState) -> None:
    site.paging = Paging(list_rows=2)
    pages = add_pages(state, 6)
    for page in pages:
        state.files.add(page, "a.txt", b"x")
    site.fail(ALL, faults.repeated_cursor(), times=None)
    with opened(site) as client, pytest.raises(ConfluenceError, match="repeated cursor"):
        listed(client, pages)


def test_a_site_that_fails_for_page_after_page_is_an_error(
    site: ConfluenceSite, state: SiteState
) -> None:
    pages = add_pages(state, 8)
    site.fail("attachments", faults.truncated_json(), times=None)
    with (
        opened(site, retry=replace(QUICK, attempts=1)) as client,
        pytest.raises(ConfluenceError, match="cut off"),
    ):
        failures(client, pages)


def hide_page(row: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in row.items() if name != "pageId"}


def test_a_file_that_is_on_no_page_does_not_spoil_the_sites_list(
    site: ConfluenceSite, state: SiteState
) -> None:
    def add_logo(answer: dict[str, Any]) -> dict[str, Any]:
        logo = hide_page(answer["results"][0]) | {"id": "att1", "title": "logo of the space"}
        return answer | {"results": [logo, *answer["results"]]}

    pages = add_pages(state, 2)
    files = [state.files.add(page, "a.txt", b"x") for page in pages]
    site.fail(ALL, faults.rewritten(add_logo), times=None)
    with opened(site) as client:
        assert list(listed(client, pages)) == files
    assert site.count(OF_A_PAGE) == 0


def test_a_list_that_shows_no_page_at_all_is_no_empty_list(
    site: ConfluenceSite, state: SiteState
) -> None:
    def hide_all(answer: dict[str, Any]) -> dict[str, Any]:
        return answer | {"results": list(map(hide_page, answer["results"]))}

    pages = add_pages(state, 2)
    files = [state.files.add(page, "a.txt", b"x") for page in pages]
    site.fail(ALL, faults.rewritten(hide_all), times=None)
    site.fail(rf"attachments/{files[0]}", faults.rewritten(hide_page), times=None)
    with opened(site) as client:
        assert list(listed(client, pages)) == files
        assert client.list_gone_attachments(files[:1], pages[1:]) == set()


def test_an_odd_row_is_its_pages_failure_and_no_missing_file(
    site: ConfluenceSite, state: SiteState
) -> None:
    def spoil(answer: dict[str, Any]) -> dict[str, Any]:
        first, *others = answer["results"]
        return answer | {"results": [first | {"version": None}, *others]}

    pages = add_pages(state, 2)
    for page in pages:
        state.files.add(page, "a.txt", b"x")
    site.fail(ALL, faults.rewritten(spoil), times=None)
    with opened(site) as client:
        (failed,) = failures(client, pages).items()
    assert failed[0] == pages[0]
    assert "without a required field" in failed[1]


def test_a_page_that_cannot_be_read_any_more_is_its_own_failure(
    site: ConfluenceSite, state: SiteState
) -> None:
    site.paging = Paging(list_rows=1)
    pages = add_pages(state, 3)
    for page in [*pages, *pages]:
        state.files.add(page, "a.txt", b"x")
    state.hide(pages[1])
    with opened(site) as client:
        found = list(client.list_attachments(as_pages(pages[1:])))
    assert [row.page_id for row in found if isinstance(row, PageFailure)] == [pages[1]]
    assert {row.page_id for row in found if isinstance(row, Attachment)} == {pages[2]}


def test_refused_credentials_and_a_missing_scope_are_no_empty_list(
    site: ConfluenceSite, state: SiteState
) -> None:
    pages = add_pages(state, 2)
    with opened(site) as client:
        site.scopes = frozenset({"read:confluence-user"})
        with pytest.raises(CredentialsError, match="read:attachment:confluence"):
            list(client.list_attachments(as_pages(pages)))
        site.scopes, site.token = None, "another"
        with pytest.raises(CredentialsError):
            list(client.list_attachments(as_pages(pages)))


def test_a_missing_attachment_is_gone_by_a_positive_answer_only(
    site: ConfluenceSite, state: SiteState
) -> None:
    page, other = add_pages(state, 2)
    ids = [state.files.add(page, "a.txt", b"x") for _ in range(6)]
    there, trashed, purged, moved, failing, odd = ids
    state.files.set_status(trashed, "trashed")
    state.files.purge(purged)
    state.files.move(moved, other)
    site.fail(f"attachments/{failing}", faults.server_error(500), times=None)
    site.fail(f"attachments/{odd}", faults.text("{}"), times=None)
    with opened(site) as client:
        assert client.list_gone_attachments(ids, {page}) == {trashed, purged, moved}
        site.token = "another"
        with pytest.raises(CredentialsError):
            client.list_gone_attachments([there], {page})


@pytest.mark.parametrize(
    ("title", "media_type", "expected"),
    [
        ("a.PDF", "image/png", "pdf"),
        ("a.pdf.zip", "application/pdf", "pdf"),
        ("a.markdown", "application/octet-stream", "md"),
        ("README", "text/plain; charset=utf-8", "txt"),
        ("a.htm", "", "html"),
        ("photo.jpeg", "image/jpeg", "jpeg"),
        ("pdf", "", "unknown"),
        ("a.b c/../d", "video/mp4", "video/mp4"),
        (".", "", "unknown"),
    ],
)
def test_the_type_is_the_extensions_else_the_media_types(
    title: str, media_type: str, expected: str
) -> None:
    assert to_attachment_type(Attachment("att1", "1", 1, title, media_type=media_type)) == expected


def test_what_is_left_out_is_named_by_type_and_size() -> None:
    settings = settings_for(
        CONF_BASE_URL="https://a.example", ATTACHMENT_TYPES="pdf,txt", ATTACHMENT_MAX_MB="2"
    )

    def reason(title: str, size: int | None) -> str:
        return to_reason_left_out(Attachment("att1", "1", 1, title, size=size), settings)

    assert reason("a.txt", 2 << 20) == reason("a.txt", None) == ""
    assert reason("a.txt", (2 << 20) + 1) == "txt over 2 MB"
    assert reason("a.docx", 1) == "docx"
