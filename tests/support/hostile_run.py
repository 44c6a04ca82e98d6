"""As a program: converts and splits each hostile page at two sizes, a line of JSON for each.

`python -m tests.support.hostile_run FALLBACK SIZE`: FALLBACK is 1 for the second converter. A line
is the page's name before it begins, and then [name, small seconds, large seconds, error].
"""

from __future__ import annotations

import json
import logging
import sys
import time

from pipeline.chunk import split
from pipeline.markdown import to_markdown
from pipeline.markdown.both_bodies.dependencies import find_dependencies
from pipeline.markdown.convert import convert_tree, convert_with_markdownify
from tests.support.convert import to_page
from tests.support.hostile_pages import HOSTILE_PAGES

TIMES = 8


def seconds(body: str, *, with_fallback: bool) -> float:
    """CPU seconds of one page, from its body to its chunks."""
    page = to_page(body)
    began = time.thread_time()
    find_dependencies(body)
    markdown = to_markdown(page, convert_with_markdownify if with_fallback else convert_tree)
    split(page, markdown)
    return time.thread_time() - began


def main() -> None:
    logging.disable()  # pages that the converter refuses come from the second one
    with_fallback, size = sys.argv[1] == "1", int(sys.argv[2])
    seconds("<p>load what is loaded late</p>", with_fallback=with_fallback)
    for name, to_body in HOSTILE_PAGES.items():
        print(json.dumps(name), flush=True)
        times, error = [0.0, 0.0], ""
        try:
            small = min(seconds(to_body(size), with_fallback=with_fallback) for _ in range(2))
            times = [small, seconds(to_body(TIMES * size), with_fallback=with_fallback)]
        except BaseException as failure:  # a panic of the tokenizer is no Exception
            error = type(failure).__name__
        print(json.dumps([name, *times, error]), flush=True)


if __name__ == "__main__":
    main()
