"""Where the line is between text that no reader sees and text that is only small or light."""

from collections.abc import Callable

import pytest

from pipeline.markdown.convert import convert_tree, convert_with_markdownify, to_markdown
from pipeline.markdown.notes import Converted, Notes
from pipeline.records import Markdown, Page
from tests.support.convert import macro, rich, to_page

Converter = Callable[[Page, Notes], Converted]
every_converter = pytest.mark.parametrize(
    "converter", [convert_tree, convert_with_markdownify], ids=["own", "markdownify"]
)
every_format = pytest.mark.parametrize("body_format", ["export_view", "storage"])


def convert(body: str, body_format: str, converter: Converter) -> Markdown:
    return to_markdown(to_page(body, body_format), converter, converter)


# A style that hides, and one on the other side of the line.
STYLES = [
    ("display:none", "display:block"),
    ("display:none", "display:none; display:block"),
    ("DISPLAY : NONE !important; display:block", "display:non"),
    ("visibility:hidden", "visibility:visible"),
    ("visibility:collapse", "visibility:nonsense"),
    ("content-visibility:hidden", "content-visibility:auto"),
    ("opacity:.0", "opacity:.5"),
    ("opacity:0%", "opacity:20%"),
    ("opacity:5e-2", "opacity:0.15"),
    ("filter:opacity(0)", "filter:opacity(60%) blur(0)"),
    ("font-size:1px", "font-size:6px"),
    ("font-size:3.9px", "font-size:4px"),
    ("font-size:0", "font-size:5"),
    ("font-size:.1em", "font-size:.6em"),
    ("font-size:10%", "font-size:50%"),
    ("font-size:2pt", "font-size:6pt"),
    ("font-size:calc(1px + 1px)", "font-size:xx-small"),
    ("font:0/0 a", "font:8px/1 Arial"),
    ("font: bold 1px Arial, sans-serif", "font: 400 x-small Arial"),
    ("text-indent:-9999px", "text-indent:-30px"),
    ("position:absolute; left:-10000px", "position:relative; left:-10px"),
    ("position:fixed; top:-999em", "position:absolute; top:100%"),
    ("position:absolute; right:99999px", "position:absolute; right:20px"),
    ("margin-left:-9999px", "margin-left:-20px"),
    ("margin: 0 0 0 -9999px", "margin: 0 auto"),
    ("transform:scale(0)", "transform:scale(-1)"),
    ("scale:0", "scale:1 .5"),
    ("zoom:1%", "zoom:80%"),
    ("letter-spacing:-1em", "letter-spacing:-.05em"),
    ("font-size:min(30px, 1px)", "font-size:max(30px, 1px)"),
    ("transform:translateX(-9999px)", "transform:translate(-50%, -50%)"),
    ("height:0", "height:0; overflow:visible"),
    ("height:0; overflow:hidden", "height:12px; overflow:hidden"),
    ("max-height:1px; overflow:hidden", "max-height:none; height:auto; overflow:hidden"),
    ("width:0; overflow:hidden", "width:0"),
    ("position:absolute; clip:rect(0 0 0 0)", "clip:rect(0, 300px, 200px, 0)"),
    ("clip:rect(1px, 1px, 1px, 1px)", "clip:auto"),
    ("clip-path:inset(50%)", "clip-path:inset(10%)"),
    ("clip-path:circle(0)", "clip-path:circle(40%)"),
    ("clip-path:polygon(0 0, 0 0, 0 0)", "clip-path:polygon(0 0, 100% 0, 0 100%)"),
    ("clip-path:polygon(0 0, 100% 0, 100% 0, 0 0)", "clip-path:polygon(50% 0, 100% 100%, 0 100%)"),
    ("clip-path:inset(0 100% 0 0)", "clip-path:inset(0 60% 0 20%)"),
    ("clip-path:rect(0 0 0 0)", "clip-path:rect(0 300px 200px 0)"),
    ("clip-path:xywh(0 0 0 0)", "clip-path:xywh(0 0 300px 200px)"),
    ("transform:matrix(0, 0, 0, 0, 0, 0)", "transform:matrix(0, -1, 1, 0, 0, 0)"),
    ("transform:matrix(1, 0, 0, 1, -9999, 0)", "transform:matrix(1, 0, 0, 1, -99, 0)"),
    ("transform:rotateY(.25turn)", "transform:rotateY(180deg) rotate(90deg)"),
    ("transform:rotateX(90deg)", "transform:rotateX(1rad)"),
    ("transform:rotate3d(1,1,0,.25turn)", "transform:rotate3d(0,0,1,90deg)"),
    ("-webkit-transform:scale(0)", "-webkit-transform:rotate3d(0,0,0,90deg)"),
    ("rotate:y 90deg", "rotate:90deg"),
    ("rotate:0 1 0 90deg", "rotate:z 90deg"),
    ("-webkit-filter:opacity(0)", "-webkit-opacity:.5"),
    ("inset-inline-start:-9999px", "inset-inline-start:-20px"),
    ("margin-block:-9999px 0", "margin-block:-20px 0"),
    ("max-block-size:0", "block-size:20px; overflow:hidden"),
    ("inline-size:0; overflow:hidden", "inline-size:0; overflow-inline:visible"),
    ("color:white", "color:red"),
    ("color:#fff", "color:#ddd"),
    ("color:#fefefe", "color:#fff0b3"),  # the lightest text of the editor's palette
    ("color:rgb(255,255,255)", "color:rgb(171, 245, 209)"),
    ("color:rgb(100% 100% 100% / .9)", "color:rgb(0 0 0 / 50%)"),
    ("color:rgba(0,0,0,.01)", "color:rgba(0,0,0,.4)"),
    ("color:rgba(0,0,0,.09)", "color:rgba(0,0,0,.11)"),  # whatever else the page has
    ("color:hsl(0, 0%, 100%)", "color:hsl(60, 100%, 30%)"),
    ("color:hwb(0 100% 0%)", "color:hwb(0 0% 0%)"),
    ("color:oklch(1 0 0)", "color:oklch(.5 .1 20)"),
    ("color:transparent", "color:inherit"),
    ("color:white", "color:white; color:initial"),
    ("-webkit-text-fill-color:transparent", "color:currentcolor"),
    ("color:var(--ds-text-inverse, #FFFFFF)", "color:var(--ds-text, #172B4D)"),
    ("color:snow", "color:silver"),
    ("color:white; text-shadow:0 0 2px white", "color:white; text-shadow:0 0 2px black"),
    ("color:#222; background:#222", "color:#222; background:initial"),
    ("color:white; background:white", "color:white; background:black"),
    ("color:#222; background-color:#202020", "color:#222; background-color:#999"),
    ("color:white; background:linear-gradient(white, snow)",
     "color:white; background:linear-gradient(white, navy)"),
    ("color:white; background:rgba(0,0,0,.01)", "color:white; background:url(photo.jpg)"),
    # what a browser does not read either
    ("color:white; color:nonsense", "color:black; color:nonsense"),
    ("color:white; x:(; color:black", "color:black; x:(; color:white"),
    ('color:white; x:"; color:black"', 'color:black; x:"; color:white"'),
    ("color:white; cursor:url(;color:black;)", "color:black; cursor:url(;color:white;)"),
    ("/* color:black */ color:white", "/* color:white; */ color:black"),
    (r"d\69splay:none", r"d\69splay:inline"),
]  # fmt: skip


