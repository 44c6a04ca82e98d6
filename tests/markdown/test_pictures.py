"""Diagrams, formulas and charts that are rendered as pictures: their text is in the Markdown."""

from dataclasses import replace

import pytest

from pipeline.markdown import convert_page
from tests.support.convert import macro, plain, rich, to_page

UML = macro("plantuml", plain("Alice -> Bob"))
SHOWN = "```plantuml\nAlice -> Bob\n```"
PICTURE = '<p><img src="/plantuml/1.png" alt="PlantUML Diagram"></p>'
PHOTO = '<p><img class="confluence-embedded-image" src="/a/photo.png"></p>'
IMAGE = '<p><ac:image><ri:attachment ri:filename="photo.png"/></ac:image></p>'
TABLE = "<table><tr><th>Land</th></tr><tr><td>Spain</td></tr></table>"


@pytest.mark.parametrize(
    ("html", "storage", "text"),
    [
        (f"<p>a b</p>{PICTURE}<p>c d</p>", f"<p>a b</p>{UML}<p>c d</p>", f"a b\n\n{SHOWN}\n\nc d"),
        # beside another picture, and in another order
        (f"<p>a b</p>{PHOTO}{PICTURE}<p>c d</p>", f"<p>a b</p>{IMAGE}{UML}<p>c d</p>",
         f"a b\n\n![photo.png]\n\n{SHOWN}\n\nc d"),
        (f"<p>a b</p>{PICTURE}<p>c d</p><p>e f</p>{PICTURE}<p>g h</p>",
         f"<p>e f</p>{macro('mermaid', plain('x'))}<p>g h</p><p>a b</p>{UML}<p>c d</p>",
         f"a b\n\n{SHOWN}\n\nc d\n\ne f\n\n```mermaid\nx\n```\n\ng h"),
        ('<p>It drifts <img src="/tex/1.png"> a day.</p>',
         f"<p>It drifts {macro('mathinline', body='x_i')} a day.</p>", "It drifts $x_i$ a day."),
        (f"<p>a b</p>{PICTURE}", f"<p>a b</p>{macro('chart', rich(TABLE), title='Sales')}",
         "a b\n\n**Sales**\n\n| Land |\n|---|\n| Spain |"),
        # no picture
        ("<p>a b</p><p>c d</p>", f"<p>a b</p>{UML}<p>c d</p>", f"a b\n\nc d\n\n{SHOWN}"),
        # the text is rendered, or kept elsewhere
        ("<p>a</p><pre>Alice -> Bob</pre>", f"<p>a</p>{UML}", "a\n\n```\nAlice -> Bob\n```"),
        ('<p>a b</p><p><img src="/a/Net.png"></p>',
         f"<p>a b</p>{macro('drawio', diagramName='Net')}", "a b\n\n![Net.png]"),
    ],
)  # fmt: skip
def test_the_source_is_in_the_place_of_the_picture(html: str, storage: str, text: str) -> None:
    result = convert_page(replace(to_page(html), storage=storage))
    assert result.text == text
    assert result.lost_words == 0
    assert not result.render_failed
