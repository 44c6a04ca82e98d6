"""Keep a collection in a vector database in sync with the chosen Confluence pages.

Works with any Vector API: the variant is read from the server's /openapi.json. One run per call,
safe to repeat and safe to interrupt. Settings come from the environment, or from a .env file beside
this program.
"""

import os
import sys
from typing import TYPE_CHECKING

from pipeline.run import SYNC, start

if TYPE_CHECKING:
    from pipeline.run.steps import Run


def sync(run: "Run") -> None:
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
    sys.exit(start(SYNC, __doc__, sync, sys.argv[1:], os.environ, __file__))
