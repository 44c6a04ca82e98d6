"""Plain HTML, links, hidden text and failed renders."""

import re

import pytest

from tests.support.convert import PAGE_URL, convert, macro

SITE = "https://acme.atlassian.net"


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ("", ""),
        ("a", "a"),
        ("<p>a</p><p>b</p>", "a\n\nb"),
        ("<p>a<br/>b</p>", "a\nb"),
        ("<p>a<br/><br/>b</p>", "a\n\nb"),
        ("<div>a<div>b</div>c</div>", "a\n\nb\n\nc"),
        ("<p>a\n   b\tc</p>", "a b c"),
        ("<h1>a</h1><h6>b</h6>", "# a\n\n###### b"),
        ("<h2><strong>a</strong> <em>b</em><br/>c</h2>", "## a *b* c"),
        ("<h2> </h2><p>a</p>", "a"),
        ("<p>a</p><hr/><p>b</p>", "a\n\n---\n\nb"),
        ("<hr/><p>a</p>", "a"),
        ("<blockquote><p>a</p><p>b</p></blockquote>", "> a\n>\n> b"),
        # emphasis is inside the spaces, and never around nothing
        ("<p>a <b> b </b>c</p>", "a **b** c"),
        ("<p><strong>Name:&nbsp;</strong>Mara</p>", "**Name:** Mara"),
        ("<p>a<b> </b>b</p>", "a b"),
        ("<p><b>a</b><b>b</b></p>", "**ab**"),
        ("<p><b>a<b>b</b></b></p>", "**ab**"),
        ("<p><b>a<br/>b</b></p>", "**a**\n**b**"),
        ("<p><b><i>a</i></b></p>", "***a***"),
        ("<p><b><code>a</code></b></p>", "`a`"),
        ("<p>a <s>b</s> <u>c</u></p>", "a ~~b~~ c"),
        ("<b><p>a</p></b>", "a"),
        ("<p><span><span>a</span></span>b</p>", "ab"),
        # prose that only looks like structure
        ("<p># a</p><h2>b</h2>", "\\# a\n\n## b"),
        ("<p>#hash</p>", "#hash"),
        ("<p>```</p>", "\\```"),
        ("<p>a<br/>---<br/>b</p>", "a\n\\---\nb"),
        ("<ul><li># a</li></ul>", "- \\# a"),
        ("<p>1. a</p>", "1. a"),
        # lists
        ("<ul><li>a</li><li><p>b</p></li></ul>", "- a\n- b"),
        ("<ul><li>a<ul><li>b</li></ul></li><li>c</li></ul>", "- a\n  - b\n- c"),
        ("<ol><li>a<ol><li>b</li></ol></li><li>c</li></ol>", "1. a\n   1. b\n2. c"),
        ('<ol start="9"><li>a</li><li>b<ul><li>c</li></ul></li></ol>', "9. a\n10. b\n    - c"),
        ('<ol start="x"><li>a</li></ol>', "1. a"),
        ("<ul><li>a</li><ul><li>b</li></ul></ul>", "- a\n  - b"),
        ("<ul><li><ul><li>b</li></ul></li></ul>", "- b"),
        ("<ul><li></li><li>a</li></ul>", "- a"),
        ("<ul><li>a<pre>b\n\n  c</pre></li></ul>", "- a\n\n  ```\n  b\n\n    c\n  ```"),
        ("<ul><li><p>a</p><p>b</p></li></ul>", "- a\n\n  b"),
        ("<ul><li><h2>a</h2>b</li></ul>", "- **a**\n\n  b"),
        ("<li>a</li>", "- a"),
        ("<ul>a<li>b</li></ul>", "- a\n- b"),
        # images
        ('<p>a<img alt="b"/>c</p>', "a ![b] c"),
        ('<p><img src="https://e.com/x/b%20c.png?d"/></p>', "![b c.png]"),
        ('<p><img src="data:image/png;base64,AAAA"/>a</p>', "a"),
        ('<p><a href="https://e.com"><img alt="b [c]"/></a></p>', "[![b (c)]](https://e.com)"),
    ],
)
def test_html_becomes_markdown(body: str, expected: str) -> None:
    result = convert(body)
    assert (result.text, result.lost_words) == (expected, 0)


