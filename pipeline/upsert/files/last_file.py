"""What faiss needs: the file that a store received last is never deleted.

When faiss loses its last chunk, it keeps that chunk's text, and from then on answers every search
with the wrong texts. So before that file is deleted, one that stays is stored once more, at the
end; where none stays, a filler is.
"""

from __future__ import annotations

from pipeline.records import Chunk
from pipeline.upsert.errors import must_be_stored
from pipeline.upsert.files.file_writer import FileWriter
from pipeline.upsert.files.listed.held import Held

FILLER = Chunk("conf-empty", "", "This collection is empty.", 5, {"page_id": ""})


class LastFile:
    """The file that a store received last, as far as this run knows."""

    def __init__(self, held: Held, writer: FileWriter) -> None:
        self._held, self._writer = held, writer
        self._last = ""  # "" where it is not known

    def note(self, file_id: str) -> None:
        """Note the file that the store has just received; "" where that is not known."""
        self._last = file_id

    def secure(self, doomed: set[str]) -> list[str]:
        """Make sure that the file which the store received last is none of these.

        Returns the file that was stored again for this, whose old form has to be removed first.
        Raises `VectorApiError` if it cannot be done: then nothing may be deleted.
        """
        if self._last and self._last not in doomed:
            return []
        staying = self._held.get_newest_but(doomed)
        with must_be_stored("nothing was deleted"):
            if not staying:
                self._last = self._writer.put(FILLER)
                return []
            self._last = self._writer.put_again(staying)
        return [staying]
