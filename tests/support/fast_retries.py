"""The waits of retries, cut short: faults are met in milliseconds instead of minutes."""

import pytest

from pipeline.fetch.cooldown import Patience


def hurry(monkeypatch: pytest.MonkeyPatch) -> None:
    """Retry as often as ever, but without waiting; Retry-After is still honoured."""
    quick = Patience(base_seconds=0.001, read_seconds=2.0, answer_seconds=4.0)
    monkeypatch.setattr("pipeline.fetch.site.Patience", lambda: quick)
    monkeypatch.setattr("pipeline.upsert.api._wait", lambda _state: 0.001)
    monkeypatch.setattr("pipeline.upsert.insert.FIRST_WAIT", 0.001)
    monkeypatch.setattr("pipeline.upsert.insert.SETTLING", (0.001, 0.01, 0.05))
