"""Links and images: addresses that a person can open, and their Markdown."""

from __future__ import annotations

import re
from urllib.parse import quote, quote_plus, unquote, urljoin, urlsplit

_ABSOLUTE = re.compile(r"(?:https?|ftp|mailto|tel|sftp|ssh|git|file):", re.IGNORECASE)
_SCHEME = re.compile(r"[a-z][a-z0-9+.-]*:", re.IGNORECASE)
# Confluence's own routes; older pages write them without the `/wiki` of Confluence Cloud.
_WIKI_ROUTE = re.compile(
    r"/(?:display|pages|spaces|download|x|users|labels?|dosearchsite\.action)(?:/|\?|$)"
)
_NO_PAGE = re.compile(r"/createpage\.action\b")
_TRACKED = "src=confmacro"
_TRACKING = re.compile(r"(?<=[?&])src=confmacro&?|[?&]src=confmacro$")
_LONGEST_ADDRESS = 8_000  # characters: servers refuse longer ones
_IN_URL = {" ": "%20", "(": "%28", ")": "%29", "<": "%3C", ">": "%3E", "\n": "", "|": "%7C"}
_UNSAFE = re.compile(r"[ ()<>\n|]")


# A name and password before the host, or a parameter that is a secret of who wrote it.
_SECRET = re.compile(
    r"//[^/?#@\s]*+@|[?&;#][^=&#?;]{0,40}(?:token|secret|passw|pwd|api[_-]?key|access[_-]?key|signature|oauth|credential)[^=&#?;]{0,40}=",
    re.IGNORECASE,
)


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
        """Return an address that a person can open; "" for scripts and pages not yet created."""
        href = href.strip()
        if not href or href == "#" or len(href) > _LONGEST_ADDRESS or _NO_PAGE.search(href):
            return ""
        if _ABSOLUTE.match(href):
            return _TRACKING.sub("", href) if _TRACKED in href else href
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
        """Return the address of a page by its title; without a title, of this page."""
        fragment = f"#{quote(unquote(anchor))}" if anchor else ""
        if not title:
            return self._page_url + fragment if fragment else ""
        return f"{self.base}/display/{quote(space or self._space)}/{quote_plus(title)}{fragment}"

    def to_page_id(self, page_id: str) -> str:
        """Return the address of a page by its id."""
        return f"{self.base}/pages/viewpage.action?pageId={quote(page_id)}"

    def to_space(self, key: str) -> str:
        """Return the address of a space."""
        return f"{self.base}/spaces/{quote(key)}"


def has_secret(url: str) -> bool:
    """Return whether an address may let who has it in."""
    return _SECRET.search(url) is not None


def to_link(text: str, target: str) -> str:
    """Return an inline link; a target that only repeats the text, or is too long, is omitted."""
    text = " ".join(text.split())
    if not text or not target or len(target) > _LONGEST_ADDRESS:
        return text
    if _bare(text) == _bare(target):
        return target if target.startswith("http") and text in target else text
    if "\\" in text[-1:]:
        text += " "
    return f"[{text}]({_UNSAFE.sub(lambda match: _IN_URL[match[0]], target)})"


def _bare(url: str) -> str:
    url = url.strip().removeprefix("mailto:").removeprefix("tel:")
    return unquote(url.removeprefix("https://").removeprefix("http://")).rstrip("/").lower()


def to_image(name: str) -> str:
    """Return an image by its name; its address is dropped, because it does not last."""
    name = " ".join(name.split()).replace("[", "(").replace("]", ")")
    return f"![{name}]" if name else ""


def file_name(url: str) -> str:
    """Return the name of a URL's file, "" where it has none."""
    if url.startswith("data:"):
        return ""
    path = url.partition("?")[0].partition("#")[0]
    name = unquote(path.rstrip("/").rpartition("/")[2])
    return name if "." in name else ""
