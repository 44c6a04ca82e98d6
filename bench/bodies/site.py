"""A stand-in site of pages with both bodies, or with empty storage formats.

    python -m bench.bodies.site (both|one)

CORPUS=FILE names a JSON-lines file; without it the pages are the demo's. The first line on stdout
is the base URL; each line on stdin is answered with the requests so far.
"""

from __future__ import annotations

import os
import sys

from bench.bodies.storage_form import to_storage
from bench.pages import load_pages
from demo.confluence_site import ConfluenceSite, SiteState

LEAST_PAGES = 300


def to_state(*, has_both: bool) -> SiteState:
    """Return a site of one space."""
    pages = load_pages(os.environ.get("CORPUS"))
    state = SiteState()
    state.add_space("KI", "Known Issues")
    for number in range(max(LEAST_PAGES, len(pages))):
        html = pages[number % len(pages)].html
        state.add_page(f"Page {number}", "KI", html, storage=to_storage(html) if has_both else "")
    return state


if __name__ == "__main__":
    with ConfluenceSite(to_state(has_both=sys.argv[1] == "both")) as site:
        print(site.gateway_url, flush=True)
        for _ in sys.stdin:
            print(len(site.requests), flush=True)
