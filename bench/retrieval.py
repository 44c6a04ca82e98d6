"""How well chunks are found: questions with known answers, against the common recipes.

Each recipe's chunks and the questions are embedded with the models that the arguments name, or with
each of `bench.embedding.USUAL`. A question is a hit at k when one of the k nearest chunks is of
the right page and holds the evidence (letters and digits compared). The second half of the table
shows for which share of the questions the evidence lies within the first 1,000, 2,000 and 4,000
retrieved tokens: what fits into a prompt. The second row of a recipe is for words beside vectors.

CORPUS=FILE and QUESTIONS=FILE name JSON-lines files; without them the demo's pages are used.
"""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Iterable, Sequence

import numpy as np

from bench.embedding import USUAL, Model
from bench.onyx import onyx
from bench.pages import Question, load_pages, load_questions
from bench.passage import Passage, Recipe
from bench.recipes import langchain, ours
from bench.words import Words
from pipeline.records import Page

HITS = (1, 5, 10)
BUDGETS = (1000, 2000, 4000)
_OTHERS = re.compile(r"[\W_]+")


def to_recipes(model: str) -> dict[str, Recipe]:
    """Return the recipes to compare, ours for an embedding model."""
    return {
        "LangChain recursive 1000/180": langchain(1000, 180, titled=False),
        "LangChain recursive 1000/180, title in front": langchain(1000, 180, titled=True),
        "LangChain recursive 230/40, title in front": langchain(230, 40, titled=True),
        "Onyx 512": onyx,
        "this project, 1000/180 (default)": ours(1000, 180, model),
        "this project, auto/180": ours(None, 180, model),
    }


def main(models: Sequence[str]) -> None:
    """Print one row for each model and recipe."""
    pages = load_pages(os.environ.get("CORPUS"))
    questions = load_questions(os.environ.get("QUESTIONS"), pages)
    print(f"{len(pages)} pages, {len(questions)} questions")
    for name in models:
        measure(name, pages, questions)


def measure(name: str, pages: Sequence[Page], questions: Sequence[Question]) -> None:
    """Print one row for each recipe, with the chunks that it makes for this model."""
    model = Model(name)
    asked = model.embed([question.text for question in questions], are_questions=True)
    titles = [f"hit@{k}" for k in HITS] + [f"≤{budget}" for budget in BUDGETS]
    print(f"{name:46}" + "".join(f"{title:>7}" for title in [*titles, "chunks", "tokens"]))
    for title, recipe in to_recipes(name).items():
        passages = [passage for page in pages for passage in recipe(page)]
        scores = asked @ model.embed([passage.text for passage in passages]).T
        words = Words(passages)
        fused = [
            words.fuse(question.text, row) for question, row in zip(questions, scores, strict=True)
        ]
        _show(title, passages, questions, scores)
        _show("  with words", passages, questions, fused)


def _show(
    title: str,
    passages: Sequence[Passage],
    questions: Sequence[Question],
    scores: Iterable[np.ndarray],
) -> None:
    found = [find(question, passages, row) for question, row in zip(questions, scores, strict=True)]
    shares = [np.mean([rank <= k for rank, _ in found]) for k in HITS]
    shares += [np.mean([tokens <= budget for _, tokens in found]) for budget in BUDGETS]
    mean = np.mean([passage.tokens for passage in passages])
    row = "".join(f"{share:7.3f}" for share in shares)
    print(f"{title:46}{row}{len(passages):7}{mean:7.0f}", flush=True)


def find(
    question: Question, passages: Sequence[Passage], scores: np.ndarray
) -> tuple[float, float]:
    """The answer's rank from 1, and the tokens retrieved up to its end; infinite if not there."""
    evidence = to_letters(question.evidence)
    tokens = 0
    for rank, at in enumerate(np.argsort(-scores, kind="stable"), 1):
        passage = passages[at]
        tokens += passage.tokens
        if passage.page_id == question.page_id and evidence in to_letters(passage.text):
            return rank, tokens
    return float("inf"), float("inf")


def to_letters(text: str) -> str:
    """Letters and digits only, in lower case: what conversion and markup do not change."""
    return _OTHERS.sub("", text.lower())


if __name__ == "__main__":
    main(sys.argv[1:] or USUAL)
