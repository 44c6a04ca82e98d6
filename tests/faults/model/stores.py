"""The kinds of servers, what can happen to a store on them, and what a store holds."""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from tests.support.vector_api import DeleteRoute, Form, VectorApi

READERS_FILTER_BY = ("page_id", "title", "space_key", "url", "content_type")


@dataclass(frozen=True)
class Row:
    """One stored chunk."""

    id: str
    text: str
    metadata: tuple[object, ...]  # what readers filter by


@dataclass(frozen=True)
class Kind:
    """A form of server, and whether runs keep their folder."""

    form: Form
    delete_route: DeleteRoute = ""
    version: str = "1.5.0"  # of the form with files
    has_volume: bool = True
    is_real: bool = False  # the stand-in is not used

    @property
    def variant(self) -> str:
        return "vector_stores" if self.form == "files" else self.form

    @property
    def can_delete(self) -> bool:
        return self.can_list or bool(self.delete_route)

    @property
    def can_list(self) -> bool:
        return self.form == "files"

    def serve(self) -> VectorApi:
        return VectorApi(self.form, self.delete_route, version=self.version)


def find_active(api: VectorApi, folder: Path) -> str:
    """Return the identifier of the store that readers take, "" if there is none."""
    stores, kept = api.identifiers(), folder / "confluence.vdb"
    named = kept.read_text().strip() if kept.exists() else ""
    return named if named in stores else next(reversed(stores), "")


def read_rows(api: VectorApi, folder: Path, names: Sequence[str]) -> dict[str, Row]:
    """Return chunk id → row of the active store, in which nothing may be stored twice.

    `names`: of the metadata that are read.
    """
    store = find_active(api, folder)
    rows = list(_list_rows(api, store, names))
    doubled = {name: times for name, times in Counter(row.id for row in rows).items() if times > 1}
    assert not doubled, f"stored more than once: {doubled}"
    if api.form == "files":
        listed = set(api.stores.files(store))
        uploads = {one for one, row in api.stores.uploads.items() if store in row["filename"]}
        assert listed == uploads, "files in the list, and uploads"
        assert {f"chunk-{name}" for name in listed} == api.documents(store).keys()
    return {row.id: row for row in rows}


def _list_rows(api: VectorApi, store: str, names: Sequence[str]) -> Iterator[Row]:
    for document in api.stored(store):
        chunk_id = str(document.metadata.get("conf_chunk_id", document.id))
        # A server of files may end a text with characters that are not seen.
        text = document.text.rstrip("\u200b")
        metadata = tuple(document.metadata.get(name) for name in names)
        if document.metadata.get("page_id"):  # not the file that keeps an empty list alive
            yield Row(chunk_id, text, metadata)


def lose_files(api: VectorApi, store: str) -> None:
    """Empty a store of files."""
    for file_id in api.stores.files(store):
        api.stores.lose(store, file_id, has_upload=False)


def lose_file(api: VectorApi, store: str, number: int, *, has_upload: bool) -> None:
    """Let the list of a store lose one of its files."""
    if files := api.stores.files(store):
        api.stores.lose(store, files[number % len(files)], has_upload=has_upload)
