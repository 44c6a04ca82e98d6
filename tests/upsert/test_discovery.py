"""The variant of a server is read from its own description; other servers are a one-line error."""

from collections.abc import Iterator
from contextlib import contextmanager

import pytest
import responses

from demo.servers.llama_stack import LlamaStack
from pipeline.upsert import Sink, VectorApiError
from pipeline.upsert.dash import Dash
from pipeline.upsert.discovery import VARIANTS, choose_sink, open_sink
from tests.support.real_servers import Ogx
from tests.support.sinks import to_api, to_settings
from tests.support.vector_api import DeleteRoute, Fault, VectorApi

URL = "http://127.0.0.1:9"
INSERT = "/v1/vector-io/insert"
FILES = "/vector_stores/{vector_store_id}/files"


def choose(base_url: str, **settings: str) -> Sink:
    loaded = to_settings(base_url, **settings)
    api = to_api(base_url, loaded.vector_api_token.reveal())
    return choose_sink(api, loaded)


@contextmanager
def described(*paths: str, key: str = "vector_db_id") -> Iterator[None]:
    """Serve a description that has these paths; inserts name their store by `key`."""
    schema = {"properties": {key: {"type": "string"}, "chunks": {"type": "array"}}}
    body = {"content": {"application/json": {"schema": {"$ref": "#/components/schemas/Insert"}}}}
    operations = {path: {"get": {}, "post": {"requestBody": body}} for path in paths}
    description = {"paths": operations, "components": {"schemas": {"Insert": schema}}}
    with responses.RequestsMock() as mock:
        mock.get(f"{URL}/openapi.json", json=description)
        yield


@pytest.mark.parametrize(
    ("paths", "key", "variant"),
    [
        ([INSERT, "/v1/vector-dbs"], "vector_db_id", "dash"),
        ([INSERT, "/v1/vector-dbs", f"/v1/openai/v1{FILES}"], "vector_db_id", "dash"),
        ([INSERT, "/v1/vector_stores", "/v1/embeddings"], "vector_store_id", "dash"),
        ([INSERT, "/v1/vector_stores", f"/v1{FILES}"], "vector_store_id", "vector_stores"),
        (
            [INSERT, "/v1/vector_stores", "/v1/embeddings", f"/v1{FILES}"],
            "vector_db_id",
            "vector_stores",
        ),
        (["/v1/vector_io/documents", "/v1/vector_io/query"], "x", "underscore"),
        (["/v1/vector_io/documents", f"/v1{FILES}"], "x", "underscore"),
        ([f"/v1{FILES}"], "x", "vector_stores"),
        ([f"/v1/openai/v1{FILES}"], "x", "vector_stores"),
    ],
)
def test_the_variant_follows_from_the_routes(paths: list[str], key: str, variant: str) -> None:
    with described(*paths, key=key):
        assert choose(URL).variant == variant


@pytest.mark.parametrize("name", [variant.name for variant in VARIANTS])
def test_each_variant_can_be_forced_by_its_name(name: str) -> None:
    with described(INSERT, "/v1/vector-dbs", "/v1/vector_io/documents", f"/v1{FILES}"):
        assert choose(URL, VECTOR_API_VARIANT=name).variant == name


@pytest.mark.parametrize("route", ["", "document", "collection", "post"])
def test_an_underscore_server_can_delete_if_its_description_has_the_route(
    route: DeleteRoute,
) -> None:
    with VectorApi(delete_route=route) as api:
        assert choose(api.base_url).can_delete == bool(route)
        assert choose(api.base_url, VECTOR_API_VARIANT="underscore").can_delete == bool(route)


def test_a_server_with_none_of_the_routes_is_an_error_that_names_both_sides() -> None:
    with described("/pets", "/v2/vectors"), pytest.raises(VectorApiError) as raised:
        choose(URL)
    text = str(raised.value)
    for part in (INSERT, "/v1/vector_io/documents", "vector_stores", "found /v2/vectors, /pets"):
        assert part in text
    assert "\n" not in text


def test_a_long_list_of_other_routes_is_cut_short() -> None:
    with (
        described(*(f"/route/{n}" for n in range(50))),
        pytest.raises(VectorApiError, match="and 42 more"),
    ):
        choose(URL)


