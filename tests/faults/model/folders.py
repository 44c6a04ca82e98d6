"""The folder that runs remember in: lost, or put back as it was some nights ago."""

import shutil
import tempfile
from pathlib import Path

_MEMORY = Path("/dev/shm")  # without a disk that waits for every commit


class StateFolder:
    """STATE_DIR, with one older copy of it."""

    def __init__(self) -> None:
        self._root = Path(tempfile.mkdtemp(dir=_MEMORY if _MEMORY.is_dir() else None))
        self.path, self._copy = self._root / "state", self._root / "copy"
        self.path.mkdir()

    def close(self) -> None:
        shutil.rmtree(self._root)

    def lose(self) -> None:
        shutil.rmtree(self.path)
        self.path.mkdir()

    def keep_copy(self) -> None:
        shutil.rmtree(self._copy, ignore_errors=True)
        shutil.copytree(self.path, self._copy)

    def restore_copy(self) -> bool:
        """Put the copy back; return False if there is none."""
        if not self._copy.exists():
            return False
        shutil.rmtree(self.path)
        shutil.copytree(self._copy, self.path)
        return True

    def make_other(self) -> Path:
        """Return an empty folder."""
        return Path(tempfile.mkdtemp(dir=self._root))
