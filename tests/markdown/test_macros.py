"""Each macro by rows of (body, Markdown), in storage and as rendered."""

import pytest

from pipeline.markdown.macros.table import MACROS
from tests.support.convert import convert, macro, plain, rich

YAML = "steps:\n  - run: make   # two spaces deep\n    env: {A: '1'}\n\n  - run: STATUS_MARK"
SITE = "https://acme.atlassian.net/wiki"


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
    # the highlighter's default language is not a language that somebody chose
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
    # code stays verbatim: it does not stand behind "> "
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

IN_TEXT = [
    (
        f"<p>It is {macro('status', title='IN PROGRESS', colour='Blue')}.</p>",
        "It is [IN PROGRESS].",
    ),
    (
        '<p>It is <span class="status-macro aui-lozenge aui-lozenge-success">DONE</span>.</p>',
        "It is [DONE].",
    ),
    ('<p>by <time datetime="2026-10-01"/> at noon</p>', "by 2026-10-01 at noon"),
    (
        '<p>by <time datetime="2026-06-15" class="date-upcoming">15 Jun 2026</time></p>',
        "by 15 Jun 2026",
    ),
    (
        '<p><ac:emoticon ac:emoji-fallback="🚀" ac:emoji-shortname=":rocket:" ac:name="blue-star"/>'
        "</p>",
        "🚀",
    ),
    ('<p><ac:emoticon ac:name="tick"/> yes</p>', "✅ yes"),
    ('<p><img class="emoticon" data-emoji-fallback="🎉" alt=":tada:"/> yes</p>', "🎉 yes"),
    ('<p><img class="emoticon emoticon-cross" data-emoticon-name="cross" alt="(x)"/></p>', "❌"),
    (
        '<p><ac:emoticon ac:emoji-shortname=":ours:" ac:emoji-fallback=":ours:"'
        ' ac:name="blue-star-x"/></p>',
        ":ours:",
    ),
    ('<p>Ask <ac:link><ri:user ri:account-id="5b10"/></ac:link>.</p>', "Ask @5b10."),
    (
        '<p>Ask <a class="confluence-userlink user-mention" data-account-id="5b10"'
        ' href="/wiki/people/5b10">Mara Lind</a>.</p>',
        "Ask @Mara Lind.",
    ),
    (f"<p>{macro('jira', key='ABC-1', server='System Jira')}</p>", "ABC-1"),
    (macro("jira", jqlQuery="project = ABC"), "Jira: project = ABC"),
    (
        '<p><span class="confluence-jim-macro jira-issue" data-jira-key="ABC-1">'
        '<a href="https://j.example/browse/ABC-1?src=confmacro" class="jira-issue-key">'
        '<img class="icon" src="https://j.example/bug.png"/>ABC-1</a> - <span class="summary">'
        'Fails at night</span> <span class="aui-lozenge">Open</span></span></p>',
        "[ABC-1](https://j.example/browse/ABC-1) - Fails at night [Open]",
    ),
    (
        '<p><span class="jira-issue" data-jira-key="ABC-1"><a href="https://j.example/ABC-1"'
        ' class="jira-issue-key">ABC-1</a> - <span class="summary">Getting issue details...'
        '</span> <span class="aui-lozenge">STATUS</span></span></p>',
        "[ABC-1](https://j.example/ABC-1)",
    ),
    ("<p>x<sup>2</sup>, H<sub>2</sub>O, 10<sup>th</sup></p>", "x^2, H2O, 10th"),
    ("<p>says <q>no</q></p>", 'says "no"'),
    ('<p><ac:emoticon ac:emoji-id="1f468-200d-1f4bb" ac:emoji-fallback=":man_tec:"/></p>', "👨‍💻"),
    ('<p><ac:emoticon ac:emoji-id="9d1c-own" ac:emoji-fallback=":ours:"/></p>', ":ours:"),
    (
        '<p>a <ac:inline-comment-marker ac:ref="1">marked</ac:inline-comment-marker> word</p>',
        "a marked word",
    ),
    (
        '<p>a <span class="inline-comment-marker" data-ref="1">marked</span> word</p>',
        "a marked word",
    ),
    ("<p>a <ac:placeholder>type here</ac:placeholder>b</p>", "a b"),
]

LINKS = [
    (
        '<p><ac:link><ri:page ri:content-title="How we work" /></ac:link></p>',
        f"[How we work]({SITE}/display/DEV/How+we+work)",
    ),
    (
        '<p><ac:link ac:anchor="Step 2"><ri:page ri:content-title="A" ri:space-key="OPS"/>'
        "<ac:plain-text-link-body><![CDATA[step <2>]]></ac:plain-text-link-body></ac:link></p>",
        f"[step <2>]({SITE}/display/OPS/A#Step%202)",
    ),
    (
        '<p><ac:link ac:anchor="here"><ac:link-body>see <b>here</b></ac:link-body></ac:link></p>',
        f"[see **here**]({SITE}/spaces/DEV/pages/123/Some+page#here)",
    ),
    ('<p><ac:link><ri:attachment ri:filename="plan.pdf"/></ac:link></p>', "plan.pdf"),
    ('<p><ac:link><ri:space ri:space-key="OPS"/></ac:link></p>', f"[OPS]({SITE}/spaces/OPS)"),
    (
        '<p><a href="https://e.com/a" data-card-appearance="inline">https://e.com/a</a></p>',
        "https://e.com/a",
    ),
]

