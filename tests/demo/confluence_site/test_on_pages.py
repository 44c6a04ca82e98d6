"""Attachments and comments of the stand-in site: lists, replies, downloads."""

from urllib.parse import urlsplit

import pytest
import requests

from demo.confluence_site import ConfluenceSite, SiteState
from tests.support.site_client import SiteClient, id_of

V2 = "/wiki/api/v2"


@pytest.mark.parametrize(
    ("path", "params"),
    [
        (f"{V2}/attachments", {"status": "deleted"}),
        (f"{V2}/attachments", {"space-id": "1"}),
        (f"{V2}/attachments", {"limit": "251"}),
        (f"{V2}/attachments", {"sort": "title"}),
        (f"{V2}/footer-comments", {"status": "current"}),
        (f"{V2}/footer-comments", {"body-format": "view"}),
        (f"{V2}/pages/1000/footer-comments", {"resolution-status": "open"}),
        (f"{V2}/pages/1000/inline-comments", {"resolution-status": "closed"}),
    ],
)
def test_what_the_description_lacks_is_refused(
    client: SiteClient, path: str, params: dict[str, str]
) -> None:
    assert client.get(path, **params).status_code == 400


def test_lists_have_what_the_account_sees_in_their_usual_states(
    client: SiteClient, state: SiteState
) -> None:
    ids = {title: state.files.add(id_of(state, title), "a.txt", b"") for title in ("Home", "Cake")}
    trashed = state.files.add("1000", "b.txt", b"")
    state.files.set_status(trashed, "trashed")
    assert [row["id"] for row in client.rows(f"{V2}/attachments")] == list(ids.values())
    assert [row["id"] for row in client.rows(f"{V2}/attachments", status="trashed")] == [trashed]
    state.hide(id_of(state, "Cake"))
    assert [row["id"] for row in client.rows(f"{V2}/attachments")] == [ids["Home"]]
    assert client.get(f"{V2}/attachments/{ids['Cake']}").status_code == 404


def test_long_lists_are_cut_and_sorted(client: SiteClient, state: SiteState) -> None:
    ids = [state.comments.add("1000", "<p>x</p>") for _ in range(30)]
    answers = list(client.answers(f"{V2}/footer-comments"))
    assert [len(answer["results"]) for answer in answers] == [25, 5]
    rows = client.rows(f"{V2}/footer-comments", sort="-created-date", limit=250)
    assert {row["id"] for row in rows} == set(ids)


def test_replies_are_listed_below_what_they_answer_only(
    client: SiteClient, state: SiteState
) -> None:
    first = state.comments.add("1000", "<p>Why?</p>")
    reply = state.comments.reply(first, "<p>Because.</p>")
    inner = state.comments.reply(reply, "<p>Of what?</p>")
    assert [row["id"] for row in client.rows(f"{V2}/pages/1000/footer-comments")] == [first]
    children = client.rows(f"{V2}/footer-comments/{first}/children")
    assert [row["id"] for row in children] == [reply]
    everything = client.rows(f"{V2}/footer-comments")
    assert [row.get("parentCommentId") for row in everything] == [None, first, reply]
    assert [row["pageId"] for row in everything] == ["1000"] * 3
    state.comments.delete(reply)
    assert inner not in state.comments.by_id


def test_threads_are_listed_by_their_resolution(client: SiteClient, state: SiteState) -> None:
    ids = {name: state.comments.add("1000", "<p>x</p>", marked="x") for name in ("open", "done")}
    state.comments.resolve(ids["done"])
    path = f"{V2}/pages/1000/inline-comments"
    rows = client.rows(path, **{"resolution-status": "open,reopened"})
    assert [row["id"] for row in rows] == [ids["open"]]
    assert len(client.rows(path)) == 2
    assert client.rows(f"{V2}/pages/1000/footer-comments") == []


def test_a_download_redirects_to_another_host_that_knows_no_account(
    client: SiteClient, state: SiteState
) -> None:
    file = state.files.add("1000", "notes.txt", b"disk full")
    path = f"/wiki/rest/api/content/1000/child/attachment/{file}/download"
    answer = client.session.get(client.site.gateway_url + path, allow_redirects=False, timeout=10)
    assert answer.status_code == 302
    location = answer.headers["Location"]
    assert urlsplit(location).netloc != urlsplit(client.site.base_url).netloc
    media = requests.get(location, timeout=10)
    assert (media.status_code, media.content) == (200, b"disk full")
    assert media.headers["Content-Type"] == "text/plain"
    state.files.replace(file, b"disk empty")
    assert requests.get(location, timeout=10).status_code == 403, "the token was of one version"
    assert client.get(path.replace("1000", "1001")).status_code == 404


def test_attachments_and_comments_have_scopes_of_their_own(
    site: ConfluenceSite, client: SiteClient
) -> None:
    site.scopes = frozenset({"read:attachment:confluence"})
    assert client.get(f"{V2}/attachments").status_code == 200
    assert client.get(f"{V2}/inline-comments").status_code == 401
    download = "/wiki/rest/api/content/1000/child/attachment/att1/download"
    assert client.get(download).status_code == 401
