"""What the tests of the sinks share: chunks, settings, and a sink that does not wait."""

from dataclasses import replace

from pipeline.records import Chunk
from pipeline.settings import Secret, Settings, load_settings
from pipeline.upsert import Sink
from pipeline.upsert.discovery import choose_sink
from pipeline.upsert.server.api import Api
from tests.support.fast_retries import FAST
from tests.support.waiting import Recorded

# As on real sites: usual, tiny, not Latin, all alike at the start, beyond the model's window.
TEXTS = [
    "Payments > Known issues\n\nThe payment gateway times out at midnight when the batch runs.",
    "Hello",
    "? Hello",
    "N/A",
    "短い",
    "🙂 🙂",
    "x" * 3000,
    "| a | b |\n|---|---|\n| 1 | 2 |",
    "```python\nprint('hello')\n```",
    *(
        f"Runbook > Restart\n\n{'wait for the pods to come back and ' * 60}go to {n}"
        for n in range(6)
    ),
]


def to_chunk(number: int, text: str) -> Chunk:
    metadata: dict[str, str | int] = {
        "source": "confluence",
        "document_id": f"conf-{number}",
        "page_id": str(number),
        "title": f"Page {number}",
        "version": 3,
        "url": f"https://site.example/wiki/{number}#part",
    }
    return Chunk(f"conf-{number}-0123456789abcdef", str(number), text, len(text) // 4, metadata)


def to_chunks(texts: list[str]) -> list[Chunk]:
    return [to_chunk(number, text) for number, text in enumerate(texts)]


CONFLUENCE = {
    "CONF_BASE_URL": "http://127.0.0.1:1",
    "CONF_USER": "bot@site.example",
    "CONF_API_TOKEN": "secret-of-confluence",
    "SPACE_NAME": "Known Issues",
}


def check_that_the_best_hit_is(chunk: Chunk, question: str, sink: Sink) -> None:
    """A question gets its chunk first, with text and metadata as they were sent."""
    best, *_ = sink.query(question, 3)
    assert (best.chunk_id, best.text) == (chunk.id, chunk.text)
    assert best.metadata == chunk.metadata


def to_settings(base_url: str, **settings: str) -> Settings:
    """Return the settings of sync.py."""
    return load_settings("sync", {**CONFLUENCE, "VECTOR_API_BASE_URL": base_url} | settings)


def to_ingest_settings(base_url: str, **settings: str) -> Settings:
    """Return the settings of ingest_conf.py."""
    chunks = {"CHUNK_TOKENS": "100", "CHUNK_OVERLAP": "0"}
    environ = {**CONFLUENCE, "LLAMA_BASE_URL": base_url, **chunks} | settings
    return load_settings("ingest_conf", environ)


def to_api(base_url: str, token: str = "", attempts: int = 3, read_seconds: float = 60.0) -> Api:
    """Return a transport whose retries do not wait."""
    retry = replace(FAST, attempts=attempts, read_seconds=read_seconds)
    return Api(base_url, Secret(token), retry, Recorded())


def to_sink(base_url: str, read_seconds: float = 60.0, **settings: str) -> Sink:
    """Return the sink that discovery chooses, with its collection open."""
    loaded = to_settings(base_url, **settings)
    api = to_api(base_url, loaded.vector_api_token.reveal(), read_seconds=read_seconds)
    sink = choose_sink(api, loaded)
    sink.open_collection()
    return sink
