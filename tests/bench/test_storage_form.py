"""The benchmark's storage formats: read beside their pages, they add nothing and lack nothing."""

from dataclasses import replace

from bench.bodies import to_storage
from bench.pages import load_pages
from pipeline.markdown import convert_page, to_markdown


def test_a_page_with_the_storage_format_that_is_made_for_it_is_converted_as_rendered() -> None:
    for page in load_pages(None):
        both = replace(page, body_format="export_view", storage=to_storage(page.html))
        rendered = to_markdown(page)
        if rendered.render_failed:
            continue
        result = convert_page(both)
        assert result.text == rendered.text
        assert (result.words, result.lost_words, result.warnings) == (rendered.words, 0, ())
