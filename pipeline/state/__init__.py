"""What STATE_DIR holds: the ledger of a collection, page by page, and the store's identifier.

`open_ledger` locks and checks the file, and `claim` refuses another collection's;
`write_atomically` also serves the report.

What is too large for memory is in the ledger's `scratch` database, which ends with the run: the
`Listing`, what is `Planned` for its pages, and the store's list while the ledger adopts it.
"""

from pipeline.state.atomic import write_atomically
from pipeline.state.content_types import ContentTypes
from pipeline.state.dependents import (
    UNCERTAIN,
    Dependent,
    Dependents,
    Include,
    ListedTitles,
    fold_names,
)
from pipeline.state.failures import add_failures, load_failures
from pipeline.state.held import MIXED, HeldChunk, HeldPage
from pipeline.state.identity import check_variant, claim, claim_site
from pipeline.state.ledger import Ledger, LedgerError
from pipeline.state.ledger_file import open_copy, open_ledger, open_memory_ledger
from pipeline.state.recovery import (
    Shard,
    choose_pages,
    doubt_pages,
    holds,
    renew_everything,
    take_over,
)
from pipeline.state.rotation_ledger import (
    RotationLedger,
    list_failed_in_rotation,
    open_rotation_ledger,
)
from pipeline.state.scratch.database import open_scratch
from pipeline.state.scratch.listing import Listing
from pipeline.state.scratch.merge import merge
from pipeline.state.scratch.on_pages import ListedOnPages
from pipeline.state.scratch.planned import Part, Planned, Selection
from pipeline.state.vdb_file import VdbFile

__all__ = [
    "MIXED",
    "UNCERTAIN",
    "ContentTypes",
    "Dependent",
    "Dependents",
    "HeldChunk",
    "HeldPage",
    "Include",
    "Ledger",
    "LedgerError",
    "ListedOnPages",
    "ListedTitles",
    "Listing",
    "Part",
    "Planned",
    "RotationLedger",
    "Selection",
    "Shard",
    "VdbFile",
    "add_failures",
    "check_variant",
    "choose_pages",
    "claim",
    "claim_site",
    "doubt_pages",
    "fold_names",
    "holds",
    "list_failed_in_rotation",
    "load_failures",
    "merge",
    "open_copy",
    "open_ledger",
    "open_memory_ledger",
    "open_rotation_ledger",
    "open_scratch",
    "renew_everything",
    "take_over",
    "write_atomically",
]
