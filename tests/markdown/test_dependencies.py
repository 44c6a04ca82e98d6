"""What a page's text depends on, as its storage format shows it."""

from dataclasses import replace

import pytest

from pipeline.markdown.both_bodies.dependencies import find_dependencies
from pipeline.records import Dependencies, IncludedPage
from tests.support.convert import macro, plain, rich


def link(resource: str) -> str:
    return f"<ac:link>{resource}</ac:link>"


def include(resource: str, name: str = "include") -> str:
    """A macro that includes what its first parameter, which has no name, links to."""
    return macro(name, f'<ac:parameter ac:name="">{resource}</ac:parameter>')


ENTITIES = '<ri:page ri:space-key="HB" ri:content-title="A &quot;B&quot; &amp; &eacute;"/>'
OLD = '<ac:macro ac:name="include"><ac:default-parameter>~jo:Old</ac:default-parameter></ac:macro>'
POST = ('<ri:blog-post ri:content-title="Valve day" ri:space-key="HB" '
    'ri:posting-day="2026/06/15"/>')  # fmt: skip
PAGE = link('<ri:page ri:content-title="Valve rules" ri:version-at-save="3" />')


@pytest.mark.parametrize(
    ("storage", "included"),
    [
        (include(PAGE), IncludedPage("Valve rules")),
        (include(PAGE, "excerpt-include"), IncludedPage("Valve rules")),
        (include(PAGE, "Excerpt-Include-Macro"), IncludedPage("Valve rules")),
        (include(PAGE, "multiexcerpt-include"), IncludedPage("Valve rules")),
        (macro("excerpt-include", f'<ac:parameter ac:name="">{PAGE}</ac:parameter>', name="short"),
         IncludedPage("Valve rules")),
        (include(link(ENTITIES)),
         IncludedPage('A "B" & é', "HB")),
        (include(link('<ri:content-entity ri:content-id="4711"/>')), IncludedPage(id="4711")),
        (include(link(POST)), IncludedPage("Valve day", "HB", content_type="blogpost")),
        (include("Valve rules"), IncludedPage("Valve rules")),
        (include("HB:Valve rules"), IncludedPage("Valve rules", "HB")),
        (OLD,
         IncludedPage("Old", "~jo")),
        (macro("info", rich(f"<p>Note</p>{include(PAGE)}")), IncludedPage("Valve rules")),
    ],
)  # fmt: skip
def test_an_included_page_is_found(storage: str, included: IncludedPage) -> None:
    assert find_dependencies(f"<p>Before</p>{storage}") == Dependencies((included,))


@pytest.mark.parametrize(
    "storage",
    [
        macro("jira", key="OPS-1"),
        macro("detailssummary", cql='label = "pump"'),
        macro("contentbylabel", cql='label = "pump"'),
        macro("info", rich(macro("children"))),
    ],
)
def test_content_that_changes_without_a_page_is_found(storage: str) -> None:
    assert find_dependencies(storage) == Dependencies(is_dynamic=True)


@pytest.mark.parametrize(
    "storage",
    [
        include(""),
        macro("multiexcerpt-include", page="7"),
        '<ac:adf-extension><ac:adf-node type="sync-block"></ac:adf-node></ac:adf-extension>',
    ],
)
def test_text_of_others_that_the_storage_format_does_not_name_is_found(storage: str) -> None:
    unnamed = Dependencies(is_dynamic=True, shows_unnamed=True)
    assert find_dependencies(storage) == unnamed
    named = replace(unnamed, included=(IncludedPage("Valve rules"),))
    assert find_dependencies(include(PAGE) + storage) == named


@pytest.mark.parametrize(
    "storage",
    [
        "<p>Text about jira and children, with an include.</p>",
        f"<p>{PAGE}</p>",
        macro("excerpt", rich("<p>Others include this.</p>")),
        macro("toc") + macro("info", rich("<p>a</p>"), title="include"),
        macro("code", plain(include(PAGE) + macro("jira", key="OPS-1")), language="xml"),
        "",
    ],
)
def test_a_page_of_its_own_depends_on_nothing(storage: str) -> None:
    assert find_dependencies(storage) == Dependencies()


def test_each_included_page_is_named_once_beside_other_content() -> None:
    other = include(link('<ri:page ri:content-title="Other"/>'))
    found = find_dependencies(include(PAGE) + other + macro("jira", key="OPS-1") + include(PAGE))
    assert found == Dependencies((IncludedPage("Valve rules"), IncludedPage("Other")), True)
