"""The colour of a cell, read from wherever the editor or an author has put it."""

import pytest
from lxml import etree

from pipeline.markdown.styles import colour_of

COLOURS = [
    ({"data-highlight-colour": "#ff5630"}, "red"),
    ({"data-highlight-colour": "purple"}, "purple"),
    ({"bgcolor": "#0F0"}, "green"),
    ({"style": "color: red; background-color: rgb(0, 82, 204)"}, "blue"),
    ({"style": "background: hsl(54, 100%, 62%)"}, "yellow"),
    ({"class": "highlight-#36b37e confluenceTd"}, "green"),
    ({"class": "highlight-teal confluenceTd"}, "teal"),
    ({"style": "background: rgba(255, 0, 0, 0)"}, ""),
    ({"style": "background: transparent", "class": "red"}, ""),
    ({"data-highlight-colour": "#f4f5f7"}, ""),
    ({}, ""),
]


@pytest.mark.parametrize(("attributes", "name"), COLOURS)
def test_a_cells_background_has_a_name(attributes: dict[str, str], name: str) -> None:
    assert colour_of(etree.Element("td", attributes)) == name
