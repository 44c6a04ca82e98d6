"""Several requests at a time, until the sink is closed."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from itertools import batched

from pipeline.upsert.errors import VectorApiError

_ITEMS = 1000  # in memory at a time


class Workers:
    """Runs one step for many items, in threads."""

    def __init__(self, threads: int) -> None:
        self._threads = threads
        self._is_closed = False

    def close(self) -> None:
        """Begin no more steps: a batch in another thread ends after those in progress."""
        self._is_closed = True

    def run[T](
        self, step: Callable[[T], object], items: Iterable[T], at_once: int | None = None
    ) -> None:
        """Run the step for each item, at most `at_once` at a time; raise the first error.

        By default as many as the workers have threads. With 1, in order; else in no order.
        Raises `VectorApiError` after `close`.
        """

        def run_step(item: T) -> None:
            if self._is_closed:
                raise VectorApiError("the run has ended")
            step(item)

        threads = at_once or self._threads
        for batch in batched(items, _ITEMS):
            if threads == 1 or len(batch) < 2:
                for item in batch:
                    run_step(item)
                continue
            with ThreadPoolExecutor(threads) as pool:
                for result in [pool.submit(run_step, item) for item in batch]:
                    result.result()
