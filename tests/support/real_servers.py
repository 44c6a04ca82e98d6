"""The real servers besides the demo's: later versions of Llama Stack, and OGX."""

import shutil
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from demo.servers import (
    MODEL_LOCK,
    Lock,
    Provider,
    StackServer,
    offline_environment,
    venv,
)

SERVERS = Path(__file__).parent / "servers"
# tiktoken caches a vocabulary under the SHA-1 of its address.
_CL100K_BASE = "9b5ad71b2ce5302211f9c61530b329a4922fc6a4"


class LaterServer(StackServer):
    """A server after 0.3: vector stores under /v1, chunks inserted with their embeddings."""

    package: str  # the server's Python package, also the start of its variables
    lock: Lock

    def install(self) -> Path:
        """From 420 to 680 MB in `.cache/`."""
        name = self.name.lower().replace(" ", "-")
        return venv.install_venv(name, [self.lock, MODEL_LOCK], self._say)

    def configure(self) -> None:
        """Write run.yaml, and the vocabulary of the tokenizer."""
        super().configure()
        vocabulary = next(
            self._python.parent.parent.glob("lib/*/site-packages/tiktoken_ext/data/cl100k_base.*")
        )
        cache = self.data_dir / "tiktoken"
        cache.mkdir(exist_ok=True)
        shutil.copy(vocabulary, cache / _CL100K_BASE)

    def run_config(self) -> dict[str, Any]:
        """Return the run configuration."""
        return later_config(self.data_dir, self._provider)

    def command(self, python: Path, port: int) -> Sequence[str]:
        """Return the command that the server's own command line runs."""
        application = f"{self.package}.core.server.server:create_app"
        serve = f"-m uvicorn --factory {application} --host 127.0.0.1 --port {port}"
        return [str(python), *serve.split()]

    def environment(self) -> Mapping[str, str]:
        """Return variables for a server that is offline and writes into the data folder."""
        environment = offline_environment(self.data_dir)
        environment["PYTHONPATH"] += f":{SERVERS / 'site'}"
        environment[f"{self.package.upper()}_CONFIG"] = str(self.data_dir / "run.yaml")
        environment["OGX_LOG_FORMAT"] = "json"  # the default format takes seconds for an error
        environment["TIKTOKEN_CACHE_DIR"] = str(self.data_dir / "tiktoken")
        return environment


class Ogx(LaterServer):
    """OGX 1.5.0: the name of Llama Stack since 1.0."""

    name = "OGX 1.5.0"
    package = "ogx"
    lock = Lock(SERVERS / "ogx_server" / "requirements.txt")


class OgxWithTables(Ogx):
    """OGX 1.5.0 with the lists of files in SQL tables, as OpenShift AI keeps them."""

    def run_config(self) -> dict[str, Any]:
        """Return OGX's configuration with the setting that moves the lists out of the providers."""
        config = super().run_config()
        config["storage"]["stores"]["vector_stores"] = {
            "table_name": "vector_stores",
            "backend": "sql",
        }
        return config


class LlamaStack07(LaterServer):
    """Llama Stack 0.7.3, the last release under that name."""

    name = "Llama Stack 0.7.3"
    package = "llama_stack"
    lock = Lock(SERVERS / "llama_stack_07_server" / "requirements.txt")

    def run_config(self) -> dict[str, Any]:
        """Return OGX's configuration with prompts and connectors as keys and values."""
        config = super().run_config()
        for store in ("prompts", "connectors"):
            config["storage"]["stores"][store] = {"namespace": store, "backend": "kv"}
        return config


class LlamaStack07OnVllm(LlamaStack07):
    """Llama Stack 0.7.3 with embeddings by a remote vLLM, which refuses longer texts."""

    def __init__(self, provider: Provider, embeddings: str) -> None:
        """`embeddings` is the base URL of the service."""
        super().__init__(provider=provider)
        self._embeddings = embeddings

    def run_config(self) -> dict[str, Any]:
        """Return the configuration with models that the server discovers."""
        config = super().run_config()
        vllm = {"base_url": self._embeddings, "api_token": "fake"}
        config["providers"]["inference"] = [
            {"provider_id": "vllm", "provider_type": "remote::vllm", "config": vllm}
        ]
        config["registered_resources"]["models"] = []
        del config["vector_stores"]["default_embedding_model"]
        return config


def later_config(data_dir: Path, provider: Provider) -> dict[str, Any]:
    """Return a configuration with inference, vectors, files and pypdf, all inline."""

    def kv(namespace: str) -> dict[str, str]:
        return {"namespace": namespace, "backend": "kv"}

    def inline(kind: str, provider_id: str, **config: object) -> dict[str, Any]:
        return {"provider_id": provider_id, "provider_type": f"inline::{kind}", "config": config}

    return {
        "version": 2,
        "distro_name": "test",
        "apis": ["file_processors", "files", "inference", "vector_io"],
        "providers": {
            "inference": [inline("sentence-transformers", "sentence-transformers")],
            "vector_io": [
                inline("faiss", "faiss", persistence=kv("faiss")),
                inline(
                    "sqlite-vec",
                    "sqlite-vec",
                    db_path=str(data_dir / "sqlite_vec.db"),
                    persistence=kv("sqlite_vec"),
                ),
            ],
            "files": [
                inline(
                    "localfs",
                    "localfs",
                    storage_dir=str(data_dir / "files"),
                    metadata_store={"table_name": "files_metadata", "backend": "sql"},
                )
            ],
            "file_processors": [inline("pypdf", "pypdf")],
        },
        "storage": {
            "backends": {
                "kv": {"type": "kv_sqlite", "db_path": str(data_dir / "kv.db")},
                "sql": {"type": "sql_sqlite", "db_path": str(data_dir / "sql.db")},
            },
            "stores": {
                "metadata": {"namespace": "registry", "backend": "kv"},
                "inference": {"table_name": "inference_store", "backend": "sql"},
                "conversations": {"table_name": "conversations", "backend": "sql"},
                "prompts": {"table_name": "prompts", "backend": "sql"},
                "connectors": {"table_name": "connectors", "backend": "sql"},
            },
        },
        "registered_resources": {
            "models": [
                {
                    "model_id": "all-MiniLM-L6-v2",
                    "provider_id": "sentence-transformers",
                    "provider_model_id": "all-MiniLM-L6-v2",
                    "model_type": "embedding",
                    "metadata": {"embedding_dimension": 384},
                }
            ],
            "vector_stores": [],
        },
        "vector_stores": {
            "default_provider_id": provider,
            "default_embedding_model": {
                "provider_id": "sentence-transformers",
                "model_id": "all-MiniLM-L6-v2",
            },
        },
        "server": {"host": "127.0.0.1"},
    }