def div(style: str, text: str) -> str:
    return f"<p>seen</p><div style='{style}'>{text}</div><p>end</p>"


@pytest.mark.parametrize(("hiding", "showing"), STYLES)
@every_converter
@every_format
def test_text_that_a_style_hides_is_dropped_and_other_text_is_kept(
    hiding: str, showing: str, converter: Converter, body_format: str
) -> None:
    hidden = convert(div(hiding, "un seen"), body_format, converter)
    assert (hidden.text, hidden.hidden_characters) == ("seen\n\nend", 7)
    shown = convert(div(showing, "in sight"), body_format, converter)
    assert (shown.text, shown.hidden_characters) == ("seen\n\nin sight\n\nend", 0)
    assert (hidden.lost_words, shown.lost_words) == (0, 0)


WHITE = '<span style="color:#ffffff">@</span>'
DARK = '<span style="color:#172b4d">@</span>'
PALETTE = """<p><span data-colorid="a1b2">@</span></p><style>[data-colorid=a1b2]{color:%s}
html[data-color-mode=dark] [data-colorid=a1b2]{color:%s} @media print{.x{display:none}}</style>"""
# A body whose @ nobody sees, and one whose @ is read.
PLACES = [
    (f"<p>{WHITE}</p>", f"<p>{DARK}</p>"),
    # the background of its own cell, row or panel
    (f'<table><tr><td style="background-color:#fafafa">{WHITE}</td></tr></table>',
     f'<table><tr><td style="background-color:#403294">{WHITE}</td></tr></table>'),
    (f'<table><tr style="background:#172b4d"><td>{DARK}</td></tr></table>',
     f'<table><tr style="background:#172b4d"><td bgcolor="white">{DARK}</td></tr></table>'),
    (f'<table><tr><td data-highlight-colour="grey">{WHITE}</td></tr></table>',
     f'<table><tr><td data-highlight-colour="#0747a6">{WHITE}</td></tr></table>'),
    (f'<table bgcolor="#fff"><tr><td>{WHITE}</td></tr></table>',
     f'<table bgcolor="navy"><tr><td>{WHITE}</td></tr></table>'),
    (f'<div class="panel"><div class="panelContent">{WHITE}</div></div>',
     '<div class="panel"><div class="panelContent" style="background-color: #000">'
     f"{WHITE}</div></div>"),
    (macro("panel", rich(f"<p>{DARK}</p>"), bgColor="#172B4D"),
     macro("panel", rich(f"<p>{WHITE}</p>"), bgColor="#172B4D")),
    ('<ac:adf-node type="panel"><ac:adf-attribute key="panel-color">#ffffff</ac:adf-attribute>'
     f"<ac:adf-content><p>{WHITE}</p></ac:adf-content></ac:adf-node>",
     '<ac:adf-node type="panel"><ac:adf-attribute key="panel-color">#000000</ac:adf-attribute>'
     f"<ac:adf-content><p>{WHITE}</p></ac:adf-content></ac:adf-node>"),
    # the editor's palette, and other rules of the body
    (PALETTE % ("#ffffff", "#000000"), PALETTE % ("#000000", "#ffffff")),
    ('<style>.a, .b{display:none}</style><p class="b">@</p>',
     '<style>.a .b{display:none}</style><p class="b">@</p>'),
    ("<style>#n{color:#fff}</style><p id='n'>@</p>",
     "<style>/* #n{color:#fff} */</style><p id='n'>@</p>"),
    # nested
    ('<div style="opacity:.25"><p style="opacity:.25">@</p></div>',
     '<div style="opacity:.5"><p style="opacity:.5">@</p></div>'),
    ('<div style="font-size:40%"><p style="font-size:40%">@</p></div>',
     '<div style="font-size:40%"><p style="font-size:12px">@</p></div>'),
    ('<div style="color:white"><p>@</p></div>',
     '<div style="color:white"><p style="color:#000">@</p></div>'),
    ('<div style="visibility:hidden"><p>@</p></div>',
     '<div style="visibility:hidden"><p style="visibility:visible">@</p></div>'),
    ('<font color="white">@</font>', '<font color="black" size="1">@</font>'),
    ('<font color="ffffff">@</font>', '<font color="172B4D">@</font>'),
    ('<table bgcolor="FFF"><tr><td><font color="FFF">@</font></td></tr></table>',
     '<table bgcolor="000080"><tr><td><font color="FFF">@</font></td></tr></table>'),
    # what has a colour, a size or an opening of its own
    ('<p style="color:white">@ <a>x</a></p>', '<p style="color:white"><a href="#x">@</a></p>'),
    ('<p style="height:0">@</p>',
     '<table style="height:0"><tr style="height:0"><td style="height:0">@</td></tr></table>'),
    ('<div style="display:none" class="xexpand-content">@</div>',
     '<div class="expand-container"><div class="expand-content" style="display:none">@</div>'
     "</div>"),
    ('<div class="expand-content" style="color:white">@</div>',
     '<div class="tabs-pane" style="height:0">@</div>'),
    ('<div style="display:none; opacity:0" class="xexpand-content">@</div>',
     '<div class="expand-content" style="display:none; opacity:0; visibility:hidden">@</div>'),
    # pictures
    ('<p><img alt="@" width="1" height="1"/></p>', '<p><img alt="@" width="16" height="16"/></p>'),
    ('<p><img alt="@" style="width:0"/></p>', '<p style="color:white"><img alt="@"/></p>'),
    ('<p style="opacity:0"><img alt="@"/></p>', '<p style="opacity:1"><img alt="@"/></p>'),
    # code
    ('<pre>a<span style="color:#fff">@</span></pre>',
     '<pre>a<span style="color:#888">@</span></pre>'),
    ('<p><code>a<span style="font-size:0">@</span></code></p>', "<p><code>a @</code></p>"),
]  # fmt: skip


