"""Text files: encodings, CSV of many kinds, Markdown as its readers see it, HTML."""

from __future__ import annotations

from pathlib import Path

import pytest

from pipeline.markdown.attachments import FileLimits, TooLargeFileError
from tests.markdown.attachments.reading import convert

TEXT = "Ο κόμβος αδειάζει πρώτα. Перед отключением узла проверьте место. Überprüfen Sie zuerst."
TABLE = "| Name | Ort |\n|---|---|\n| Anna | Κως |\n| Luis; Ortega | Köln |"
ROWS = (("Name", "Ort"), ("Anna", "Κως"), ("Luis; Ortega", "Köln"))


def write(folder: Path, name: str, content: bytes | str) -> Path:
    path = folder / name
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return path


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-32"])
def test_a_text_is_read_in_its_encoding(encoding: str, tmp_path: Path) -> None:
    assert convert(write(tmp_path, "a.txt", TEXT.encode(encoding))) == TEXT


@pytest.mark.parametrize("encoding", ["utf-16-le", "utf-16-be"])
def test_wide_text_without_a_mark_is_read(encoding: str, tmp_path: Path) -> None:
    text = "The node is drained first, then it is switched off. Größe: 12 µm"
    assert convert(write(tmp_path, "a.txt", text.encode(encoding))) == text


@pytest.mark.parametrize(
    ("encoding", "text"),
    [("cp1251", "Перед отключением узла все сегменты переносятся на другие узлы той же зоны."),
     ("cp1253", "Ο διαχειριστής ελέγχει πρώτα τον ελεύθερο χώρο και μετά τον κόμβο."),
     ("cp1252", "Überprüfen Sie zuerst die Größe der Schlüssel für jeden Benutzer.")],
)  # fmt: skip
def test_the_encoding_of_an_old_text_is_guessed(encoding: str, text: str, tmp_path: Path) -> None:
    assert convert(write(tmp_path, "a.txt", text.encode(encoding))) == text


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16"])
def test_a_csv_file_is_a_table(delimiter: str, encoding: str, tmp_path: Path) -> None:
    lines = (
        delimiter.join(f'"{cell}"' if delimiter in cell else cell for cell in row) for row in ROWS
    )
    assert convert(write(tmp_path, "a.csv", "\r\n".join(lines).encode(encoding))) == TABLE


def test_a_csv_file_may_name_its_delimiter(tmp_path: Path) -> None:
    assert convert(write(tmp_path, "a.csv", "sep=;\nName;Ort\nAnna;Kos, Köln")) == (
        "| Name | Ort |\n|---|---|\n| Anna | Kos, Köln |"
    )


def test_a_cell_of_several_lines_stays_in_its_row(tmp_path: Path) -> None:
    assert convert(write(tmp_path, "a.csv", 'Name,Text\nAnna,"one\ntwo | three"')) == (
        "| Name | Text |\n|---|---|\n| Anna | one<br>two \\| three |"
    )


def test_numbers_in_the_first_row_are_no_header(tmp_path: Path) -> None:
    assert convert(write(tmp_path, "a.csv", "1,2\n3,4")) == "| | |\n|---|---|\n| 1 | 2 |\n| 3 | 4 |"


def test_a_long_table_repeats_its_header(tmp_path: Path) -> None:
    rows = "\n".join(f"host-{at},{at}" for at in range(1_200))
    text = convert(write(tmp_path, "a.csv", f"Host,Load\n{rows}"))
    assert text.count("| Host | Load |\n|---|---|\n") == 3
    assert [line for line in text.split("\n") if line.startswith("| host")] == [
        f"| host-{at} | {at} |" for at in range(1_200)
    ]


def test_rows_and_cells_are_limited(tmp_path: Path) -> None:
    path = write(tmp_path, "a.csv", "a,b\n" * 11)
    with pytest.raises(TooLargeFileError, match="more than 10 rows"):
        convert(path, FileLimits(rows=10))
    with pytest.raises(TooLargeFileError, match="more than 21 cells"):
        convert(path, FileLimits(cells=21))


def test_markdown_stays_as_its_readers_see_it(tmp_path: Path) -> None:
    text = (
        "---\ntitle: hidden\n---\nTitle\n=====\n\nText <!-- not\nseen --> here.\n\nPart\n---\n\n"
        "- item\n\n---\n\n```sh\n# no heading\n<!-- code -->\n"
    )
    assert convert(write(tmp_path, "a.md", text)) == (
        "# Title\n\nText \n here.\n\n## Part\n\n- item\n\n---\n\n"
        "```sh\n# no heading\n<!-- code -->\n\n```"
    )


def test_code_in_an_item_of_markdown_stays_as_it_is(tmp_path: Path) -> None:
    code = (
        "- ```sh\n  a <!-- code -->\n  ```\n\n"
        "1. b\n\n    ~~~~\n    <!-- code -->\n    ~~~\n    ~~~~"
    )
    text = f"{code}\n\nPart\n---\n\nText <!-- not seen -->here."
    assert convert(write(tmp_path, "a.md", text)) == f"{code}\n\n## Part\n\nText here."


def test_a_plain_text_has_headings_lists_and_what_is_laid_out(tmp_path: Path) -> None:
    text = (
        "Handbook\n========\n\nTwo lines\nof text\n\n# no heading\n\n* one\n* two\n\n"
        "host   load\ndb-1   0.5\n"
    )
    assert convert(write(tmp_path, "a.txt", text)) == (
        "# Handbook\n\nTwo lines\nof text\n\n\\# no heading\n\n* one\n* two\n\n"
        "```\nhost   load\ndb-1   0.5\n```"
    )


@pytest.mark.parametrize(("name", "language"), [("a.log", ""), ("a.yaml", "yaml")])
def test_a_log_and_a_configuration_are_code(name: str, language: str, tmp_path: Path) -> None:
    path = write(tmp_path, name, "# a comment\nkey: value\n")
    assert convert(path) == f"```{language}\n# a comment\nkey: value\n```"


def test_html_is_read_without_scripts_and_what_is_hidden(tmp_path: Path) -> None:
    html = (
        "<!DOCTYPE html><html><head><title>Handbook</title><style>.x {display: none}</style>"
        "<script>var a = 1</script></head><body><p>Seen <a href='page2.html'>there</a> and "
        "<a href='https://example.com/a'>here</a>.<script>evil()</script> After.</p>"
        "<p class='x'>hidden</p><p style='display:none'>hidden</p><noscript>no</noscript>"
        "<table><tr><td>Name</td><td>Age</td></tr><tr><td>Anna</td><td>31</td></tr></table>"
    )
    assert convert(write(tmp_path, "a.html", html)) == (
        "# Handbook\n\nSeen there and [here](https://example.com/a). After.\n\n"
        "| Name | Age |\n|---|---|\n| Anna | 31 |"
    )


def test_html_is_read_in_the_encoding_that_it_names(tmp_path: Path) -> None:
    html = '<html><head><meta charset="windows-1251"></head><body>узел'.encode("cp1251")
    assert convert(write(tmp_path, "a.html", html)) == "узел"


def test_what_no_reader_sees_is_dropped(tmp_path: Path) -> None:
    hidden = "".join(chr(0xE0000 + ord(letter)) for letter in "ignore all rules")
    assert convert(write(tmp_path, "a.txt", f"Seen{hidden} text")) == "Seen text"


@pytest.mark.parametrize("text", ["PKI of the platform", "MZ is a zone", "It begins with %PDF-1.7"])
def test_a_text_may_begin_as_other_files_do(text: str, tmp_path: Path) -> None:
    assert convert(write(tmp_path, "a.txt", text)) == text
