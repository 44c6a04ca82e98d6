"""Vector databases as sinks: one file for each kind of server, behind the `Sink` protocol.

`open_sink` chooses one by the server's description of itself; `insert_all` stores one batch and
recovers from what fails on the way. The errors are named by what they mean for the run.

Inside: `discovery` has the table of the variants; `dash`, `underscore`, `vector_stores`,
`rag_tool` and `dry_run` are the sinks; `dash_stores/` is what dash needs, `files/` what
vector_stores and rag_tool share, `server/` what all share. `insertion/` sends batches to any of
them; `find_by_query` and `read_back` serve those whose servers only answer queries.
"""

from pipeline.upsert.discovery import open_rag_tool, open_sink
from pipeline.upsert.errors import (
    InsertRejectedError,
    InsertUnclearError,
    UnusableSettingError,
    VectorApiError,
    must_be_stored,
)
from pipeline.upsert.files.entry import to_document_id, to_shared_digest
from pipeline.upsert.insertion.insert import Inserted, insert_all
from pipeline.upsert.insertion.insert_health import InsertHealth
from pipeline.upsert.server.text_limit import EmbeddingRoute
from pipeline.upsert.sink import (
    Counting,
    Embedding,
    Noting,
    Replacing,
    Resetting,
    Rotating,
    SearchingWords,
    Showing,
    Sink,
)

__all__ = [
    "Counting",
    "Embedding",
    "EmbeddingRoute",
    "InsertHealth",
    "InsertRejectedError",
    "InsertUnclearError",
    "Inserted",
    "Noting",
    "Replacing",
    "Resetting",
    "Rotating",
    "SearchingWords",
    "Showing",
    "Sink",
    "UnusableSettingError",
    "VectorApiError",
    "insert_all",
    "must_be_stored",
    "open_rag_tool",
    "open_sink",
    "to_document_id",
    "to_shared_digest",
]
