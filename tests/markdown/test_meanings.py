"""What a style, a place or an attribute means, by rows of (body, Markdown)."""

import pytest

from tests.support.convert import assert_converts, macro, rich

POWERS = [
    ("<p>O(2<sup>n</sup>), 10<sup>-6</sup></p>", "O(2^n), 10^-6"),
    ("<p>n<sup>k+1</sup>, e<sup>-kt</sup>, SO<sub>4</sub><sup>2-</sup></p>",
     "n^(k+1), e^-kt, SO4^2-"),
    ("<p>a<sub>n-1</sub>, CO<sub>2</sub>, x<sub>i</sub></p>", "a_(n-1), CO2, xi"),
    ("<p>the 1<sup>st</sup> of Acme<sup>TM</sup><sup>see below</sup></p>",
     "the 1st of AcmeTMsee below"),
]  # fmt: skip

STRUCK = [
    ('<p><span style="color: red; text-decoration: line-through">a b</span> c</p>', "~~a b~~ c"),
    ('<p><u style="TEXT-DECORATION-LINE:line-through">a</u></p>', "~~a~~"),
    ('<p><span style="background: url(line-through)">a</span></p>', "a"),
    (macro("strikethrough", rich("<p>a</p><pre>b</pre>")), "~~a~~\n\n```\nb\n```"),
]

EMOJI = [
    ('<p><ac:emoticon ac:name="blue-star" ac:emoji-shortname=":blue-star:"/></p>', "⭐"),
    ('<p><ac:emoticon ac:name="blue-star"/> a</p>', "⭐ a"),
    ('<p><ac:emoticon ac:name="blue-star" ac:emoji-shortname=":us:" ac:emoji-id="u-1"/></p>',
     ":us:"),
]  # fmt: skip


@pytest.mark.parametrize(("body", "expected"), POWERS + STRUCK + EMOJI)
def test_a_meaning_is_kept(body: str, expected: str) -> None:
    assert_converts(body, expected)
