"""What the second body of each page costs a whole first run: `python -m bench.bodies`.

CORPUS=FILE names a JSON-lines file; without it the pages are the demo's. The storage formats are
derived from the rendered bodies, and about as long as real ones.
"""

from __future__ import annotations

import os
import statistics
import sys
import tempfile

from bench.bodies.site import LEAST_PAGES
from bench.bodies.storage_form import to_storage
from bench.pages import load_pages
from bench.runs import VECTOR_API, Run, run, started

ROUNDS = 3


def measure(kind: str) -> list[Run]:
    """Return first runs over all pages of a site."""
    runs = []
    for _ in range(ROUNDS):
        site = [sys.executable, "-m", "bench.bodies.site", kind]
        with tempfile.TemporaryDirectory() as folder, started(site, VECTOR_API) as ends:
            runs.append(run(ends.settings, folder))
    return runs


def main() -> None:
    """Print requests, bytes, CPU time and peak memory, with one body and with both."""
    pages = load_pages(os.environ.get("CORPUS"))
    rendered = sum(len(page.html.encode()) for page in pages) / len(pages) / 1000
    storage = sum(len(to_storage(page.html).encode()) for page in pages) / len(pages) / 1000
    print(f"{max(LEAST_PAGES, len(pages))} pages, medians of {ROUNDS} runs")
    print(f"{'':14}{'requests':>10}{'kB a page':>12}{'ms CPU a page':>16}{'peak MB':>10}")
    for name, kind, size in (
        ("rendered only", "one", rendered),
        ("both bodies", "both", rendered + storage),
    ):
        runs = measure(kind)
        listed = runs[0].report["pages"]["listed"]
        cpu = 1000 * statistics.median(one.cpu_seconds for one in runs) / listed
        peak = statistics.median(one.peak_mb for one in runs)
        requests = runs[0].report["requests"]["confluence"]
        print(f"{name:14}{requests:10}{size:12.1f}{cpu:16.1f}{peak:10.0f}", flush=True)


if __name__ == "__main__":
    main()
