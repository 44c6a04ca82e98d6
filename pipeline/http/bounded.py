"""Answers of bounded size: what a server sends cannot fill the memory, compressed or not."""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import BinaryIO

import requests

LARGEST_ANSWER = 64 * 1024 * 1024  # bytes after decompression: a search with a page of 20 MB fits
_PART = 256 * 1024  # bytes: urllib3 decompresses no more at once


class TooBigError(ValueError):
    """The answer is larger than this program takes."""


class SavingError(Exception):
    """An answer cannot be written to a file: its text is the reason."""


class EncodingError(ValueError):
    """The answer is packed in a way that was not asked for, and whose size cannot be bounded."""


def read_answer(response: requests.Response, seconds: float) -> bytes:
    """Return the whole body of a streamed response, decompressed.

    Raises `TooBigError`, `TimeoutError` after `seconds`, and what a session raises.
    """
    with _closing_on_errors(response):
        return join_bounded(response.iter_content(_PART), time.monotonic() + seconds)


def save_answer(
    response: requests.Response, file: BinaryIO, most_bytes: int, seconds: float
) -> int:
    """Write the body of a streamed response to a file, decompressed; return its bytes.

    Raises `TooBigError` before more than `most_bytes` are written, `SavingError` if the file cannot
    be written, `TimeoutError` after `seconds`, and what a session raises.
    """
    size, deadline = 0, time.monotonic() + seconds
    with _closing_on_errors(response):
        for part in _bounded(response.iter_content(_PART), most_bytes, deadline):
            _write(file, part)
            size += len(part)
    return size


def join_bounded(parts: Iterable[bytes], deadline: float) -> bytes:
    """Return the parts as one, while they are not too many.

    Raises `TooBigError`, and `TimeoutError` at `deadline` (`time.monotonic()`).
    """
    return b"".join(_bounded(parts, LARGEST_ANSWER, deadline))


def _bounded(parts: Iterable[bytes], most_bytes: int, deadline: float) -> Iterator[bytes]:
    size = 0
    for part in parts:
        size += len(part)
        if size > most_bytes:
            raise TooBigError
        if time.monotonic() > deadline:
            raise TimeoutError
        yield part


@contextmanager
def _closing_on_errors(response: requests.Response) -> Iterator[None]:
    """Close a response that is not read to its end: the rest is not read to keep the connection."""
    try:
        yield
    except BaseException:
        response.close()
        raise


def _write(file: BinaryIO, part: bytes) -> None:
    try:
        file.write(part)
        file.flush()
    except OSError as error:
        raise SavingError(error.strerror) from None
