"""What a run has to do: the listed pages compared with what the ledger knows.

`diff` makes the `Plan` by the `Digests` of pages. A part of these is the `ChunkLimit`: what a
server accepts that refuses chunks of CHUNK_TOKENS. `DependentPages` finds the pages whose text
depends on others that have changed.
"""

from pipeline.run.plan.chunk_limit import ChunkLimit, keep_limit
from pipeline.run.plan.dependents import DependentPages
from pipeline.run.plan.diff import Plan, diff, log_plan, log_size
from pipeline.run.plan.digests import Digests, to_conversion_digest, to_metadata_digest

__all__ = [
    "ChunkLimit",
    "DependentPages",
    "Digests",
    "Plan",
    "diff",
    "keep_limit",
    "log_plan",
    "log_size",
    "to_conversion_digest",
    "to_metadata_digest",
]
