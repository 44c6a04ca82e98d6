"""What a setting's value must look like: from its text to its value, or a `ValueError`.

The message of the error completes "<NAME> …". The empty text is a setting that is not set.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from math import isfinite
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit
from uuid import UUID

from pipeline.settings.leftovers import read_text

_LONGEST_FILE_NAME = 200  # bytes: file systems allow 255, and a suffix is added
_WHOLE_NUMBER = re.compile("-?[0-9]{1,9}")
_LONGEST_ID = 20  # digits
_WIKI = re.compile("/wiki(?=/|$)")
_LONGEST_HOURS = 100 * 366 * 24  # a century

Check = Callable[[str], Any]


class Secret:
    """A value that no `repr`, log line, error or report shows; `reveal()` is for the wire.

    One that comes from a file can be read again, as tokens of service accounts change hourly.
    """

    __slots__ = ("_path", "_values")

    def __init__(self, value: str, path: Path | None = None) -> None:
        self._values, self._path = [value], path  # the values that it has had, the current last

    def reveal(self) -> str:
        """Return the current value."""
        return self._values[-1]

    def reveal_all(self) -> list[str]:
        """Return every value that it has had, for masking."""
        return list(self._values)

    def reload(self) -> None:
        """Read the file again, if the value is from a file.

        Raises `OSError`, and `ValueError` if the file does not hold a secret.
        """
        if self._path is not None:
            value = secret(read_text(self._path).strip()).reveal()
            if value and value != self.reveal():
                self._values.append(value)

    def __bool__(self) -> bool:
        return bool(self.reveal())

    def __repr__(self) -> str:
        return "Secret(***)" if self else "Secret()"


def mask(text: str, secrets: Iterable[str]) -> str:
    """Return the text with *** for every secret; one may be a part of another."""
    for secret in sorted(filter(None, secrets), key=len, reverse=True):
        text = text.replace(secret, "***")
    return text


def text(value: str) -> str:
    """Return the text unchanged."""
    return value


def cloud_id(value: str) -> str:
    """Return a site's ID unchanged: a UUID."""
    where = "as https://SITE.atlassian.net/_edge/tenant_info shows it"
    try:
        number = UUID(value).int if value else 1
    except ValueError:
        number = -1
    if number < 0 or len(value) not in (0, 36):
        raise ValueError(f"must be the site's ID, 36 letters, digits and hyphens, {where}")
    if number == 0:
        raise ValueError(f"is the example's: write your site's ID, {where}")
    return value


def secret(value: str, path: Path | None = None) -> Secret:
    """Return the text as a secret; `path` is the file that it was read from.

    Control characters would break the header that it is sent in.
    """
    if any(ord(character) < 32 for character in value):
        raise ValueError("must be a single line without control characters")
    return Secret(value, path)


def file_name(value: str) -> str:
    """Return a name that is part of a file's name in STATE_DIR unchanged."""
    if "/" in value or not value.isprintable():
        raise ValueError("must not have slashes or control characters: a file is named after it")
    if len(value.encode(errors="surrogateescape")) > _LONGEST_FILE_NAME:
        raise ValueError(f"must be at most {_LONGEST_FILE_NAME} bytes: a file is named after it")
    return value


def names(value: str) -> tuple[str, ...]:
    """Split a comma-separated list; drop repeated names.

    Commas alone are an error: no name would mean everything.
    """
    found = tuple(dict.fromkeys(name.strip() for name in value.split(",") if name.strip()))
    if value and not found:
        raise ValueError("has commas only: write at least one name, or leave it empty")
    return found


def url(value: str) -> str:
    """Return the URL without a trailing slash."""
    if not value:
        return ""
    try:
        parts = urlsplit(value)
        has_host = parts.port != 0 and bool(parts.hostname)
    except ValueError:
        has_host = False
    if not has_host or parts.scheme not in ("http", "https"):
        raise ValueError("must be a URL that starts with https:// or http://")
    if parts.username or parts.password or parts.query or parts.fragment:
        raise ValueError("must be a URL without user, password, query or fragment")
    return value.rstrip("/")


def site_root(value: str) -> str:
    """Return the URL before `/wiki`, from the address of anything in a Confluence site."""
    return _before_wiki(value)[0]


def site_url(value: str) -> str:
    """Return the URL up to `/wiki`, from the address of anything in a Confluence site."""
    root, has_wiki = _before_wiki(value)
    if root and not has_wiki and urlsplit(root).path:
        raise ValueError("must end with /wiki, such as https://acme.atlassian.net/wiki")
    return f"{root}/wiki" if root else ""


def _before_wiki(value: str) -> tuple[str, bool]:
    """Return the URL before `/wiki` in its path, and whether there is one."""
    start, scheme, rest = value.partition("://")
    host, slash, path = rest.partition("/")
    found = _WIKI.search(slash + path.partition("?")[0].partition("#")[0])
    if found is None:
        return url(value), False
    return url(start + scheme + host + (slash + path)[: found.start()]), True


def server_url(value: str) -> str:
    """Return the URL of a vector server, without the version that its routes begin with."""
    return url(value).removesuffix("/v1").removesuffix("/v1/openai").rstrip("/")


def page_id(value: str) -> str:
    """Return the id of a page or folder unchanged."""
    if value and not (value.isascii() and value.isdigit() and len(value) <= _LONGEST_ID):
        raise ValueError("must be the number of a page or folder, as in its URL")
    return value


def path(value: str) -> Path | None:
    """Return the path; None for the empty text."""
    return Path(value) if value else None


def flag(value: str) -> bool:
    """Return whether the setting is on."""
    if value.lower() in ("1", "true", "yes", "on"):
        return True
    if value.lower() in ("0", "false", "no", "off"):
        return False
    raise ValueError("must be 1 or 0")


def hours(value: str) -> float:
    """Return the number of hours; 0 for the empty text, and for more than a century."""
    try:
        number = float(value or 0)
    except ValueError:
        number = -1
    if not isfinite(number) or number < 0:
        raise ValueError("must be a number of hours, 0 or more")
    return number if number <= _LONGEST_HOURS else 0


def whole_number(low: int, high: int) -> Callable[[str], int]:
    """Check for a whole number from `low` to `high`."""

    def check(value: str) -> int:
        if not _WHOLE_NUMBER.fullmatch(value) or not low <= int(value) <= high:
            raise ValueError(f"must be a whole number from {low} to {high}")
        return int(value)

    return check


def whole_number_or_unset(low: int, high: int) -> Callable[[str], int]:
    """Check for a whole number from `low` to `high`; return 0 for the empty text."""
    return lambda value: whole_number(low, high)(value) if value else 0


def chunk_tokens(value: str) -> int | None:
    """Return the limit; None for `auto`."""
    if value.lower() == "auto":
        return None
    try:
        return whole_number(64, 8192)(value)
    except ValueError as error:
        raise ValueError(f"{error}, or auto") from None


def one_of(*choices: str) -> Callable[[str], str]:
    """Check for one of these words, in any case; return it in lower case."""

    def check(value: str) -> str:
        if value.lower() not in choices:
            raise ValueError(f"must be one of {', '.join(choices)}")
        return value.lower()

    return check


def some_of(*choices: str) -> Callable[[str], tuple[str, ...]]:
    """Check for a comma-separated list of these words, in any case; return it in their order."""

    def check(value: str) -> tuple[str, ...]:
        chosen = {name.strip().lower() for name in value.split(",")} - {""}
        if not chosen or not chosen <= set(choices):
            raise ValueError(f"must be one or more of {', '.join(choices)}, with commas in between")
        return tuple(choice for choice in choices if choice in chosen)

    return check
