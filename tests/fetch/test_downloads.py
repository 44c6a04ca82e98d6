"""Content of attachments: one redirect without our credentials, bounded, whole, or an error."""

import gzip
import socket
import threading
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from demo.confluence_site import ConfluenceSite, SiteState, faults
from pipeline.fetch import CredentialsError, PageError, Site
from pipeline.http import StoppedWaitingError, Waiting
from pipeline.records import Attachment
from tests.support.confluence_client import HASTY, QUICK, opened
from tests.support.site_pages import add_pages
from tests.support.sockets import answering, serving

DOWNLOAD, MEDIA = r"child/attachment/att\d+/download", r"^/file/"


@pytest.fixture
def attachment(site: ConfluenceSite, state: SiteState) -> Attachment:
    """A file of nine bytes on a page."""
    (page,) = add_pages(state, 1)
    file = state.files.add(page, "../notes.txt", b"disk full")
    with opened(site) as client:
        (row,) = client.list_attachments({page: "page"})
    assert isinstance(row, Attachment)
    assert row.id == file
    return row


@pytest.fixture
def client(site: ConfluenceSite) -> Iterator[Site]:
    with opened(site, ATTACHMENT_MAX_MB="1") as opened_client:
        yield opened_client


def test_the_content_is_saved_in_the_folder_under_a_name_of_our_own(
    client: Site, attachment: Attachment, tmp_path: Path
) -> None:
    path = client.save_attachment(attachment, tmp_path)
    assert path.read_bytes() == b"disk full"
    assert path.parent == tmp_path
    assert path.name.startswith(attachment.id)
    assert path.suffix == ".txt"


def test_the_other_host_sees_no_credentials_and_no_cookie(
    site: ConfluenceSite, client: Site, attachment: Attachment, tmp_path: Path
) -> None:
    with serving(answering(b"disk full")) as (url, heads):
        redirect = faults.redirect(f"{url}/file/1/binary?token=jwt")
        cookie = {**redirect.headers, "Set-Cookie": "session=s3cret; Path=/"}
        site.fail(DOWNLOAD, replace(redirect, headers=cookie))
        client.save_attachment(attachment, tmp_path)
    (head,) = heads
    assert b"GET /file/1/binary?token=jwt HTTP/1.1" in head
    for name in (b"authorization", b"cookie", b"referer", site.token.encode(), b"s3cret"):
        assert name not in head.lower()


@pytest.mark.parametrize(
    ("target", "reason"),
    [
        ("http://media.example/1", "only https is followed"),
        ("file:///etc/passwd", "only https is followed"),
        ("/login.action", "only https is followed"),
        ("https://[media/1", "no valid address"),
        ("{site}/wiki/login.action", "not to the host of files"),
        ("https://user:word@127.0.0.1:9/1", "not to the host of files"),
    ],
)
def test_a_redirect_to_anywhere_else_is_not_followed(
    site: ConfluenceSite, client: Site, attachment: Attachment, tmp_path: Path,
    target: str, reason: str,
) -> None:  # fmt: skip
    site.fail(DOWNLOAD, faults.redirect(target.replace("{site}", site.base_url)), times=None)
    with pytest.raises(PageError, match=reason):
        client.save_attachment(attachment, tmp_path)
    assert site.count(DOWNLOAD) == 1
    assert site.count("login") == 0


