"""Lists, frames, dropped and unknown macros by rows of (body, Markdown)."""

import pytest

from pipeline.markdown import to_markdown
from pipeline.markdown.convert import convert_tree, convert_with_markdownify
from pipeline.markdown.macros.table import MACROS
from tests.support.convert import assert_converts, convert, macro, plain, rich, to_page

DECISION = (
    '<ac:adf-extension><ac:adf-node type="decision-list"><ac:adf-node type="decision-item">'
    "<ac:adf-content>{}</ac:adf-content></ac:adf-node></ac:adf-node></ac:adf-extension>"
)
FILES = '<div class="plugin_attachments_container"><a class="filename">{}</a></div>'

LISTS = [
    (
        "<ac:task-list><ac:task><ac:task-id>7</ac:task-id><ac:task-status>complete"
        "</ac:task-status><ac:task-body>a</ac:task-body></ac:task><ac:task><ac:task-id>8"
        "</ac:task-id><ac:task-status>incomplete</ac:task-status><ac:task-body><span>b</span>"
        "<ac:task-list><ac:task><ac:task-status>complete</ac:task-status><ac:task-body>c"
        "</ac:task-body></ac:task></ac:task-list></ac:task-body></ac:task></ac:task-list>",
        "- [x] a\n- [ ] b\n  - [x] c",
    ),
    (
        '<ul class="inline-task-list"><li data-inline-task-id="1" class="checked">a</li>'
        '<li data-inline-task-id="2"><span>b</span><ul class="inline-task-list">'
        '<li data-inline-task-id="3" class="checked">c</li></ul></li></ul>',
        "- [x] a\n- [ ] b\n  - [x] c",
    ),
    # as Confluence nests them: a list directly in a list
    (
        '<ul class="inline-task-list"><li data-inline-task-id="1">a</li>'
        '<ul class="inline-task-list"><li data-inline-task-id="2" class="checked">b</li></ul></ul>',
        "- [ ] a\n  - [x] b",
    ),
    ('<ul class="decision-list"><li>We move.</li></ul>', "- **Decision:** We move."),
    (
        '<ac:adf-extension><ac:adf-node type="decision-list"><ac:adf-node type="decision-item">'
        '<ac:adf-attribute key="state">DECIDED</ac:adf-attribute><ac:adf-content>We move.'
        "</ac:adf-content></ac:adf-node></ac:adf-node><ac:adf-fallback><ul><li>We move.</li></ul>"
        "</ac:adf-fallback></ac:adf-extension>",
        "- **Decision:** We move.",
    ),
]

FRAMES = [
    (
        '<ac:layout><ac:layout-section ac:type="two_equal"><ac:layout-cell><p>a</p>'
        "</ac:layout-cell><ac:layout-cell><p>b</p></ac:layout-cell></ac:layout-section></ac:layout>",
        "a\n\nb",
    ),
    (
        '<div class="columnLayout two-equal"><div class="cell"><div class="innerCell"><p>a</p>'
        '</div></div><div class="cell"><p>b</p></div></div>',
        "a\n\nb",
    ),
    (
        macro("section", rich(macro("column", rich("<p>a</p>"), width="50%")
                              + macro("column", rich("<p>b</p>")))),
        "a\n\nb",
    ),
    (macro("excerpt", rich("<p>a</p>"), atlassian="x"), "a"),
    (macro("excerpt", rich("<p>a</p>"), hidden="true"), ""),
    (
        macro("details", rich("<table><tbody><tr><th>Owner</th><td>Mara</td></tr>"
                              "<tr><th>Due</th><td>May</td></tr></tbody></table>"), id="x"),
        "| | |\n|---|---|\n| Owner | Mara |\n| Due | May |",
    ),
    (
        '<div class="plugin-tabmeta-details"><div class="table-wrap"><table class='
        '"confluenceTable"><tbody><tr><th class="confluenceTh">Owner</th><td>Mara</td></tr>'
        "</tbody></table></div></div>",
        "| | |\n|---|---|\n| Owner | Mara |",
    ),
]  # fmt: skip

