"""The two names that OGX's embedding provider takes from PyTorch while it is imported.

Only its reranker computes with PyTorch, and no reranker is served here.
"""

from collections.abc import Callable


def no_grad[F: Callable[..., object]]() -> Callable[[F], F]:
    """The decorator of the reranker's method: nothing to switch off."""
    return lambda function: function


def set_num_threads(_: int) -> None:
    """Called before a model is loaded on macOS: this server's models have no PyTorch threads."""
