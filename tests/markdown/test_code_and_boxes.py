"""Code, panels and expands by rows of (body, Markdown), in storage and as rendered."""

import pytest

from tests.support.convert import assert_converts, macro, plain, rich

YAML = "steps:\n  - run: make   # two spaces deep\n    env: {A: '1'}\n\n  - run: STATUS_MARK"


def rendered_code(brush: str, code: str, header: str = "") -> str:
    return (
        f'<div class="code panel pdl">{header}<div class="codeContent panelContent pdl">'
        f'<pre class="syntaxhighlighter-pre" data-syntaxhighlighter-params="brush: {brush}; '
        f'gutter: false; theme: Confluence">{code}</pre></div></div>'
    )


def rendered_box(kind: str, body: str, title: str = "") -> str:
    heading = f'<p class="title">{title}</p>' if title else ""
    return (
        f'<div class="confluence-information-macro confluence-information-macro-{kind}">{heading}'
        '<span class="aui-icon aui-icon-small confluence-information-macro-icon">i</span>'
        f'<div class="confluence-information-macro-body">{body}</div></div>'
    )


CODE = [
    (macro("code", plain(YAML), language="yaml"), f"```yaml\n{YAML}\n```"),
    (rendered_code("yaml", YAML), f"```yaml\n{YAML}\n```"),
    (
        macro("code", plain("if a < b && c:\n    x[']]>'] = 1"), language="py", linenumbers="true"),
        "```python\nif a < b && c:\n    x[']]>'] = 1\n```",
    ),
    (
        macro("code", "<ac:plain-text-body>a &lt; b\n  c</ac:plain-text-body>"),
        "```\na < b\n  c\n```",
    ),
    (macro("code", plain("x"), title="Run it"), "**Run it**\n\n```\nx\n```"),
    (
        rendered_code("bash", "ls", '<div class="codeHeader panelHeader pdl"><b>Run it</b></div>'),
        "**Run it**\n\n```bash\nls\n```",
    ),
    (
        rendered_code(
            "bash",
            "ls",
            '<div class="codeHeader panelHeader"><b class="code-title">T</b> '
            '<span class="collapse-source expand-control">Expand source</span></div>',
        ),
        "**T**\n\n```bash\nls\n```",
    ),
    # the highlighter's default language is not the author's choice
    (rendered_code("java", "$ ls -la"), "```\n$ ls -la\n```"),
    (
        rendered_code("java", "public class A { }"),
        "```java\npublic class A { }\n```",
    ),
    (rendered_code("plain", "x"), "```\nx\n```"),
    # a fence is longer than any inside it
    (macro("code", plain("a\n```\nb\n```")), "````\na\n```\nb\n```\n````"),
    (macro("code", plain("# not a heading\n* x_y*")), "```\n# not a heading\n* x_y*\n```"),
    (macro("code", plain("")), ""),
    (macro("code", rich("a<pre>b\n  c</pre>")), "```\na\nb\n  c\n```"),
    ('<div class="code"><pre>a</pre><pre>b</pre></div>', "```\na\nb\n```"),
    (macro("noformat", plain("a  b\n   c")), "```\na  b\n   c\n```"),
    (
        '<div class="preformatted panel"><div class="preformattedContent panelContent">'
        "<pre>a  b\n   c</pre></div></div>",
        "```\na  b\n   c\n```",
    ),
    ("<pre>one<br/>two</pre>", "```\none\ntwo\n```"),
    ('<pre><code class="language-go">x := 1</code></pre>', "```go\nx := 1\n```"),
    ("<p>run <code>a  *b* <b>c</b></code> now</p>", "run `a *b* c` now"),
    ("<p><code>a`b</code></p>", "`` a`b ``"),
    ('<p><code><a href="https://e.com/x">f()</a></code></p>', "[`f()`](https://e.com/x)"),
    (f"<pre>a {macro('status', title='DONE')} b</pre>", "```\na DONE b\n```"),
    (f"<p><code>a {macro('jira', key='ABC-1')}</code></p>", "`a ABC-1`"),
]

