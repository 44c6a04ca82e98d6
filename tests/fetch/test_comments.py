"""Comments of pages: how changes are noticed, what is open, and in which order it is read."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Any

import pytest

from demo.confluence_site import ConfluenceSite, Paging, SiteState, faults
from pipeline.fetch import CredentialsError, Site
from pipeline.records import CommentRef, PageFailure, PageRef, Thread
from tests.support.confluence_client import opened
from tests.support.site_pages import add_pages

ALL, OF_A_PAGE, REPLIES = r"v2/\w+-comments\?", r"pages/\d+/\w+-comments", r"/children"


@pytest.fixture
def page(state: SiteState) -> str:
    return add_pages(state, 1)[0]


def listed(client: Site, pages: list[str]) -> dict[str, CommentRef]:
    """Return the comments of pages by id; a page that is not listed fails the test."""
    found = client.list_comments(dict.fromkeys(pages, "page"))
    return {row.id: row for row in found if isinstance(row, CommentRef) or pytest.fail(row.error)}


def digests(client: Site, pages: list[str]) -> Mapping[str, frozenset[CommentRef]]:
    """Return what a run compares with what it saw the night before."""
    by_page = defaultdict[str, set[CommentRef]](set)
    for ref in listed(client, pages).values():
        by_page[ref.page_id].add(ref)
    return {page: frozenset(by_page[page]) for page in pages}


def to_ref(page: str) -> PageRef:
    return PageRef(page, 1, "Page 0", "KI")


def read_alone(
    site: ConfluenceSite, page: PageRef, refs: Sequence[CommentRef] = ()
) -> tuple[Thread, ...] | PageFailure:
    """Read a page by its own lists: a client that has not listed does not use the site's."""
    with opened(site) as client:
        [(_, found)] = client.read_threads({page: refs})
    return found


def read(site: ConfluenceSite, page: str) -> tuple[Thread, ...]:
    """Return a page's threads as a run reads them: listed first. A failure fails the test."""
    with opened(site) as client:
        refs = list(listed(client, [page]).values())
    found = read_alone(site, to_ref(page), refs)
    assert not isinstance(found, PageFailure), found.error
    return found


def texts(threads: tuple[Thread, ...]) -> list[list[str]]:
    return [[comment.html for comment in thread.comments] for thread in threads]


def test_every_change_of_a_pages_comments_shows_in_the_list_and_no_other_page_does(
    site: ConfluenceSite, state: SiteState
) -> None:
    page, other = add_pages(state, 2)
    first = state.comments.add(page, "<p>Why?</p>", marked="disk")
    state.comments.add(other, "<p>x</p>")
    with opened(site) as client:
        seen = [digests(client, [page, other])]

        def changes() -> bool:
            seen.append(digests(client, [page, other]))
            assert seen[-1][other] == seen[0][other]
            return seen[-1][page] != seen[-2][page]

        assert not changes()
        reply = state.comments.reply(first, "<p>Because.</p>")
        assert changes(), "a new reply"
        state.comments.edit(reply, "<p>Because of logs.</p>")
        assert changes(), "an edit"
        state.comments.resolve(first)
        assert changes(), "a resolved thread"
        state.comments.resolve(first, "reopened")
        assert changes(), "a reopened thread"
        state.comments.delete(reply)
        assert changes(), "a deleted reply"
        state.comments.delete(first)
        assert changes(), "a deleted thread"
        assert seen[-1][page] == frozenset()
        assert seen[-1][other]
        assert state.pages[page].version == 1


def test_a_thread_is_read_in_order_each_reply_below_what_it_answers(
    site: ConfluenceSite, state: SiteState, page: str
) -> None:
    comments = state.comments
    first = comments.add(page, "1", author="ada")
    second = comments.add(page, "2")
    reply = comments.reply(first, "1.1", author="bob")
    comments.reply(first, "1.2")
    comments.reply(reply, "1.1.1")
    marking = comments.add(page, "3", marked="90 % full")
    comments.reply(marking, "3.1")
    site.paging = Paging(list_rows=2, repeated_rows=True, empty_pages=True)
    threads = read(site, page)
    assert texts(threads) == [["1", "1.1", "1.1.1", "1.2"], ["2"], ["3", "3.1"]]
    assert [thread.comments[0].marked for thread in threads] == ["", "", "90 % full"]
    top, answer = threads[0].comments[:2]
    assert (top.id, top.author, top.parent) == (first, "ada", "")
    assert (answer.id, answer.author, answer.parent) == (reply, "bob", first)
    assert top.modified > "2020"
    assert threads[1].comments[0].id == second