def test_a_forced_dash_without_its_routes_is_refused() -> None:
    with described("/pets"), pytest.raises(VectorApiError, match="VECTOR_API_VARIANT=dash"):
        choose(URL, VECTOR_API_VARIANT="dash")


def test_forced_vector_stores_without_their_routes_are_refused_when_opened() -> None:
    with VectorApi() as api:
        sink = choose(api.base_url, VECTOR_API_VARIANT="vector_stores")
        with pytest.raises(VectorApiError, match=r"has no vector stores: .*/files"):
            sink.look_up()


@pytest.mark.parametrize("variant", ["dash", "underscore"])
def test_a_forced_variant_needs_no_description(variant: str) -> None:
    with VectorApi() as api:
        api.faults.append(Fault(status=404, on="describe", times=None))
        sink = choose(api.base_url, VECTOR_API_VARIANT=variant)
        assert sink.variant == variant
        assert not sink.can_delete
        with pytest.raises(VectorApiError, match="VECTOR_API_VARIANT"):
            choose(api.base_url)


@pytest.mark.parametrize(
    ("fault", "text"),
    [
        (Fault(status=401, on="describe", times=None), "authentication required"),
        (Fault(status=403, on="describe", times=None), "authentication required"),
        (Fault(answer="html", on="describe", times=None), "HTML page"),
        (Fault(answer="cut", on="describe", times=None), "broke"),
        (Fault(answer="reset", on="describe", times=None), "broke"),
        (Fault(status=500, on="describe", times=None), "HTTP 500"),
        (Fault(status=302, on="describe", times=None), "redirects"),
        (Fault(status=200, on="describe", times=None), "no OpenAPI description"),
    ],
    ids=str,
)
def test_a_server_that_does_not_answer_as_it_should_is_one_clear_line(
    fault: Fault, text: str
) -> None:
    with VectorApi() as api:
        api.faults.append(fault)
        with pytest.raises(VectorApiError, match=text) as raised:
            choose(api.base_url)
        assert "\n" not in str(raised.value)
        assert api.base_url in str(raised.value)


def test_a_refused_connection_is_one_clear_line() -> None:
    with VectorApi() as api:
        pass
    with pytest.raises(VectorApiError, match="connection refused"):
        choose(api.base_url)


def test_an_unknown_host_is_one_clear_line() -> None:
    with pytest.raises(VectorApiError, match=r"nowhere\.invalid/openapi\.json: unknown host"):
        open_sink(to_settings("http://nowhere.invalid"))


def test_a_failure_that_passes_is_retried() -> None:
    with VectorApi() as api:
        api.faults.append(Fault(status=503, on="describe", times=2))
        assert choose(api.base_url).variant == "underscore"


def test_a_wrong_token_is_never_repeated_in_the_error() -> None:
    with VectorApi(token="right") as api:
        with pytest.raises(VectorApiError, match="token rejected") as raised:
            choose(api.base_url, VECTOR_API_TOKEN="wrong-and-secret")
        assert "wrong-and-secret" not in str(raised.value)


def test_a_token_over_plain_http_is_warned_about_unless_it_stays_here(
    caplog: pytest.LogCaptureFixture,
) -> None:
    with pytest.raises(VectorApiError):
        open_sink(to_settings("http://nowhere.invalid", VECTOR_API_TOKEN="t"))
    assert "plain http" in caplog.text
    caplog.clear()
    with VectorApi(token="t") as api:
        open_sink(to_settings(api.base_url, VECTOR_API_TOKEN="t")).close()
    assert "plain http" not in caplog.text


@pytest.mark.real_server
def test_llama_stack_is_dash_or_the_forced_variant(llama_stack: LlamaStack) -> None:
    assert isinstance(choose(llama_stack.base_url), Dash)
    forced = choose(llama_stack.base_url, VECTOR_API_VARIANT="vector_stores")
    assert forced.variant == "vector_stores"


@pytest.mark.real_server
def test_ogx_is_dash_or_the_forced_variant(ogx: Ogx) -> None:
    assert isinstance(choose(ogx.base_url), Dash)
    assert choose(ogx.base_url, VECTOR_API_VARIANT="vector_stores").variant == "vector_stores"


@pytest.mark.real_server
def test_a_base_url_one_step_too_deep_is_one_clear_line(llama_stack: LlamaStack) -> None:
    with pytest.raises(VectorApiError, match="check VECTOR_API_BASE_URL"):
        choose(f"{llama_stack.base_url}/v1")
