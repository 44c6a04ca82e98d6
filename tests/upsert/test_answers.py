"""Answers with status 200 that are of another form than the API's."""

import json
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest

from demo.confluence_site import ConfluenceSite, SiteState
from pipeline.upsert import VectorApiError
from pipeline.upsert.files.entry import to_hit
from pipeline.upsert.files.search import search
from pipeline.upsert.files.store_api import StoreApi
from pipeline.upsert.server.answer import Fields, FormError, to_answer, to_number
from tests.support.program import environment, sync_now
from tests.support.vector_api import Form, VectorApi
from tests.support.vector_api_wire import Answer, Request

ERROR = {"error": {"message": "the backend is restarting"}}


@pytest.mark.parametrize("odd", ["text", 1, 1.5, True])
def test_what_is_no_object_is_named(odd: object) -> None:
    with pytest.raises(FormError, match="in place of an object"):
        to_answer(odd)


@pytest.mark.parametrize("name", ["metadata", "attributes", "file_counts", "score", "text"])
def test_a_field_of_another_kind_is_named(name: str) -> None:
    odd: Any = [1] if name != "text" else 1
    in_content: dict[str, Any] = {"data": [{"content": [{name: odd}]}]}
    for answer in (in_content, *([{name: odd}, {"data": [{name: odd}]}] if name != "text" else [])):
        with pytest.raises(FormError, match=name):
            to_answer(answer)
        to_answer(json.loads(json.dumps(answer).replace(json.dumps(odd), "null")))


@pytest.mark.parametrize("name", ["metadata", "attributes", "custom_metadata"])
def test_what_users_keep_of_their_own_may_be_anything(name: str) -> None:
    own = {"created_at": "2026-01-01", "text": 5, "total": "12 pages", "index": "Main",
           "score": "high", "metadata": "x", "embedding_dimension": "?"}  # fmt: skip
    assert to_answer({"data": [{name: own}]}).rows("data") == [{name: own}]


@pytest.mark.parametrize("name", ["metadata", "attributes", "chunk_metadata"])
def test_an_object_that_is_null_is_read_as_empty(name: str) -> None:
    (row,) = to_answer({"data": [{name: None}]}).rows("data")
    assert row[name].get("chunk_id") is None
    with pytest.raises(VectorApiError, match="chunk_id"):
        row[name]["chunk_id"]


def test_a_hit_of_somebody_else_keeps_its_numbers() -> None:
    metadata = to_hit({"version": 3.0, "weight": 0.5, "limit": float("inf")}, "text", 1.0).metadata
    assert metadata == {"version": 3, "weight": 0.5, "limit": float("inf")}


@pytest.mark.parametrize("content", [None, [{"type": "text"}], [{"text": None}]])
def test_a_hit_without_text_or_score_is_a_hit(content: object) -> None:
    row = {"attributes": None, "content": content, "score": None}
    api = SimpleNamespace(search=lambda *_, **__: to_answer({"data": [row]}).rows("data"))
    [hit] = search(cast(StoreApi, api), "store", "question", 3)
    assert (hit.text, hit.score) == ("", 0.0)


def test_only_the_list_that_is_read_has_to_be_one_of_rows() -> None:
    answer = to_answer({"results": [{"text": "a"}], "documents": ["a"]})
    assert answer.rows("results") == [{"text": "a"}]
    with pytest.raises(VectorApiError, match="documents"):
        answer.rows("documents")


@pytest.mark.parametrize(("name", "odd"), [("id", []), ("embedding", 7), ("embedding", "AAAA")])
def test_a_field_of_another_kind_in_a_row_is_named(name: str, odd: object) -> None:
    with pytest.raises(FormError, match=name):
        to_answer({"data": [{name: odd}]})
    assert to_answer({"data": [{"id": "a"}, {"id": None, "embedding": [0.5]}]})


@pytest.mark.parametrize("odd", ["2026-01-01", [1], {}, float("inf"), "1e999", float("nan")])
def test_a_number_that_is_none_is_named(odd: object) -> None:
    with pytest.raises(VectorApiError, match="'created_at' is no number"):
        to_number({"created_at": odd or [1]}, "created_at")
    assert (to_number({}, "created_at"), to_number({"created_at": "3"}, "created_at")) == (0, 3)


@pytest.mark.parametrize("rows", [None, "rows", {"1": {}}])
def test_a_list_that_is_missing_is_not_empty(rows: object) -> None:
    assert to_answer({"data": []}).rows("data") == []
    for answer in (to_answer({"data": rows}), to_answer(ERROR)):
        with pytest.raises(VectorApiError, match="data"):
            answer.rows("data")


@pytest.mark.parametrize("scores", [[], [1, 2], ["high"], None])
def test_hits_without_their_scores_are_an_error(scores: object) -> None:
    with pytest.raises(VectorApiError, match="lacks scores"):
        to_answer({"chunks": [{"content": "a"}], "scores": scores}).scored_rows()
    assert to_answer({"chunks": [], "scores": scores and []}).scored_rows() == []
    (hit,) = to_answer({"chunks": [{"content": "a"}], "scores": [None]}).scored_rows()
    assert hit == (Fields({"content": "a"}), float("inf"))


class Failing(VectorApi):
    """A server that answers requests of one kind with status 200 and an error."""

    failing = ""

    def _answer(self, request: Request, kind: str, *more: Any) -> Answer:
        answer = super()._answer(request, kind, *more)
        if kind == self.failing and request.path != "/openapi.json":
            return Answer(200, ERROR)
        return answer


@pytest.mark.parametrize("kind", ["query", "create", "describe", "list", "insert", "embed"])
@pytest.mark.parametrize("form", ["underscore", "dash", "files"])
def test_a_success_that_is_none_never_ends_in_a_traceback_or_a_second_store(
    form: Form, kind: str, tmp_path: Path
) -> None:
    state = SiteState()
    state.add_space("KI", "Known Issues")
    page = state.add_page("Alpha", "KI", "<p>Alpha text.</p>")
    with ConfluenceSite(state) as site, Failing(form, delete_route="document") as api:
        environ = environment(site, api.base_url, tmp_path)
        assert sync_now(environ).code == 0
        stores = api.identifiers()
        state.edit(page, "<p>Alpha text, edited.</p>")
        api.failing = kind
        assert sync_now(environ).code in (0, 1, 5, 7)
        assert api.identifiers() == stores