def test_resolved_and_dangling_threads_are_left_out_with_their_replies(
    site: ConfluenceSite, state: SiteState, page: str
) -> None:
    for resolution in ("open", "reopened", "resolved", "dangling"):
        comment = state.comments.add(page, resolution, marked="x")
        state.comments.reply(comment, f"on {resolution}")
        state.comments.resolve(comment, resolution)
    assert texts(read(site, page)) == [["open", "on open"], ["reopened", "on reopened"]]


def test_a_page_alone_costs_both_of_its_lists_and_a_request_for_each_open_comment(
    site: ConfluenceSite, state: SiteState, page: str
) -> None:
    for number in range(5):
        comment = state.comments.add(page, str(number), marked="x")
    state.comments.reply(comment, "a reply")
    state.comments.resolve(state.comments.add(page, "closed", marked="y"))
    assert len(read(site, page)) == 5
    assert (site.count(ALL), site.count(OF_A_PAGE), site.count(REPLIES)) == (2, 2, 6)


@pytest.mark.parametrize("kind", ["footer", "inline"])
def test_what_a_list_of_the_site_lost_is_read_by_the_pages_own(
    site: ConfluenceSite, state: SiteState, page: str, kind: str
) -> None:
    for marked in (None, "x"):
        state.comments.reply(state.comments.add(page, "a", marked=marked), "b")
    site.paging = Paging(list_rows=1)
    site.fail(rf"v2/{kind}-comments\?", faults.without_next())
    with opened(site) as client:
        refs = list(listed(client, [page, "1", "2"]).values())
    assert len(refs) == 3
    threads = read_alone(site, to_ref(page), refs)
    assert isinstance(threads, tuple)
    assert texts(threads) == [["a", "b"], ["a", "b"]]


def test_comments_that_the_list_did_not_have_are_read_with_their_replies(
    site: ConfluenceSite, state: SiteState, page: str
) -> None:
    assert read_alone(site, to_ref(page)) == ()
    assert site.count(OF_A_PAGE) == 2, "no comment is a positive answer of both lists"
    comment = state.comments.add(page, "late")
    state.comments.reply(comment, "later")
    threads = read_alone(site, to_ref(page))
    assert isinstance(threads, tuple)
    assert texts(threads) == [["late", "later"]]


def test_many_pages_share_the_requests_of_the_sites_lists(
    site: ConfluenceSite, state: SiteState
) -> None:
    pages = add_pages(state, 40)
    for page in pages:
        state.comments.reply(state.comments.add(page, "x"), "y")
        state.comments.add(page, "z", marked="z")
    with opened(site) as client:
        assert len(listed(client, pages)) == 120
    assert (site.count(ALL), site.count(OF_A_PAGE)) == (2, 0)


def test_few_pages_of_a_site_with_many_comments_are_asked_one_by_one(
    site: ConfluenceSite, state: SiteState
) -> None:
    site.paging = Paging(list_rows=2)
    pages = add_pages(state, 20)
    replies = set()
    for page in pages:
        replies.add(state.comments.reply(state.comments.add(page, "x"), "y"))
    with opened(site) as client:
        found = listed(client, pages[-1:])
    assert len(found) == 2
    (reply,) = found.keys() & replies
    assert found[reply].parent in found
    assert found[reply].page_id == pages[-1]
    assert (site.count(ALL), site.count(OF_A_PAGE), site.count(REPLIES)) == (3, 1, 2)


def test_both_ways_find_the_same(site: ConfluenceSite, state: SiteState) -> None:
    pages = add_pages(state, 3)
    for page in pages:
        first = state.comments.add(page, "x", marked="x")
        state.comments.reply(state.comments.reply(first, "y"), "z")
        state.comments.resolve(first)
        state.comments.add(page, "w")
    with opened(site) as client:
        together = listed(client, pages)
        site.fail(ALL, faults.server_error(500), times=None)
        assert listed(client, pages) == together


def test_comments_on_attachments_are_no_pages_comments(
    site: ConfluenceSite, state: SiteState, page: str
) -> None:
    def move(answer: dict[str, Any]) -> dict[str, Any]:
        rows = [row | {"pageId": None, "attachmentId": "att1"} for row in answer["results"]]
        return answer | {"results": rows}

    state.comments.add(page, "on a file")
    site.fail(ALL, faults.rewritten(move), times=None)
    with opened(site) as client:
        assert listed(client, [page]) == {}
    assert site.count(OF_A_PAGE) == 0


