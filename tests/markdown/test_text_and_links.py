"""Elements within text, links and files by rows of (body, Markdown)."""

import pytest

from tests.support.convert import assert_converts, convert, macro, plain

SITE = "https://acme.atlassian.net/wiki"


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
    ('<p>Ask <ac:link><ri:group ri:group-name="devs"/></ac:link>.</p>', "Ask devs."),
    (
        '<p>Ask <a class="confluence-userlink user-mention" data-account-id="5b10"'
        ' href="/wiki/people/5b10">Mara Lind</a>.</p>',
        "Ask @Mara Lind.",
    ),
    (f"<p>{macro('jira', key='ABC-1', server='System Jira')}</p>", "ABC-1"),
    (
        f"<p>see{macro('jira', key='ABC-1')}{macro('jira', key='ABC-2')}and</p>",
        "see ABC-1 ABC-2 and",
    ),
    (
        '<p><time datetime="2026-06-15">15 Jun 2026</time><time datetime="2026-06-16">16 Jun 2026'
        "</time></p>",
        "15 Jun 2026 16 Jun 2026",
    ),
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
    (
        '<p><span class="jira-issue lock-jira-issue" data-jira-key="ABC-1">'
        '<a href="https://j.example/ABC-1">ABC-1</a> <span class="oauth-msg"> - <a class='
        '"static-oauth-init" href="https://j.example/authorize">Log in</a> for details</span>'
        "</span></p>",
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
    (macro("mermaid-cloud", plain("graph TD;\n  A-->B;")), "```mermaid\ngraph TD;\n  A-->B;\n```"),
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


@pytest.mark.parametrize(("body", "expected"), [*IN_TEXT, *LINKS, *FILES])
def test_a_macro_becomes_markdown(body: str, expected: str) -> None:
    assert_converts(body, expected)


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
    assert result.warnings == ("lists of Jira issues that Confluence could not render: 1",)
    assert not result.render_failed


@pytest.mark.parametrize(
    "body",
    [
        f'<p><a href="/x?{"y" * 9_000}">text</a></p>',
        f'<p><ac:link><ri:page ri:content-title="{"x " * 5_000}"/><ac:link-body>text</ac:link-body>'
        "</ac:link></p>",
    ],
)
def test_an_address_that_no_server_takes_is_omitted(body: str) -> None:
    assert_converts(body, "text")
