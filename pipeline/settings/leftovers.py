"""What copying leaves around a value: quotes, placeholders, invisible characters, the name.

A server would refuse such a value without a word about the cause.
"""

from __future__ import annotations

import re
from pathlib import Path

_QUOTES = ('""', "''", "“”", "‘’")
_INVISIBLE = re.compile("[\u200b-\u200f\u2060\ufeff]")
_PREFIX = re.compile(
    r"(?:export )?(?:CONF|VECTOR|LLAMA)_[A-Z_]+=|(?:Authorization: ?)?(?:Basic|Bearer) "
)
_LONGEST_FILE = 1_000_000  # bytes: a device or a dump would fill the memory
_EXAMPLES = ("replace-me",)  # in .env.example


def refuse_leftovers(name: str, text: str, is_free_text: bool) -> None:
    """Raise `ValueError` if the text holds what does not belong to a value.

    The message completes "<NAME> …", without the value. Free text may be in quotes.
    """
    if text in (f"${{{name}}}", f"${name}"):
        raise ValueError(f"is still {text}: write the value in its place, or leave it empty")
    if text in _EXAMPLES:
        raise ValueError(f"is still the example's {text}: write the value in its place")
    if is_free_text:
        return
    if found := _PREFIX.match(text):
        raise ValueError(f"begins with {found[0].strip()}: it must be the value alone")
    if len(text) > 1 and text[0] + text[-1] in _QUOTES:
        raise ValueError("is in quotes, which --env-file and --from-env-file keep: remove them")
    if found := _INVISIBLE.search(text):
        raise ValueError(
            f"holds an invisible character (U+{ord(found[0]):04X}): type it, or copy it again"
        )


def read_text(path: Path) -> str:
    """Return the text of a UTF-8 file, without a byte-order mark.

    Raises `OSError`, and `ValueError` if it has another encoding or is no file of settings.
    """
    with path.open("rb") as file:
        content = file.read(_LONGEST_FILE + 1)
    if len(content) > _LONGEST_FILE:
        raise ValueError(f"over {_LONGEST_FILE:,} bytes: it is not a file of settings or a secret")
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError:
        text = "\0"
    if "\0" in text:  # UTF-16 of plain letters is valid UTF-8 with a zero after each
        raise ValueError("not UTF-8 text: save it as UTF-8")
    return text
