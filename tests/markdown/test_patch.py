"""A rendered body, with what is missing from it taken from the storage format."""

from dataclasses import replace

import pytest

from pipeline.markdown import convert_page
from pipeline.records import Markdown
from tests.support.convert import macro, plain, rich, to_page

ERROR = "<div>We don't have a way to export this macro.</div>"
NAMED = '<div class="conf-macro" data-macro-id="7"><span class="error">No.</span></div>'
INCLUDED = "<p>Text of another page.</p>"
INCLUDE = macro(
    "include",
    '<ac:parameter ac:name=""><ac:link><ri:page ri:content-title="Other"/></ac:link>'
    "</ac:parameter>",
)


def patched(html: str, storage: str) -> Markdown:
    return convert_page(replace(to_page(html), storage=storage))


def app(text: str) -> str:
    return macro("app", rich(f"<p>{text}</p>"))


def synced(kind: str, text: str) -> str:
    content = f"<ac:adf-content><p>{text}</p></ac:adf-content>"
    return (
        f'<ac:adf-extension><ac:adf-node type="{kind}">{content}</ac:adf-node></ac:adf-extension>'
    )


@pytest.mark.parametrize(
    ("html", "storage", "text"),
    [
        (f"<p>a b</p>{ERROR}<p>c d</p>{INCLUDED}", f"<p>a b</p>{app('x')}<p>c d</p>{INCLUDE}",
         "a b\n\nx\n\nc d\n\nText of another page."),
        # in another order
        (f"<p>a b</p>{ERROR}<p>c d</p><p>e f</p>{ERROR}<p>g h</p>",
         f"<p>e f</p>{app('y')}<p>g h</p><p>a b</p>{app('x')}<p>c d</p>",
         "a b\n\nx\n\nc d\n\ne f\n\ny\n\ng h"),
        # several in a row, as many in each body
        (f"<p>a b</p>{ERROR}{ERROR}<p>c d</p>", f"<p>a b</p>{app('x')}{app('y')}<p>c d</p>",
         "a b\n\nx\n\ny\n\nc d"),
        # by the id, before the order
        (f"<p>a</p>{NAMED}{ERROR}<p>b</p>",
         f"<p>a</p>{app('y')}{app('x').replace('ac:name', 'ac:macro-id=\"7\" ac:name', 1)}<p>b</p>",
         "a\n\nx\n\ny\n\nb"),
        # a macro that was rendered is in no error's place
        (f"<p>a b</p><p>shown</p>{ERROR}<p>c d</p>",
         f"<p>a b</p>{app('shown')}{app('x')}<p>c d</p>", "a b\n\nshown\n\nx\n\nc d"),
    ],
)  # fmt: skip
def test_a_macro_takes_the_place_of_its_error(html: str, storage: str, text: str) -> None:
    result = patched(html, storage)
    assert result.text == text
    assert result.render_failed
    assert "could not render, read from storage" in result.warnings[0]


def test_where_the_macro_is_not_sure_the_texts_of_both_bodies_are_kept() -> None:
    html = f"<p>a b</p>{ERROR}<p>c d</p>{INCLUDED}"
    result = patched(html, f"<p>a b</p>{app('x')}{app('y')}<p>c d</p>{INCLUDE}")
    assert result.text == "a b\n\nc d\n\nText of another page.\n\nx\n\ny"
    assert "their place is not sure: 2" in result.warnings[0]


