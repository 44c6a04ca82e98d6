"""A stand-in site with many pages for the benchmark: `python -m bench.site PAGES LATENCY [big]`.

The pages are the demo's bodies, each with a number of its own; one of 20 MB if asked for. The
first line on stdout is the base URL; each line on stdin is answered with the requests so far.
"""

from __future__ import annotations

import sys

from demo.confluence_site import ConfluenceSite, SiteState
from demo.pages import demo_state


def to_state(pages: int, has_big_page: bool) -> SiteState:
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
    if has_big_page:
        state.add_page(
            "Big", "KI", lambda: "<p>" + "some words of a very long page. " * 650_000 + "</p>"
        )
    return state


if __name__ == "__main__":
    with ConfluenceSite(
        to_state(int(sys.argv[1]), "big" in sys.argv),
        latency_seconds=float(sys.argv[2]),
        serves_legacy=True,  # LangChain's and LlamaIndex's client asks for nothing else
    ) as site:
        print(site.gateway_url, flush=True)
        for _ in sys.stdin:
            print(len(site.requests), flush=True)
