"""Take a Confluence space into Llama Stack through its rag-tool, and keep it true.

Each of our chunks is one document, which the server keeps whole and embeds: that answers better
than pages that the server cuts. What the store holds is read from the store itself, so no volume
is needed; settings come from the environment (or a .env file).
"""

import logging
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from pipeline.settings import INGEST, SettingsError, load_settings, to_help

if TYPE_CHECKING:
    from pipeline.run.steps import Run


def ingest(run: "Run") -> None:
    """The whole job, in order; every step is told in `pipeline/run.py`."""
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


def main(arguments: list[str]) -> int:
    if arguments:
        print(to_help(INGEST, __doc__))
        return 0 if arguments in (["-h"], ["--help"]) else 2
    try:
        settings = load_settings(INGEST, os.environ, Path(__file__).with_name(".env"))
    except SettingsError as error:
        print(f"ingest_conf.py: settings: {error}", file=sys.stderr)
        return 2
    # Imported only now: wrong settings are answered at once.
    from pipeline.report import LogLines, log_unexpected
    from pipeline.run.execute import execute
    from pipeline.upsert import open_rag_tool

    logging.basicConfig(level=logging.WARNING, handlers=[LogLines(settings)])
    sys.excepthook = log_unexpected
    logging.getLogger("pipeline").setLevel(settings.log_level.upper())
    return execute(INGEST, settings, open_rag_tool, ingest)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