@pytest.mark.parametrize(
    ("html", "storage", "text"),
    [
        ("<p>a</p><div>Sync Block</div>", f"<p>a</p>{synced('bodied-sync-block', 'x')}", "a\n\nx"),
        # of another page, which may be restricted
        ("<p>a</p><div>Sync Block</div>", f"<p>a</p>{synced('sync-block', 'x')}",
         "a\n\nSync Block"),
        (f"<p>a</p>{ERROR}<p>b</p>", f"<p>a</p>{macro('excerpt', rich('x'), hidden='true')}"
         f"{app('y')}<p>b</p>", "a\n\ny\n\nb"),
        (f"<p>a</p>{ERROR}<p>b</p>",
         f"<p>a</p><div style='display:none'>{app('x')}</div>{app('y')}<p>b</p>",
         "a\n\ny\n\nb"),
    ],
)  # fmt: skip
def test_only_what_this_page_shows_is_taken(html: str, storage: str, text: str) -> None:
    assert patched(html, storage).text == text


BOX = '<div class="app"><p>same words here now</p></div>'
SAME = app("same words here now")


def with_id(text: str) -> str:
    return text.replace("ac:name", 'ac:macro-id="7" ac:name', 1)


@pytest.mark.parametrize(
    ("html", "storage", "text"),
    [
        # ten equal macros of which one failed, apart and in a row
        ("".join(f"<p>p{at}</p>{ERROR if at == 6 else BOX}" for at in range(10)),
         "".join(f"<p>p{at}</p>{SAME}" for at in range(10)),
         "\n\n".join(f"p{at}\n\nsame words here now" for at in range(10))),
        (BOX * 6 + ERROR + BOX * 3, SAME * 10, "\n\n".join(["same words here now"] * 10)),
        # two macros with one id, of which one failed
        (f"<p>a</p><p>x</p><p>b</p>{NAMED}<p>c</p>",
         f"<p>a</p>{with_id(app('x'))}<p>b</p>{with_id(app('y'))}<p>c</p>",
         "a\n\nx\n\nb\n\ny\n\nc"),
        (f"<table><tr><td>h</td></tr><tr><td><div><p>c</p>{ERROR}</div></td></tr></table>",
         "<ac:layout><ac:layout-section><ac:layout-cell><table><tr><td>h</td></tr><tr><td>"
         f"{macro('expand', rich('<p>c</p>' + app('x')))}</td></tr></table></ac:layout-cell>"
         "</ac:layout-section></ac:layout>", "| |\n|---|\n| h |\n| c<br>x |"),
        # of another page: the storage format has the include only
        (f"<p>a</p><div><p>b</p>{ERROR}<p>c</p></div>", f"<p>a</p>{INCLUDE}", "a\n\nb\n\nc"),
        (f"{ERROR}<p>a b</p>{ERROR}", f"{app('x')}<p>a b</p>{app('y')}", "x\n\na b\n\ny"),
        ("<p dir='rtl'>שלום</p>" + ERROR, f"<p>שלום</p>{app('مرحبا')}", "שלום\n\nمرحبا"),
        # a rendering of another version, and one that lacks a macro without an error
        ("<div><p>now it is ten</p></div>", app("it was nine"), "now it is ten\n\nit was nine"),
        ("<p>a</p><p>b</p>", f"<p>a</p>{macro('tip', rich(app('x')), title='y')}<p>b</p>",
         "a\n\nb\n\ny\n\nx"),
        ("<div><p>b c d e</p><p>f g h i</p></div>",
         macro("filter", rich("<p>f g h i</p><p>b c d e</p>")), "b c d e\n\nf g h i"),
        (f"<p>a</p>{ERROR}", "<p>a</p><ac:structured-macro ac:name='app'><ac:rich-text-body><p>x",
         "a\n\nx"),
        (f"<p>a</p>{ERROR}<p>b</p>",
         f"<p>a</p></ac:rich-text-body><<<>>{app('x')}<p>b</p>", "a\n\nx\n\nb"),
        ("", "<p>a</p>", "a"),
        ("<p>a</p>", "", "a"),
        # what an author wrote into a macro is no error, whatever its class
        (f"<p>a</p>{ERROR}<p>b</p>",
         f"<p>a</p>{macro('app', rich(f'<div class=error>x</div>{ERROR}'))}<p>b</p>",
         "a\n\nx\n\nWe don't have a way to export this macro.\n\nb"),
    ],
)  # fmt: skip
def test_no_text_is_lost_or_doubled_where_macros_fail_in_unusual_places(
    html: str, storage: str, text: str
) -> None:
    result = patched(html, storage)
    assert (result.text, result.lost_words) == (text, 0)


