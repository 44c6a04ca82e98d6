"""A stand-in site with many pages for the benchmark.

    python -m bench.site PAGES SECONDS_A_REQUEST SECONDS_A_RENDERING [NAME]

The pages are the demo's bodies, each with a number of its own, and the one of `BIG_PAGES` that is
named. The first line on stdout is the base URL; each line on stdin is answered with the requests so
far; the line `edit` saves a new version of one page first.
"""

from __future__ import annotations

import sys

from bench.big_pages import BIG_PAGES
from demo.confluence_site import ConfluenceSite, SiteState
from demo.pages import demo_state


def to_state(pages: int, big_page: str) -> SiteState:
    """Bodies are made when they are asked for, so that the site stays small."""
    sample = demo_state()
    bodies = [page.body("export_view") for page in sample.pages.values() if page.space == "KI"]
    state = SiteState()
    state.add_space("KI", "Known Issues")
    for number in range(pages):
        body = bodies[number % len(bodies)]
        state.add_page(
            f"Page {number}", "KI", lambda body=body, number=number: f"{body}<p>No. {number}</p>"
        )
    if big_page:
        state.add_page("Big", "KI", BIG_PAGES[big_page])
    return state


def edit_page(state: SiteState) -> None:
    """Add a paragraph to the page in the middle."""
    page = list(state.pages.values())[len(state.pages) // 2]
    state.edit(page.id, f"{page.body('export_view')}<p>Edited since.</p>")


if __name__ == "__main__":
    with ConfluenceSite(
        to_state(int(sys.argv[1]), "".join(sys.argv[4:])),
        latency_seconds=float(sys.argv[2]),
        rendering_seconds=float(sys.argv[3]),
        serves_legacy=True,  # LangChain's and LlamaIndex's client asks for nothing else
    ) as site:
        print(site.gateway_url, flush=True)
        for line in sys.stdin:
            if line == "edit\n":
                edit_page(site.state)
            print(len(site.requests), flush=True)
