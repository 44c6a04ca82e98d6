"""What a run has to do: the listed pages compared with what the ledger knows.

`diff` makes the `Plan` by the `digests` of pages. A part of these is the `ChunkLimit`: what a
server accepts that refuses chunks of CHUNK_TOKENS.
"""

from pipeline.run.plan.chunk_limit import ChunkLimit, keep_limit
from pipeline.run.plan.diff import Plan, diff, log_plan
from pipeline.run.plan.digests import to_conversion_digest, to_metadata_digest, to_page_digest
from pipeline.run.plan.earlier import adopt_earlier_digests

__all__ = [
    "ChunkLimit",
    "Plan",
    "adopt_earlier_digests",
    "diff",
    "keep_limit",
    "log_plan",
    "to_conversion_digest",
    "to_metadata_digest",
    "to_page_digest",
]
