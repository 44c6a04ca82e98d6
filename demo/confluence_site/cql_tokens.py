"""Words, signs and quoted strings of a CQL query."""

from __future__ import annotations

import re
from dataclasses import dataclass

_TOKEN = re.compile(
    r"""\s*(?: "(?P<double>(?:[^"\\]|\\.)*)" | '(?P<single>(?:[^'\\]|\\.)*)'
      | (?P<sign>!=|>=|<=|!~|[=<>~(),]) | (?P<word>[^\s"'=<>!~(),]+) )""",
    re.VERBOSE | re.DOTALL,
)


class CqlError(ValueError):
    """The query cannot be parsed."""


@dataclass(frozen=True, slots=True)
class Token:
    text: str
    is_quoted: bool = False


def to_tokens(cql: str) -> list[Token]:
    """Split a query into tokens. Raises CqlError."""
    tokens, at = [], 0
    text = cql.strip()
    while at < len(text):
        match = _TOKEN.match(text, at)
        if match is None:
            raise CqlError(f"Could not parse cql : {cql}")
        quoted = match["double"] if match["double"] is not None else match["single"]
        if quoted is not None:
            tokens.append(Token(re.sub(r"\\(.)", r"\1", quoted, flags=re.DOTALL), True))
        else:
            tokens.append(Token(match["sign"] or match["word"]))
        at = match.end()
    return tokens