def test_plain_http_is_followed_only_if_the_site_itself_is_local(
    site: ConfluenceSite, attachment: Attachment, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HTTP_PROXY", site.base_url)
    monkeypatch.setenv("NO_PROXY", "localhost")
    with (
        opened(site, CONF_BASE_URL="http://conf.example") as client,
        pytest.raises(PageError, match="only https is followed"),
    ):
        client.save_attachment(attachment, tmp_path)


def test_a_second_redirect_is_not_followed(
    site: ConfluenceSite, client: Site, attachment: Attachment, tmp_path: Path
) -> None:
    site.fail(MEDIA, faults.redirect(f"{site.media_url}/file/elsewhere"), times=None)
    with pytest.raises(PageError, match="http://localhost: HTTP 302"):
        client.save_attachment(attachment, tmp_path)
    assert site.count("elsewhere") == 0


def test_content_instead_of_a_redirect_is_not_taken_for_the_file(
    site: ConfluenceSite, client: Site, attachment: Attachment, tmp_path: Path
) -> None:
    site.fail(DOWNLOAD, faults.login_page(), times=None)
    with pytest.raises(PageError, match="expected a redirect"):
        client.save_attachment(attachment, tmp_path)
    site.clear_faults()
    site.fail(MEDIA, faults.login_page(), times=None)
    with pytest.raises(PageError, match=r"\d+ bytes instead of 9: a log-in page"):
        client.save_attachment(attachment, tmp_path)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("name", ["notes.txt", "notes.md", "notes.pdf", "notes.html"])
def test_without_a_listed_size_a_page_is_taken_for_the_file_only_if_the_file_is_one(
    site: ConfluenceSite, client: Site, attachment: Attachment, tmp_path: Path, name: str
) -> None:
    unsized = replace(attachment, title=name, size=None)
    assert client.save_attachment(unsized, tmp_path).read_bytes() == b"disk full"
    site.fail(MEDIA, faults.login_page(), times=None)
    if name == "notes.html":
        assert b"Log in" in client.save_attachment(unsized, tmp_path).read_bytes()
        return
    with pytest.raises(PageError, match="text/html instead of the file: a log-in page"):
        client.save_attachment(unsized, tmp_path)
    assert len(list(tmp_path.iterdir())) == 1


@pytest.mark.parametrize("announced", [4, 90])
def test_a_wrong_content_length_is_no_shorter_file(
    site: ConfluenceSite, client: Site, attachment: Attachment, tmp_path: Path, announced: int
) -> None:
    def answer(connection: socket.socket, _head: bytes) -> None:
        head = f"HTTP/1.1 200 OK\r\nContent-Length: {announced}\r\n\r\n"
        connection.sendall(head.encode() + b"disk full")
        connection.close()

    with serving(answer) as (url, _):
        site.fail(DOWNLOAD, faults.redirect(f"{url}/1"), times=None)
        with pytest.raises(PageError, match=r"4 bytes instead of 9|broke"):
            client.save_attachment(attachment, tmp_path)
    assert list(tmp_path.iterdir()) == []


LARGE = b"x" * ((1 << 20) + 1)
ENDLESS = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n" + b"ffffffff\r\n" + LARGE * 2
ANSWERS = {
    "longer than announced": answering(LARGE),
    "gzip": answering(gzip.compress(LARGE * 4), "Content-Encoding: gzip"),
    "gzip in gzip": answering(
        gzip.compress(gzip.compress(LARGE * 4)), "Content-Encoding: gzip, gzip"
    ),
    "endless": lambda connection, _head: connection.sendall(ENDLESS),
}


@pytest.mark.parametrize("name", ANSWERS)
def test_a_file_is_never_larger_than_the_limit_whatever_the_listing_shows(
    site: ConfluenceSite, client: Site, attachment: Attachment, tmp_path: Path, name: str
) -> None:
    with serving(ANSWERS[name]) as (url, heads):
        site.fail(DOWNLOAD, faults.redirect(f"{url}/1"), times=None)
        with pytest.raises(PageError, match="larger than ATTACHMENT_MAX_MB=1"):
            client.save_attachment(attachment, tmp_path)
    assert len(heads) == 1, "the same file is not asked for again"
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    "fault",
    [
        faults.error(503),
        faults.rate_limited("0"),
        faults.reset(),
        faults.reset_in_body(4),
        faults.error(403),
    ],
)
def test_a_failure_that_passes_costs_another_address_and_no_file(
    site: ConfluenceSite, client: Site, attachment: Attachment, tmp_path: Path, fault: faults.Fault
) -> None:
    site.fail(MEDIA, fault)
    assert client.save_attachment(attachment, tmp_path).read_bytes() == b"disk full"
    assert (site.count(DOWNLOAD), site.count(MEDIA)) == (2, 2)
    assert len(list(tmp_path.iterdir())) == 1


def test_an_error_does_not_show_the_address_that_opens_the_file(
    site: ConfluenceSite, client: Site, attachment: Attachment, tmp_path: Path,
    caplog: pytest.LogCaptureFixture,
) -> None:  # fmt: skip
    caplog.set_level("DEBUG", logger="pipeline")
    site.fail(MEDIA, faults.error(403), times=None)
    with pytest.raises(PageError, match="http://localhost: HTTP 403") as raised:
        client.save_attachment(attachment, tmp_path)
    assert site.count(MEDIA) == 2
    assert "token" not in str(raised.value) + caplog.text


