"""The pages and questions to measure with: a file's, or the demo's."""

from __future__ import annotations

import gzip
import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pipeline.records import Page, PageRef

SITE = "https://example.atlassian.net/wiki"


@dataclass(frozen=True, slots=True)
class Question:
    """A question, the page that answers it, and words of the answer."""

    page_id: str
    text: str
    evidence: str  # empty: any chunk of the page answers


def load_pages(path: str | None) -> list[Page]:
    """Pages of a JSON-lines file (plain or .gz): `id`, `title`, `space`, `html`; or the demo's."""
    if path:
        return [_to_page(row) for row in _rows(path)]
    from demo.pages import demo_state

    return [
        _to_page(
            {
                "id": page.id,
                "title": page.title,
                "space": page.space,
                "html": page.body("export_view"),
            }
        )
        for page in demo_state().pages.values()
    ]


def load_questions(path: str | None, pages: list[Page]) -> list[Question]:
    """Questions of a JSON-lines file: `page_id`, `question`, `evidence`; or the demo's."""
    if path:
        return [Question(row["page_id"], row["question"], row["evidence"]) for row in _rows(path)]
    from demo.pages import ANSWERS

    ids = {page.ref.title: page.ref.id for page in pages}
    return [Question(ids[title], text, "") for text, title in ANSWERS.items() if title in ids]


def _rows(path: str) -> Iterator[dict[str, Any]]:
    file = Path(path)
    content = gzip.decompress(file.read_bytes()) if file.suffix == ".gz" else file.read_bytes()
    return (json.loads(line) for line in content.splitlines() if line.strip())


def _to_page(row: dict[str, Any]) -> Page:
    page_id = str(row["id"])
    url = f"{SITE}/spaces/{row['space']}/pages/{page_id}"
    ref = PageRef(page_id, 1, row["title"], row["space"])
    return Page(ref, url, row["html"], body_format=row.get("body_format", "view"))
