"""Where expands, panels and tabs begin and end in a page's Markdown."""

from pipeline.markdown import to_markdown
from pipeline.records import Container
from tests.support.convert import to_page


def macro(name: str, title: str, body: str) -> str:
    parameter = f'<ac:parameter ac:name="title">{title}</ac:parameter>' if title else ""
    return (
        f'<ac:structured-macro ac:name="{name}">{parameter}'
        f"<ac:rich-text-body>{body}</ac:rich-text-body></ac:structured-macro>"
    )


def containers_of(body: str) -> tuple[str, tuple[Container, ...]]:
    markdown = to_markdown(to_page(body, "storage"))
    return markdown.text, markdown.containers


def test_a_container_has_the_lines_from_its_title_to_its_end() -> None:
    text, containers = containers_of(
        "<p>a</p>" + macro("expand", "More", "<p>b</p><p>c</p>") + "<p>d</p>"
    )
    assert text == "a\n\n**More**\n\nb\n\nc\n\nd"
    assert containers == (Container("More", 2, 7),)


def test_containers_with_the_same_title_are_two() -> None:
    body = macro("expand", "More", "<p>b</p>") + macro("expand", "More", "<p>c</p>")
    assert containers_of(body)[1] == (Container("More", 0, 3), Container("More", 4, 7))


def test_an_inner_container_is_inside_the_lines_of_the_outer_one() -> None:
    inner = macro("expand", "In", "<p>b</p>")
    body = macro("expand", "Out", f"<p>a</p>{inner}<p>c</p>") + "<p>d</p>"
    assert containers_of(body)[1] == (Container("Out", 0, 9), Container("In", 4, 7))


def test_a_panel_is_named_by_its_label_and_title() -> None:
    body = macro("warning", "Mind it", "<h2>Disk</h2><p>a</p>") + macro("note", "", "<p>b</p>")
    text, containers = containers_of(body)
    assert text == "> **Warning: Mind it**\n\n## Disk\n\n> a\n\n> **Note:** b"
    assert containers == (Container("Warning: Mind it", 0, 5), Container("Note", 6, 7))


def test_what_is_inside_of_an_item_or_a_cell_is_no_container_of_the_page() -> None:
    inner = macro("expand", "More", "<p>b</p>")
    assert containers_of(f"<ul><li>a{inner}</li></ul>")[1] == ()
    assert containers_of(f"<table><tr><td>a</td><td>{inner}</td></tr></table>")[1] == ()


def test_a_panel_in_a_panel_has_all_of_its_lines_also_around_code() -> None:
    code = (
        '<ac:structured-macro ac:name="code"><ac:plain-text-body><![CDATA[make]]>'
        "</ac:plain-text-body></ac:structured-macro>"
    )
    inner = macro("warning", "In", f"<p>b</p>{code}<p>c</p>")
    text, containers = containers_of(macro("note", "Out", f"<p>a</p>{inner}<p>d</p>"))
    assert text == (
        "> **Note: Out**\n>\n> a\n\n"
        "> > **Warning: In**\n> >\n> > b\n\n```\nmake\n```\n\n> > c\n\n> d"
    )
    assert containers == (Container("Note: Out", 0, 15), Container("Warning: In", 4, 13))


def test_a_panels_label_stays_outside_of_the_container_that_it_begins_with() -> None:
    text, containers = containers_of(macro("note", "", macro("expand", "More", "<p>b</p>")))
    assert text == "> **Note:**\n\n> **More**\n>\n> b"
    assert containers == (Container("Note", 0, 5), Container("More", 2, 5))
