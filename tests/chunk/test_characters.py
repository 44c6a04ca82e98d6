"""What readers see as one character is never cut in two."""

import pytest

from pipeline.chunk.cut_text import cut_hard

CHARACTERS = {
    "family": "👩\u200d👩\u200d👧\u200d👦",
    "skin": "👍🏽",
    "flag": "🇩🇪",
    "flag of a region": "🏴\U000e0067\U000e0062\U000e0065\U000e006e\U000e0067\U000e007f",
    "keycap": "1\ufe0f\u20e3",
    "accent": "e\u0301",
    "Hindi": "क्षि",
    "Thai": "ที่",
    "Thai am": "น้ำ",
    "Korean letters": "\u1112\u1161\u11ab",
    "line end": "\r\n",
}


@pytest.mark.parametrize("character", CHARACTERS.values(), ids=CHARACTERS)
@pytest.mark.parametrize("limit", [64, 97])
def test_a_text_without_spaces_is_cut_between_whole_characters(character: str, limit: int) -> None:
    parts = cut_hard(character * 300, limit)
    assert len(parts) > 1
    assert all(not part.replace(character, "") for part in parts)


def test_a_character_is_whole_also_where_it_is_longer_than_half_of_what_is_left() -> None:
    family = CHARACTERS["family"]
    assert cut_hard(f"{family}93", 18) == [family, "93"]


def test_a_character_over_the_limit_is_cut() -> None:
    text = "a" + "\u0301" * 1000
    parts = cut_hard(text, 64)
    assert len(parts) > 1
    assert "".join(parts) == text
