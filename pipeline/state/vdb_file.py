"""The `.vdb` file, which holds a store's identifier for people and for the next run."""

from __future__ import annotations

from pathlib import Path

from pipeline.state.atomic import write_atomically
from pipeline.state.ledger import LedgerError


class VdbFile:
    """`<collection's name with _ for ->.vdb` in STATE_DIR."""

    def __init__(self, state_dir: Path, collection: str) -> None:
        self.path = state_dir / f"{collection.replace('-', '_')}.vdb"

    def load(self) -> str:
        """Return the identifier, "" without a file. Raises `LedgerError` if it is unreadable."""
        try:
            return self.path.read_text("utf-8").strip()
        except FileNotFoundError:
            return ""
        except (OSError, UnicodeDecodeError) as error:
            raise LedgerError(f"STATE_DIR: {self.path} cannot be read: {error}") from error

    def save(self, identifier: str) -> None:
        """Write the identifier in one step. Raises `LedgerError` if that fails."""
        if self.load() == identifier:
            return
        try:
            write_atomically(self.path, identifier + "\n")
        except OSError as error:
            raise LedgerError(f"STATE_DIR: {self.path} cannot be written: {error}") from error
