"""Chunks replaced and deleted in vector stores, on real servers."""

import random
from contextlib import ExitStack

import pytest

from demo.servers.llama_stack import LlamaStack
from pipeline.records import Chunk
from pipeline.upsert.files.store_api import OLD_PREFIX
from tests.support.store_files import (
    PROVIDERS,
    WORDS,
    stored,
    to_chunk,
    to_chunks,
    to_plain,
)
from tests.support.store_places import VectorStoresPlace

pytestmark = pytest.mark.real_server


def test_deleted_texts_are_gone_from_every_route(place: VectorStoresPlace) -> None:
    sink, chunks = place.open(), to_chunks(*WORDS)
    sink.insert(chunks)
    again = place.open()
    held = stored(again)
    # The last one that came in is among them: the hardest one for faiss.
    again.delete([held[chunk.id] for chunk in chunks[3:]])
    assert place.look.texts("something") == {to_plain(chunk.text) for chunk in chunks[:3]}
    assert stored(again).keys() == {chunk.id for chunk in chunks[:3]}
    place.assert_nothing_is_left_over()
    late = to_chunk(9, "Late news about the volcano")
    again.insert([late])
    assert again.query("volcano?", 1)[0].chunk_id == late.id
    for chunk, word in zip(chunks[:3], WORDS, strict=False):
        assert again.query(f"all about {word}?", 1)[0].chunk_id == chunk.id


def test_deleting_twice_is_no_error(place: VectorStoresPlace) -> None:
    sink, chunks = place.open(), to_chunks(*WORDS)
    sink.insert(chunks)
    one = stored(sink)[chunks[0].id]
    sink.delete([one])
    sink.delete([one])
    place.open().delete([one])
    assert len(place.look.files()) == len(chunks) - 1


def test_a_page_survives_the_deletion_of_another_with_the_same_text(
    place: VectorStoresPlace,
) -> None:
    sink = place.open()
    twins = [to_chunk(1, "Same words"), to_chunk(2, "Same words"), to_chunk(3, "Same words")]
    sink.insert(twins[:1])
    sink.insert(twins[1:])
    sink.insert(to_chunks(*WORDS)[3:])
    again = place.open()
    held = stored(again)
    again.delete([held[twins[0].id], held[twins[2].id]])
    assert again.find(twins).keys() == {twins[1].id}
    assert again.query("the same words?", 1)[0].metadata["page_id"] == "2"


def test_the_same_text_with_new_metadata_replaces_the_old(place: VectorStoresPlace) -> None:
    sink, chunks = place.open(), to_chunks(*WORDS)
    sink.insert(chunks)
    for label in ("new", "newer", "newest"):
        again = place.open()
        old = stored(again)[chunks[1].id]
        again.insert([to_chunk(2, chunks[1].text, labels=label)])
        again.delete([old])
        assert [hit.metadata["labels"] for hit in again.query("all about engines?", 1)] == [label]
        assert len(place.look.files()) == len(chunks)
    place.assert_nothing_is_left_over()


def test_an_emptied_store_takes_new_chunks(place: VectorStoresPlace) -> None:
    sink, chunks = place.open(), to_chunks(*WORDS)
    sink.insert(chunks[:3])
    sink.delete(list(stored(sink).values()))
    assert stored(place.open()) == {}
    again = place.open()
    again.insert(chunks[3:])
    assert place.look.texts("something") == {to_plain(chunk.text) for chunk in chunks[3:]}
    for chunk, word in zip(chunks[3:], WORDS[3:], strict=True):
        assert again.query(f"all about {word}?", 1)[0].chunk_id == chunk.id


def test_files_of_others_in_the_store_are_left_alone(place: VectorStoresPlace) -> None:
    sink = place.open()
    theirs = place.look.upload("other notes.md")
    assert place.look.attach(theirs, {"title": "notes"}) == "completed"
    sink.insert(to_chunks(*WORDS))
    again = place.open()
    assert len(stored(again)) == len(WORDS)
    again.delete(list(stored(again).values()))
    assert theirs in {row["id"] for row in place.look.files()}


@pytest.mark.parametrize("provider", PROVIDERS)
@pytest.mark.parametrize("seed", [1, 2])
def test_after_any_changes_the_store_answers_exactly_what_it_should(
    llama_stack: LlamaStack, provider: str, seed: int, places: ExitStack
) -> None:
    """Inserts, renewals and deletions of few pages and few texts, in few runs, at random."""
    chance = random.Random(seed)
    expected: dict[str, Chunk] = {}
    place = VectorStoresPlace(llama_stack.base_url, provider, OLD_PREFIX, places)
    for step in range(6):
        sink = place.open()
        held = stored(sink)
        assert held.keys() == expected.keys()
        picked = [(chance.randint(1, 4), chance.choice(WORDS)) for _ in range(3)]
        new = {
            chunk.id: chunk
            for page, word in picked
            for chunk in [to_chunk(page, f"The words about {word}", labels=str(step))]
        }
        gone = {i for i in held if i not in new and chance.random() < 0.4}
        sink.insert(list(new.values()))
        sink.delete([chunk for chunk in held.values() if chunk.id in {*new, *gone}])
        expected = {i: c for i, c in (expected | new).items() if i not in gone}

        hits = sink.query("which words?", 50)
        answered = sorted((hit.chunk_id, hit.metadata["labels"], hit.text) for hit in hits)
        assert answered == sorted((c.id, c.metadata["labels"], c.text) for c in expected.values())
        for chunk in expected.values():  # the vectors still belong to the texts
            assert sink.query(f"{chunk.text}?", 1)[0].text == chunk.text
    place.assert_nothing_is_left_over()
