"""The weights of a transformer's encoder, whatever file they come from."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True, slots=True)
class Affine:
    """What follows a multiplication or a norm: a weight and a bias."""

    weight: np.ndarray  # (inputs, outputs), or (outputs,) of a norm
    bias: np.ndarray


@dataclass(frozen=True, slots=True)
class Layer:
    """One layer of attention, and the two multiplications after it."""

    query: Affine
    key: Affine
    value: Affine
    attended: Affine
    attended_norm: Affine
    inner: Affine
    outer: Affine
    outer_norm: Affine


@dataclass(frozen=True, slots=True)
class Encoder:
    """A whole encoder. Vectors are the mean of what its last layer returns."""

    words: np.ndarray  # (vocabulary, floats)
    places: np.ndarray  # (window, floats), with what all places have in common
    norm: Affine
    layers: Sequence[Layer]
    heads: int
    epsilon: float  # of the norms
    biases: np.ndarray | None = None  # (heads, window, window), added to the attention

    @property
    def floats(self) -> int:
        """The length of a vector."""
        return int(self.words.shape[1])
