"""One store on one real server, and the sinks that tests open on it."""

from contextlib import ExitStack, closing

from pipeline.upsert import Sink
from pipeline.upsert.files.store_api import OLD_PREFIX
from pipeline.upsert.rag_tool import RagTool
from pipeline.upsert.vector_stores import VectorStores
from tests.support.sinks import to_api, to_ingest_settings, to_settings
from tests.support.store_files import WORDS, Looker, new_name


class StorePlace[S: Sink]:
    """A store of a name that no other test has."""

    def __init__(self, base_url: str, provider: str, prefix: str, stack: ExitStack) -> None:
        """`prefix`: where the server has its files; `stack` closes the sinks."""
        self.base_url, self.provider, self.prefix = base_url, provider, prefix
        self.name, self.identifier = new_name(), ""
        self._stack = stack

    def make(self, base_url: str = "", **settings: str) -> S:
        """Return a sink that is not open yet, by another address where `base_url` has one."""
        return self._stack.enter_context(closing(self._make(base_url or self.base_url, settings)))

    def _make(self, base_url: str, settings: dict[str, str]) -> S:
        raise NotImplementedError

    def open(self, known: str = "", base_url: str = "", **settings: str) -> S:
        """Open a sink as another run does: by name alone, or by the identifier `known`."""
        sink = self.make(base_url, **settings)
        self.identifier = sink.open_collection(known)
        return sink

    @property
    def look(self) -> Looker:
        return Looker(self.base_url, self.identifier, self.prefix)

    def assert_nothing_is_left_over(self) -> None:
        files = self.look.files()
        assert self.look.uploads() == {row["id"] for row in files}
        assert {row["status"] for row in files} <= {"completed"}


class VectorStoresPlace(StorePlace[VectorStores]):
    """For the vector_stores sink."""

    def _make(self, base_url: str, settings: dict[str, str]) -> VectorStores:
        own = {"COLLECTION_ID": self.name, "VECTOR_DB_PROVIDER": self.provider}
        return VectorStores(to_api(base_url), to_settings(base_url, **own | settings))


class RagToolPlace(StorePlace[RagTool]):
    """For the rag_tool sink, which only Llama Stack 0.2 has."""

    def __init__(self, base_url: str, provider: str, stack: ExitStack) -> None:
        super().__init__(base_url, provider, OLD_PREFIX, stack)

    def _make(self, base_url: str, settings: dict[str, str]) -> RagTool:
        own = {"VECTOR_DB_ID": self.name, "VECTOR_DB_PROVIDER": self.provider}
        return RagTool(to_api(base_url), to_ingest_settings(base_url, **own | settings))

    def make_another_store(self) -> str:
        """Make a second store of the same name; return its identifier."""
        body = {
            "vector_db_id": self.name,
            "embedding_model": "all-MiniLM-L6-v2",
            "provider_id": self.provider,
        }
        return str(self.look.post("/v1/vector-dbs", body)["identifier"])

    def words(self) -> set[str]:
        """Return which of the `WORDS` the store has texts about."""
        texts = self.look.texts("what is this about?")
        return {word for word in WORDS if any(f"about {word}" in text.lower() for text in texts)}
