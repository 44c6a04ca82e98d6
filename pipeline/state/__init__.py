"""What STATE_DIR holds: the ledger, which says what a collection holds, page by page."""

from pipeline.state.ledger import HeldPage, Ledger, LedgerError
from pipeline.state.ledger_file import open_ledger, open_memory_ledger

__all__ = ["HeldPage", "Ledger", "LedgerError", "open_ledger", "open_memory_ledger"]
