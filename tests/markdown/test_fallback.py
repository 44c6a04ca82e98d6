"""A page that our own converter cannot convert is converted with markdownify instead."""

import logging
import re
import subprocess
import sys
from collections import Counter
from string import ascii_lowercase

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.markdown.convert import (
    MAX_FALLBACK_CHARACTERS,
    convert_tree,
    convert_with_markdownify,
    to_markdown,
)
from pipeline.markdown.notes import Converted, Notes
from pipeline.records import Markdown, Page
from tests.support.convert import PAGE_URL, macro, plain, rich, to_page


class BrokenError(Exception):
    """What a broken converter raises."""


def broken(page: Page, notes: Notes) -> Converted:
    raise BrokenError(page.html)


def lossy(page: Page, notes: Notes) -> Converted:
    """Keep the first paragraph only."""
    converted = convert_tree(page, notes)
    return converted._replace(text=converted.text.partition("\n\n")[0])


def empty(page: Page, notes: Notes) -> Converted:
    return Converted("", (), Counter())


def silent(page: Page, notes: Notes) -> Converted:
    """Raise without a message: pytest's workers cannot send a log with a lone surrogate."""
    raise RuntimeError


def fall_back(body: str, body_format: str = "export_view") -> Markdown:
    return to_markdown(to_page(body, body_format), silent)


# When


def test_a_page_on_which_the_converter_raises_is_converted_with_markdownify(
    caplog: pytest.LogCaptureFixture,
) -> None:
    result = to_markdown(to_page('<h2 id="a">One</h2><p>two <b>three</b></p>'), broken)
    assert (result.text, result.anchors) == ("## One\n\ntwo **three**", ("a",))
    assert (result.title, result.words, result.lost_words) == ("Some page", 3, 0)
    assert result.warnings == ("converted with markdownify: the converter failed with BrokenError",)
    (record,) = caplog.records
    assert record.levelno == logging.ERROR
    assert record.exc_info
    assert record.exc_info[0] is BrokenError
    assert "123" in record.message


def test_a_page_on_which_both_raise_fails_with_the_first_error(
    caplog: pytest.LogCaptureFixture,
) -> None:
    def also_broken(page: Page, notes: Notes) -> Converted:
        raise ZeroDivisionError

    with pytest.raises(BrokenError):
        to_markdown(to_page("<p>a</p>"), broken, also_broken)
    logged = [record.exc_info[0] for record in caplog.records if record.exc_info]
    assert logged == [BrokenError, ZeroDivisionError]


def test_a_page_too_long_for_markdownify_fails_with_the_first_error() -> None:
    with pytest.raises(BrokenError):
        to_markdown(to_page("a" * (MAX_FALLBACK_CHARACTERS + 1)), broken, empty)


def test_a_page_that_loses_too_many_words_is_converted_with_markdownify() -> None:
    result = to_markdown(to_page("<p>one two three</p><p>four two</p>"), lossy)
    assert result.text == "one two three\n\nfour two"
    assert (result.words, result.lost_words) == (5, 0)
    assert result.warnings == ("converted with markdownify: the converter lost 2 of 5 words",)


def test_our_own_markdown_is_kept_where_markdownify_loses_as_many_words() -> None:
    result = to_markdown(to_page("<p>one two three</p><p>four two</p>"), lossy, lossy)
    assert (result.text, result.words, result.lost_words) == ("one two three", 5, 2)
    assert result.warnings == ("2 of 5 words of the page are not in its Markdown",)


def test_our_own_markdown_is_kept_where_markdownify_raises(
    caplog: pytest.LogCaptureFixture,
) -> None:
    result = to_markdown(to_page("<p>one two three</p><p>four two</p>"), lossy, broken)
    assert (result.text, result.lost_words) == ("one two three", 2)
    assert [record.exc_info is not None for record in caplog.records] == [True]


def test_the_loss_is_measured_by_what_our_own_parser_sees() -> None:
    result = to_markdown(to_page("<p>one two three</p><p>four two</p>"), lossy, empty)
    assert result.text == "one two three"


def test_a_page_that_is_converted_well_never_reaches_markdownify() -> None:
    assert to_markdown(to_page("<p>a</p>"), fallback=broken).text == "a"


