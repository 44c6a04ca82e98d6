"""What a style, a place or an attribute means, by rows of (body, Markdown)."""

import zlib
from base64 import b64encode
from html import escape

import pytest

from tests.support.convert import assert_converts, convert, macro, plain, rich

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
    ("<p>1<sup>,</sup> 10 <sup>6</sup> m, <sup>3</sup>/<sub>4</sub></p>", "1, 10 ^6 m, 3/4"),
    ("<p>10<sup>9</sup>/l, 2 <sup>3</sup>/<sub>4</sub>, Yes!<sup>1</sup></p>",
     "10^9/l, 2 3/4, Yes! [1]"),
    # the number of a footnote
    ("<ul><li><sup>2</sup>Note</li><li><sup>2</sup>H</li><li><sup>2</sup> May</li></ul>",
     "- [2]Note\n- ^2H\n- [2] May"),
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
    ("<p>a " + macro("strikethrough", rich("<p>b</p>")) + " c</p>", "a ~~b~~ c"),
    (
        '<p style="text-decoration: line-through">a'
        + macro("strikethrough", rich("<p>b</p>"))
        + "c</p>",
        "~~a~~ ~~b~~ ~~c~~",
    ),
]

EMOJI = [
    ('<p><ac:emoticon ac:name="blue-star" ac:emoji-shortname=":blue-star:"/></p>', "⭐"),
    ('<p><ac:emoticon ac:name="blue-star"/> a</p>', "⭐ a"),
    ('<p><ac:emoticon ac:name="blue-star" ac:emoji-shortname=":us:" ac:emoji-id="u-1"/></p>',
     ":us:"),
    # with a short name only: the site's own has an id
    ('<p><ac:emoticon ac:emoji-shortname=":rocket:"/> <ac:emoticon ac:emoji-shortname=":flag_de:"/>'
     ' <ac:emoticon ac:emoji-shortname=":white_check_mark:"/></p>', "🚀 🇩🇪 ✅"),
    ('<p><ac:emoticon ac:emoji-shortname=":rocket:" ac:emoji-id="8f2c-x"/> '
     '<ac:emoticon ac:emoji-shortname=":acme_logo:"/></p>', ":rocket: :acme_logo:"),
    ('<p><ac:emoticon ac:emoji-id="1f3f3-fe0f-200d-1f308" ac:emoji-shortname=":pride:"/></p>',
     "🏳️‍🌈"),
    # an id that is no character
    ('<p><ac:emoticon ac:emoji-id="d800" ac:emoji-shortname=":a:"/>'
     '<ac:emoticon ac:emoji-id="0-0" ac:emoji-shortname=":b:"/></p>', ":a::b:"),
    ('<p><img class="emoticon emoticon-tick" src="/check.svg"></p>', "✅"),
    ('<p><span class="emoji-common-emoji-sprite" data-emoji-short-name=":smile:" '
     'data-emoji-text="😄"></span></p>', "😄"),
]  # fmt: skip


PARAMETERS = [
    (macro("mathblock", plain("a <\n b")), "$$a < b$$"),
    ("<p>" + macro("mathinline", equation="x_i") + " holds</p>", "$x_i$ holds"),
    (macro("localtab", rich("<p>a</p>"), title="Linux"), "**Linux**\n\na"),
    (macro("chart", rich("<p>a</p>"), type="pie", title="Sales"), "**Sales**\n\na"),
    (
        macro("chart", rich("<p>a</p>"), title="Sales", xLabel="Month", yLabel="GB", width="9"),
        "**Sales**\n\nMonth · GB\n\na",
    ),
    (
        macro("ui-button", title="Order", url="https://e.example/o", color="red"),
        "[Order](https://e.example/o)",
    ),
    (
        macro(
            "button",
            '<ac:parameter ac:name="link"><ri:page ri:content-title="Plan"/></ac:parameter>',
            label="Read",
        ),
        "[Read](https://acme.atlassian.net/wiki/display/DEV/Plan)",
    ),
    (macro("panel", rich("<p>a</p>"), title="a ** b"), "> **a  b**\n>\n> a"),
    (
        macro(
            "profile", '<ac:parameter ac:name="user"><ri:user ri:account-id="7"/></ac:parameter>'
        ),
        "@7",
    ),
    (macro("mathblock", body="--uriencoded--a%5E2%20%2B%20b"), "$$a^2 + b$$"),
    (macro("mathblock", plain("$$a$$")), "$$a$$"),
    (
        "<p>"
        + macro("status", title="Done", colour="Green")
        + macro("status", colour="Red")
        + macro("status-handy", Status="Open")
        + macro("status")
        + "</p>",
        "[Done] [Red] [Open]",
    ),
    (
        "<p>Water"
        + macro("footnote", rich("<p>At sea level.</p>"))
        + " boils.</p>"
        + macro("display-footnotes"),
        "Water (At sea level.) boils.",
    ),
    ("<p>a" + macro("footnote", rich("<ul><li>b</li></ul>")) + "</p>", "a\n\n- b"),
    (
        "<p>a "
        + macro(
            "excerpt",
            '<ac:parameter ac:name="atlassian-macro-output-type">INLINE'
            "</ac:parameter>" + rich("<p>b</p>"),
        )
        + " c</p>",
        "a b c",
    ),
    (macro("ui-button", url="https://e.example/o"), "https://e.example/o"),
    (
        macro(
            "ui-button",
            '<ac:parameter ac:name="url"><ri:space ri:space-key="DEV"/></ac:parameter>',
            title="Home",
        ),
        "[Home](https://acme.atlassian.net/wiki/spaces/DEV)",
    ),
    (
        "<p>" + 2 * macro("button", title="Go", link="https://e.example/o") + "</p>",
        "[Go](https://e.example/o) [Go](https://e.example/o)",
    ),
]

