"""What a chunk looks like: its breadcrumb, text, links, metadata and id."""

import hashlib

import pytest

from pipeline.chunk import split
from pipeline.chunk.link_targets import move_links
from pipeline.chunk.tokens import count_tokens
from pipeline.records import Markdown
from tests.support.chunks import URL, bodies, chunks_of, prose
from tests.support.convert import to_page


def test_a_chunk_begins_with_its_title_and_headings() -> None:
    text = f"# Restore\n\n{prose(1, 12)}\n\n## From a snapshot\n\n{prose(2, 12)}"
    first, second = chunks_of(text)
    assert first.text.startswith("Nightly backup > Restore\n\n")
    assert second.text.startswith("Nightly backup > Restore > From a snapshot\n\n")
    assert second.metadata["section"] == "Restore > From a snapshot"
    assert second.metadata["url"] == f"{URL}#a1"


def test_metadata_are_flat_and_complete() -> None:
    (chunk,) = chunks_of("A line.")
    digest = hashlib.sha256(chunk.text.encode()).hexdigest()
    assert chunk.metadata == {
        "source": "confluence",
        "document_id": "conf-42",
        "content_type": "page",
        "page_id": "42",
        "title": "Nightly backup",
        "space_key": "KI",
        "labels": "ops,restic",
        "version": 7,
        "last_modified": "2026-06-15T09:30:00.000Z",
        "url": URL,
        "section": "",
        "chunk_index": 0,
        "content_hash": digest,
    }
    assert chunk.id == f"conf-42-{digest[:16]}"
    assert chunk.page_id == "42"
    assert chunk.tokens == count_tokens(chunk.text)


def test_a_second_identical_text_gets_a_number() -> None:
    long = prose(3, 20)
    chunks = chunks_of(f"# Same\n\n{long}\n\n# Same\n\n{long}")
    ids = [chunk.id for chunk in chunks]
    assert len(set(ids)) == len(ids)
    assert sum(name.endswith("-2") for name in ids) == len(ids) // 2


def test_a_page_without_text_is_found_by_its_title() -> None:
    (chunk,) = chunks_of("")
    assert chunk.text == "Nightly backup"


def test_short_sections_share_a_chunk_and_keep_their_headings() -> None:
    (chunk,) = chunks_of("# Cause\n\nA lock.\n\n# Cure\n\nRemove it.")
    assert chunk.text == "Nightly backup\n\n# Cause\n\nA lock.\n\n# Cure\n\nRemove it."


def test_a_section_that_shares_a_chunk_keeps_the_headings_of_an_earlier_chunk() -> None:
    new, free = prose(2, 2), prose(3, 2)
    last = chunks_of(f"# History\n\n{prose(1, 20)}\n\n## 0.2\n\n{new}\n\n# License\n\n{free}")[-1]
    assert last.text == f"Nightly backup\n\n## History > 0.2\n\n{new}\n\n# License\n\n{free}"


def test_a_heading_without_text_is_not_lost_where_others_share_its_chunk() -> None:
    (chunk,) = chunks_of("# Campaigns\n\n## Active\n\n### Spring\n\nRun it.\n\n## Past\n\nNone.")
    assert chunk.text == (
        "Nightly backup > Campaigns\n\n## Active\n\n### Spring\n\nRun it.\n\n## Past\n\nNone."
    )


def test_a_long_fence_shares_a_chunk_with_the_text_above_it_only() -> None:
    code = "\n".join(f"step_{number} --verbose" for number in range(60))
    chunks = chunks_of(f"# Run\n\n{prose(4, 6)}\n\n```\n{code}\n```\n\n{prose(5, 6)}", overlap=0)
    assert [prose(4, 6) in chunk.text for chunk in chunks] == [True, False]
    assert [code in chunk.text for chunk in chunks] == [True, False]
    for seed in range(10):  # a short fence is no reason to put what surrounds it together
        text = f"# Run\n\n{prose(seed, 12)}\n\n```\ngo {seed}\n```\n\n{prose(100 + seed, 12)}"
        assert len(chunks_of(text, overlap=0)) == 2