def test_markdownify_is_imported_only_when_it_is_needed() -> None:
    code = (
        "import sys\n"
        "from tests.support.convert import convert\n"
        "convert('<p>a</p>')\n"
        "assert not {'bs4', 'markdownify'} & set(sys.modules)\n"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


# What readers do not see


@pytest.mark.parametrize(
    "unseen",
    [
        '<span style="display: none">secret</span>',
        "<div hidden>secret<p>secret</p></div>",
        '<fieldset class="hidden">secret</fieldset>',
        "<script>secret</script>",
        "<style>secret</style>",
        "<!-- secret -->",
        "<!secret>",
        "<?secret?>",
        "<title>secret</title>",
        "<ac:placeholder>secret</ac:placeholder>",
        macro("info", rich("<p>a</p>"), borderColor="secret"),
        macro("excerpt", rich("<p>secret</p>"), hidden="true"),
        "<ac:task><ac:task-id>secret</ac:task-id><ac:task-body>a</ac:task-body></ac:task>",
        '<span class="aui-icon">secret</span>',
        '<div class="toc-macro"><a href="#x">secret</a></div>',
        '<pre>a<span hidden="hidden">secret</span></pre>',
        f"{'<div>' * 150}<p>a<span hidden>secret</span></p>{'</div>' * 150}",
        '<a href="javascript:secret()">a</a>',
        '<img src="https://e.com/secret/a.png" alt="a"/>',
    ],
)
@pytest.mark.parametrize("body_format", ["export_view", "storage"])
def test_what_no_reader_sees_is_never_shown(unseen: str, body_format: str) -> None:
    result = fall_back(f"<p>before</p>{unseen}<p>after</p>", body_format)
    assert result.text.startswith("before\n\n")
    assert result.text.endswith("after")
    assert "secret" not in result.text
    assert result.lost_words == 0


def test_hidden_characters_and_elements_are_counted() -> None:
    result = fall_back("<p>pass\u200bword<span hidden>abc</span></p>")
    assert (result.text, result.hidden_characters) == ("password", 4)


def test_a_render_error_is_not_content() -> None:
    failed = "<span class='error'>Error rendering macro 'toc'</span>"
    for body in (f"<p>{failed}</p>", f"<div class='conf-macro'>{failed} : null</div>"):
        result = fall_back(f"<p>a</p>{body}")
        assert (result.text, result.render_failed) == ("a", True)
        assert not fall_back(body, "storage").render_failed
    written = fall_back("<p>Error rendering macro 'toc'</p>")
    assert (written.text, written.render_failed) == ("Error rendering macro 'toc'", False)
    assert fall_back("<p></p>").render_failed


# What it becomes

CODE = "if a:\n    b  *c* = '`x`'\n\n    # d"
FENCE = f"```\n{CODE}\n```"


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        (macro("code", plain(CODE), language="python"), FENCE),
        (f"<pre>{CODE}</pre>", FENCE),
        (f"<pre>{CODE.replace(chr(10), '<br/>')}</pre>", FENCE),
        (f"<p><b><pre>{CODE}</pre></b></p>", FENCE),
        (f"<code><pre>{CODE}</pre></code>", FENCE),
        (f"<blockquote><p>a</p><pre>{CODE}</pre></blockquote>", f"> a\n>\n\n{FENCE}"),
        ("<pre>a\n```\nb</pre>", "````\na\n```\nb\n````"),
        ("<ul><li>a<pre>b\n\n  c</pre></li></ul>", "- a\n\n  ```\n  b\n\n    c\n  ```"),
        ("<p>run <code>a *b* <b>c</b></code> now</p>", "run `a *b* c` now"),
        ("<table><tr><td><pre>a  b\nc</pre></td></tr></table>", "| `a  b` `c` |\n|---|"),
        ("<ol><li>a</li><li>b<ul><li>c</li></ul></li></ol>", "1. a\n2. b\n   - c"),
        ("<ul><li>a<ul><li>b</li></ul>c</li></ul>", "- a\n  - b\n  c"),
        (
            "<table><tbody><tr><th>A</th><th>B</th></tr><tr><td>x|y</td><td>z</td></tr></tbody></table>",
            "| A | B |\n|---|---|\n| x\\|y | z |",
        ),
        (
            '<table><tr><th>A</th><th style="display:none">B</th></tr><tr><td>1</td>'
            '<td style="display:none">2</td></tr></table>',
            "| A |\n|---|\n| 1 |",
        ),
        ("<table><tr><td> </td></tr></table><p>a</p>", "a"),
        ("<table><tr><td><h2>a</h2>b</td></tr></table>", "| a b |\n|---|"),
        ("<h2>a<h3>b</h3>c</h2>", "## a b c"),
        ("<div>a <div> </div> b</div>", "a\n\nb"),
        ('<div>a <div style="display: none">c</div> b</div>', "a\n\nb"),
        ("<h2>a <div> </div> b</h2>", "## a b"),
        ("<ul><li><p></p>a</li><li></li></ul>", "- a"),
        ('<p>a</p><iframe src="https://x/">no frames</iframe>', "a\n\nhttps://x/"),
        ('<p>a</p><object data="https://x/">no objects</object>', "a\n\nhttps://x/"),
        ("<p>snake_case_name 2*3*4</p>", "snake_case_name 2*3*4"),
        ("<p>10<sup>6</sup></p>", "10^6^"),
        ('<p>see <a href="/wiki/x">it</a></p>', "see [it](https://acme.atlassian.net/wiki/x)"),
        ('<p><a href="#x">it</a></p>', f"[it]({PAGE_URL}#x)"),
        ('<img src="/a/b%20c.png"/>', "![b c.png]"),
        ("<ac:layout-cell>a</ac:layout-cell><ac:layout-cell>b</ac:layout-cell>", "a\n\nb"),
        (
            "<ac:adf-extension><ac:adf-node><p>once</p></ac:adf-node><ac:adf-fallback><p>once</p>"
            "</ac:adf-fallback></ac:adf-extension>",
            "once",
        ),
        # prose that only looks like structure
        ("<p># a</p>", "\\# a"),
        ("<p>a<br/># b</p>", "a\n\\# b"),
        ("<p>#<b> a</b></p>", "\\# **a**"),
        ("<ul><li>```</li></ul>", "- \\```"),
        ("<h2>a</h2><ul><li><h2>b</h2></li></ul>", "## a\n\n- **b**"),
        # strange bodies
        ("<p>a\x00b\ud800&#1;&#xD800;</p>", "ab\ufffd\ufffd"),
        ("<p>a &lt;b&gt; < c &amp;amp;</p>", "a <b> < c &amp;"),
        ("<p>a<p>b</i></p></div></td><b>c", "a\n\nb\n\n**c**"),
    ],
)  # fmt: skip
def test_html_becomes_plain_markdown(body: str, expected: str) -> None:
    result = fall_back(body, "storage")
    assert (result.text, result.lost_words) == (expected, 0)


