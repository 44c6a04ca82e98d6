"""People whom a body has by their account ids only: their names, where they can be found."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

from pipeline.markdown import convert_page
from pipeline.markdown.both_bodies.names import FindNames
from pipeline.records import IncludedPage, Markdown
from tests.support.convert import macro, to_page

USER = '<ri:user ri:account-id="7"/>'
STORAGE = (
    f"<p>Ask <ac:link>{USER}</ac:link>, <ac:link>{USER}<ac:link-body>the boss</ac:link-body>"
    f'</ac:link> or <ac:link><ri:user ri:account-id="8"/></ac:link>.</p>'
    + macro("profile", f'<ac:parameter ac:name="user">{USER}</ac:parameter>')
)
NAMED = "Ask @Robin Roe, @the boss or @8.\n\n@Robin Roe"


def convert(storage: str, find_names: FindNames | None, html: str | None = None) -> Markdown:
    page = to_page(storage, "storage") if html is None else to_page(html)
    return convert_page(replace(page, storage=storage), find_names=find_names)


def test_all_people_of_a_page_are_asked_for_at_once() -> None:
    asked: list[Sequence[str]] = []

    def find(account_ids: Sequence[str]) -> Mapping[str, str]:
        asked.append(account_ids)
        return {"7": "Robin\u200b  Roe", "8": ""}

    assert convert(STORAGE, find).text == NAMED
    assert asked == [["7", "8"]]


def test_nobody_is_asked_for_where_the_rendered_body_is_read() -> None:
    def find(account_ids: Sequence[str]) -> Mapping[str, str]:
        raise AssertionError(account_ids)

    result = convert(STORAGE, find, '<p>Ask <a class="user-mention">Robin Roe</a>.</p>')
    assert result.text == "Ask @Robin Roe."


def test_a_page_with_a_name_that_could_not_be_asked_for_is_fetched_again() -> None:
    caption = f"<ac:image><ac:caption>By <ac:link>{USER}</ac:link></ac:caption></ac:image>"
    for names, is_dynamic in (({"7": "Robin Roe"}, False), ({"7": ""}, False), ({}, True)):
        result = convert(caption, lambda _, names=names: names, "<p>Whole.</p>")
        assert result.text.endswith("By @" + (names.get("7") or "7"))
        assert result.dependencies.is_dynamic == is_dynamic


def test_names_are_put_into_what_is_left_of_a_page_with_restricted_includes() -> None:
    page = macro(
        "include", '<ac:parameter ac:name=""><ri:page ri:content-title="A"/></ac:parameter>'
    )
    source = replace(to_page("<p>secret</p>"), storage=STORAGE + page)

    def is_open(_: IncludedPage) -> bool:
        return False

    result = convert_page(source, is_open=is_open, find_names=lambda _: {"7": "Robin Roe"})
    assert result.text == NAMED