@pytest.mark.parametrize(
    ("href", "expected"),
    [
        ("https://e.com/a?b=c&amp;d=e", "[x](https://e.com/a?b=c&d=e)"),
        ("/wiki/spaces/OPS/pages/9/A+b", f"[x]({SITE}/wiki/spaces/OPS/pages/9/A+b)"),
        ("/display/OPS/A", f"[x]({SITE}/wiki/display/OPS/A)"),
        ("/browse/ABC-1", f"[x]({SITE}/browse/ABC-1)"),
        ("//e.com/a", "[x](https://e.com/a)"),
        ("#there", f"[x]({PAGE_URL}#there)"),
        ("https://e.com/a (1)", "[x](https://e.com/a%20%281%29)"),
        ("mailto:a@e.com", "[x](mailto:a@e.com)"),
        ("https://j.e/ABC-1?src=confmacro", "[x](https://j.e/ABC-1)"),
        ("https://j.e/q?src=confmacro&amp;a=b", "[x](https://j.e/q?a=b)"),
        # nothing to open
        ("", "x"),
        ("#", "x"),
        ("javascript:alert(1)", "x"),
        ("data:text/html,x", "x"),
        ("/pages/createpage.action?title=New", "x"),
        ("//[x", "x"),
    ],
)
def test_a_link_is_one_that_a_person_can_open(href: str, expected: str) -> None:
    assert convert(f'<p><a href="{href}">x</a></p>').text == expected


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ('<a href="https://e.com/a">https://e.com/a</a>', "https://e.com/a"),
        ('<a href="https://e.com/">e.com</a>', "https://e.com/"),
        ('<a href="mailto:a@e.com">a@e.com</a>', "a@e.com"),
        ('see<a href="https://e.com"> it </a>now', "see [it](https://e.com) now"),
        ('<a href="https://e.com"></a>a', "a"),
        ('<a href="https://e.com"><b>a</b></a>', "[**a**](https://e.com)"),
        ('<a href="/wiki/x/i.png"><img src="/wiki/x/i.png"/></a>', "![i.png]"),
        ('<a name="x"></a>a', "a"),
    ],
)
def test_a_link_does_not_repeat_its_text(body: str, expected: str) -> None:
    assert convert(body).text == expected


def test_each_heading_line_has_its_anchor() -> None:
    body = (
        '<h1 id="T-a">a</h1><p># b</p><pre># c</pre><h2>d</h2><ul><li><h3 id="no">e</h3></li></ul>'
        '<table><tr><td><h2 id="no">f</h2></td><td>g</td></tr></table><h2 id="T-h">h</h2>'
    )
    result = convert(body)
    assert result.anchors == ("T-a", "", "T-h")
    assert re.findall(r"^#+ .*", result.text.replace("```\n# c", ""), re.MULTILINE) == [
        "# a",
        "## d",
        "## h",
    ]


@pytest.mark.parametrize(
    ("body", "text", "hidden"),
    [
        ('<p>a<span style="display: none">b c</span>d</p>', "ad", 3),
        ('<p>a<span style="VISIBILITY:hidden;color:red">b</span></p>', "a", 1),
        ('<p>a<span style="font-size:0px">b</span></p>', "a", 1),
        ('<p>a<span style="font-size: 0.8em; overflow: hidden">b</span></p>', "ab", 0),
        ("<p>a</p><div hidden>b</div>", "a", 1),
        ("a<div hidden>b</div>c", "a\n\nc", 1),
        ('<p>a</p><fieldset class="hidden">b</fieldset>', "a", 1),
        ("<p>pass\u200bword\ufeff and \u202eevil\u202c</p>", "password and evil", 4),
        ("<p>co\u00adoperate&shy;d</p>", "cooperated", 2),
        ("<p>a&#8203;b</p>", "ab", 1),
        ("<h2>\u200b</h2><p>\u200b</p>", "", 2),
        ("<p>\U000e0041\U000e0042a</p>", "a", 2),
        # what only looks hidden
        ("<p>👨\u200d👩\u200d👧 ❤\ufe0f\u200d🔥</p>", "👨\u200d👩\u200d👧 ❤\ufe0f\u200d🔥", 0),
        ("<p>می\u200cخواهم क्\u200dष</p>", "می\u200cخواهم क्\u200dष", 0),
        (
            "<p>🏴\U000e0067\U000e0062\U000e0073\U000e007f</p>",
            "🏴\U000e0067\U000e0062\U000e0073\U000e007f",
            0,
        ),
    ],
)  # fmt: skip
def test_what_no_reader_sees_is_dropped_and_counted(body: str, text: str, hidden: int) -> None:
    result = convert(body)
    assert (result.text, result.hidden_characters, result.lost_words) == (text, hidden, 0)


