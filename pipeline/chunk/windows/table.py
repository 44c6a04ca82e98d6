"""The windows and vocabularies of well-known embedding models."""

from __future__ import annotations

from enum import Enum
from typing import NamedTuple


class Vocabulary(Enum):
    """What a model's word pieces are made for: it decides how many a script takes."""

    ENGLISH_WORDS = "WordPiece of English: BERT and its kin"
    ENGLISH_BYTES = "byte pairs of English: RoBERTa and its kin"
    MULTILINGUAL = "of many languages: a quarter of a million word pieces, or nearly so"


class Model(NamedTuple):
    """A model by what it reads; the rest of a text does not reach the vector."""

    window: int  # word pieces
    vocabulary: Vocabulary


# From the models' own configurations (`max_seq_length`); names without their owner, lower case.
_WINDOWS = {
    Vocabulary.ENGLISH_WORDS: {
        "all-minilm-l6-v2": 256,
        "all-minilm-l12-v2": 128,
        "all-mpnet-base-v2": 384,
        "paraphrase-minilm-l6-v2": 128,
        "multi-qa-minilm-l6-cos-v1": 512,
        "multi-qa-mpnet-base-dot-v1": 512,
        "bge-small-en-v1.5": 512,
        "bge-base-en-v1.5": 512,
        "bge-large-en-v1.5": 512,
        "e5-small-v2": 512,
        "e5-base-v2": 512,
        "e5-large-v2": 512,
        "gte-small": 512,
        "gte-base": 512,
        "gte-large": 512,
        "mxbai-embed-large-v1": 512,
        "mxbai-embed-large": 512,
        "snowflake-arctic-embed-xs": 512,
        "snowflake-arctic-embed-s": 512,
        "snowflake-arctic-embed-m": 512,
        "snowflake-arctic-embed-m-v1.5": 512,
        "snowflake-arctic-embed-l": 512,
        "snowflake-arctic-embed": 512,
        "nomic-embed-text-v1": 8192,
        "nomic-embed-text-v1.5": 8192,
        "nomic-embed-text": 2048,
        "all-minilm": 256,
    },
    Vocabulary.ENGLISH_BYTES: {
        "all-distilroberta-v1": 512,
        "granite-embedding-30m-english": 512,
        "granite-embedding-125m-english": 512,
        "granite-embedding": 512,
        "granite-embedding-english-r2": 8192,
        "granite-embedding-small-english-r2": 8192,
        "gte-modernbert-base": 8192,
    },
    Vocabulary.MULTILINGUAL: {
        "paraphrase-multilingual-minilm-l12-v2": 128,
        "paraphrase-multilingual-mpnet-base-v2": 128,
        "paraphrase-multilingual": 128,
        "bge-m3": 8192,
        "multilingual-e5-small": 512,
        "multilingual-e5-base": 512,
        "multilingual-e5-large": 512,
        "multilingual-e5-large-instruct": 512,
        "granite-embedding-107m-multilingual": 512,
        "granite-embedding-278m-multilingual": 512,
        "granite-embedding-97m-multilingual-r2": 32768,
        "granite-embedding-311m-multilingual-r2": 32768,
        "snowflake-arctic-embed-m-v2.0": 8192,
        "snowflake-arctic-embed-l-v2.0": 8192,
        "snowflake-arctic-embed2": 8192,
        "embeddinggemma-300m": 2048,
        "embeddinggemma": 2048,
        "qwen3-embedding-0.6b": 32768,
        "qwen3-embedding-4b": 32768,
        "qwen3-embedding-8b": 32768,
        "qwen3-embedding": 32768,
        "text-embedding-ada-002": 8191,
        "text-embedding-3-small": 8191,
        "text-embedding-3-large": 8191,
    },
}
_MODELS = {
    name: Model(window, vocabulary)
    for vocabulary, windows in _WINDOWS.items()
    for name, window in windows.items()
}


def find_model(model_id: str) -> Model | None:
    """Return a model by its name; None where it is not in the table.

    The owner is optional, and Ollama's tag is ignored: `ollama/all-minilm:latest` is `all-minilm`.
    `nomic-embed-text-v1-5` is how OpenShift AI writes `nomic-embed-text-v1.5`.
    """
    name = model_id.rsplit("/", 1)[-1].lower()
    return _MODELS.get(name.split(":")[0]) or _MODELS.get(name.replace("-v1-5", "-v1.5"))


def known_window(model_id: str, listed: int | None = None) -> int | None:
    """Return how many word pieces a model reads, None if neither server nor table show it.

    `listed` is what the server lists. Where the table has less, that counts: Llama Stack lists
    512 for Ollama's `all-minilm`, which was made for 256 and is run with them.
    """
    model = find_model(model_id)
    return min(filter(None, (listed, model and model.window)), default=None)


def known_vocabulary(model_id: str) -> str:
    """Return what a model's word pieces are made for."""
    model = find_model(model_id)
    return (model.vocabulary if model else Vocabulary.ENGLISH_WORDS).name
