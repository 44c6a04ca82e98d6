"""How much memory Python needs for something, whatever else the process holds."""

import gc
import tracemalloc
from collections.abc import Callable


def measure_peak(run: Callable[[], object]) -> int:
    """Return the most bytes that were allocated at a time during the call.

    The collector takes no account of what earlier tests left: the more there is, the longer it
    would wait before it looks for cycles again, and the more of them would count.
    """
    gc.collect()
    gc.freeze()
    tracemalloc.start()
    try:
        run()
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
        gc.unfreeze()
