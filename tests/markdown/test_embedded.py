"""Bodies within a body, by rows of (body, Markdown)."""

import re
from html import escape
from urllib.parse import quote_plus

import pytest

from tests.support.convert import convert, macro, plain, rich


def chart(script: str) -> str:
    return f'<div class="chart-macro"><script class="chart-render-data">{script}</script></div>'


def not_rendered(source: str, attributes: str = "") -> str:
    classes = 'class="transform-error" title="x.XhtmlException: no value"'
    return f'<img {classes} {attributes} data-encoded-xml="{quote_plus(source)}" src="/error">'


def headings(text: str) -> list[str]:
    outside = re.sub(r"```.*?```", "", text, flags=re.DOTALL)
    return re.findall(r"^#+ ", outside, re.MULTILINE)


CHART = '{"parameters": {"title": "Sales"}, "bodyHtml": "<p>R&amp;D &lt;40&gt;</p>"}'
LINK = '<ac:link><ri:page ri:content-title="Plan"/></ac:link>'
IMAGE = '<ac:image><ri:attachment ri:filename="plan.svg"/></ac:image>'


@pytest.mark.parametrize(
    ("body", "text"),
    [
        (macro("html", plain("<h2>A</h2><script>x()</script><p>b</p>")), "## A\n\nb"),
        (macro("html", plain('<p style="display:none">a</p><p>b</p>')), "b"),
        (macro("html", plain("")), ""),
        (macro("html-bobswift", plain("<h2>A</h2>")), "## A"),
        (f"<p>a {not_rendered(LINK).replace('<img', '<span')}[lost]</span> b</p>",
         "a [Plan](https://acme.atlassian.net/wiki/display/DEV/Plan) b"),
        (macro("markdown-macro", plain("## A")), "## A"),
        (macro("html", rich("<p>a</p>")), "a"),
        (chart(CHART), "**Sales**\n\nR&D <40>"),
        (chart(CHART.replace('"title"', '"subTitle": "EU", "yLabel": "EUR", "xLabel": 1, "title"')),
         "**Sales**\n\nEU · EUR\n\nR&D <40>"),
        (chart(f"//<![CDATA[\n{CHART}\n//]]>"), "**Sales**\n\nR&D <40>"),
        (chart("{}") + chart("[") + chart('{"parameters": [], "bodyHtml": 1}') + "<p>a</p>", "a"),
        (f"<p>a {not_rendered(IMAGE)} b</p>", "a ![plan.svg] b"),
        (f"<p>a {not_rendered('<ac:image><ri:url/></ac:image>')} b</p>", "a b"),
        (f"<p>a {not_rendered(IMAGE, 'style=display:none')} b</p>", "a b"),
        (f"<p>a {not_rendered('</div></body><p>')} b</p>", "a b"),
        (macro("markdown", plain("# C#\n## a ##\nb\nc\n\n- d\n  - e\n\n> f")),
         "# C#\n\n## a\n\nb\nc\n\n- d\n  - e\n\n> f"),
        (macro("markdown", plain("```py\n# a\n```\n~~~\n## b")),
         "```py\n# a\n```\n\n```\n## b\n```"),
        (macro("markdown", plain("- a\n- ```sh\n  # b\n  ```\n- c\n\n## d")),
         "- a\n- ```sh\n  # b\n  ```\n- c\n\n## d"),
        (macro("markdown", plain("1. ```\n   a\n\n   # b")),
         "1. ```\n   a\n\n   # b\n   ```"),
    ],
)  # fmt: skip
def test_an_embedded_body_is_read_as_what_it_is(body: str, text: str) -> None:
    result = convert(body, "storage" if "<ac:" in body else "export_view")
    assert result.text == text
    assert result.lost_words == 0
    assert len(result.anchors) == len(headings(text))


def test_a_table_of_embedded_markdown_is_text_in_a_cell() -> None:
    inner = macro("markdown", plain("| a | b |\n|---|---|\n| 1 | 2 |"))
    result = convert(
        f"<table><tr><th>x</th><th>y</th></tr><tr><td>z</td><td>{inner}</td></tr></table>"
    )
    assert result.text == "| x | y |\n|---|---|\n| z | a · b<br>1 · 2 |"


def test_embedded_bodies_within_embedded_bodies_are_text() -> None:
    inner = escape(chart(CHART))
    assert convert(macro("html", plain(f"<p>{inner}</p>")), "storage").text.startswith("<div")
