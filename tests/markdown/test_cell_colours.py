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
    # of the editors' palettes
    ({"data-highlight-colour": "#eae6ff"}, "purple"),
    ({"data-highlight-colour": "#c0b6f2"}, "purple"),
    ({"data-highlight-colour": "#dfd8fd"}, "purple"),
    ({"data-highlight-colour": "#4c9aff"}, "blue"),
    ({"data-highlight-colour": "#b3bac5"}, ""),  # grey
    ({"data-highlight-colour": "#fedec8"}, "orange"),
    ({"data-highlight-colour": "#fdd0ec"}, "pink"),
]


@pytest.mark.parametrize(("attributes", "name"), COLOURS)
def test_a_cells_background_has_a_name(attributes: dict[str, str], name: str) -> None:
    assert colour_of(etree.Element("td", attributes)) == name


@pytest.mark.parametrize(
    ("inside", "text", "name"),
    [
        ('<span style="background-color: #57d9a3"> </span>', "", "green"),
        ('<p><span style="color: rgb(255, 86, 48)">●</span></p>', "●", "red"),
        ('<span style="color: red">a</span>', "a", ""),
        ('<span style="color: #333">●</span>', "●", ""),
        ("●", "●", ""),
    ],
)
def test_the_colour_of_what_is_in_a_cell_counts_if_nothing_else_is(
    inside: str, text: str, name: str
) -> None:
    assert colour_of(etree.fromstring(f"<td>{inside}</td>"), text) == name
