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
    ("<p>10<sup>–3</sup> m, 10<sup><strong>6</strong></sup>, x<sup>2n</sup>, e<sup>iπ</sup></p>",
     "10^–3 m, 10^6, x^(2n), e^(iπ)"),
    ("<p>2<sup>n - 1</sup>, x<sup>1/2</sup>, x<sup>½</sup>, 2<sup>2<sup>n</sup></sup></p>",
     "2^(n - 1), x^(1/2), x^½, 2^(2^n)"),
    ("<p>the 1<sup>o</sup> and 2<sup>a</sup>, n<sup>o</sup> 4, x<sup>a</sup></p>",
     "the 1o and 2a, no 4, x^a"),
    ("<p>101<sub>2</sub>, x<sub>i,j</sub>, C<sub>6</sub>H<sub>12</sub></p>",
     "101_(2), x_(i,j), C6H12"),
    # the number of a footnote
    ("<p>It stops.<sup>1</sup> Then, “all”<sup>2</sup> 停止<sup>3</sup></p>",
     "It stops.[1] Then, “all”[2] 停止[3]"),
    ("<p><sup>1</sup> As of May.</p><p><em><sup>2</sup> b</em>, <sup>14</sup>C</p>",
     "[1] As of May.\n\n*[2] b*, ^14C"),
    # by style
    ('<p>10<span style="font-size: 70%; Vertical-Align: SUPER">6</span> m</p>', "10^6 m"),
    ('<p>H<font style="vertical-align: sub">2</font>O, <b style="vertical-align: sub">b</b></p>',
     "H2O, **b**"),
]  # fmt: skip

STRUCK = [
    ('<p><span style="color: red; text-decoration: line-through">a b</span> c</p>', "~~a b~~ c"),
    ('<p><u style="TEXT-DECORATION-LINE:line-through">a</u></p>', "~~a~~"),
    ('<p><span style="background: url(line-through)">a</span></p>', "a"),
    # on any element, and on what is in it
    (
        '<ul><li style="text-decoration: line-through">a<ul> <li>b</li></ul></li><li>c</li></ul>',
        "- ~~a~~\n  - ~~b~~\n- c",
    ),
    (
        '<table><tr><th>a</th><th>b</th></tr><tr style="text-decoration: line-through"> <td>c</td>'
        '<td style="text-decoration: line-through">d <b>e</b></td></tr></table>',
        "| a | b |\n|---|---|\n| ~~c~~ | ~~d **e**~~ |",
    ),
    (
        '<div style="text-decoration: line-through">a <b>b</b><p>c</p>d <i>e</i></div>f',
        "~~a **b**~~\n\n~~c~~\n\n~~d *e*~~\n\nf",
    ),
    ('<h2 style="text-decoration: line-through">a</h2>', "## ~~a~~"),
    (
        '<p><a href="https://e.example/x" style="text-decoration: line-through">a</a> <code '
        'style="text-decoration: line-through">b</code> c</p>',
        "[~~a~~](https://e.example/x) ~~`b`~~ c",
    ),
    (
        '<p><span style="text-decoration: line-through"><span>a</span> <b>b</b></span></p>',
        "~~a **b**~~",
    ),
    ("<p><s><code>a</code></s></p>", "~~`a`~~"),
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
