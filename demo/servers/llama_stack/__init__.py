"""A real Llama Stack 0.2.23 on loopback, offline, with all-MiniLM-L6-v2 embeddings.

    with LlamaStack() as server:
        requests.get(f"{server.base_url}/v1/version")

or, by hand until Ctrl-C: `python -m demo.servers.llama_stack`.
"""

from demo.servers.llama_stack.run_config import Provider
from demo.servers.llama_stack.server import (
    MODEL_LOCK,
    LlamaStack,
    StackServer,
    offline_environment,
)

__all__ = ["MODEL_LOCK", "LlamaStack", "Provider", "StackServer", "offline_environment"]
