"""Where long sections, fences, tables and lists are cut, and what is repeated."""

import re
from itertools import pairwise

import pytest

from pipeline.chunk import fitting_tokens
from pipeline.chunk.cut_text import cut_text
from pipeline.chunk.pieces import Sizes
from tests.support.chunks import bodies, chunks_of, prose


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


def test_links_are_below_the_text_with_their_targets() -> None:
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


def test_auto_makes_the_models_window_the_limit() -> None:
    code = "\n".join(f"step_{number} --verbose" for number in range(110))
    chunks = chunks_of(f"```\n{code}\n```\n\n{prose(8, 40)}", None)
    assert max(chunk.tokens for chunk in chunks) <= fitting_tokens("all-MiniLM-L6-v2") < 256


@pytest.mark.parametrize(
    ("first", "rest"),
    [("  ", "  "), ("- ", "  "), ("- one:\n\t", "\t"), ("     4. four\n        ", "        ")],
)
def test_an_indented_fence_is_cut_into_fences(first: str, rest: str) -> None:
    code = "\n".join(f"key_{number}: value" for number in range(100))
    fence = first + f"```yaml\n{code}\n```".replace("\n", f"\n{rest}")
    chunks = chunks_of(f"Before it\n\n{fence}\n\nafter it", 100, 30)
    assert len(chunks) > 5
    for body in bodies(chunks):
        assert "key_" not in body or [body.count("```yaml\n"), body.count("```")] == [1, 2]


def test_an_indented_table_is_cut_under_its_header() -> None:
    rows = "\n".join(f"  | db-{number} | primary |" for number in range(60))
    chunks = chunks_of(f"Before it\n\n  | Host | Role |\n  |---|---|\n{rows}\n\nafter it", 100, 0)
    assert len(chunks) > 5
    for body in bodies(chunks):
        assert "db-" not in body or "| Host | Role |\n|---|---|\n| db-" in body


@pytest.mark.parametrize(
    "empty", ["- >\n" + "  >\n" * 2000, ">\t\n" * 2000, "- > >\t\n" + "  > >\t\n" * 2000]
)
def test_a_long_block_without_text_is_one_without_parts(empty: str) -> None:
    (chunk,) = chunks_of(f"Above it.\n\n{empty}\nBelow it.")
    assert "Above it.\n\n" in chunk.text
    assert chunk.text.endswith("\n\nBelow it.")


def test_an_empty_line_below_a_long_gap_is_a_piece_without_text() -> None:
    pieces = cut_text(f"Above.{' ' * 5000}\n\nBelow.", Sizes(20, 30))
    assert [piece.text for piece in pieces] == ["Above.", "", "Below."]


def test_a_row_that_leaves_no_room_in_many_quotes_is_cut() -> None:
    row = f"{'> ' * 9}| {'word ' * 30}| b |"
    chunks = chunks_of("\n".join([row] * 3), 64, 0)
    letters = re.sub("[^a-z]", "", "".join(bodies(chunks)))
    assert letters == ("word" * 30 + "b") * 3
    assert all(chunk.tokens <= 64 for chunk in chunks)
