"""Ingest a Confluence space into Llama Stack through its rag-tool, and keep it in sync.

Each chunk is one document, which the server stores whole and embeds: retrieval is better than with
pages that the server splits. What the store holds is read from the store itself, so no volume is
required. Settings come from the environment, or from a .env file beside this program.
"""

import os
import sys
from typing import TYPE_CHECKING

from pipeline.run import INGEST, start

if TYPE_CHECKING:
    from pipeline.run.steps import Run


def ingest(run: "Run") -> None:
    """Run the whole job, in order; see `pipeline/run/steps.py` for each step."""
    run.connect()
    plan = run.plan(run.list_pages())
    for page in run.fetch(plan):
        with run.one_page(page):
            markdown = run.to_markdown(page)
            chunks = run.split(page, markdown)
            run.upsert(page, chunks)
    run.prune(plan)
    run.verify()
    run.finish()


if __name__ == "__main__":
    sys.exit(start(INGEST, __doc__, ingest, sys.argv[1:], os.environ, __file__))