def test_replies_that_do_not_show_their_page_are_looked_for_on_the_pages(
    site: ConfluenceSite, state: SiteState, page: str
) -> None:
    def hide(answer: dict[str, Any]) -> dict[str, Any]:
        rows = [
            row | ({"pageId": None} if row.get("parentCommentId") else {})
            for row in answer["results"]
        ]
        return answer | {"results": rows}

    first = state.comments.add(page, "x")
    reply = state.comments.reply(first, "y")
    site.fail(ALL, faults.rewritten(hide), times=None)
    with opened(site) as client:
        assert listed(client, [page]).keys() == {first, reply}


@pytest.mark.parametrize("where", [ALL, OF_A_PAGE, REPLIES])
def test_a_list_that_breaks_off_is_an_error_and_no_deletion(
    site: ConfluenceSite, state: SiteState, page: str, where: str
) -> None:
    for _ in range(4):
        state.comments.reply(state.comments.reply(state.comments.add(page, "x"), "y"), "z")
    site.paging = Paging(list_rows=2)
    with opened(site) as client:
        refs = list(listed(client, [page]).values())
        site.fail(where, faults.truncated_json(), times=None)
        if where != ALL:
            failure = read_alone(site, to_ref(page), refs)
            assert isinstance(failure, PageFailure)
            assert "cut off" in failure.error
        site.fail(OF_A_PAGE, faults.truncated_json(), times=None)
        found = list(client.list_comments({page: "page"}))
    assert any(isinstance(row, PageFailure) for row in found)


def test_a_page_that_is_gone_and_refused_credentials_are_different_failures(
    site: ConfluenceSite, state: SiteState, page: str
) -> None:
    with opened(site) as client:
        state.hide(page)
        failure = read_alone(site, to_ref(page))
        assert isinstance(failure, PageFailure)
        assert "not readable any more" in failure.error
        site.scopes = frozenset({"read:confluence-user"})
        for ask in (
            lambda: read_alone(site, to_ref(page)),
            lambda: list(client.list_comments({page: "page"})),
        ):
            with pytest.raises(CredentialsError, match="read:comment:confluence"):
                ask()


@pytest.mark.parametrize("changed", [{"body": {}}, {"id": "x"}, {"version": {}}, {"status": None}])
def test_a_comment_that_cannot_be_read_is_its_pages_failure(
    site: ConfluenceSite, state: SiteState, page: str, changed: dict[str, Any]
) -> None:
    def spoil(answer: dict[str, Any]) -> dict[str, Any]:
        return answer | {"results": [row | changed for row in answer["results"]]}

    state.comments.add(page, "x")
    site.fail(OF_A_PAGE, faults.rewritten(spoil), times=None)
    with opened(site) as client:
        refs = list(listed(client, [page]).values())
    failure = read_alone(site, to_ref(page), refs)
    assert isinstance(failure, PageFailure)
    assert "an answer" in failure.error


def commented_pages(state: SiteState, count: int) -> dict[str, PageRef]:
    """Add pages with a thread of each kind and a resolved one; return their refs by id."""
    pages = {page: PageRef(page, 1, "Page", "KI") for page in add_pages(state, count)}
    for page in pages:
        state.comments.reply(state.comments.add(page, f"on {page}"), "a reply")
        state.comments.add(page, "inline", marked="x")
        closed = state.comments.add(page, "closed", marked="y")
        state.comments.reply(closed, "in a closed thread")
        state.comments.resolve(closed)
    return pages


def list_by_page(client: Site, pages: Mapping[str, PageRef]) -> dict[PageRef, list[CommentRef]]:
    by_page: dict[PageRef, list[CommentRef]] = {ref: [] for ref in pages.values()}
    for comment in listed(client, list(pages)).values():
        by_page[pages[comment.page_id]].append(comment)
    return by_page


def test_many_pages_are_read_by_the_sites_lists_as_each_of_them_alone(
    site: ConfluenceSite, state: SiteState
) -> None:
    pages = commented_pages(state, 30)
    with opened(site) as client:
        refs = list_by_page(client, pages)
        before = site.count()
        found = dict(client.read_threads(refs))
        assert site.count() - before == 4  # the lists, and what is newest in each
        assert found == {ref: read_alone(site, ref, refs[ref]) for ref in refs}
    first, second = found[pages[min(pages)]]
    assert texts((first, second)) == [[f"on {min(pages)}", "a reply"], ["inline"]]


