"""Links and images: where they lead for a person, and how they read in Markdown."""

from __future__ import annotations

import re
from functools import lru_cache
from urllib.parse import quote, quote_plus, unquote, urljoin, urlsplit

_ABSOLUTE = re.compile(r"(?:https?|ftp|mailto|tel|sftp|ssh|git|file):", re.IGNORECASE)
_SCHEME = re.compile(r"[a-z][a-z0-9+.-]*:", re.IGNORECASE)
# Confluence's own routes, which older pages write without the `/wiki` that Cloud puts in front.
_WIKI_ROUTE = re.compile(
    r"/(?:display|pages|spaces|download|x|users|labels?|dosearchsite\.action)(?:/|\?|$)"
)
_NO_PAGE = re.compile(r"/createpage\.action\b")
_TRACKING = re.compile(r"(?<=[?&])src=confmacro&?|[?&]src=confmacro$")
_IN_URL = {" ": "%20", "(": "%28", ")": "%29", "<": "%3C", ">": "%3E", "\n": "", "|": "%7C"}
_IN_URL_TABLE = str.maketrans(_IN_URL)


class Links:
    """The links of one page."""

    def __init__(self, page_url: str, space: str) -> None:
        self._page_url = page_url.partition("#")[0]
        self._space = space
        parts = urlsplit(self._page_url)
        origin = f"{parts.scheme}://{parts.netloc}" if parts.netloc else ""
        self._context = "/wiki" if parts.path.startswith("/wiki/") else ""
        self.base = origin + self._context

    def resolve(self, href: str) -> str:
        """What a person can open; "" for what leads nowhere: scripts, pages not yet made."""
        href = href.strip()
        if not href or href == "#" or _NO_PAGE.search(href):
            return ""
        if _ABSOLUTE.match(href):
            return _TRACKING.sub("", href)
        if href.startswith("#"):
            return self._page_url + href
        if _SCHEME.match(href):
            return ""
        if self._context and _WIKI_ROUTE.match(href):
            href = self._context + href
        try:
            return urljoin(self._page_url, href)
        except ValueError:  # not a URL, such as "//[x"
            return ""

    def to_page(self, title: str, space: str = "", anchor: str = "") -> str:
        """The address of a page that is known by its title; without one, of this page."""
        fragment = f"#{quote(anchor)}" if anchor else ""
        if not title:
            return self._page_url + fragment if fragment else ""
        return f"{self.base}/display/{quote(space or self._space)}/{quote_plus(title)}{fragment}"

    def to_page_id(self, page_id: str) -> str:
        return f"{self.base}/pages/viewpage.action?pageId={quote(page_id)}"

    def to_space(self, key: str) -> str:
        return f"{self.base}/spaces/{quote(key)}"


def to_link(text: str, target: str) -> str:
    """An inline link; a target that says no more than the text is left out."""
    text = " ".join(text.split())
    if not text or not target:
        return text
    if _bare(text) == _bare(target):
        return target if target.startswith("http") and text in target else text
    if "\\" in text[-1:]:
        text += " "
    return f"[{text}]({target.translate(_IN_URL_TABLE)})"


def _bare(url: str) -> str:
    url = url.strip().removeprefix("mailto:").removeprefix("tel:")
    return unquote(url.removeprefix("https://").removeprefix("http://")).rstrip("/").lower()


def to_image(name: str) -> str:
    """An image by what it is called: its address does not last, so it is not kept."""
    name = " ".join(name.split()).replace("[", "(").replace("]", ")")
    return f"![{name}]" if name else ""


@lru_cache(maxsize=1024)
def file_name(url: str) -> str:
    """The file that a URL names, "" where it names none."""
    if url.startswith("data:"):
        return ""
    path = url.partition("?")[0].partition("#")[0]
    name = unquote(path.rstrip("/").rpartition("/")[2])
    return name if "." in name else ""
