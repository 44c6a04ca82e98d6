"""What a ledger takes up again after a loss: pages the store lacks, ledgers of other shards."""

from pipeline.state.recovery.canaries import choose_pages, doubt_pages, holds, renew_everything
from pipeline.state.recovery.shards import Shard, take_over

__all__ = ["Shard", "choose_pages", "doubt_pages", "holds", "renew_everything", "take_over"]