BOXES = [
    (macro("info", rich("<p>Read on.</p>")), "> **Info:** Read on."),
    (macro("note", rich("<p>Read on.</p>")), "> **Note:** Read on."),
    (macro("tip", rich("<p>Read on.</p>")), "> **Tip:** Read on."),
    (macro("warning", rich("<p>Read on.</p>")), "> **Warning:** Read on."),
    (rendered_box("information", "<p>Read on.</p>"), "> **Info:** Read on."),
    (rendered_box("note", "<p>Read on.</p>"), "> **Note:** Read on."),
    (rendered_box("tip", "<p>Read on.</p>"), "> **Tip:** Read on."),
    (rendered_box("warning", "<p>Read on.</p>"), "> **Warning:** Read on."),
    (
        macro("warning", rich("<p>a</p><p>b</p>"), title="Mind the gap"),
        "> **Warning: Mind the gap**\n>\n> a\n>\n> b",
    ),
    (
        rendered_box("warning", "<p>a</p><ul><li>b</li></ul>", "Mind the gap"),
        "> **Warning: Mind the gap**\n>\n> a\n> - b",
    ),
    # a label that the author wrote is not written twice
    (rendered_box("note", "<p><b>Note:</b> a</p>"), "> **Note:** a"),
    (rendered_box("note", "<p>a</p>", "Note"), "> **Note**\n>\n> a"),
    (rendered_box("note", "<p>Notes are kept.</p>"), "> **Note:** Notes are kept."),
    # code stays verbatim: it is not quoted with "> "
    (
        macro("tip", rich("<p>a</p>" + macro("code", plain("b\n  c")) + "<p>d</p>")),
        "> **Tip:** a\n\n```\nb\n  c\n```\n\n> d",
    ),
    (macro("panel", rich("<p>a</p>"), title="T", bgColor="#fff"), "> **T**\n>\n> a"),
    (
        '<div class="panel"><div class="panelHeader"><b>T</b></div>'
        '<div class="panelContent"><p>a</p></div></div>',
        "> **T**\n>\n> a",
    ),
    (macro("panel", rich("<p>a</p>")), "> a"),
    (
        '<ac:adf-extension><ac:adf-node type="panel"><ac:adf-attribute key="panel-type">note'
        "</ac:adf-attribute><ac:adf-content><p>once</p></ac:adf-content></ac:adf-node>"
        '<ac:adf-fallback><div class="panel"><p>once</p></div></ac:adf-fallback>'
        "</ac:adf-extension>",
        "> **Note:** once",
    ),
    (macro("expand", rich("<p>a</p><h2>b</h2>"), title="More"), "**More**\n\na\n\n## b"),
    (
        '<div class="expand-container"><div class="expand-control"><span class="expand-icon '
        'aui-icon">&nbsp;</span><span class="expand-control-text">More</span></div>'
        '<div class="expand-content" style="display: none;"><p>a</p></div></div>',
        "**More**\n\na",
    ),
    (
        '<div class="expand-container"><div class="expand-control"><span class='
        '"expand-control-text">Click here to expand...</span></div>'
        '<div class="expand-content"><p>a</p></div></div>',
        "a",
    ),
]


@pytest.mark.parametrize(("body", "expected"), [*CODE, *BOXES])
def test_a_macro_becomes_markdown(body: str, expected: str) -> None:
    assert_converts(body, expected)


@pytest.mark.parametrize(
    ("code", "expected"),
    [
        ("`" * 19, f"{'`' * 20}\n{'`' * 19}\n{'`' * 20}"),
        ("`" * 20, f"~~~\n{'`' * 20}\n~~~"),
        (f"{'`' * 20} ~~~", f"~~~~\n{'`' * 20} ~~~\n~~~~"),
        ("`" * 20 + "~" * 20, "\\" + "`" * 20 + "~" * 20),  # no fence: text
    ],
)
def test_the_marks_of_code_are_short(code: str, expected: str) -> None:
    """A chunk repeats them for each part of the code."""
    assert_converts(macro("code", plain(code)), expected)