RENDERED = [
    ('<p>So <span class="katex"><math><mi>a</mi><annotation encoding="application/x-tex">a^2'
     '</annotation></math><span>a2</span></span> holds.</p>', "So $a^2$ holds."),
    ("<p>So <math><mi>a</mi><mo>=</mo><mn>2</mn></math> holds.</p>", "So $a=2$ holds."),
    ('<ul><li><input type="checkbox" checked> a</li><li><input type="checkbox"> b</li></ul>',
     "- [x] a\n- [ ] b"),
    ('<p>a<input type="text"></p>', "a"),
    ("<details><summary>More</summary><p>a</p></details>", "**More**\n\na"),
    ('<p><a data-card-appearance="block" href="https://e.example/x"></a></p>',
     "https://e.example/x"),
    ('<video><source src="https://e.example/v.mp4">Your browser is old.</video>',
     "https://e.example/v.mp4"),
    ('<p>a<a href="https://e.example/job/7"><img src="https://e.example/status?job=7"></a>b</p>',
     "a https://e.example/job/7 b"),
    ('<table><tr><th>a</th><th>b</th></tr><tr><td><a href="https://e.example/7">c</a></td><td>'
     '<a href="https://e.example/7"><img src="/x"></a></td></tr></table>',
     "| a | b |\n|---|---|\n| [c](https://e.example/7) | |"),
    ('<ul class="decision-list"><li data-decision-state="UNDECIDED">a</li></ul>'
     '<ul><li data-decision-state="DECIDED">b</li></ul>',
     "- **Undecided:** a\n\n- **Decision:** b"),
]  # fmt: skip


def new_panel(kind: str, **attributes: str) -> str:
    named = {"panel-type": kind} | {name.replace("_", "-"): attributes[name] for name in attributes}
    listed = "".join(
        f'<ac:adf-attribute key="{key}">{value}</ac:adf-attribute>' for key, value in named.items()
    )
    content = "<ac:adf-content><p>a</p></ac:adf-content>"
    return (
        f'<ac:adf-extension><ac:adf-node type="panel">{listed}{content}</ac:adf-node>'
        '<ac:adf-fallback><div class="panel"><p>a</p></div></ac:adf-fallback></ac:adf-extension>'
    )


