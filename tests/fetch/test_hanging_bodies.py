"""Bodies that hang: how long they are waited for, without waiting."""

from collections.abc import Collection, Iterator

import pytest

from pipeline.fetch.account import Account
from pipeline.fetch.bodies import PAGES_A_REQUEST, Bodies
from pipeline.fetch.content import SEARCH
from pipeline.fetch.errors import SlowAnswerError
from pipeline.fetch.rows import Json
from pipeline.fetch.transport import IsFinal, Params, Transport, never
from pipeline.http import CONFLUENCE_RETRY, Waiting
from pipeline.records import PageFailure, PageRef
from tests.support.confluence_client import settings_for

SETTINGS = settings_for(CONF_BASE_URL="http://127.0.0.1:1")
SECONDS = CONFLUENCE_RETRY.read_seconds
RETRIED = CONFLUENCE_RETRY.total_seconds + SECONDS  # at the most, with the waits in between


class Hanging(Transport):
    """A site on which some bodies hang while everything else answers at once."""

    def __init__(self, hanging: Collection[str]) -> None:
        super().__init__(SETTINGS, Waiting(), CONFLUENCE_RETRY)
        self._hanging, self.seconds = hanging, 0.0  # that one worker has waited

    def get(
        self,
        path: str,
        params: Params | None = None,
        is_final: IsFinal = never,
        doubted: Collection[int] = (401,),
        share_of_time: float = 1.0,
    ) -> Json:
        page_id = path.rpartition("/")[2]
        if page_id in self._hanging:
            raise self._hang(is_final, share_of_time)
        return to_row(page_id)

    def list_answers(
        self, path: str, params: Params, is_final: IsFinal = never, share_of_time: float = 1.0
    ) -> Iterator[list[Json]]:
        assert path == SEARCH
        ids = [word.strip("(), ") for word in str(params["cql"]).split("in (")[1].split(",")]
        ids = [page_id.split(")")[0] for page_id in ids]
        if not set(self._hanging).isdisjoint(ids):
            raise self._hang(is_final, share_of_time)
        yield [to_row(page_id) for page_id in ids]

    def _hang(self, is_final: IsFinal, share_of_time: float) -> SlowAnswerError:
        error = SlowAnswerError("no whole answer")
        self.seconds += share_of_time * SECONDS if is_final(error) else RETRIED
        return error


def to_row(page_id: str) -> Json:
    return {
        "id": page_id,
        "title": "Title",
        "status": "current",
        "type": "known",
        "version": {"number": 1, "createdAt": "2026-06-15T09:30:00Z"},
        "body": {"export_view": {"value": "x"}, "storage": {"value": "x"}},
        "metadata": {"labels": {"results": []}},
    }


def wait_for(hanging: Collection[int], batches: int) -> float:
    """Return the seconds that one worker waits for so many batches; other pages are read."""
    transport = Hanging({str(number) for number in hanging})
    bodies = Bodies(transport, Account(transport, SETTINGS), SETTINGS)
    for batch in range(batches):
        numbers = range(batch * PAGES_A_REQUEST, (batch + 1) * PAGES_A_REQUEST)
        refs = [PageRef(str(number), 1, "Title", "KI") for number in numbers]
        failed = {int(r.page_id) for r in bodies.get_pages(refs) if isinstance(r, PageFailure)}
        assert failed == set(numbers) & set(hanging)
    return transport.seconds


def test_a_batch_of_which_every_page_hangs_takes_a_quarter_of_an_hour_at_the_most() -> None:
    most = 3 * SECONDS + 3 * RETRIED  # the search, and the first pages: by other workers meanwhile
    assert wait_for(range(PAGES_A_REQUEST), 1) < most + 10 * 60


@pytest.mark.parametrize("step", [25, 40])
def test_scattered_pages_that_hang_cost_less_once_many_have(step: int) -> None:
    few, many = wait_for(range(0, 500, step), 20), wait_for(range(0, 1_000, step), 40)
    pages = 500 // step
    assert (many - few) / pages < 1.6 * SECONDS
