"""An encoder as a graph of onnxruntime, in 8 bits, and what embeds texts with it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from bench.models.encoder import Affine, Encoder, Layer

Encode = Callable[[Sequence[str], bool], np.ndarray]  # texts, whether they are questions → vectors
ToIds = Callable[[Sequence[str], bool], list[list[int]]]  # their word pieces, at most the window


def to_encode(path: Path, read: Callable[[], Encoder], to_ids: ToIds) -> Encode:
    """Return the function that embeds texts with the graph in a file, which is written once."""
    import onnxruntime

    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        _write(read(), path)
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    session = onnxruntime.InferenceSession(str(path), options, ["CPUExecutionProvider"])

    def encode(texts: Sequence[str], are_questions: bool) -> np.ndarray:
        means = [
            session.run(None, {"ids": np.array(ids)})[0].mean(axis=0)
            for ids in to_ids(texts, are_questions)
        ]
        vectors = np.array(means, np.float32)
        return vectors / np.linalg.norm(vectors, axis=1, keepdims=True)

    return encode


def _write(encoder: Encoder, path: Path) -> None:
    import onnx
    from onnxruntime.quantization import QuantType, quantize_dynamic

    whole, part = path.with_suffix(".whole"), path.with_suffix(".part")
    onnx.save(_Graph(encoder).to_model(), whole)
    quantize_dynamic(whole, part, ["MatMul"], per_channel=True, weight_type=QuantType.QInt8)
    whole.unlink()
    part.rename(path)


class _Graph:
    """The graph for one text: `ids` of shape (size,) → `vectors` of shape (size, floats)."""

    def __init__(self, encoder: Encoder) -> None:
        self._encoder = encoder
        self._nodes: list[Any] = []
        self._constants: list[np.ndarray] = []

    def to_model(self) -> Any:
        from onnx import TensorProto, helper, numpy_helper

        self._add_layers()
        floats = self._encoder.floats
        graph = helper.make_graph(
            self._nodes,
            "encoder",
            [helper.make_tensor_value_info("ids", TensorProto.INT64, ["size"])],
            [helper.make_tensor_value_info("vectors", TensorProto.FLOAT, ["size", floats])],
            [
                numpy_helper.from_array(np.ascontiguousarray(value), _name(number))
                for number, value in enumerate(self._constants)
            ],
        )
        return helper.make_model(graph, opset_imports=[helper.make_opsetid("", 20)])

    def _add_layers(self) -> None:
        encoder = self._encoder
        words = self._add("Gather", encoder.words, "ids")
        size = self._add("Shape", "ids")
        places = self._add("Slice", encoder.places, np.array([0]), size, np.array([0]))
        text = self._norm(self._add("Add", words, places), encoder.norm)
        bias = None
        if encoder.biases is not None:
            sizes = self._add("Concat", size, size, axis=0)
            begin, axes = np.array([0, 0]), np.array([1, 2])
            bias = self._add("Slice", encoder.biases, begin, sizes, axes)
        for layer in encoder.layers:
            text = self._add_layer(text, layer, bias)
        self._add("Identity", text, output="vectors")

    def _add_layer(self, text: str, layer: Layer, bias: str | None) -> str:
        query = self._split(text, layer.query)
        key = self._add("Transpose", self._split(text, layer.key), perm=[0, 2, 1])
        value = self._split(text, layer.value)
        scale = np.array((self._encoder.floats // self._encoder.heads) ** -0.5, np.float32)
        scores = self._add("Mul", self._add("MatMul", query, key), scale)
        if bias:
            scores = self._add("Add", scores, bias)
        mixed = self._add("MatMul", self._add("Softmax", scores, axis=-1), value)
        mixed = self._add("Transpose", mixed, perm=[1, 0, 2])
        mixed = self._add("Reshape", mixed, np.array([-1, self._encoder.floats]))
        mixed = self._multiply(mixed, layer.attended)
        text = self._norm(self._add("Add", mixed, text), layer.attended_norm)
        inner = self._add("Gelu", self._multiply(text, layer.inner))
        return self._norm(
            self._add("Add", self._multiply(inner, layer.outer), text), layer.outer_norm
        )

    def _split(self, text: str, affine: Affine) -> str:
        """Return what each head gets of a multiplication."""
        heads = self._encoder.heads
        shape = np.array([-1, heads, self._encoder.floats // heads])
        parts = self._add("Reshape", self._multiply(text, affine), shape)
        return self._add("Transpose", parts, perm=[1, 0, 2])

    def _multiply(self, text: str, affine: Affine) -> str:
        return self._add("Add", self._add("MatMul", text, affine.weight), affine.bias)

    def _norm(self, text: str, affine: Affine) -> str:
        epsilon = self._encoder.epsilon
        return self._add("LayerNormalization", text, affine.weight, affine.bias, epsilon=epsilon)

    def _add(self, kind: str, *inputs: str | np.ndarray, output: str = "", **about: Any) -> str:
        """Add a node; return the name of its output. Arrays become constants."""
        from onnx import helper

        names = []
        for value in inputs:
            if isinstance(value, np.ndarray):
                names.append(_name(len(self._constants)))
                self._constants.append(value)
            else:
                names.append(value)
        output = output or f"node{len(self._nodes)}"
        self._nodes.append(helper.make_node(kind, names, [output], **about))
        return output


def _name(number: int) -> str:
    return f"constant{number}"