PANELS = [
    (macro("panel", rich("<ul><li>a</li></ul>"), panelIconText="🚨"), "> 🚨\n> - a"),
    (macro("panel", rich("<p>a</p>"), panelIconText="🚨", title="Mind"), "> **🚨 Mind**\n>\n> a"),
    (macro("panel", rich("<p>a</p>"), panelIcon=":bulb:", panelIconId="1f4a1"), "> 💡 a"),
    (macro("panel", rich("<p>a</p>"), panelIcon=":acme:", panelIconId="8f2c-x"), "> :acme: a"),
    # the editor's colours of its kinds
    *((macro("panel", rich("<p>a</p>"), bgColor=colour), text) for colour, text in (
        ("#DEEBFF", "> **Info:** a"), ("#EAE6FF", "> **Note:** a"), ("#E3FCEF", "> **Success:** a"),
        ("#FFFAE6", "> **Warning:** a"), ("#FFEBE6", "> **Error:** a"), ("#ffffce", "> a"),
        ("none", "> a"))),
    ('<div class="panel" style="background-color: rgb(255,235,230);"><div class="panelContent">'
     "<p>a</p></div></div>", "> **Error:** a"),
    *((new_panel(kind), text) for kind, text in (
        ("info", "> **Info:** a"), ("success", "> **Success:** a"), ("ERROR", "> **Error:** a"),
        ("custom", "> a"))),
    (new_panel("custom", panel_icon=":bulb:", panel_icon_id="1f4a1", panel_icon_text="💡",
               panel_color="#FFFAE6"), "> 💡 a"),
    (new_panel("custom", panel_color="#FFFAE6"), "> **Warning:** a"),
    # a node that holds nothing beside a fallback that does
    ('<ac:adf-extension><ac:adf-node type="panel"><ac:adf-attribute key="panel-type">note'
     "</ac:adf-attribute></ac:adf-node><ac:adf-fallback><p>a</p></ac:adf-fallback>"
     "</ac:adf-extension>", "a"),
    ('<div class="ak-editor-panel" data-panel-type="error"><p>a</p></div>', "> **Error:** a"),
    ('<ac:adf-extension><ac:adf-node type="nested-expand"><ac:adf-attribute key="title">More'
     "</ac:adf-attribute><ac:adf-content><p>a</p></ac:adf-content></ac:adf-node>"
     "</ac:adf-extension>", "**More**\n\na"),
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

DRAWING = (
    '<mxGraphModel><root><mxCell id="0"/><mxCell value="Pump"/>'
    '<UserObject label="&lt;b&gt;Valve&lt;/b&gt;&lt;br&gt;2 &amp;amp; 3"/></root></mxGraphModel>'
)
DIAGRAMS = [
    (macro("plantumlcloud", data=compress(b"a%20-%3E%20b"), compressed="true"),
     "```plantuml\na -> b\n```"),
    (macro("plantumlcloud", data=compress(b"a" * 2_000_000), compressed="true", filename="x.svg"),
     "![plantumlcloud: x.svg]"),
    (macro("plantumlcloud", data="no base64", compressed="true"), ""),
    (macro("plantumlcloud", data="/////w=="), ""),
    *((macro(name, plain("a -> b\n  c")), f"```{language}\na -> b\n  c\n```")
      for name, language in (("mermaid", "mermaid"), ("graphviz", "dot"), ("nomnoml", ""),
                             ("plantumlrender", "plantuml"))),
    (macro("mermaid-diagram", code="graph TD\n  a"), "```mermaid\ngraph TD\n  a\n```"),
    (macro("plantuml", plain("a"), title="Log in"), "**Log in**\n\n```plantuml\na\n```"),
    (macro("drawio", diagramName="Net", data=escape(DRAWING)),
     "![drawio: Net]\n\nPump · Valve 2 & 3"),
    (macro("drawio", plain(f'<mxfile><diagram name="Plan">{compress(DRAWING.encode())}</diagram>'
                           '<diagram name="Page-2">no base64</diagram></mxfile>')),
     "Plan · Pump · Valve 2 & 3"),
    (macro("drawio", plain("<mxfile><cut")), ""),
    (macro("inc-drawio", diagramName="Net"), "![drawio: Net]"),
    (macro("excalidraw", plain('{"elements": [{"text": "Pump"}, {"type": "line"}, {"text": 1}]}')),
     "Pump"),
    (macro("gliffy", plain('{"stage": [{"graphic": {"html": "<p>Pump &amp; <b>pipe</b></p>"}}]}')),
     "Pump & pipe"),
    (macro("bpmn", plain('<bpmn:task name="Order"/>')), "Order"),
    (macro("roadmap", source="%7B%22lanes%22%3A%5B%7B%22title%22%3A%22Lane%20A%22%7D%5D%7D"),
     "Lane A"),
]  # fmt: skip


def test_compressed_diagrams_of_one_page_are_bounded_together() -> None:
    bomb = macro("plantumlcloud", data=compress(b"a " * 499_999), compressed="true")
    assert len(convert(40 * bomb, "storage").text) < 6_000_000


@pytest.mark.parametrize(
    ("body", "expected"),
    POWERS + STRUCK + EMOJI + PARAMETERS + RENDERED + PANELS + COLOURS + DIAGRAMS,
)
def test_a_meaning_is_kept(body: str, expected: str) -> None:
    assert_converts(body, expected)