DROPPED = [
    ('<p>a</p><div class="toc-macro"><ul><li><a href="#x">x</a></li></ul></div><p>b</p>', "a\n\nb"),
    ("a<div class='toc-macro'>x</div>b", "a\n\nb"),
    (f"<p>a</p>{macro('toc', maxLevel='3')}<p>b</p>", "a\n\nb"),
    (f"<p>a</p>{macro('children', all='true')}<p>b</p>", "a\n\nb"),
    (f"<p>a</p>{macro('recently-updated')}<p>b</p>", "a\n\nb"),
    ("<style>.a {color: red}</style><p>a</p><script>alert(1)</script>", "a"),
    ("<p>a<!-- b --></p>", "a"),
    (f"<p>See {macro('anchor', '<ac:parameter ac:name=&quot;&quot;>here</ac:parameter>')}x</p>",
     "See x"),
]  # fmt: skip

UNCHANGED = [
    ("<p>STATUS_MARK and snake_case_name, 2*3*4, [x], a|b, &lt;div&gt;, C:\\temp</p>",
     "STATUS_MARK and snake_case_name, 2*3*4, [x], a|b, <div>, C:\\temp"),
    ("<p>The class code panel warning toc-macro</p>", "The class code panel warning toc-macro"),
    ('<p class="panel">a</p>', "a"),
    ('<p><span class="code">a</span></p>', "a"),
    ("<table><tr><td class='panel'>a</td><td class='code'>b</td></tr></table>",
     "| | |\n|---|---|\n| a | b |"),
    ('<div class="details"><p>a</p></div>', "a"),
]  # fmt: skip


@pytest.mark.parametrize(("body", "expected"), [*LISTS, *FRAMES, *DROPPED, *UNCHANGED])
def test_a_macro_becomes_markdown(body: str, expected: str) -> None:
    assert_converts(body, expected)


@pytest.mark.parametrize(
    ("body", "expected", "unknown"),
    [
        (macro("roadmap-x", rich("<p>kept</p>"), secret="true"), "kept", {"roadmap-x": 1}),
        (macro("sql", plain("SELECT <1>")), "```\nSELECT <1>\n```", {"sql": 1}),
        (macro("x") + macro("x"), "", {"x": 2}),
        # within a line
        (f"<p>a {macro('x', rich('<p>b</p>'))} c</p>", "a b c", {"x": 1}),
        # what readers see of it, as far as that can be known
        (macro("x-tab", rich("<p>a</p>"), title="Linux", id="7"), "**Linux**\n\na", {"x-tab": 1}),
        (
            macro("x", title="Go", url="https://e.example/o", width="9"),
            "[Go](https://e.example/o)",
            {"x": 1},
        ),
        (macro("x", url="https://e.example/o"), "https://e.example/o", {"x": 1}),
        (macro("x", title="Go", url="cql=1"), "Go", {"x": 1}),
        (
            macro(
                "x", '<ac:parameter ac:name="f"><ri:attachment ri:filename="a.pdf"/></ac:parameter>'
            ),
            "![a.pdf]",
            {"x": 1},
        ),
        (
            macro("x", '<ac:parameter ac:name="u"><ri:user ri:account-id="7"/></ac:parameter>'),
            "@7",
            {"x": 1},
        ),
        (
            macro(
                "x", '<ac:parameter ac:name="p"><ri:page ri:content-title="Plan"/></ac:parameter>'
            ),
            "[Plan](https://acme.atlassian.net/wiki/display/DEV/Plan)",
            {"x": 1},
        ),
        ('<div class="conf-macro" data-macro-name="x-y"><p>kept</p></div>', "kept", {"x-y": 1}),
        ('<div class="conf-macro" data-macro-name="include"><p>kept</p></div>', "kept", {}),
        (
            '<ac:adf-extension><ac:adf-node type="chart"><ac:adf-attribute key="k">v'
            "</ac:adf-attribute></ac:adf-node><ac:adf-fallback><p>kept</p></ac:adf-fallback>"
            "</ac:adf-extension>",
            "kept",
            {"chart": 1},
        ),
        ('<p>a <span class="error">Unknown macro: {X_1}</span> b</p>', "a {X_1} b", {"X_1": 1}),
        ("<p>a</p><div class='error'>Unknown macro: 'x-y'</div>", "a", {"x-y": 1}),
    ],
)
def test_an_unknown_macro_is_unwrapped_and_counted(
    body: str, expected: str, unknown: dict[str, int]
) -> None:
    result = convert(body, "storage")
    assert (result.text, result.unknown_macros, result.lost_words) == (expected, unknown, 0)


