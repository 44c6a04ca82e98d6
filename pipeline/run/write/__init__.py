"""The writing end of a run: pages with their chunks into the sink, page by page into the ledger.

`Writer` works in a thread of its own; `PageUpdate` is one page compared with what is stored.
"""

from pipeline.run.write.writer import Writer

__all__ = ["Writer"]
