"""What servers answer to a text that is too long for their embedding model."""

from __future__ import annotations

import re

# vLLM, OpenAI, SGLang, Text Embeddings Inference, llama.cpp, Ollama, NIM, watsonx, Gemini, Bedrock.
_TOO_LONG = re.compile(
    r"(?:context|model|input) length|context (?:size|window)|physical batch size"
    r"|less than \d+ tokens"
    r"|maximum allowed token size|tokens limit|too many input tokens|number of tokens allowed",
    re.IGNORECASE,
)
_LIMIT = re.compile(
    r"(?:maximum (?:context|model|input) length (?:is |of |\()|context length (?:is only |\()"
    r"|less than (?=\d+ tokens)|current batch size: |maximum allowed token size |tokens limit "
    r"|max input tokens: |number of tokens allowed \()(\d{1,9})",
    re.IGNORECASE,
)


def says_too_long(answer: str) -> bool:
    """Return whether an answer refuses a text because of its length."""
    return _TOO_LONG.search(answer) is not None


def find_limit(answer: str) -> int | None:
    """Return the limit that a refusal names, in the model's tokens."""
    match = _LIMIT.search(answer)
    return int(match[1]) if match else None
