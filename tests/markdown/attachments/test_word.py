"""What Word files hold beside their text: changes, notes, boxes, comments, hidden text, styles."""

from __future__ import annotations

from pathlib import Path

from tests.markdown.attachments.hostile_files import RELATIONS, WORD, to_zip
from tests.markdown.attachments.reading import convert

PACKAGE = "http://schemas.openxmlformats.org/package/2006"
TYPE = "application/vnd.openxmlformats-officedocument.wordprocessingml"


def to_word(body: str, styles: str = "", footnotes: str = "") -> bytes:
    """Return a Word file with these paragraphs, styles and notes."""
    names = f'xmlns:w="{WORD}" xmlns:r="{RELATIONS}" xmlns:v="urn:schemas-microsoft-com:vml"'
    overrides = "".join(
        f'<Override PartName="/word/{part}.xml" ContentType="{TYPE}.{kind}+xml"/>'
        for part, kind in (("document", "document.main"), ("styles", "styles"),
                           ("footnotes", "footnotes"))
    )  # fmt: skip
    relations = "".join(
        f'<Relationship Id="r{part}" Type="{RELATIONS}/{part}" Target="{part}.xml"/>'
        for part in ("styles", "footnotes")
    )
    head = f'<Relationships xmlns="{PACKAGE}/relationships">'
    parts = {
        "[Content_Types].xml": f'<Types xmlns="{PACKAGE}/content-types"><Default Extension="rels" '
        f'ContentType="application/vnd.openxmlformats-package.relationships+xml"/>{overrides}'
        "</Types>",
        "_rels/.rels": f'{head}<Relationship Id="r1" Type="{RELATIONS}/officeDocument" '
        'Target="word/document.xml"/></Relationships>',
        "word/_rels/document.xml.rels": f"{head}{relations}</Relationships>",
        "word/document.xml": f"<w:document {names}><w:body>{body}</w:body></w:document>",
        "word/styles.xml": f"<w:styles {names}>{styles}</w:styles>",
        "word/footnotes.xml": f"<w:footnotes {names}>{footnotes}</w:footnotes>",
    }
    return to_zip({name: content.encode() for name, content in parts.items()})


def run(text: str, properties: str = "") -> str:
    return f'<w:r><w:rPr>{properties}</w:rPr><w:t xml:space="preserve">{text}</w:t></w:r>'


def paragraph(*content: str, style: str = "") -> str:
    return f'<w:p><w:pPr><w:pStyle w:val="{style}"/></w:pPr>{"".join(content)}</w:p>'


def text_of(folder: Path, body: str, styles: str = "", footnotes: str = "") -> str:
    path = folder / "a.docx"
    path.write_bytes(to_word(body, styles, footnotes))
    return convert(path)


def test_changes_are_read_as_accepted(tmp_path: Path) -> None:
    body = paragraph(
        run("Drain "), f"<w:ins>{run('new')}</w:ins>",
        "<w:del><w:r><w:delText>old</w:delText></w:r></w:del>", run(" nodes"),
    )  # fmt: skip
    assert text_of(tmp_path, body) == "Drain new nodes"


def test_notes_are_at_the_end_without_links_within_the_file(tmp_path: Path) -> None:
    body = paragraph(run("A node"), '<w:r><w:footnoteReference w:id="2"/></w:r>', run(" leaves."))
    footnotes = f'<w:footnote w:id="2">{paragraph(run("In any zone."))}</w:footnote>'
    assert text_of(tmp_path, body, footnotes=footnotes) == "A node[1] leaves.\n\n1. In any zone."


def test_the_text_of_boxes_is_read_and_comments_are_not(tmp_path: Path) -> None:
    inner = paragraph(run("Inside the box"))
    box = f"<v:shape><v:textbox><w:txbxContent>{inner}</w:txbxContent></v:textbox></v:shape>"
    body = paragraph(
        f"<w:r><w:pict>{box}</w:pict></w:r>", '<w:commentRangeStart w:id="1"/>', run("Text"),
        '<w:commentRangeEnd w:id="1"/><w:r><w:commentReference w:id="1"/></w:r>',
    )  # fmt: skip
    assert sorted(text_of(tmp_path, body).split("\n\n")) == ["Inside the box", "Text"]


def test_hidden_text_is_left_out(tmp_path: Path) -> None:
    body = paragraph(
        run("Seen"), run(" hidden", "<w:vanish/>"), run(" too", '<w:vanish w:val="0"/>')
    )
    assert text_of(tmp_path, body) == "Seen too"


def test_styles_that_are_based_on_headings_are_headings(tmp_path: Path) -> None:
    styles = (
        '<w:style w:type="paragraph" w:styleId="berschrift2"><w:name w:val="heading 2"/></w:style>'
        '<w:style w:type="paragraph" w:styleId="Own"><w:name w:val="Our part"/>'
        '<w:basedOn w:val="berschrift2"/></w:style>'
        '<w:style w:type="paragraph" w:styleId="Loop"><w:name w:val="Loop"/>'
        '<w:basedOn w:val="Loop"/></w:style>'
    )
    body = paragraph(run("Limits"), style="Own") + paragraph(run("Text"), style="Loop")
    assert text_of(tmp_path, body, styles) == "## Limits\n\nText"
