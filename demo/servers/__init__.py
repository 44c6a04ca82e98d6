"""Real servers on loopback: installed from PyPI, started, waited for, and reliably stopped."""

from demo.servers.llama_stack import (
    MODEL_LOCK,
    LlamaStack,
    Provider,
    StackServer,
    offline_environment,
)
from demo.servers.local_server import LocalServer, ServerError, say_on_stderr
from demo.servers.venv import InstallError, Lock, RegistryUnreachableError

__all__ = [
    "MODEL_LOCK",
    "InstallError",
    "LlamaStack",
    "LocalServer",
    "Lock",
    "Provider",
    "RegistryUnreachableError",
    "ServerError",
    "StackServer",
    "offline_environment",
    "say_on_stderr",
]