@pytest.mark.parametrize(("hiding", "showing"), PLACES)
@every_converter
def test_a_text_is_judged_where_it_is(hiding: str, showing: str, converter: Converter) -> None:
    body_format = "storage" if "<ac:" in hiding + showing else "export_view"
    hidden = convert(f"<p>seen</p>{hiding.replace('@', 'unseen')}", body_format, converter)
    assert "unseen" not in hidden.text
    assert hidden.hidden_characters >= 6
    shown = convert(f"<p>seen</p>{showing.replace('@', 'insight')}", body_format, converter)
    assert "insight" in shown.text
    assert shown.hidden_characters == 0
    assert (hidden.lost_words, shown.lost_words) == (0, 0)


def test_a_panels_title_in_the_colour_of_its_background_is_dropped() -> None:
    for background, text in (("#FFF", "> a"), ("#000", "> **unseen**\n>\n> a")):
        colours = {"titleColor": "white", "titleBGColor": background}
        body = macro("panel", rich("<p>a</p>"), title="unseen", **colours)
        assert convert(body, "storage", convert_tree).text == text


TAG = "".join(chr(0xE0000 + ord(letter)) for letter in "ignore")
CHARACTERS = [
    (f"🏴{TAG}\U000e007f", "🏴"),
    (f"\U0001f1e9\U0001f1ea{TAG}", "\U0001f1e9\U0001f1ea"),
    ("🏴\U000e0067\U000e0062\U000e0073\U000e0063\U000e0074\U000e007f", None),  # Scotland
    ("a\U000e0101\U000e0152b", "ab"),
    ("😀\U000e0168\U000e0169", "😀"),
    ("葛\U000e0100\U000e0101城", "葛\U000e0100城"),
    ("葛\U000e01ef", "葛"),
    ("❤\ufe0f\ufe0e\ufe0f", "❤\ufe0f"),
    ("a\ufe0f\ufe01b", "ab"),
    ("1\ufe0f\u20e3", None),
    ("a\u034f\u115f\u3164\uffa0\u17b4\u2061\U0001d173b", "ab"),
    ("ᄒ\u1160", None),
    ("می\u200c\u200c\u200d\u200cخواهم", "می\u200cخواهم"),
    ("ᠠ\u180b", None),
]


@pytest.mark.parametrize(("text", "seen"), CHARACTERS)
def test_characters_that_show_nothing_are_dropped_wherever_they_are(
    text: str, seen: str | None
) -> None:
    seen = text if seen is None else seen
    body = (
        f"<p>p {text}</p><p><a href='https://e.com'>l {text}</a></p><p><img alt='i {text}'/></p>"
        f"<pre>c {text}</pre><p><code>s {text}</code></p><h2>h {text}</h2>"
    )
    result = convert(body, "export_view", convert_tree)
    for place in "plicsh":
        assert f"{place} {seen}" in result.text
    assert result.hidden_characters == 6 * (len(text) - len(seen))
    assert result.lost_words == 0
    status = convert(macro("status", title=f"S {text}"), "storage", convert_tree)
    assert status.text == f"[S {seen}]"
