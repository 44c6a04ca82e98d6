"""The demo's pages: a platform team's space "Known Issues", and a handbook beside it.

A page is one HTML file below its space's key, as Confluence renders it (`export_view`).
`NAME.storage.xml` beside it is its source in Confluence's storage format. A comment at the top
contains title, labels and the like; a blog post has `type: blogpost` there. In bodies,
`{{page:NAME}}` is replaced by another page's address, and `{{site}}` by the site's.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import quote_plus

from demo.confluence_site import SITE, SiteState
from demo.pages.on_pages import add_files_and_comments

_HERE = Path(__file__).parent
_FILE = re.compile(r"<!--\n(?P<head>.*?)-->\n(?P<body>.*)", re.DOTALL)
_LINK = re.compile(r"\{\{page:([a-z-]+)\}\}")
_SPACES = {"KI": ("Known Issues", 98_400), "HB": ("Platform Handbook", 98_500)}  # first page ids

# question → title of the one page that answers it
ANSWERS = {
    "A node reports DiskPressure: which command removes unused container images?": (
        "Worker node runs out of disk"
    ),
    "Why did my CronJob stop after it missed more than 100 start times?": (
        "CronJob stops without a word"
    ),
    "Why is a Java container OOMKilled when its heap is half empty?": (
        "Java services are killed although the heap is half empty"
    ),
    "Wie entferne ich die verwaiste Restic-Sperre?": (
        "Nächtliche Sicherung bricht ab (Restic-Sperre)"
    ),
    "Which open incident is about invoices that are sent twice?": (
        "Open incidents and who works on them"  # only in its storage format
    ),
}
QUESTIONS = tuple(ANSWERS)


@dataclass(frozen=True, slots=True)
class _Source:
    """A page as read from its files."""

    id: str
    name: str  # the file's, without number and suffix
    space: str
    head: dict[str, str]
    body: str
    storage: str | None


def demo_state() -> SiteState:
    """Return a new sample site: two spaces, a folder, and an archived page."""
    state = SiteState()
    sources = list(_load())
    links = {source.name: _to_link(source) for source in sources}
    for key, (name, _) in _SPACES.items():
        state.add_space(key, name)
    ids = {source.name: source.id for source in sources}
    for source in sources:
        head = source.head
        if head.get("parent") == "folder" and "folder" not in ids:
            ids["folder"] = state.add_folder("Runbooks", source.space, parent=ids["home"])
        state.add_page(
            head["title"],
            source.space,
            _LINK.sub(lambda found: links[found[1]], source.body),
            storage=source.storage,
            parent=ids[head["parent"]] if "parent" in head else None,
            labels=head["labels"].split(", "),
            page_id=source.id,
            modified=datetime.fromisoformat(head["modified"]).replace(tzinfo=UTC),
            status=head.get("status", "current"),
            content_type=head.get("type", "page"),
        )
        if "parent" not in head and "type" not in head:
            state.set_home(source.space, source.id)
    add_files_and_comments(state, ids)
    return state


def _to_link(source: _Source) -> str:
    place = "pages"
    if source.head.get("type") == "blogpost":
        place = f"blog/{source.head['modified'][:10].replace('-', '/')}"
    title = quote_plus(source.head["title"])
    return f"{SITE}/wiki/spaces/{source.space}/{place}/{source.id}/{title}"


def _load() -> Iterator[_Source]:
    for space, (_, first_id) in _SPACES.items():
        for path in sorted((_HERE / space).glob("*.html")):
            number, _, name = path.stem.partition("-")
            found = _FILE.fullmatch(path.read_text("utf-8"))
            if found is None:
                raise ValueError(f"{path.name} does not begin with a comment")
            lines = (line.partition(": ") for line in found["head"].splitlines())
            storage = path.with_suffix(".storage.xml")
            yield _Source(
                id=str(first_id + int(number)),
                name=name,
                space=space,
                head={key: value for key, _, value in lines},
                body=found["body"],
                storage=storage.read_text("utf-8") if storage.exists() else None,
            )