def test_thousands_of_macros_are_compared() -> None:
    html = "".join(f"<p>p{at}</p>{ERROR}" for at in range(2_000))
    storage = "".join(f"<p>p{at}</p>{app(f'w{at} x{at}')}" for at in range(2_000))
    assert patched(html, storage).text == "\n\n".join(
        f"p{at}\n\nw{at} x{at}" for at in range(2_000)
    )


def picture(name: str) -> str:
    return f'<p><img alt="{name}" src="https://e.example/{name}?v=1"> after</p>'


def image(name: str, caption: str = "") -> str:
    caption = f"<ac:caption><p>{caption}</p></ac:caption>" if caption else ""
    return f'<ac:image><ri:attachment ri:filename="{name}"/>{caption}</ac:image>'


@pytest.mark.parametrize(
    ("html", "storage", "text"),
    [
        (picture("a.png") + picture("b.png"), image("b.png", "Bee") + image("a.png", "Ay"),
         "![a.png]\n\nAy\n\nafter\n\n![b.png]\n\nBee\n\nafter"),
        (picture("a.png") * 2, image("a.png") + image("a.png", "Second"),
         "![a.png] after\n\n![a.png]\n\nSecond\n\nafter"),
        (picture("a.png") + "<p>Shown</p>", image("a.png", "Shown"), "![a.png] after\n\nShown"),
        ("<p>a</p>", image("lost.png", "Kept"), "a\n\nKept"),
    ],
)  # fmt: skip
def test_a_caption_follows_its_picture(html: str, storage: str, text: str) -> None:
    result = patched(html, storage)
    assert (result.text, result.render_failed) == (text, False)


CODE = '<pre data-syntaxhighlighter-params="brush: java; gutter: false">public class A {\n}</pre>'


@pytest.mark.parametrize(
    ("html", "storage", "text"),
    [
        (CODE, macro("code", plain("public class A {\n}"), language="csharp"),
         "```csharp\npublic class A {\n}\n```"),
        (CODE, macro("code", plain("public class A {\n}")), "```\npublic class A {\n}\n```"),
        (CODE, macro("code", plain("class public A {\n}")), "```java\npublic class A {\n}\n```"),
        ('<ul class="decision-list"><li>a</li><li>b</li></ul>',
         '<ac:adf-node type="decision-item"><ac:adf-attribute key="state">UNDECIDED'
         "</ac:adf-attribute><ac:adf-content>b</ac:adf-content></ac:adf-node>",
         "- **Decision:** a\n- **Undecided:** b"),
        ('<div class="panel"><div class="panelContent"><p>a</p></div></div>',
         macro("panel", rich("<p>a</p>"), panelIconText="🚨"), "> 🚨 a"),
        ('<div class="panel"><div class="panelContent"><p>a</p></div></div>',
         '<ac:adf-extension><ac:adf-node type="panel"><ac:adf-attribute key="panel-type">error'
         "</ac:adf-attribute><ac:adf-content><p>a</p></ac:adf-content></ac:adf-node>"
         "</ac:adf-extension>", "> **Error:** a"),
    ],
)  # fmt: skip
def test_what_the_author_chose_is_read_from_the_storage_format(
    html: str, storage: str, text: str
) -> None:
    assert patched(html, storage).text == text


def test_an_error_that_is_the_whole_page_leaves_the_storage_format() -> None:
    result = patched(ERROR, f"<h2>Open</h2><p>Much more text.</p>{app('x')}<p>An end.</p>")
    assert result.text == "## Open\n\nMuch more text.\n\nx\n\nAn end."
    assert "has errors: converted from storage" in result.warnings[0]
