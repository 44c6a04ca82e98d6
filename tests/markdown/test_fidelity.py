"""What a converter of Confluence pages must not get wrong, on one page that has it all."""

from collections.abc import Callable

import pytest

from tests.support.convert import convert, macro, plain, rich

CODE = "def area(r):\n    # STATUS_MARK: *no* bold\n    if r:\n        return None\n    return r_2"
YAML = "kind: Job\nspec:\n  template:\n    name: x_y_z"
STORAGE = "".join(
    [
        "<h2>Deploying the_service</h2>",
        "<p>STATUS_MARK and other_names_here &amp; more.</p>",
        macro("code", plain(CODE), language="python", title="area.py", linenumbers="true"),
        macro("code", plain(YAML), language="yaml"),
        macro("warning", rich("<p>Back up first.</p>"), title="Danger"),
        macro("expand", rich("<p>Hidden body text.</p>"), title="Show the details"),
        "<table><tbody><tr><th>Host</th><th>Role</th><th>Notes</th></tr>"
        '<tr><td rowspan="2">alpha</td><td>web|proxy</td><td><p>First.</p><p>Second.</p></td></tr>'
        "<tr><td>db</td><td>Third.</td></tr></tbody></table>",
        "<ac:task-list><ac:task><ac:task-id>1</ac:task-id><ac:task-status>complete</ac:task-status>"
        "<ac:task-body>Order disks</ac:task-body></ac:task><ac:task><ac:task-id>2</ac:task-id>"
        "<ac:task-status>incomplete</ac:task-status><ac:task-body>Swap disks</ac:task-body>"
        "</ac:task></ac:task-list>",
        '<p>Ask <ac:link><ri:user ri:account-id="5b10a2"/></ac:link> before '
        '<time datetime="2026-10-01"/>. <ac:emoticon ac:emoji-fallback="🚀" ac:name="rocket"/></p>',
        '<p><ac:image ac:alt="Rack plan"><ri:attachment ri:filename="rack.png"/></ac:image></p>',
        '<p><ac:image><ri:attachment ri:filename="cables.png"/></ac:image></p>',
        '<p>See <ac:link><ri:page ri:content-title="Run book"/><ac:plain-text-link-body>'
        "<![CDATA[the run book]]></ac:plain-text-link-body></ac:link>.</p>",
        '<ac:adf-extension><ac:adf-node type="panel"><ac:adf-attribute key="panel-type">note'
        "</ac:adf-attribute><ac:adf-content><p>Panel said once.</p></ac:adf-content></ac:adf-node>"
        "<ac:adf-fallback><p>Panel said once.</p></ac:adf-fallback></ac:adf-extension>",
        "<ul><li>Outer<ul><li>Inner<ul><li>Innermost</li></ul></li></ul></li></ul>",
        f"<p>State: {macro('status', title='IN REVIEW', colour='Yellow')}</p>",
        "<p>The very last paragraph.</p>",
    ]
)
TEXT = convert(STORAGE, "storage").text

Check = Callable[[str], bool]
CHECKS: dict[str, Check] = {
    "code survives": lambda text: "return None" in text,
    "indentation is kept": lambda text: CODE in text,
    "a second language's indentation is kept": lambda text: YAML in text,
    "code is fenced": lambda text: f"\n{CODE}\n```\n" in text,
    "the language is on the fence": lambda text: "```python\n" in text and "```yaml\n" in text,
    "no macro parameter is in the text": lambda text: "true" not in text and "Yellow" not in text,
    "the code's title is kept": lambda text: "area.py" in text,
    "identifiers in code are not escaped": lambda text: "return r_2" in text,
    "identifiers in prose are not escaped": lambda text: "STATUS_MARK and other_names_here" in text,
    "identifiers in headings are not escaped": lambda text: "## Deploying the_service" in text,
    "entities are characters": lambda text: "other_names_here & more" in text,
    "a warning keeps its label": lambda text: "Warning: Danger" in text,
    "a warning keeps its body": lambda text: "> Back up first." in text,
    "an expand keeps its title": lambda text: "**Show the details**" in text,
    "an expand keeps its body": lambda text: "\nHidden body text." in text,
    "a table is a table": lambda text: "| Host | Role | Notes |\n|---|---|---|\n" in text,
    "a row span is repeated": lambda text: "| alpha | db | Third. |" in text,
    "a bar in a cell is escaped": lambda text: "web\\|proxy" in text,
    "paragraphs in a cell stay apart": lambda text: "First.<br>Second." in text,
    "a done task is ticked": lambda text: "- [x] Order disks" in text,
    "an open task is not": lambda text: "- [ ] Swap disks" in text,
    "a mention is kept": lambda text: "@5b10a2" in text,
    "a date is kept": lambda text: "before 2026-10-01." in text,
    "an emoji is a character": lambda text: "🚀" in text,
    "an image has its alternative text": lambda text: "![Rack plan]" in text,
    "an image without has its file's name": lambda text: "![cables.png]" in text,
    "a page link has text and target": lambda text: (
        "[the run book](https://acme.atlassian.net/wiki/display/DEV/Run+book)" in text
    ),
    "a panel of the new editor appears once": lambda text: text.count("Panel said once.") == 1,
    "lists are nested": lambda text: "- Outer\n  - Inner\n    - Innermost" in text,
    "a status is kept": lambda text: "State: [IN REVIEW]" in text,
    "the last paragraph is there": lambda text: text.endswith("The very last paragraph."),
}


@pytest.mark.parametrize("check", CHECKS)
def test_the_markdown_is_faithful(check: str) -> None:
    assert CHECKS[check](TEXT), TEXT


def test_no_word_of_the_page_is_lost() -> None:
    result = convert(STORAGE, "storage")
    assert (result.lost_words, result.warnings, result.unknown_macros) == (0, (), {})
