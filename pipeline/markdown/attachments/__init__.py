"""An attached file as Markdown: `convert_file(content, name, kind, limits, waiting)`.

The file is read in a process of its own, with limits of memory, time, pages, rows and unpacked
size, without network and without the settings of the run. What is wrong with a file is a
`FileError`, whose text is one line. Nothing that reads files is imported by the run itself.

Inside: `convert` starts the process and reads its answer; `child` is that process, confined by
`sandbox`; `kinds` recognizes a file by its content; `pdf/`, `office/` and `plain/` read one family
of files each.
"""

from pipeline.markdown.attachments.convert import convert_file
from pipeline.markdown.attachments.errors import (
    BrokenFileError,
    EncryptedFileError,
    FileCrashError,
    FileError,
    FileTimeoutError,
    NoTextError,
    TooLargeFileError,
    UnsupportedFileError,
)
from pipeline.markdown.attachments.limits import VERSION, ConvertedFile, FileLimits

__all__ = [
    "VERSION",
    "BrokenFileError",
    "ConvertedFile",
    "EncryptedFileError",
    "FileCrashError",
    "FileError",
    "FileLimits",
    "FileTimeoutError",
    "NoTextError",
    "TooLargeFileError",
    "UnsupportedFileError",
    "convert_file",
]