def test_an_example_without_words_shares_a_chunk_with_the_text_above_it() -> None:
    explained, code = prose(8, 6), "\n".join(f"restic backup /srv/{n}" for n in range(8))
    text = f"# Manual backup\n\n{explained}\n\n## Example\n\n"
    assert len(chunks_of(f"{text}```bash\n{code}\n```")) == 1
    assert len(chunks_of(f"{text}Like this:\n\n```bash\n{code}\n```")) == 2


def test_a_link_in_a_heading_is_below_the_text_too() -> None:
    (chunk,) = chunks_of("# With [restic](https://restic.example)\n\nRun it.")
    assert chunk.text == (
        "Nightly backup > With restic\n\nRun it.\n\n[restic](https://restic.example)"
    )
    assert chunk.metadata["section"] == "With restic"


def test_a_heading_in_code_is_code() -> None:
    (chunk,) = chunks_of("# Script\n\n```bash\n# not a heading\n\n## nor this\n```")
    assert chunk.text == "Nightly backup > Script\n\n```bash\n# not a heading\n\n## nor this\n```"


@pytest.mark.parametrize(
    ("text", "links"),
    [
        ("[a](b) [c](<d e>)", ["[a](b)", "[c](<d e>)"]),
        ("[a [b] c](d) ![e](f)", ["[a [b] c](d)"]),
        ("[a](b(c)d)", ["[a](b(c)d)"]),
        ("C:\\[a](b)", ["[a](b)"]),
        ("[a\\]b](c) [a\\[b](c)", ["[a\\]b](c)", "[a\\[b](c)"]),
        ("[0, 10) [a](b)", ["[a](b)"]),
        ("[x [b\\] [c](d)", ["[c](d)"]),
        ("`[a](b)` ```\n[a](b)\n``` ~~~[a](b)", []),
        ("````\n```\n[a](b)\n```\n````\n[c](d)", ["[c](d)"]),
        ("~~~~\n~~~\n[a](b)\n~~~\n~~~~\n[c](d)", ["[c](d)"]),
        ("` [a](b)", ["[a](b)"]),
        ("[a](b c) [a](b [c](d)", ["[c](d)"]),
        ("[a\nb](c)", []),
    ],
)
def test_what_is_a_link(text: str, links: list[str]) -> None:
    moved, found = move_links(text)
    assert found == links
    for link in links:
        assert link not in moved


def test_a_long_heading_is_written_once_and_shortened_in_what_is_below() -> None:
    heading = "word " * 1_000 + "end"
    parts = "".join(f"## Part {at}\n\n{prose(at, 9)}\n\n" for at in range(20))
    chunks = chunks_of(f"# {heading}\n\n{parts}")
    texts = [chunk.text for chunk in chunks]
    assert sum("end" in text for text in texts) == 1
    assert sum(text.count("word") for text in texts) < 9_000
    assert all(chunk.tokens <= 1000 for chunk in chunks)


def test_an_anchor_too_long_for_an_address_is_omitted() -> None:
    markdown = Markdown("Title", "# One\n\ntext", ("x" * 2_000,))
    [chunk] = split(to_page(""), markdown)
    assert "#" not in str(chunk.metadata["url"])


def test_a_title_too_long_for_the_breadcrumb_is_text_once() -> None:
    title = " ".join(f"w{number}" for number in range(60))
    chunks = chunks_of(f"# One\n\n{prose(1, 9)}\n\n# Two\n\n{prose(2, 9)}", 128, 0, title=title)
    words = [word for body in bodies(chunks) for word in body.split() if word[0] == "w"]
    assert words == title.split()
    assert all(chunk.text.startswith("w0 w1 w2 ") for chunk in chunks)