FILES = [
    (
        '<p><ac:image ac:alt="The gate"><ri:attachment ri:filename="gate.png"/></ac:image></p>',
        "![The gate]",
    ),
    ('<p><ac:image><ri:attachment ri:filename="gate.png"/></ac:image></p>', "![gate.png]"),
    ('<p><ac:image><ri:url ri:value="https://e.com/gate.png?x=1"/></ac:image></p>', "![gate.png]"),
    (
        '<ac:image><ri:attachment ri:filename="gate.png"/><ac:caption><p>By night</p></ac:caption>'
        "</ac:image>",
        "![gate.png]\n\nBy night",
    ),
    (
        '<p><span class="confluence-embedded-file-wrapper"><img class="confluence-embedded-image"'
        ' src="/wiki/download/attachments/1/gate.png?api=v2"'
        ' data-linked-resource-default-alias="gate.png"/></span></p>',
        "![gate.png]",
    ),
    (macro("view-file", '<ac:parameter ac:name="name"><ri:attachment ri:filename="q3.xlsx"/>'
           "</ac:parameter>"), "![q3.xlsx]"),
    (macro("drawio", diagramName="Network", width="600"), "![drawio: Network]"),
    (macro("gliffy", name="Network"), "![gliffy: Network]"),
    (macro("plantuml", plain("@startuml\nA -> B\n@enduml")),
     "```plantuml\n@startuml\nA -> B\n@enduml\n```"),
    (macro("mermaid-cloud", plain("graph TD;\n  A-->B;")), "```\ngraph TD;\n  A-->B;\n```"),
    (
        macro("widget", '<ac:parameter ac:name="url"><ri:url ri:value="https://v.example/1"/>'
              "</ac:parameter>"),
        "https://v.example/1",
    ),
    ('<iframe src="https://v.example/1">no frames</iframe>', "https://v.example/1"),
    (
        macro("include", '<ac:parameter ac:name=""><ac:link><ri:page ri:content-title="Footer"/>'
              "</ac:link></ac:parameter>"),
        f"[Footer]({SITE}/display/DEV/Footer)",
    ),
]  # fmt: skip

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
     "| a | b |\n|---|---|"),
    ('<div class="details"><p>a</p></div>', "a"),
]  # fmt: skip


@pytest.mark.parametrize(
    ("body", "expected"),
    [*CODE, *BOXES, *IN_TEXT, *LINKS, *FILES, *LISTS, *FRAMES, *DROPPED, *UNCHANGED],
)
def test_a_macro_becomes_markdown(body: str, expected: str) -> None:
    result = convert(body, "storage" if "<ac:" in body else "export_view")
    assert result.text == expected
    assert result.lost_words == 0
    assert not result.unknown_macros
    assert not result.warnings


@pytest.mark.parametrize(
    ("body", "expected", "unknown"),
    [
        (macro("roadmap-x", rich("<p>kept</p>"), secret="true"), "kept", {"roadmap-x": 1}),
        (macro("sql", plain("SELECT <1>")), "```\nSELECT <1>\n```", {"sql": 1}),
        (macro("x") + macro("x"), "", {"x": 2}),
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


def test_no_macro_has_two_rows() -> None:
    for column in ("names", "classes", "tags"):
        named = [name for row in MACROS for name in getattr(row, column).split()]
        assert len(named) == len(set(named)), column


def test_only_the_names_of_the_attachments_list_are_kept() -> None:
    body = (
        '<div class="plugin_attachments_container"><table class="attachments"><tr><th>File</th>'
        '</tr><tr><td><a class="filename" href="/x">plan.pdf</a></td><td>Yesterday</td></tr>'
        "</table><p>Drag and drop to upload</p></div>"
    )
    result = convert(body)
    assert (result.text, result.lost_words) == ("- plan.pdf", 0)


def test_an_unreadable_jira_list_is_a_link_and_a_warning() -> None:
    body = (
        '<div class="jim-error-message"><table><tr><th>key</th></tr><tr><td><p class="message">'
        'Can\'t show details.</p><a class="jira-link" href="https://j.example/q">View in Jira</a>'
        "</td></tr></table></div>"
    )
    result = convert(body)
    assert result.text == "[View in Jira](https://j.example/q)"
    assert result.warnings == ("Confluence could not render: Jira issues: Can't show details.",)
    assert not result.render_failed
