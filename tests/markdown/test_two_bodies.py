"""Random pages in both forms: no visible word of either is lost, doubled or made up."""

import re
from collections import Counter
from dataclasses import replace
from itertools import count

from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.markdown import convert_page
from tests.support.convert import macro, plain, rich, to_page

# A part of a page as Confluence renders it, and in storage format. # is a word of its own, %1 and
# %2 are words that both forms have, @ is one that no reader sees, and %% what is inside.
Part = tuple[str, str]
Tree = tuple[Part, list["Tree"]]
ERROR = "<div>We don't have a way to export this macro.</div>"
NAMED_ERROR = '<div class="conf-macro" data-macro-id="%0"><span class="error">@</span></div>'
APP = macro("app", rich("<p>%1 %2</p>%%")).replace("ac:name", 'ac:macro-id="%0" ac:name', 1)
LEAVES: list[Part] = [
    *[(both, both) for both in ("<p>%1 %2</p>", "<p>%1<strong>%2</strong></p>", "<h2>%1</h2>")],
    ("<p>&nbsp;%1&eacute; &lt;%2&gt;</p>", "<p>&nbsp;%1&eacute; &lt;%2&gt;</p>"),
    ("<p dir='rtl'>שלום %1</p>", "<p dir='rtl'>שלום %1</p>"),
    ('<p><a href="/wiki/x">%1</a></p>',
     '<p><ac:link><ri:page ri:content-title="%1"/></ac:link></p>'),
    ('<p><span class="status-macro aui-lozenge">%1</span></p>',
     f"<p>{macro('status', title='%1', colour='@')}</p>"),
    ('<div class="code panel"><pre>%1 =\n  %2</pre></div>',
     macro("code", plain("%1 =\n  %2"), theme="@")),
    ("", macro("toc", maxLevel="@")),
    ("", macro("excerpt", rich("<p>@</p>"), hidden="true")),
    ("<p>#</p>", macro("include", '<ac:parameter ac:name="">@</ac:parameter>')),
    (f"<p>#</p>{ERROR}", macro("include", '<ac:parameter ac:name="">@</ac:parameter>')),
    (ERROR, macro("app", label="%1")),
]  # fmt: skip
BOX = "confluence-information-macro"
OUTER: list[Part] = [
    (f'<div class="{BOX} {BOX}-tip"><p class="title">%1</p><div class="{BOX}-body">%%</div></div>',
     macro("tip", rich("%%"), title="%1")),
    ('<div class="expand-container"><div class="expand-control"><span class="expand-control-text">'
     '%1</span></div><div class="expand-content">%%</div></div>',
     macro("expand", rich("%%"), title="%1")),
    ("<table><tr><th>%1</th></tr><tr><td>%%</td></tr></table>",
     "<table><tr><th>%1</th></tr><tr><td>%%</td></tr></table>"),
    ("<ul><li>%1 %%</li></ul>", "<ul><li>%1 %%</li></ul>"),
    ('<div class="columnLayout"><div class="cell">%%</div></div>',
     "<ac:layout><ac:layout-section><ac:layout-cell>%%</ac:layout-cell></ac:layout-section>"
     "</ac:layout>"),
    ("<div><p>%1 %2</p>%%</div>", APP),  # rendered
    (ERROR, APP),
    (NAMED_ERROR, APP),
    ("", APP),  # not rendered, without an error
]  # fmt: skip
LEAF = st.sampled_from(LEAVES).map(lambda part: (part, []))
TREES = st.recursive(
    LEAF,
    lambda inner: st.tuples(st.sampled_from(OUTER), st.lists(inner, min_size=1, max_size=3)),
    max_leaves=8,
)
NUMBERED = re.compile(r"seen\d+")


def write(tree: Tree, numbers: "count[int]") -> Part:
    """Return both forms of a part, with words of its own."""
    (rendered, storage), trees = tree
    words = {mark: f"seen{next(numbers)}" for mark in ("%0", "%1", "%2", "#")} | {"@": "lost"}
    parts = [write(inner, numbers) for inner in trees]

    def fill(form: str, inside: str) -> str:
        for mark, word in words.items():
            form = form.replace(mark, word)
        return form.replace("%%", inside)

    return (
        fill(rendered, "".join(part[0] for part in parts)),
        fill(storage, "".join(part[1] for part in parts)),
    )


@settings(max_examples=200, derandomize=True)
@given(st.lists(TREES, min_size=1, max_size=4), st.booleans())
def test_no_word_of_either_body_is_lost_or_doubled_or_made_up(
    trees: list[Tree], is_reversed: bool
) -> None:
    numbers = count(1)
    parts = [write(tree, numbers) for tree in trees]
    rendered = "".join(part[0] for part in parts)
    storage = "".join(part[1] for part in (reversed(parts) if is_reversed else parts))
    ids = set(re.findall(r'macro-id="(seen\d+)"', rendered + storage))
    result = convert_page(replace(to_page(rendered), storage=storage))
    found = Counter(NUMBERED.findall(re.sub(r"\]\([^)]*\)", "]", result.text)))
    assert found.keys() == set(NUMBERED.findall(rendered + storage)) - ids
    assert set(found.values()) <= {1}
    assert "lost" not in result.text
    assert result.lost_words == 0
