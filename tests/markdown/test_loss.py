"""The loss meter: it counts what readers see in either body of a page."""

from dataclasses import replace

import pytest

from pipeline.markdown import convert_page
from pipeline.markdown.both_bodies.source_text import read_text
from pipeline.markdown.convert import (
    Converter,
    convert_tree,
    convert_with_markdownify,
    to_markdown,
)
from pipeline.markdown.loss import are_words_of, count_words
from pipeline.markdown.macros.table import MACROS
from pipeline.markdown.tree import parse
from pipeline.markdown.visible import SEEN_NAMES, visible_text
from pipeline.records import Markdown
from tests.support.convert import macro, plain, rich, to_page


def read_both(html: str, storage: str) -> Markdown:
    return convert_page(replace(to_page(html), storage=storage))


def loss_of(markdown: Markdown) -> tuple[int, int]:
    return markdown.lost_words, markdown.words


@pytest.mark.parametrize(
    ("html", "storage", "loss"),
    [
        ("<p>a b c</p>", "<p>a b c</p>", (0, 3)),
        ("<p>a b c</p>", "<p>a <b>b</b>c</p><p>d</p>", (2, 5)),
        ("<p>a b c</p>", "<p>a b c</p><p>a b</p>", (2, 5)),  # as often as in the storage format
        ("<p>a b c</p>", "<p>a b c d e f</p>", (3, 6)),
        ("<p>a b c of others</p>", "<p>a b c</p>", (0, 5)),
        ("<p>a &amp; b</p>", "<p>a&nbsp;&amp; b &eacute;</p>", (1, 3)),
        ("<p>a</p>", '<p>a</p><p><ac:link><ri:page ri:content-title="b c"/></ac:link></p>', (2, 3)),
        ("<p>a</p>", "<p>a</p><ac:layout><ac:layout-cell><p>b</p></ac:layout-cell></ac:layout>",
         (1, 2)),
        # a status in capitals, a card by its title, what another macro searches for
        ("<p>A B</p>", "<p>" + macro("status", title="a b") + "</p>", (0, 2)),
        ('<p><a href="https://e.example/c">a</a></p>',
         '<p><a href="https://e.example/c" data-card-appearance="inline">https://e.example/c</a></p>',
         (0, 1)),
        ("<p>a</p>", macro("table-filter", rich("<p>a</p>"), label="b"), (0, 1)),
        ("<p>a</p>", "<p>a</p>" + macro("app", text="b"), (0, 1)),
        ("<p>1</p>", macro("csv", plain("1"), heading="true"), (0, 1)),
        ("<p>1</p>", macro("sql", plain("select one"), title="q"), (0, 1)),
        # not visible, or machinery
        ("<p>a</p>", "<p>a</p><p style='display:none'>b</p>", (0, 1)),
        ("<p>a</p>", "<p>a</p>" + macro("show-if", rich("<p>b</p>"), group="c"), (0, 1)),
        ("<p>a</p>", "<p>a</p>" + macro("excerpt", rich("<p>b</p>"), hidden="true"), (0, 1)),
        ("<p>a</p>", "<p>a</p>" + macro("x", secret="b"), (0, 1)),
        ("<p>a</p>", "<p>a</p><ac:link><ri:user ri:account-id='b'/></ac:link>", (0, 1)),
        ("<p>a</p>", "<p>a</p><ac:adf-extension><ac:adf-node type='x'>a</ac:adf-node>"
         "<ac:adf-fallback>a</ac:adf-fallback></ac:adf-extension>", (1, 2)),
    ],
)  # fmt: skip
def test_words_of_either_body_that_are_missing_are_counted(
    html: str, storage: str, loss: tuple[int, int]
) -> None:
    result = read_both(html, storage)
    assert loss_of(result) == loss
    assert (f"{loss[0]} of {loss[1]} words of the page" in str(result.warnings)) == bool(loss[0])
    assert not result.render_failed


def test_pages_too_large_to_patch_are_counted_too() -> None:
    text = "<p>" + "word " * 450_000 + "</p>"
    result = read_both(text, text + "<p>lost</p>")
    assert loss_of(result) == (1, 450_001)


def test_many_lost_words_are_a_warning_on_a_page_that_is_otherwise_complete() -> None:
    result = read_both("<p>Rendered.</p>", "<p>The text of the page.</p>")
    assert result.text == "Rendered."
    assert result.warnings == ("5 of 6 words of the page are not in its Markdown",)


NAMES = sorted({name for row in MACROS for name in row.names.split()} | {"unheard-of"})


def to_word(name: str, parameter: str) -> str:
    return f"{parameter}of{name}".replace("-", "")


@pytest.mark.parametrize("converter", [convert_tree, convert_with_markdownify])
@pytest.mark.parametrize("body", ["", plain("body")])
def test_both_converters_show_the_parameters_that_the_meter_counts(
    converter: Converter, body: str
) -> None:
    storage = "".join(
        f"<p>a</p>{macro(name, body, **{parameter: to_word(name, parameter)})}<p>b</p>"
        for name in NAMES
        for parameter in SEEN_NAMES
    )
    seen = count_words(visible_text(parse(storage)))
    assert to_word("status", "title") in seen
    assert to_word("toc", "title") not in seen
    assert not seen - count_words(read_text(storage))
    result = to_markdown(to_page(storage, "storage"), converter, converter)
    assert not seen.keys() - count_words(result.text).keys()


@pytest.mark.parametrize(
    "storage",
    [
        "<p>a<strong>b</strong>c<br/>d</p><p>e</p>",
        macro("code", plain("if a < b && c > d:\n    x[0] = '&lt;'")),
        "<p title='a > b'>c</p><!-- d --><p>e</p>",
        "<ac:task-list><ac:task><ac:task-id>7</ac:task-id><ac:task-status>complete"
        "</ac:task-status><ac:task-body>a</ac:task-body></ac:task></ac:task-list>",
        '<p><ac:link><ri:page ri:space-key="X" ri:content-title="A &amp; B"/></ac:link></p>',
        '<ac:link><ri:attachment ri:filename="a b.txt"></ri:attachment></ac:link>',
        macro("panel", rich("<p>c</p>"), title="a", borderColor="b"),
        "<p>never <b>ended",
        "a < b and c > d",
    ],
)
def test_no_word_is_missing_where_the_words_are_counted_without_a_tree(storage: str) -> None:
    assert not count_words(visible_text(parse(storage))) - count_words(read_text(storage))


@pytest.mark.parametrize(
    ("text", "is_same"),
    [
        ("one  [two](https://e.com) **three**\n", True),
        ("one three two", False),
        ("one two", False),
        ("one two three three", False),
        ("", False),
    ],
)
def test_texts_are_compared_word_by_word_without_their_marks(text: str, is_same: bool) -> None:
    assert are_words_of(count_words("one two three"), text) == is_same


def test_a_text_too_long_for_a_list_of_its_words_has_the_words_of_none() -> None:
    text = "word " * 200_001
    assert count_words(text)["word"] == 200_001
    assert not are_words_of(count_words(text), text)
