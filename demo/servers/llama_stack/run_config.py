"""The run configuration of Llama Stack 0.2.23."""

from pathlib import Path
from typing import Any, Literal

Provider = Literal["faiss", "sqlite-vec"]


def run_config(data_dir: Path, provider: Provider) -> dict[str, Any]:
    """Return a configuration with inference, vectors, files and the rag-tool, all inline.

    `provider` serves the requests that name none.
    """

    def sqlite(name: str) -> dict[str, str]:
        return {"type": "sqlite", "db_path": str(data_dir / f"{name}.db")}

    vector_providers = [
        {
            "provider_id": "faiss",
            "provider_type": "inline::faiss",
            "config": {"kvstore": sqlite("faiss")},
        },
        {
            "provider_id": "sqlite-vec",
            "provider_type": "inline::sqlite-vec",
            "config": {
                "db_path": str(data_dir / "sqlite_vec.db"),
                "kvstore": sqlite("sqlite_vec_registry"),
            },
        },
    ]
    # The server takes the first provider for the requests that name none.
    vector_providers.sort(key=lambda row: row["provider_id"] != provider)
    return {
        "version": 2,
        "image_name": "demo",
        "apis": ["inference", "vector_io", "files", "tool_runtime", "telemetry"],
        "providers": {
            "inference": [
                {
                    "provider_id": "sentence-transformers",
                    "provider_type": "inline::sentence-transformers",
                    "config": {},
                }
            ],
            "vector_io": vector_providers,
            "files": [
                {
                    "provider_id": "localfs",
                    "provider_type": "inline::localfs",
                    "config": {
                        "storage_dir": str(data_dir / "files"),
                        "metadata_store": sqlite("files_metadata"),
                    },
                }
            ],
            "tool_runtime": [
                {
                    "provider_id": "rag-runtime",
                    "provider_type": "inline::rag-runtime",
                    "config": {},
                }
            ],
            # Without sinks: otherwise the server prints the body of every request.
            "telemetry": [
                {
                    "provider_id": "meta-reference",
                    "provider_type": "inline::meta-reference",
                    "config": {"service_name": "demo", "sinks": []},
                }
            ],
        },
        "metadata_store": sqlite("registry"),
        "inference_store": sqlite("inference_store"),
        "models": [],
        "vector_dbs": [],
        "tool_groups": [{"toolgroup_id": "builtin::rag", "provider_id": "rag-runtime"}],
        "server": {"host": "127.0.0.1"},
    }
