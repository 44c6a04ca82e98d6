"""Whether chunks of real pages keep the structure of their pages, whatever their size.

Prints the faults of each limit and overlap, by kind, with an example. CORPUS=FILE names a
JSON-lines file; without it the demo's pages are used.
"""

from __future__ import annotations

import os
from collections import defaultdict

from bench.pages import load_pages
from pipeline.chunk import split
from pipeline.markdown import to_markdown
from tests.support.chunk_faults import faults_of

SIZES = ((64, 0), (64, 32), (100, 50), (150, 30), (200, 30), (256, 0), (400, 60), (700, 350),
         (1000, 180), (2000, 1000))  # fmt: skip


def main() -> None:
    """Print one line for each kind of fault."""
    pages = [(page, to_markdown(page)) for page in load_pages(os.environ.get("CORPUS"))]
    for limit, overlap in SIZES:
        found: dict[str, list[str]] = defaultdict(list)
        number = 0
        for page, markdown in pages:
            chunks = split(page, markdown, limit, overlap)
            number += len(chunks)
            for fault in faults_of(markdown, chunks, limit):
                kind = " ".join(fault.split(":")[0].split()[:4])
                found[kind].append(f"{page.ref.title}: {fault}")
        faults = sum(map(len, found.values()))
        print(f"{limit}/{overlap}: {number} chunks of {len(pages)} pages, {faults} faults")
        for kind, faulty in sorted(found.items()):
            print(f"  {len(faulty)} × {kind}…: {faulty[0][:300]}", flush=True)


if __name__ == "__main__":
    main()
