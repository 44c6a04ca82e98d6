"""Make a collection in a vector database say what the chosen Confluence pages say now.

Any Vector API: what it speaks is read from its /openapi.json. One run, safe to repeat and safe to
kill; settings come from the environment (or a .env file beside this program).
"""

import logging
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from pipeline.settings import SYNC, SettingsError, load_settings, to_help

if TYPE_CHECKING:
    from pipeline.run.steps import Run


def sync(run: "Run") -> None:
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
        print(to_help(SYNC, __doc__))
        return 0 if arguments in (["-h"], ["--help"]) else 2
    try:
        settings = load_settings(SYNC, os.environ, Path(__file__).with_name(".env"))
    except SettingsError as error:
        print(f"sync.py: settings: {error}", file=sys.stderr)
        return 2
    # Imported only now: wrong settings are answered at once.
    from pipeline.report import LogLines, log_unexpected
    from pipeline.run.execute import execute
    from pipeline.upsert import open_sink

    logging.basicConfig(level=logging.WARNING, handlers=[LogLines(settings)])
    sys.excepthook = log_unexpected
    logging.getLogger("pipeline").setLevel(settings.log_level.upper())
    return execute(SYNC, settings, open_sink, sync)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
