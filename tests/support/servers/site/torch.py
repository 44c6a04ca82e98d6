"""The two names that the servers' embedding providers take from PyTorch.

Only their rerankers compute with PyTorch, and no reranker is served here.
"""

from collections.abc import Callable


def no_grad[F: Callable[..., object]]() -> Callable[[F], F]:
    """The decorator of the reranker's method: nothing to switch off."""
    return lambda function: function


def set_num_threads(_: int) -> None:
    """Called before a model is loaded on macOS: this server's models have no PyTorch threads."""
