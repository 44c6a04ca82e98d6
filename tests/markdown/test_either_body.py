"""A page's Markdown is that of its rendered body, or of its storage format where that failed."""

from dataclasses import replace

import pytest

from pipeline.markdown import convert_page, to_markdown
from pipeline.markdown.both_bodies.either_body import IsOpen, NoSourceError
from pipeline.markdown.convert import convert_with_markdownify
from tests.support.convert import macro, to_page

ERROR = '<p><span class="error">Unable to render Jira issues macro, execution error.</span></p>'
SOURCE = "<p>The text of the page.</p>"


@pytest.mark.parametrize(
    ("html", "storage", "text", "warning"),
    [
        ("<p>Included.</p>" + SOURCE, SOURCE, "Included.\n\nThe text of the page.", ""),
        (f"<p>It said <code>{ERROR[23:-11]}</code></p>", f"<p>It said {ERROR[23:-11]}</p>",
         f"It said `{ERROR[23:-11]}`", ""),
        (f"<p>Some text.</p>{ERROR}", SOURCE, "The text of the page.", "has errors"),
        ("<p>Error rendering macro 'toc'</p>", macro("toc"), "Error rendering macro 'toc'", ""),
        ('<div class="error">Fehler</div>', SOURCE, "The text of the page.", "has errors"),
        ('<p style="display:none">Hidden.</p>', SOURCE, "The text of the page.", "has errors"),
        (ERROR, macro("jira", jqlQuery=""), "", "has errors"),
        ("<p> </p>", SOURCE, "The text of the page.", "has errors"),
        ("", "", "", ""),
        ("<div></div>", macro("toc"), "", ""),
    ],
)  # fmt: skip
def test_the_storage_format_is_used_where_the_rendering_failed(
    html: str, storage: str, text: str, warning: str
) -> None:
    result = convert_page(replace(to_page(html), storage=storage))
    assert result.text == text
    assert result.render_failed is result.dependencies.is_dynamic is bool(warning)
    assert [warning in one for one in result.warnings] == [True] * bool(warning)


def test_a_page_that_was_not_rendered_has_a_warning() -> None:
    result = convert_page(replace(to_page(SOURCE, "storage"), storage=SOURCE))
    assert (result.text, result.render_failed) == ("The text of the page.", True)
    assert result.warnings == (
        "rendered form not available: converted from storage; includes are not resolved",
    )


def test_a_page_without_its_storage_format_fails_only_where_that_is_needed() -> None:
    assert convert_page(to_page("<p>Rendered.</p>")).text == "Rendered."
    assert convert_page(to_page("<p>Rendered.</p>")).dependencies.is_dynamic
    with pytest.raises(NoSourceError):
        convert_page(to_page(ERROR))


def included(name: str, title: str) -> str:
    page = f'<ac:link><ri:page ri:content-title="{title}"/></ac:link>'
    return macro(name, f'<ac:parameter ac:name="">{page}</ac:parameter>')


@pytest.mark.parametrize("name", ["include", "excerpt-include", "some-include"])
def test_the_text_of_a_page_that_may_not_be_shown_is_left_out(name: str) -> None:
    storage = f"<p>Own text.</p>{included(name, 'Secret')}{included(name, 'Open')}"
    page = replace(to_page("<p>Own text.</p><p>secret</p><p>open</p>"), storage=storage)
    result = convert_page(page, is_open=lambda other: other.title == "Open")
    assert result.text.startswith("Own text.")
    assert "ecret" not in result.text + str(result.warnings)
    assert "[Open](" in result.text
    assert "left out: what it includes of 1 pages" in result.warnings[0]
    assert convert_page(page, is_open=lambda _: True).text == "Own text.\n\nsecret\n\nopen"
    assert convert_page(page).text == "Own text.\n\nsecret\n\nopen"


def test_where_pages_are_skipped_a_page_without_its_storage_format_fails() -> None:
    with pytest.raises(NoSourceError):
        convert_page(to_page("<p>Perhaps of others.</p>"), is_open=lambda _: True)


SYNCED = '<ac:adf-extension><ac:adf-node type="sync-block"></ac:adf-node></ac:adf-extension>'


@pytest.mark.parametrize("unnamed", [macro("excerpt-include", page="7"), SYNCED])
@pytest.mark.parametrize("more", ["", included("include", "Open")])
def test_text_of_a_page_without_a_name_is_left_out_where_pages_are_skipped(
    unnamed: str, more: str
) -> None:
    page = replace(to_page("<p>Own.</p><p>of whom?</p>"), storage=f"<p>Own.</p>{unnamed}{more}")
    assert "of whom?" not in convert_page(page, is_open=lambda _: True).text
    assert convert_page(page).text == "Own.\n\nof whom?"


OF_ANOTHER = (
    "<p>Own.</p><ac:adf-extension><ac:adf-node type='sync-block'><ac:adf-content>secret"
    "</ac:adf-content></ac:adf-node><ac:adf-fallback>secret</ac:adf-fallback></ac:adf-extension>"
)


NODE = "<ac:adf-node type='sync-block'><ac:adf-content>secret</ac:adf-content></ac:adf-node>"
WITHIN = (
    f"<p>Own.</p><ac:adf-extension><ac:adf-node type='panel'><ac:adf-content>{NODE}"
    "</ac:adf-content></ac:adf-node><ac:adf-fallback>secret</ac:adf-fallback></ac:adf-extension>"
)
BEHIND = (
    "<p>Own.</p><ac:adf-extension><ac:adf-fallback>secret</ac:adf-fallback>"
    f"<ac:adf-node type='layout'>{NODE}</ac:adf-node></ac:adf-extension>"
)


@pytest.mark.parametrize("storage", [OF_ANOTHER, WITHIN, BEHIND, f"<p>Own.</p>{NODE}"])
@pytest.mark.parametrize("rendered", ["", ERROR, "<p>Own.</p>"])
@pytest.mark.parametrize("is_open", [None, lambda _: True])
def test_a_block_that_is_kept_on_another_page_is_never_read_from_the_storage_format(
    rendered: str, is_open: IsOpen | None, storage: str
) -> None:
    result = convert_page(replace(to_page(rendered), storage=storage), is_open=is_open)
    assert (result.text, result.lost_words) == ("Own.", 0)
    source = to_page(storage, "storage")
    assert to_markdown(source).text == "Own."
    assert "synced blocks of other pages" in to_markdown(source).warnings[0]
    assert to_markdown(source, convert_with_markdownify).text == "Own."
