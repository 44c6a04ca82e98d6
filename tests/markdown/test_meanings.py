"""What a style, a place or an attribute means, by rows of (body, Markdown)."""

import zlib
from base64 import b64encode

import pytest

from tests.support.convert import assert_converts, macro, plain, rich

POWERS = [
    ("<p>O(2<sup>n</sup>), 10<sup>-6</sup></p>", "O(2^n), 10^-6"),
    ("<p>n<sup>k+1</sup>, e<sup>-kt</sup>, SO<sub>4</sub><sup>2-</sup></p>",
     "n^(k+1), e^-kt, SO4^2-"),
    ("<p>a<sub>n-1</sub>, CO<sub>2</sub>, x<sub>i</sub></p>", "a_(n-1), CO2, xi"),
    ("<p>the 1<sup>st</sup> of Acme<sup>TM</sup><sup>see below</sup></p>",
     "the 1st of AcmeTMsee below"),
]  # fmt: skip

STRUCK = [
    ('<p><span style="color: red; text-decoration: line-through">a b</span> c</p>', "~~a b~~ c"),
    ('<p><u style="TEXT-DECORATION-LINE:line-through">a</u></p>', "~~a~~"),
    ('<p><span style="background: url(line-through)">a</span></p>', "a"),
    (macro("strikethrough", rich("<p>a</p><pre>b</pre>")), "~~a~~\n\n```\nb\n```"),
]

EMOJI = [
    ('<p><ac:emoticon ac:name="blue-star" ac:emoji-shortname=":blue-star:"/></p>', "⭐"),
    ('<p><ac:emoticon ac:name="blue-star"/> a</p>', "⭐ a"),
    ('<p><ac:emoticon ac:name="blue-star" ac:emoji-shortname=":us:" ac:emoji-id="u-1"/></p>',
     ":us:"),
]  # fmt: skip


PARAMETERS = [
    (macro("mathblock", plain("a <\n b")), "$$a < b$$"),
    ("<p>" + macro("mathinline", equation="x_i") + " holds</p>", "$x_i$ holds"),
    (macro("localtab", rich("<p>a</p>"), title="Linux"), "**Linux**\n\na"),
    (macro("chart", rich("<p>a</p>"), type="pie", title="Sales"), "**Sales**\n\na"),
    (macro("ui-button", title="Order", url="https://e.example/o", color="red"),
     "[Order](https://e.example/o)"),
    (macro("button", '<ac:parameter ac:name="link"><ri:page ri:content-title="Plan"/>'
           "</ac:parameter>", label="Read"), "[Read](https://acme.atlassian.net/wiki/display/DEV/Plan)"),
    (macro("panel", rich("<ul><li>a</li></ul>"), panelIconText="🚨"), "> 🚨\n> - a"),
    (macro("panel", rich("<p>a</p>"), panelIconText="🚨", title="Mind"), "> **🚨 Mind**\n>\n> a"),
    (macro("profile", '<ac:parameter ac:name="user"><ri:user ri:account-id="7"/></ac:parameter>'),
     "@7"),
]  # fmt: skip


def compress(source: bytes) -> str:
    return b64encode(zlib.compress(source)[2:-4]).decode()


COLOURS = [
    ('<table><tr><th>a</th><th>b</th></tr><tr><td>c</td>'
     f'<td{attribute}><p></p></td></tr></table>', f"| a | b |\n|---|---|\n| c |{text} |")
    for attribute, text in (
        (' data-highlight-colour="#ffbdad"', " (red)"),
        (' data-highlight-colour="#FF0"', " (yellow)"),
        (' style="background-color: rgb(171, 245, 209)"', " (green)"),
        (' class="confluenceTd highlight-blue"', " (blue)"),
        (' bgcolor="red"', " (red)"),
        (' data-highlight-colour="#f4f5f7"', ""),
        (' style="color: red"', ""),
    )
]  # fmt: skip

DIAGRAMS = [
    (macro("plantumlcloud", data=compress(b"a%20-%3E%20b"), compressed="true"),
     "```plantuml\na -> b\n```"),
    (macro("plantumlcloud", data=compress(b"a" * 2_000_000), compressed="true", filename="x.svg"),
     "![plantumlcloud: x.svg]"),
    (macro("plantumlcloud", data="no base64", compressed="true"), ""),
    (macro("plantumlcloud", data="/////w=="), ""),
]  # fmt: skip


@pytest.mark.parametrize(
    ("body", "expected"), POWERS + STRUCK + EMOJI + PARAMETERS + COLOURS + DIAGRAMS
)
def test_a_meaning_is_kept(body: str, expected: str) -> None:
    assert_converts(body, expected)
