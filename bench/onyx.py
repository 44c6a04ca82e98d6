"""The recipe of Onyx: flat text in sentences, 512 tokens a chunk, the title in front.

Written after Onyx's description of it: headings, paragraphs and list items are lines (items with a
hyphen), cells follow each other on a row's line, nothing overlaps, the title counts.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from bench.passage import Passage
from pipeline.chunk.cut_text import cut_hard
from pipeline.chunk.tokens import count_tokens
from pipeline.records import Page

CHUNK_TOKENS = 512
_LINES = ("p", "div", "h1", "h2", "h3", "h4", "br", "tr")
_GAPS = re.compile(r"[ \t\xa0]+")
_SENTENCE = re.compile(r"[^.!?\n]*+(?:[.!?](?![ \n])[^.!?\n]*+)*+(?:[.!?] |[.!?]?\n|$)")


def onyx(page: Page) -> list[Passage]:
    """Return a page's chunks."""
    title = page.ref.title + "\n"
    room = CHUNK_TOKENS - count_tokens(title)
    texts = [title + text for text in _pack(to_flat_text(page.html), room)] or [title]
    return [Passage(page.ref.id, text, count_tokens(text)) for text in texts]


def to_flat_text(html: str) -> str:
    """Return the text of a body, one line for each block, item or row."""
    from bs4 import BeautifulSoup

    soup = BeautifulSoup(html, "lxml")
    for tag in soup.find_all(_LINES):
        tag.insert_before("\n")
    for tag in soup.find_all("li"):
        tag.insert_before("\n- ")
    for tag in soup.find_all(["td", "th"]):
        tag.insert_before("\t")
    lines = (_GAPS.sub(" ", line).strip() for line in soup.get_text().split("\n"))
    return "\n".join(line for line in lines if line not in ("", "-"))


def _pack(text: str, room: int) -> Iterator[str]:
    chunk, tokens = "", 0
    for match in _SENTENCE.finditer(text):
        for part in cut_hard(match[0], room):
            size = count_tokens(part)
            if chunk and tokens + size > room:
                yield chunk.strip()
                chunk, tokens = "", 0
            chunk, tokens = chunk + part, tokens + size
    if chunk.strip():
        yield chunk.strip()
