"""Several requests at a time, until the sink is closed."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor

from pipeline.upsert.errors import VectorApiError


class Workers:
    """Runs one step for many items, in threads."""

    def __init__(self, threads: int) -> None:
        self._threads = threads
        self._is_closed = False

    def close(self) -> None:
        """Begin no more steps: a batch in another thread ends after those in progress."""
        self._is_closed = True

    def run[T](
        self, step: Callable[[T], object], items: Sequence[T], at_once: int | None = None
    ) -> None:
        """Run the step for each item, at most `at_once` at a time; raise the first error.

        With 1, in order; else in no order. Raises `VectorApiError` after `close`.
        """

        def run_step(item: T) -> None:
            if self._is_closed:
                raise VectorApiError("the run has ended")
            step(item)

        threads = min(self._threads, at_once or self._threads)
        if threads == 1 or len(items) < 2:
            for item in items:
                run_step(item)
            return
        with ThreadPoolExecutor(threads) as pool:
            for result in [pool.submit(run_step, item) for item in items]:
                result.result()