@pytest.mark.parametrize(
    ("parameters", "expected"),
    [
        ({"heading": "true", "title": "Prices"}, "Prices"),
        ({"label": "true", "title": "false", "text": "Open"}, "Open"),
        ({"text": "%7B%22token%22%3A%22s3cret%22%7D"}, ""),
        ({"header": "Authorization: Bearer s3cret"}, ""),
        ({"token": "s3cret", "apiKey": "s3cret", "password": "s3cret", "id": "s3cret"}, ""),
        ({"url": "https://e.example/feed?format=a&amp;access_token=s3cret"}, ""),
        ({"url": "https://ann:s3cret@e.example/", "label": "Feed"}, "Feed"),
        ({"title": "https://ann:s3cret@e.example/", "label": "Feed"}, "Feed"),
        ({"label": "https://e.example/feed?api_key=s3cret"}, ""),
        ({"url": "https://e.example/?author=a&amp;spaceKey=b"}, "https://e.example/?author=a&spaceKey=b"),
    ],
)  # fmt: skip
def test_an_unknown_macro_shows_neither_settings_nor_secrets(
    parameters: dict[str, str], expected: str
) -> None:
    result = convert(f"<p>a</p>{macro('app', **parameters)}", "storage")
    assert result.text == f"a\n\n{expected}".strip()
    assert result.lost_words == 0


@pytest.mark.parametrize(("name", "value"), [("excerpt", "True"), ("Details", "true")])
def test_what_is_hidden_is_so_in_any_case(name: str, value: str) -> None:
    source = "<p>a</p>" + macro(name, rich("<p>b</p>"), hidden=value)
    for converter in (convert_tree, convert_with_markdownify):
        assert to_markdown(to_page(source, "storage"), converter).text == "a"


@pytest.mark.parametrize("name", ["show-if", "Hide-If", "html-comment", "css"])
@pytest.mark.parametrize("body", [rich("<p>b</p>"), plain("b")])
def test_what_a_macro_shows_to_some_readers_only_is_not_in_the_text(name: str, body: str) -> None:
    source = "<p>a</p>" + macro(name, body, title="c")
    for converter in (convert_tree, convert_with_markdownify):
        result = to_markdown(to_page(source, "storage"), converter)
        assert (result.text, result.lost_words) == ("a", 0)


@pytest.mark.parametrize("name", ["info", "panel", "expand", "app"])
def test_a_title_is_kept_at_any_depth(name: str) -> None:
    body = "<p>end</p>"
    for depth in range(50):
        body = macro(name, rich(body), title=f"title{depth}")
    result = convert(body, "storage")
    assert all(f"title{depth}" in result.text for depth in range(50))
    assert not result.warnings


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        (DECISION.format("a<br/># b"), "- **Decision:** a\n  \\# b"),
        (DECISION.format(macro("code", plain("b"))), "- **Decision:**\n\n  ```\n  b\n  ```"),
        (FILES.format("# a"), "- \\# a"),
        (FILES.format("```"), "- \\```"),
    ],
)  # fmt: skip
def test_no_decision_or_name_of_a_file_becomes_another_structure(body: str, expected: str) -> None:
    assert_converts(body, expected)


def test_no_macro_has_two_rows() -> None:
    for column in ("names", "classes", "tags"):
        named = [name for row in MACROS for name in getattr(row, column).split()]
        assert len(named) == len(set(named)), column
