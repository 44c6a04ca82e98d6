"""Lists in pages: complete, or an error."""

from typing import Any

import pytest

from pipeline.upsert import VectorApiError
from pipeline.upsert.server.answer import to_answer
from pipeline.upsert.server.api import Api
from pipeline.upsert.server.list_all import list_all

FIRST = ""


class Pages:
    """A server with a page after each of these rows: its row ids, and whether more follow."""

    def __init__(self, pages: dict[str, tuple[list[str], bool]]) -> None:
        self.base_url, self._pages = "http://server", pages

    def get(self, path: str, params: dict[str, Any]) -> Any:
        ids, has_more = self._pages[params.get("after", FIRST)]
        rows = [{"id": i} for i in ids]
        return to_answer({"data": rows, "has_more": has_more, "last_id": "the last of all"})


class NoList:
    """A server that answers something else."""

    base_url = "http://server"

    def __init__(self, answer: object) -> None:
        self._answer = answer

    def get(self, path: str, params: dict[str, Any]) -> Any:
        return to_answer(self._answer, f"GET {path}")


def list_ids(server: Pages | NoList) -> list[str]:
    api: Api = server  # type: ignore[assignment]
    return [row["id"] for row in list_all(api, "/v1/files", 2)]


def test_each_page_follows_the_last_row_of_the_page_before() -> None:
    pages = {FIRST: (["a", "b"], True), "b": (["c"], False)}
    assert list_ids(Pages(pages)) == ["a", "b", "c"]


def test_a_row_that_is_on_two_pages_is_listed_once() -> None:
    pages = {FIRST: (["a", "b"], True), "b": (["b", "c"], False)}
    assert list_ids(Pages(pages)) == ["a", "b", "c"]


@pytest.mark.parametrize("again", [["a", "b"], []], ids=["the first page again", "an empty page"])
def test_a_list_that_does_not_end_is_an_error(again: list[str]) -> None:
    with pytest.raises(VectorApiError, match="/v1/files: the list does not end"):
        list_ids(Pages({FIRST: (["a", "b"], True), "b": (again, True)}))


@pytest.mark.parametrize("answer", [None, {}, {"data": None}, [{"id": "a"}]], ids=repr)
def test_an_answer_without_rows_is_an_error_and_no_empty_list(answer: object) -> None:
    with pytest.raises(VectorApiError, match=r"GET /v1/files: the answer .* 'data'"):
        list_ids(NoList(answer))
