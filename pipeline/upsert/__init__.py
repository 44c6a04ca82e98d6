"""Vector databases as sinks: one file for each kind of server, behind the one `Sink` protocol.

`open_sink` chooses by what the server describes of itself; `insert_all` gets one batch in,
whatever happens on the way. The errors say what a failure means for the run.
"""

from pipeline.upsert.discovery import open_rag_tool, open_sink
from pipeline.upsert.errors import (
    InsertRejectedError,
    InsertThrottledError,
    InsertUnclearError,
    VectorApiError,
)
from pipeline.upsert.insert import Inserted, insert_all
from pipeline.upsert.sink import Resetting, Rotating, Sink

__all__ = [
    "InsertRejectedError",
    "InsertThrottledError",
    "InsertUnclearError",
    "Inserted",
    "Resetting",
    "Rotating",
    "Sink",
    "VectorApiError",
    "insert_all",
    "open_rag_tool",
    "open_sink",
]
