"""Waits for a server that are recorded instead of made."""

from collections.abc import Callable

from pipeline.http import Waiting


class Recorded(Waiting):
    """Records the pauses; each may do something."""

    def __init__(self, on_pause: Callable[[float], object] = lambda _seconds: None) -> None:
        super().__init__()
        self.seconds: list[float] = []
        self._on_pause = on_pause

    def pause(self, seconds: float) -> None:
        self.seconds.append(seconds)
        self._on_pause(seconds)
        super().pause(0)