# Any body

WORDS = st.text(ascii_lowercase, min_size=3, max_size=8)
BLOCK_TAGS = ["p", "div", "h2", "li", "ul", "ol", "blockquote", "table", "tr", "td", "th", "pre"]
INLINE_TAGS = ["br", "b", "em", "code", "a", "span", "font"]
OTHER_TAGS = ["dl", "dt", "ac:task", "ac:plain-text-body"]
PROSE = WORDS | st.sampled_from(["# ", "#", "```", "~~~", "- ", "> ", "1. ", "\x01", "&#2;0&#2;"])
BODIES = st.recursive(
    PROSE,
    lambda inner: st.builds(
        lambda tag, parts, is_closed: f"<{tag}>{' '.join(parts)}" + f"</{tag}>" * is_closed,
        st.sampled_from(BLOCK_TAGS + INLINE_TAGS + OTHER_TAGS),
        st.lists(inner, max_size=4),
        st.integers(0, 4).map(bool),
    ),
    max_leaves=25,
)


@settings(max_examples=200)
@given(BODIES)
def test_every_word_is_kept_and_every_heading_line_has_an_anchor(body: str) -> None:
    page = to_page(body, "storage")
    result = to_markdown(page, convert_with_markdownify)
    words = re.findall(r"[a-z]{3,}", re.sub(r"<[^>]*>", " ", body))
    assert sorted(re.findall(r"[a-z]{3,}", result.text)) == sorted(words)
    in_fence = re.compile(r"^ *(?:- |\d+\. )*(`{3,}|~{3,})[^`]*?^.*?\1$", re.MULTILINE | re.DOTALL)
    outside = in_fence.sub("", result.text)
    assert len(result.anchors) == len(re.findall(r"^#{1,6} ", outside, re.MULTILINE))


@pytest.mark.parametrize("tag", ["div", "b", "li", "blockquote", "td", "pre", "ac:task"])
def test_no_nesting_is_too_deep(tag: str) -> None:
    body = f"<{tag}>" * 5_000 + "word" + f"</{tag}>" * 5_000 + "<p>after</p>"
    text = fall_back(body, "storage").text
    assert text.count("word") == text.count("after") == 1


@pytest.mark.slow
def test_200_000_open_elements_do_not_end_the_process() -> None:
    assert fall_back("<b>" * 200_000 + "word").text.strip("*") == "word"


@pytest.mark.parametrize(
    "body",
    [
        f"<ol>{'<li>a</li>' * 10_000}</ol>",
        f"<table><thead>{'<tr><td>a</td></tr>' * 10_000}</thead></table>",
        f"<p>{' ' * 200_000}a</p>",
        "<?" * 100_000 + "a",
        "<!-" * 100_000 + "a",
        "</" * 100_000 + "a",
    ],
    ids=["items", "rows", "spaces", "instructions", "declarations", "ends"],
)  # fmt: skip
@pytest.mark.timeout(60)
@pytest.mark.slow
def test_the_time_is_in_proportion_to_the_page(body: str) -> None:
    fall_back(body)
