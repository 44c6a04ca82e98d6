"""Our Markdown against another parser: BeautifulSoup's visible words, in order, and no others."""

import re
from itertools import count
from pathlib import Path

import pytest
from bs4 import BeautifulSoup
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.markdown.loss import count_words
from tests.support.convert import convert, macro, plain, rich

PAGES = sorted((Path(__file__).parents[2] / "demo" / "pages").glob("*/*.*ml"))
# What readers do not see, or what Markdown omits on purpose: a repeated header, a render error.
UNSEEN = (
    "[style*=none], [hidden], script, style, .tableFloatingHeader, span.error, "
    r"ac\:parameter, ac\:task-id, ac\:task-status"
)


def visible_text(html: str) -> str:
    """Return all text of a body that readers see, as BeautifulSoup reads it."""
    soup = BeautifulSoup(re.sub(r"<!\[CDATA\[(.*?)\]\]>", r"\1", html), "html.parser")
    for element in soup.select(UNSEEN):
        element.extract()
    return soup.get_text(" ")


# Each # becomes a word of its own: seen0, seen1, … where readers see it, otherwise lost0, ….
SEEN, LOST = "#", "@"
INLINE = st.sampled_from(
    [
        SEEN,
        f"{SEEN} {SEEN}",
        f"<strong>{SEEN}</strong>",
        f"{SEEN} <em>{SEEN} <s>{SEEN}</s></em>",
        f"<code>{SEEN}</code>",
        f'<a href="https://e.com/x_(y)">{SEEN} <b>{SEEN}</b></a>',
        f'<span style="color: red">{SEEN}</span>',
        f'<span style="display: none">{LOST}</span> {SEEN}',
        f"<u>{SEEN}</u><br/>{SEEN}",
        f'<span class="status-macro aui-lozenge">{SEEN}</span>',
        f"<time>{SEEN}</time>",
    ]
)
TEXT = st.lists(INLINE, min_size=1, max_size=4).map(" ".join)
PARAGRAPH = TEXT.map("<p>{}</p>".format)
HEADING = st.builds("<h{0}>{1}</h{0}>".format, st.integers(1, 6), TEXT)
CODE = st.sampled_from(
    [
        f'<div class="code panel"><pre>{SEEN} = {SEEN}\n  {SEEN}</pre></div>',
        f"<pre>{SEEN}<br/>{SEEN}</pre>",
        macro("code", plain(f"{SEEN}\n\n    {SEEN} *{SEEN}*"), linenumbers=LOST),
        f"<script>{LOST}</script>",
    ]
)
LEAVES = PARAGRAPH | HEADING | CODE | TEXT.map("<div>{}</div>".format)


def to_row(cells: list[str]) -> str:
    return "<tr>" + "".join(f"<td>{cell}</td>" for cell in cells) + "</tr>"


def containers(inner: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    blocks = st.lists(inner, min_size=1, max_size=3).map("".join)
    items = st.lists(blocks.map("<li>{}</li>".format), min_size=1, max_size=3).map("".join)
    row = st.lists(blocks, min_size=1, max_size=3).map(to_row)
    rows = st.lists(row, min_size=1, max_size=3).map("".join)
    return st.one_of(
        blocks,
        items.map("<ul>{}</ul>".format),
        items.map("<ol>{}</ol>".format),
        rows.map('<div class="table-wrap"><table><tbody>{}</tbody></table></div>'.format),
        blocks.map("<blockquote>{}</blockquote>".format),
        blocks.map(
            '<div class="confluence-information-macro confluence-information-macro-note">'
            '<div class="confluence-information-macro-body">{}</div></div>'.format
        ),
        blocks.map(
            '<div class="panel"><div class="panelHeader"><b>#</b></div>'
            '<div class="panelContent">{}</div></div>'.format
        ),
        blocks.map(lambda body: macro("info", rich(body), icon=LOST)),
        blocks.map("<div hidden>@</div>{}".format),
    )


BODIES = st.lists(st.recursive(LEAVES, containers, max_leaves=12), min_size=1, max_size=4)


def numbered(html: str) -> str:
    seen, lost = count(), count()
    html = re.sub(f"(?<![:&/]){SEEN}", lambda _: f"seen{next(seen)}", html)
    return re.sub(LOST, lambda _: f"lost{next(lost)}", html)


@settings(max_examples=150)
@given(BODIES.map("".join).map(numbered))
def test_the_visible_words_are_kept_in_order_and_no_hidden_ones(html: str) -> None:
    text = convert(html, "storage").text
    assert re.findall(r"seen\d+", text) == re.findall(r"seen\d+", visible_text(html))
    assert "lost" not in text


@pytest.mark.parametrize("path", PAGES, ids=lambda path: path.name)
def test_the_demos_pages_keep_every_visible_word(path: Path) -> None:
    html = path.read_text("utf-8")
    text = convert(html, "storage" if path.suffix == ".xml" else "export_view").text
    missing = count_words(visible_text(html)) - count_words(text)
    assert not missing
