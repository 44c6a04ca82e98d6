"""An edit changes the chunks around it and no others."""

import pytest

from tests.support.chunks import chunks_of, prose

pytestmark = pytest.mark.slow


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


def test_a_rewritten_paragraph_in_a_very_long_section_changes_few_chunks() -> None:
    blocks = [prose(seed, 4) for seed in range(120)]
    ids = {chunk.id for chunk in chunks_of("\n\n".join(blocks))}
    changed = []
    for at in range(0, 120, 2):
        edited = [*blocks[:at], prose(5000 + at, 4), *blocks[at + 1 :]]
        changed.append(len({chunk.id for chunk in chunks_of("\n\n".join(edited))} - ids))
    assert max(changed) <= 5
    assert sum(changed) <= 2.2 * len(changed)
