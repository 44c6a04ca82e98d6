"""Slides that are written by hand: diagrams, titles of several lines, the strict form."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.markdown.attachments.hostile_files import RELATIONS, to_zip
from tests.markdown.attachments.reading import convert

PACKAGE = "http://schemas.openxmlformats.org/package/2006/relationships"
FORMS = {
    "usual": ("http://schemas.openxmlformats.org/{}/2006/main", RELATIONS),
    "strict": ("http://purl.oclc.org/ooxml/{}/main",
               "http://purl.oclc.org/ooxml/officeDocument/relationships"),
}  # fmt: skip


def to_pptx(slides: list[str], names: str, relations: str = "", **parts: str) -> bytes:
    """Return a presentation with these shapes of each slide, which share their relations."""
    head = f'<Relationships xmlns="{PACKAGE}">'
    ids = "".join(f'<p:sldId r:id="s{number}"/>' for number in range(len(slides)))
    targets = "".join(
        f'<Relationship Id="s{number}" Type="{RELATIONS}/slide" Target="slides/{number}.xml"/>'
        for number in range(len(slides))
    )
    files = {
        "ppt/presentation.xml": f"<p:presentation {names}><p:sldIdLst>{ids}</p:sldIdLst>"
        "</p:presentation>",
        "ppt/_rels/presentation.xml.rels": f"{head}{targets}</Relationships>",
        **parts,
    }
    for number, shapes in enumerate(slides):
        files[f"ppt/slides/{number}.xml"] = f"<p:sld {names}>{shapes}</p:sld>"
        files[f"ppt/slides/_rels/{number}.xml.rels"] = f"{head}{relations}</Relationships>"
    return to_zip({name: content.encode() for name, content in files.items()})


def names_of(form: str) -> str:
    main, relations = FORMS[form]
    return (
        f'xmlns:p="{main.format("presentationml")}" xmlns:a="{main.format("drawingml")}" '
        f'xmlns:r="{relations}"'
    )


def shape(text: str, kind: str = "") -> str:
    place = f'<p:ph type="{kind}"/>' if kind else ""
    return (
        f'<p:sp><p:nvSpPr><p:cNvPr id="1" name="x"/><p:nvPr>{place}</p:nvPr></p:nvSpPr>'
        f"<p:txBody><a:p><a:r><a:t>{text}</a:t></a:r></a:p></p:txBody></p:sp>"
    )


@pytest.mark.parametrize("form", sorted(FORMS))
def test_slides_of_either_form_are_read(form: str, tmp_path: Path) -> None:
    path = tmp_path / "a.pptx"
    slides = [shape("Words") + shape("Zones", "title") + shape("7", "sldNum"), shape("More")]
    path.write_bytes(to_pptx(slides, names_of(form)))
    assert convert(path) == "# Zones\n\nWords\n\n# Slide 2\n\nMore"


def test_the_text_of_a_diagram_is_read(tmp_path: Path) -> None:
    path = tmp_path / "a.pptx"
    points = "".join(f"<a:p><a:r><a:t>{text}</a:t></a:r></a:p>" for text in ("Plan", "Move"))
    relation = f'<Relationship Id="d" Type="{RELATIONS}/diagramData" Target="../d/data.xml"/>'
    data = {"ppt/d/data.xml": f"<x {names_of('usual')}>{points}</x>"}
    path.write_bytes(to_pptx([shape("Steps", "title")], names_of("usual"), relation, **data))
    assert convert(path) == "# Steps\n\n- Plan\n- Move"
