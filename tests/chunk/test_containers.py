"""Expands, panels and tabs in chunks: where they end, and what names them."""

from pipeline.chunk import split
from pipeline.records import Chunk, Container, Markdown
from tests.support.chunks import prose
from tests.support.convert import to_page


def split_at(text: str, *containers: tuple[str, str, str]) -> list[Chunk]:
    """Split a text; a container is its title, a line at its beginning and one at its end."""
    lines = text.split("\n")
    found = [
        Container(title, at := lines.index(first), lines.index(last, at + 1) + 1)
        for title, first, last in containers
    ]
    anchors = tuple(f"a{at}" for at in range(sum(line.startswith("#") for line in lines)))
    return split(to_page(""), Markdown("T", text, anchors, tuple(found)), 1000, 0)


def test_a_long_container_is_named_in_each_of_its_chunks_and_ends_there() -> None:
    inside = [prose(number, 8) for number in range(4)]
    text = "\n\n".join(("# Setup", "**Version 1**", *inside, prose(9, 3), prose(10, 9)))
    chunks = split_at(text, ("Version 1", "**Version 1**", inside[-1]))
    sections = [chunk.metadata["section"] for chunk in chunks]
    assert sections[0] == "Setup > Version 1"
    assert sections[-1] == "Setup"
    for chunk in chunks:
        is_inside = any(sentence in chunk.text for part in inside for sentence in part.split(". "))
        assert is_inside == chunk.text.startswith("T > Setup > Version 1\n\n")
        assert "**Version 1**" not in chunk.text


def test_a_heading_in_a_container_ends_with_it() -> None:
    text = f"# Install\n\n> **Warning:**\n\n# Disk\n\n{prose(1, 14)}\n\nNow run it."
    first, *_, last = split_at(text, ("Warning", "> **Warning:**", prose(1, 14)))
    assert first.metadata["section"] == "Install > Warning > Disk"
    assert str(first.metadata["url"]).endswith("#a1")
    assert last.text == "T > Install\n\nNow run it."
    assert str(last.metadata["url"]).endswith("#a0")


def test_a_short_container_stays_with_the_text_around_it_and_is_not_cut() -> None:
    hint_text = f"**Hint**\n\n## One\n\n{prose(2, 3)}"
    text = f"# Run\n\n{prose(1, 12)}\n\n{hint_text}\n\n# Next\n\n{prose(3, 14)}"
    chunks = split_at(text, ("Hint", "**Hint**", prose(2, 3)))
    [hint] = [chunk for chunk in chunks if "**Hint**" in chunk.text]
    assert hint_text in hint.text
    assert str(chunks[-1].metadata["url"]).endswith("#a2")


def test_a_container_in_a_container_has_both_titles() -> None:
    text = f"**Out**\n\n{prose(1, 9)}\n\n**In**\n\n{prose(2, 14)}\n\n{prose(3, 9)}"
    chunks = split_at(text, ("Out", "**Out**", prose(3, 9)), ("In", "**In**", prose(2, 14)))
    assert [chunk.metadata["section"] for chunk in chunks] == ["Out", "Out > In", "Out"]


def test_what_follows_a_container_keeps_its_heading_where_it_shares_a_chunk() -> None:
    inside = prose(1, 24)
    text = f"# Top\n\n## Disk\n\n**Hint**\n\n{inside}\n\nThen mount it.\n\n## Net\n\nNothing to do."
    chunks = split_at(text, ("Hint", "**Hint**", inside))
    assert chunks[-1].text == ("T > Top\n\n## Disk\n\nThen mount it.\n\n## Net\n\nNothing to do.")


def test_a_short_part_of_a_container_without_its_title_has_it_in_the_breadcrumb() -> None:
    text = "> > **In**\n> >\n> > Run:\n\n```\nmake all\n```\n\n> > Then wait."
    chunks = split_at(text, ("In", "```", "```"))
    assert [chunk.text for chunk in chunks if "make" in chunk.text] == [
        "T > In\n\n```\nmake all\n```"
    ]


def test_a_quoted_container_without_its_title_begins_with_text() -> None:
    text = f"> **Never**\n>\n> {prose(1, 12)}\n>\n> {prose(2, 12)}"
    first, *_ = split_at(text, ("Never", "> **Never**", f"> {prose(2, 12)}"))
    assert first.text.startswith(f"T > Never\n\n> {prose(1, 1)}")
