"""A body as Markdown, for the tests of the converter."""

from pipeline.markdown import to_markdown
from pipeline.records import Markdown, Page, PageRef

PAGE_URL = "https://acme.atlassian.net/wiki/spaces/DEV/pages/123/Some+page"


def to_page(body: str, body_format: str = "export_view") -> Page:
    """Return a page of the space DEV."""
    return Page(PageRef("123", 1, "Some page", "DEV"), PAGE_URL, body, body_format=body_format)


def convert(body: str, body_format: str = "export_view") -> Markdown:
    """Convert one body as a page of the space DEV."""
    return to_markdown(to_page(body, body_format))


def assert_converts(body: str, expected: str) -> None:
    """Assert that a macro becomes this Markdown, without loss or warning."""
    result = convert(body, "storage" if "<ac:" in body else "export_view")
    assert result.text == expected
    assert result.lost_words == 0
    assert not result.unknown_macros
    assert not result.warnings


def macro(name: str, body: str = "", /, **parameters: str) -> str:
    """A macro in storage format, as the editor writes it."""
    named = "".join(
        f'<ac:parameter ac:name="{key}">{value}</ac:parameter>' for key, value in parameters.items()
    )
    return (
        f'<ac:structured-macro ac:name="{name}" ac:schema-version="1">'
        f"{named}{body}</ac:structured-macro>"
    )


def rich(body: str) -> str:
    return f"<ac:rich-text-body>{body}</ac:rich-text-body>"


def plain(text: str) -> str:
    """A CDATA body; the end mark of CDATA within the text is split as Confluence splits it."""
    escaped = text.replace("]]>", "]]]]><![CDATA[>")
    return f"<ac:plain-text-body><![CDATA[{escaped}]]></ac:plain-text-body>"