@pytest.mark.parametrize("after", [0, 1])
def test_many_pages_are_read_page_by_page_where_the_sites_lists_fail_or_grow(
    site: ConfluenceSite, state: SiteState, after: int
) -> None:
    pages = commented_pages(state, 4)
    with opened(site) as client:
        refs = list_by_page(client, pages)
        expected = {ref: read_alone(site, ref, refs[ref]) for ref in refs}
        site.fail(ALL, faults.truncated_json(), times=None, after=after)
        assert dict(client.read_threads(refs)) == expected
        site.clear_faults()
        site.paging = Paging(list_rows=1)
        for other in add_pages(state, 20):
            state.comments.add(other, "on another page")
        before = site.count(ALL)
        assert dict(client.read_threads(refs)) == expected
        price = 4 * (2 + 4)  # of each page two lists, and the replies to each open comment
        assert site.count(ALL) - before == price + 1  # what is newest


def test_a_page_that_the_sites_lists_do_not_show_in_full_is_asked_alone(
    site: ConfluenceSite, state: SiteState
) -> None:
    def spoil(answer: dict[str, Any]) -> dict[str, Any]:
        first, second, *others = answer["results"]
        return answer | {"results": [first | {"body": {}}, second, *others[1:]]}

    pages = commented_pages(state, 4)
    with opened(site) as client:
        refs = list_by_page(client, pages)
        expected = {ref: read_alone(site, ref, refs[ref]) for ref in refs}
        site.fail(r"v2/footer-comments\?(?!sort)", faults.rewritten(spoil), times=None)
        before = site.count(OF_A_PAGE)
        assert dict(client.read_threads(refs)) == expected
        assert site.count(OF_A_PAGE) - before == 2 * 2


def test_lists_of_the_site_that_always_end_early_are_not_believed(
    site: ConfluenceSite, state: SiteState
) -> None:
    site.paging = Paging(list_rows=20)
    pages = commented_pages(state, 12)
    with opened(site) as client:
        refs = list_by_page(client, pages)
        expected = {ref: read_alone(site, ref, refs[ref]) for ref in refs}
        site.fail(r"v2/\w+-comments\?(?!sort)", faults.without_next(), times=None)
        few = list_by_page(client, pages)
        assert sum(map(len, few.values())) < sum(map(len, refs.values()))
        assert dict(client.read_threads(few)) == expected


@pytest.mark.parametrize("where", [OF_A_PAGE, REPLIES])
def test_a_page_whose_own_list_ends_early_fails(
    site: ConfluenceSite, state: SiteState, page: str, where: str
) -> None:
    thread = state.comments.add(page, "a")
    for number in range(2):
        state.comments.reply(thread, f"reply {number}")
        state.comments.add(page, f"another {number}")
    site.paging = Paging(list_rows=2)
    with opened(site) as client:
        refs = list(listed(client, [page, "1", "2"]).values())
    site.paging = Paging(list_rows=1)
    site.fail(where, faults.without_next(), times=None)
    failure = read_alone(site, to_ref(page), refs)
    assert isinstance(failure, PageFailure)
    assert "which exists" in failure.error


def test_what_is_deleted_or_resolved_after_the_listing_is_no_failure(
    site: ConfluenceSite, state: SiteState, page: str
) -> None:
    comments = state.comments
    kept, deleted, resolved, orphan = (comments.add(page, text, marked="x") for text in "abcd")
    for comment in (kept, deleted, resolved, orphan):
        comments.reply(comment, "reply")
    comments.delete_alone(orphan, moves_replies=False)
    with opened(site) as client:
        refs = list(listed(client, [page]).values())
        comments.delete(deleted)
        comments.resolve(resolved)
        before = site.count()
        [(_, threads)] = client.read_threads({to_ref(page): refs[::-1]})
    assert threads
    assert isinstance(threads, tuple)
    assert texts(threads) == [["a", "reply"]]
    assert site.count() > before


def test_a_page_that_fails_does_not_stop_the_others(site: ConfluenceSite, state: SiteState) -> None:
    pages = commented_pages(state, 3)
    with opened(site) as client:
        refs = list_by_page(client, pages)
        site.fail(ALL, faults.truncated_json(), times=None)
        gone = min(pages)
        state.purge(gone)
        found = dict(client.read_threads(refs))
    failure = found.pop(pages[gone])
    assert isinstance(failure, PageFailure)
    assert "not readable any more" in failure.error
    assert all(len(threads) == 2 for threads in found.values() if isinstance(threads, tuple))
