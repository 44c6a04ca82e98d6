"""What holds for every body: strange, deeply nested, or random."""

import re
from string import ascii_lowercase

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.markdown import tree
from tests.support.convert import convert, macro, plain, rich


@pytest.mark.parametrize(
    ("body", "text"),
    [
        ("<p>a\x00b\x0b</p>", "ab"),
        ("<p>a\ud800b \ud83d\ude00</p>", "a\ufffdb 😀"),
        ("<p>a &lt;b&gt; &amp;amp; &eacute; &#x1F600; &nope;</p>", "a <b> &amp; é 😀 &nope;"),
        ("<p>a<p>b</i></p></div></td><b>c", "a\n\nb\n\n**c**"),
        (
            "<p>a &mdash; b</p>" + macro("code", plain("&mdash; <b>")),
            "a — b\n\n```\n&mdash; <b>\n```",
        ),
        (
            "<ac:structured-macro ac:name='code'><ac:plain-text-body><![CDATA[never ended",
            "```\nnever ended\n```",
        ),
        (macro("info", rich("<p/>")) + "<p/><p>a</p>", "a"),
    ],
)  # fmt: skip
def test_a_strange_body_keeps_its_text(body: str, text: str) -> None:
    assert convert(body, "storage").text == text


NESTING = [
    *("div", "span", "p", "ul", "ol", "li", "table", "td", "b", "i", "a", "blockquote", "h2"),
    *("code", "pre", "font", "unheard-of", "ac:structured-macro", "ac:layout-cell", "ac:task"),
]


@pytest.mark.parametrize("tag", NESTING)
@pytest.mark.parametrize("depth", [200, 5_000])
def test_no_nesting_is_too_deep(tag: str, depth: int) -> None:
    body = f"<{tag}>" * depth + "word" + f"</{tag}>" * depth + "<p>after</p>"
    result = convert(body, "storage")
    assert result.text.count("word") == 1
    assert result.text.count("after") == 1


@pytest.mark.parametrize(
    ("start", "end"),
    [
        ("<ul><li>a", "</li></ul>"),
        ("<table><tr><td>a", "</td></tr></table>"),
        ("<blockquote><p>a</p>", "</blockquote>"),
        ('<ac:structured-macro ac:name="info"><ac:rich-text-body><p>a</p>',
         "</ac:rich-text-body></ac:structured-macro>"),
    ],
)  # fmt: skip
def test_deep_structures_grow_with_their_text_only(start: str, end: str) -> None:
    texts = [convert(start * depth + end * depth, "storage").text for depth in (100, 400)]
    assert len(texts[1]) < 6 * len(texts[0])


def test_an_element_with_too_many_attributes_is_left_to_the_second_converter() -> None:
    attributes = " ".join(f"a{number}" for number in range(20_000))
    result = convert(f"<p {attributes}>text</p>")
    assert result.text == "text"
    assert result.warnings == (
        "converted with markdownify: the converter failed with TooCostlyError",
    )


def test_a_page_with_too_many_elements_fails_by_name(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tree, "MAX_ELEMENTS", 10_000)
    with pytest.raises(tree.TooCostlyError, match="more than 10,000 elements"):
        tree.parse("<b>a</b>" * 10_001)


WORDS = st.text(ascii_lowercase, min_size=3, max_size=8)
INLINE = ["span", "b", "em", "u", "code", "sub", "ac:inline-comment-marker", "font", "a"]
BLOCKS = ["p", "div", "h2", "li", "ul", "ol", "blockquote", "td", "tr", "table", "th", "pre",
          "ac:rich-text-body", "ac:layout-cell", "ac:task", "ac:task-body", "section"]  # fmt: skip
MACRO_NAMES = ["info", "panel", "expand", "details", "code", "excerpt", "unheard-of", "column"]


def in_tag(tag: str, inner: list[str], is_closed: bool) -> str:
    end = f"</{tag}>" if is_closed else ""
    return f"<{tag}>{' '.join(inner)}{end}"


def bodies() -> st.SearchStrategy[str]:
    def extend(inner: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
        many = st.lists(inner, max_size=4)
        tags = st.builds(in_tag, st.sampled_from(INLINE + BLOCKS), many, st.just(True))
        broken = st.builds(in_tag, st.sampled_from(INLINE + BLOCKS), many, st.booleans())
        macros = st.builds(
            lambda name, text: macro(name, rich(" ".join(text))), st.sampled_from(MACRO_NAMES), many
        )
        return tags | broken | macros

    return st.recursive(WORDS, extend, max_leaves=25)


@settings(max_examples=300)
@given(bodies())
def test_every_visible_word_is_in_the_markdown(body: str) -> None:
    words = set(re.sub(r"<[^>]*>", " ", body).split())
    text = convert(body, "storage").text
    assert words <= set(re.findall(r"[a-z]+", text)), text


@settings(max_examples=200)
@given(st.text() | st.text("<>/&;![]CDATA-ac:pul=\"' \n", max_size=60))
def test_no_text_breaks_the_converter(body: str) -> None:
    for body_format in ("export_view", "view", "storage"):
        result = convert(body, body_format)
        assert len(result.anchors) == len(re.findall(r"^#{1,6} ", result.text, re.MULTILINE))


@settings(max_examples=100)
@given(st.text(alphabet=st.characters(exclude_categories=["Cs", "Cc"])))
def test_code_is_kept_verbatim(code: str) -> None:
    seen = "".join(re.sub("[\u00ad\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff]", "", code))
    result = convert(macro("code", plain(f"begin {code} end")), "storage")
    if seen == code and result.hidden_characters == 0:
        assert f"begin {code} end".replace("\xa0", " ") in result.text
