"""The windows of embedding models: by name, by script, and what chunks are cut for."""

import logging
from pathlib import Path
from typing import Any, cast

import pytest

from pipeline.chunk import auto_tokens, fitting_tokens, known_window, split
from pipeline.chunk.windows import served_tokens
from pipeline.records import Markdown
from pipeline.run.plan import ChunkLimit
from pipeline.state import open_ledger
from tests.chunk.scripts import PROSE, to_text
from tests.support.convert import to_page
from tests.support.sinks import to_settings

SMALL, LARGE = "all-MiniLM-L6-v2", "BAAI/bge-m3"


@pytest.mark.parametrize(
    ("model", "window"),
    [
        ("all-MiniLM-L6-v2", 256),
        ("sentence-transformers/all-MiniLM-L6-v2", 256),
        ("BAAI/bge-small-en-v1.5", 512),
        ("all-minilm", 256),
        ("ollama/all-minilm:latest", 256),
        ("nomic-embed-text", 2048),
        ("vllm/nomic-ai/nomic-embed-text-v1-5", 8192),
        ("bge-m3:latest", 8192),
        ("bge-m3:567m", 8192),
        ("ibm-granite/granite-embedding-278m-multilingual", 512),
        ("ibm-granite/granite-embedding-english-r2", 8192),
        ("ibm-granite/granite-embedding-311m-multilingual-r2", 32768),
        ("intfloat/multilingual-e5-large-instruct", 512),
        ("Snowflake/snowflake-arctic-embed-m-v1.5", 512),
        ("google/embeddinggemma-300m", 2048),
        ("Qwen/Qwen3-Embedding-0.6B", 32768),
        ("qwen3-embedding:0.6b", 32768),
        ("made-up-model", None),
    ],
)
def test_known_windows(model: str, window: int | None) -> None:
    assert known_window(model) == window


@pytest.mark.parametrize(
    ("model", "listed", "window"),
    [
        ("made-up", 768, 768),
        ("bge-m3", 512, 512),
        ("ollama/all-minilm:latest", 512, 256),  # it was made for 256, and Ollama runs it with them
        ("bge-m3", None, 8192),
    ],
)
def test_of_what_server_and_table_have_the_smaller_counts(
    model: str, listed: int | None, window: int
) -> None:
    assert known_window(model, listed) == window
    assert fitting_tokens(model, listed=listed) == int(window / 1.16)


def test_a_name_may_be_written_in_any_case() -> None:
    assert known_window("ALL-MINILM-L6-V2") == 256


def test_a_larger_window_than_512_does_not_make_larger_chunks() -> None:
    assert served_tokens(LARGE) == served_tokens("multilingual-e5-small") == 441
    text = to_text(PROSE["English"], 400)
    assert split(to_page(""), Markdown("P", text), embedding_model_id=LARGE) == split(
        to_page(""), Markdown("P", text), embedding_model_id="multilingual-e5-small"
    )


@pytest.mark.parametrize("model", [SMALL, LARGE, "made-up-model", "text-embedding-3-small"])
def test_auto_is_never_more_than_the_default_limit(model: str) -> None:
    assert auto_tokens(model) == min(1000, fitting_tokens(model))
    long = Markdown("P", "```\n" + "make all\n" * 2000 + "```")
    chunks = split(to_page(""), long, None, embedding_model_id=model)
    assert max(chunk.tokens for chunk in chunks) <= auto_tokens(model) <= 1000


@pytest.mark.parametrize(
    ("script", "share"), [("English", 1), ("Hindi", 1), ("Russian", 1.16 / 1.8), ("Korean", 0.83)]
)
def test_fewer_tokens_fit_a_small_vocabulary_where_a_script_takes_more_pieces(
    script: str, share: float
) -> None:
    text = to_text(PROSE[script], 6)
    assert fitting_tokens(SMALL, text) == pytest.approx(share * fitting_tokens(SMALL), abs=2)
    assert fitting_tokens(LARGE, text) == fitting_tokens(LARGE)


def test_some_words_of_another_script_change_nothing() -> None:
    text = to_text(PROSE["English"], 6) + to_text(PROSE["Russian"], 2)
    assert fitting_tokens(SMALL, text) == fitting_tokens(SMALL)


@pytest.mark.parametrize(("model", "is_named"), [("made-up-model", True), (SMALL, False)])
def test_a_model_that_is_not_in_the_table_is_named_in_the_log(
    model: str, is_named: bool, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    settings = to_settings("http://127.0.0.1:1", EMBEDDING_MODEL_ID=model, CHUNK_TOKENS="500")
    caplog.set_level(logging.INFO)
    with open_ledger(tmp_path / "ledger.sqlite3") as ledger:
        ChunkLimit(settings, cast(Any, None), ledger).announce()
    assert ("has the window of made-up-model" in caplog.text) is is_named
