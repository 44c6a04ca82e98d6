"""Sentences end where readers of each script see an end, and chunks of prose end with them."""

import re
from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.chunk import split
from pipeline.chunk.sentences import to_sentences
from pipeline.records import Chunk, Markdown
from tests.chunk.scripts import PROSE, to_text
from tests.support.convert import to_page

SENTENCES = 120


def sentences_of(text: str) -> list[str]:
    return [sentence for sentence, _ in to_sentences(text)]


@pytest.mark.parametrize("script", PROSE)
def test_every_sentence_of_a_script_is_found(script: str) -> None:
    prose = PROSE[script]
    expected = [
        prose.sentences[at % len(prose.sentences)].format(100 + at) for at in range(SENTENCES)
    ]
    assert sentences_of(to_text(prose, SENTENCES)) == expected


@pytest.mark.parametrize(
    "text",
    [
        "Ask Dr. Meyer first.| Then ask J. R. Hall, e.g. by mail.| Answers come soon.",
        "See v1.2.3 of app.yaml at example.com.| Nothing else is there.",
        "It costs 3.50 a day.| 4 days cost 14.",
        "Version 2 came.| It is the current version 3.| Update now.",
        "See Fig. 3 and No. 7.| No.| That is all.",
        "1. Drain the node.| 2. Update it.",
        "Siehe z. B. Kapitel 3.| Am 3. Oktober beginnt es.| Hr. Dr. Kurz weiß mehr.",
        "См. рис. 4 и т. д. Это ул. Мира.| Дальше ничего нет.",
        "It says “Stop.”| He stopped.| (See above.)| Then it runs.| **Note.**| More.",
        "Wait… not yet.| It runs...| Then it ends.",
        "Really?!| Yes!| ✅ Done.| 👍 Good.",
        "Run it.| `kubectl` answers.| The line `a. B` is code.",
        "a; B; C are letters, not questions.",
        "Was ist das?| Ärger.| Über allem.",
        "ნაბიჯი დასრულდა.| შემდეგი იწყება.| ყველაფერი მზადაა.",
        "سأل د. كريم عن ذلك.| ثم ذهب.",
        "「はい。」と言った。|「次です。」|終わりました．|値は３．１４です。",
        "她说：“好。”|他走了。|真的吗？！|是的……也许。",
        "Line one\n|line two.\n|Line three",
        "ครั้งแรก |ครั้งที่สองๆ กัน |ครั้งที่ 3 จบ",
    ],
)
def test_a_mark_ends_a_sentence_only_where_readers_see_an_end(text: str) -> None:
    assert [one.strip() for one in sentences_of(text.replace("|", ""))] == [
        one.strip() for one in text.split("|")
    ]


def test_the_next_line_keeps_its_indentation() -> None:
    assert to_sentences("Do it. \n   Then wait。\n  End") == [
        ("Do it.", ""),
        ("   Then wait。", " \n"),
        ("  End", "\n"),
    ]


@given(st.text(alphabet=st.sampled_from("aA9.!? \n`\"'()…。」;ἀάกข །।د؟*_["), max_size=60))
def test_joined_sentences_are_the_text(text: str) -> None:
    assert "".join(space + sentence for sentence, space in to_sentences(text)) == text


def to_chunks(text: str, model: str = "all-MiniLM-L6-v2") -> Sequence[Chunk]:
    return split(to_page(""), Markdown("Page", text), embedding_model_id=model)


@pytest.mark.parametrize("model", ["all-MiniLM-L6-v2", "multilingual-e5-small", "bge-m3"])
@pytest.mark.parametrize("script", PROSE)
def test_chunks_of_prose_are_of_one_size_in_every_script(script: str, model: str) -> None:
    text = to_text(PROSE[script], SENTENCES)
    largest = max(chunk.tokens for chunk in to_chunks(to_text(PROSE["English"], SENTENCES), model))
    ends = {sentence[-12:] for sentence in sentences_of(text)}
    chunks = to_chunks(text, model)
    assert max(chunk.tokens for chunk in chunks) <= 1.5 * largest
    assert {chunk.text[-12:] for chunk in chunks} <= ends


@pytest.mark.parametrize("script", ["Arabic", "Hindi", "Thai"])
def test_a_sentence_that_the_limit_allows_is_not_cut(script: str) -> None:
    words = PROSE[script].sentences[0].format(7).rstrip(".।").replace(" ", "")
    sentence = "-".join([words] * 12)
    chunks = to_chunks(sentence)
    assert [chunk.tokens > 300 for chunk in chunks] == [True]
    assert re.sub(r"^Page\s+", "", chunks[0].text) == sentence