def test_a_host_that_fails_every_time_is_asked_now_and_then_until_it_works_again(
    site: ConfluenceSite, attachment: Attachment, tmp_path: Path
) -> None:
    site.fail(MEDIA, faults.error(503), times=None)
    with opened(site, retry=replace(QUICK, attempts=3)) as client:
        for _ in range(3):
            with pytest.raises(PageError, match="HTTP 503"):
                client.save_attachment(attachment, tmp_path)
        before = site.count()
        for _ in range(19):
            with pytest.raises(PageError, match="not asked for: the host of attachments fails"):
                client.save_attachment(attachment, tmp_path)
        assert (site.count(MEDIA), site.count()) == (3 * 3, before)
        site.clear_faults()
        for _ in range(2):  # it is asked now and then, and works again
            assert client.save_attachment(attachment, tmp_path).read_bytes() == b"disk full"


def test_a_host_without_a_trusted_certificate_is_not_asked_for_every_file(
    site: ConfluenceSite, client: Site, attachment: Attachment, tmp_path: Path
) -> None:
    plain = site.media_url.replace("http:", "https:")  # no TLS at all
    site.fail(DOWNLOAD, faults.redirect(f"{plain}/file/1"), times=None)
    for _ in range(3):
        with pytest.raises(PageError, match="TLS"):
            client.save_attachment(attachment, tmp_path)
    with pytest.raises(PageError, match="not asked for"):
        client.save_attachment(attachment, tmp_path)
    assert site.count(DOWNLOAD) == 3


def test_a_file_that_is_gone_is_its_own_failure_and_refused_credentials_are_not(
    site: ConfluenceSite, state: SiteState, client: Site, attachment: Attachment, tmp_path: Path
) -> None:
    with pytest.raises(PageError, match="HTTP 400"):
        client.save_attachment(replace(attachment, version=2), tmp_path)
    state.files.purge(attachment.id)
    with pytest.raises(PageError, match=r"not readable any more: .*HTTP 404"):
        client.save_attachment(attachment, tmp_path)
    site.token = "another"
    with pytest.raises(CredentialsError):
        client.save_attachment(attachment, tmp_path)


def test_a_missing_scope_is_named(
    site: ConfluenceSite, client: Site, attachment: Attachment, tmp_path: Path
) -> None:
    site.scopes = frozenset({"read:confluence-user", "read:attachment:confluence"})
    with pytest.raises(CredentialsError, match=r"lacks the scope readonly:content\.attachment"):
        client.save_attachment(attachment, tmp_path)


def test_a_folder_that_cannot_be_written_is_no_broken_connection(
    site: ConfluenceSite, client: Site, attachment: Attachment, tmp_path: Path
) -> None:
    with pytest.raises(PageError, match=r"cannot be saved in .*: No such file or directory"):
        client.save_attachment(attachment, tmp_path / "missing")
    assert site.count(MEDIA) == 1


def test_the_end_of_the_run_breaks_a_download_off(
    site: ConfluenceSite, attachment: Attachment, tmp_path: Path
) -> None:
    waiting, begun = Waiting(), threading.Event()

    def stall(connection: socket.socket, _head: bytes) -> None:
        connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\ndisk")
        begun.set()
        waiting.ended.wait(10)

    threading.Thread(target=lambda: begun.wait(10) and waiting.end(), daemon=True).start()
    with serving(stall) as (url, _), opened(site, waiting) as client:
        site.fail(DOWNLOAD, faults.redirect(f"{url}/1"))
        with pytest.raises(StoppedWaitingError):
            client.save_attachment(attachment, tmp_path)


def test_a_host_that_hangs_is_left(
    site: ConfluenceSite, attachment: Attachment, tmp_path: Path
) -> None:
    site.fail(MEDIA, faults.hang(1.0), times=None)
    with (
        opened(site, retry=replace(HASTY, attempts=2)) as client,
        pytest.raises(PageError, match="http://localhost: timed out"),
    ):
        client.save_attachment(attachment, tmp_path)
