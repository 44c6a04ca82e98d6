"""Why a file has no Markdown. The text of each error is one line, without the file's name."""

from __future__ import annotations


class FileError(Exception):
    """A file that cannot be converted; the text names the cause."""


class UnsupportedFileError(FileError):
    """A file of a kind that is not converted."""


class EncryptedFileError(FileError):
    """A file that opens with a password only."""


class BrokenFileError(FileError):
    """A file that is not what its kind requires: truncated, damaged, empty."""


class NoTextError(FileError):
    """A file without any text, such as a scan."""


class TooLargeFileError(FileError):
    """A file over one of the limits."""


class FileTimeoutError(FileError):
    """A file whose conversion took too long."""


class FileCrashError(FileError):
    """A file on which the process that converts it ended without an answer."""


ERRORS = {
    kind.__name__: kind
    for kind in (
        UnsupportedFileError, EncryptedFileError, BrokenFileError, NoTextError, TooLargeFileError,
        FileTimeoutError, FileCrashError,
    )
}  # fmt: skip