JIRA = "Unable to render Jira issues macro, execution error."
EXPORT = "We don't have a way to export this macro."
INCLUDE = '<span class="error">Unable to render {include} </span> It could not be found.'


@pytest.mark.parametrize(
    ("body", "text"),
    [
        (f'<p>a</p><p><span class="error">{JIRA}</span></p>', "a"),
        (f'<p>a <span class="aui-message error">{JIRA}</span> b</p>', "a b"),
        (f"<p>a</p><div>{JIRA}</div><p>b</p>", "a\n\nb"),
        (f"<p>a</p><div>{EXPORT}</div>", "a"),
        ("<p>a</p><div>We don&rsquo;t have a way to export this macro.</div>", "a"),
        (f"<p>a <span>{EXPORT}</span></p>", "a"),
        ('<p>a</p><div class="error"><span class="error">Error</span> : x</div>', "a"),
        (f'<p>a</p><div class="conf-macro output-block">{INCLUDE}</div>', "a"),
        (f'<ul><li>a</li><li><span class="error">{JIRA}</span></li></ul>', "- a"),
        (
            f"<table><tr><td>a</td><td><div>{JIRA}</div></td></tr></table>",
            "| | |\n|---|---|\n| a | |",
        ),
        ('<p>a</p><div class="error">Fehler beim Rendern des Makros</div>', "a"),
    ],
)
def test_an_error_in_the_place_of_content_is_not_content(body: str, text: str) -> None:
    result = convert(body)
    assert result.render_failed
    assert (result.text, result.lost_words) == (text, 0)
    assert result.warnings == ("macros that Confluence could not render: 1",)
    assert not convert(body, "storage").render_failed


@pytest.mark.parametrize(
    "text",
    [
        "Error rendering macro 'jira' : token of the bot user, rotate it in Vault",
        f"The page says: {JIRA}",
        JIRA,
        EXPORT,
        "Unable to render {include}",
    ],
)
@pytest.mark.parametrize(
    "frame", ["<p>@</p>", "<ul><li>@</li></ul>", "<p><b>@</b></p>", "<pre>@</pre>"]
)
@pytest.mark.parametrize("body_format", ["export_view", "storage"])
def test_the_words_of_an_error_that_an_author_wrote_are_content(
    text: str, frame: str, body_format: str
) -> None:
    result = convert(frame.replace("@", text), body_format)
    assert text in result.text
    assert (result.render_failed, result.warnings, result.lost_words) == (False, (), 0)


def test_an_error_class_in_storage_is_an_authors() -> None:
    body = f'<p>a <span class="error">{JIRA}</span></p><div>{EXPORT}</div>'
    assert convert(body, "storage").text == f"a {JIRA}\n\n{EXPORT}"


@pytest.mark.parametrize("body", ["", " \n", "<p></p>", '<div class="toc-macro">a</div>'])
def test_a_rendered_body_without_text_failed_and_a_stored_one_is_empty(body: str) -> None:
    assert convert(body, "view").render_failed
    assert not convert(body, "storage").render_failed
    assert not convert(body + macro("toc")).render_failed  # storage, by its `ac:` elements
