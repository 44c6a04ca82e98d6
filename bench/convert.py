"""How fast pages become chunks, against markdownify with LangChain's recursive splitter.

The same pages in the same process, in alternating rounds; medians of the rounds are compared. This
project reads both bodies of each page; the storage format is derived from the rendered one.
CORPUS=FILE names a JSON-lines file; without it the demo's pages are used.
"""

from __future__ import annotations

import os
import re
import statistics
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from bench.bodies import to_storage
from bench.pages import load_pages
from bench.passage import Recipe
from bench.recipes import langchain, ours
from pipeline.chunk.tokens import count_tokens
from pipeline.records import Page

SIZES = (1000, 180)
RECIPES: dict[str, Recipe] = {
    "LangChain": langchain(*SIZES, titled=False),
    "this project": ours(*SIZES),
    "of one body": lambda page: ours(*SIZES)(replace(page, storage=None)),
}
ROUNDS = 5
LEAST_PAGES = 300  # a round over fewer is not precise


def main() -> None:
    """Print pages per second and per CPU-second, the ratio of the medians, and the memory."""
    pages = load()
    own_count = len(pages)
    pages *= -(-LEAST_PAGES // len(pages))
    print(f"{own_count} pages, {len(pages)} a round, {ROUNDS} rounds, {SIZES[0]}/{SIZES[1]} tokens")
    count_tokens("load the vocabulary")
    seconds: dict[str, list[tuple[float, float]]] = {name: [] for name in RECIPES}
    for recipe in RECIPES.values():  # imports and caches are not what is measured
        run(recipe, pages[:20])
    for _ in range(ROUNDS):
        for name, recipe in RECIPES.items():
            seconds[name].append(run(recipe, pages))
    medians = {}
    print(f"{'':14}{'pages/s':>10}{'pages/CPU-s':>13}{'peak MB':>10}")
    for name, rounds in seconds.items():
        wall, cpu = (len(pages) / statistics.median(column) for column in zip(*rounds, strict=True))
        medians[name] = cpu
        print(f"{name:14}{wall:10.0f}{cpu:13.0f}{peak_megabytes(name):10.0f}", flush=True)
    ratio = medians["this project"] / medians["LangChain"]
    print(f"{ratio:.2f} times as many pages in a CPU-second")


def load() -> list[Page]:
    """Load the pages with both bodies."""
    pages = load_pages(os.environ.get("CORPUS"))
    return [
        replace(page, body_format="export_view", storage=to_storage(page.html)) for page in pages
    ]


def run(recipe: Recipe, pages: Sequence[Page]) -> tuple[float, float]:
    """Seconds and CPU-seconds for all pages."""
    wall, cpu = time.perf_counter(), time.process_time()
    for page in pages:
        recipe(page)
    return time.perf_counter() - wall, time.process_time() - cpu


def peak_megabytes(name: str) -> float:
    """Peak memory of a process of its own that makes the chunks of all pages once."""
    command = [sys.executable, "-m", "bench.convert", name]
    return float(subprocess.run(command, check=True, capture_output=True, text=True).stdout)


def measure_memory(name: str) -> None:
    """Print the peak memory of this process after one round with a recipe, in megabytes."""
    run(RECIPES[name], load())
    # Not `ru_maxrss`: that begins with what the process which started this one had in use.
    peak = re.search(r"VmHWM:\s+(\d+) kB", Path("/proc/self/status").read_text("ascii"))
    print(int(peak[1]) / 1024 if peak else float("nan"))


if __name__ == "__main__":
    if len(sys.argv) > 1:
        measure_memory(sys.argv[1])
    else:
        main()
