"""What STATE_DIR holds: the ledger of a collection, page by page, and the store's identifier.

`open_ledger` locks and checks the file, and `claim` refuses another collection's;
`write_atomically` also serves the report.
"""

from pipeline.state.atomic import write_atomically
from pipeline.state.held import MIXED, HeldChunk, HeldPage
from pipeline.state.identity import claim, claim_site, claim_variant
from pipeline.state.ledger import Ledger, LedgerError
from pipeline.state.ledger_file import open_ledger, open_memory_ledger
from pipeline.state.vdb_file import VdbFile

__all__ = [
    "MIXED",
    "HeldChunk",
    "HeldPage",
    "Ledger",
    "LedgerError",
    "VdbFile",
    "claim",
    "claim_site",
    "claim_variant",
    "open_ledger",
    "open_memory_ledger",
    "write_atomically",
]
