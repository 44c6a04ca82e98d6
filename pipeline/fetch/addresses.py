"""Links in answers: next links in three shapes, put below our own root; the base for people."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

from pipeline.fetch.content import BY_NAME
from pipeline.fetch.errors import ConfluenceError
from pipeline.records import PageRef
from pipeline.settings import GATEWAY, Settings


def to_next(
    link: str, answer: Mapping[str, Any], params: Mapping[str, str | int], settings: Settings
) -> str:
    """Return a next link as path and query below our own root, with the `params` it dropped.

    Links start with `/wiki/`, with `/rest/` or `/api/` (then `/wiki` is missing), or with a
    host; none has the gateway's prefix, which is why they are not resolved as browsers do.
    Raises `ConfluenceError` for another host and for anything outside the API.
    """
    try:
        parts = urlsplit(link)
    except ValueError:
        raise ConfluenceError(f"a next link is not a valid address: {link[:100]!r}") from None
    if parts.netloc and parts.netloc not in _own_hosts(answer, settings):
        raise ConfluenceError(f"a next link leads to another host: {parts.netloc!r}; not followed")
    path = parts.path.removeprefix(urlsplit(settings.conf_base_url).path)
    if path.startswith(("/rest/", "/api/")):
        path = f"/wiki{path}"
    is_api = path.startswith(("/wiki/rest/api/", "/wiki/api/v2/"))
    if not is_api or ".." in path or "%2e" in path.lower():
        raise ConfluenceError(f"a next link leads outside the API: {path[:100]!r}; not followed")
    kept = parse_qs(parts.query, keep_blank_values=True)
    dropped = urlencode({name: value for name, value in params.items() if name not in kept})
    return f"{path}?{'&'.join(filter(None, (parts.query, dropped)))}"


def to_site_url(base: object) -> str:
    """Return the base of links for people, from an answer's `_links.base`.

    "" if it is the gateway's, which no browser can open, or not an address.
    """
    if not isinstance(base, str) or not base.startswith(("https://", "http://")):
        return ""
    is_gateway = base.startswith(GATEWAY)
    return "" if is_gateway else base.rstrip("/")


def to_base(site_url: str, settings: Settings) -> str:
    """Return the base of links for people; "" while the site's address is unknown."""
    root = settings.conf_base_url
    return site_url or ("" if root.startswith(GATEWAY) else f"{root}/wiki")


def to_page_url(ref: PageRef, site_url: str, settings: Settings) -> str:
    """Return a link to the page that a person can open; "" while the site's address is unknown."""
    base = to_base(site_url, settings)
    if not base:
        return ""
    return base + (ref.web_path or BY_NAME[ref.content_type].web_path.format(id=ref.id))


def _own_hosts(answer: Mapping[str, Any], settings: Settings) -> set[str]:
    """Return the hosts by which a site names itself. Requests go to CONF_BASE_URL only."""
    links = answer.get("_links")
    base = links.get("base") if isinstance(links, Mapping) else None
    urls = (settings.conf_base_url, settings.conf_site_url, base)
    return {urlsplit(url).netloc for url in urls if isinstance(url, str)}
