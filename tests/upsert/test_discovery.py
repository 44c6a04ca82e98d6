"""The variant of a server is read from its own description; other servers are a one-line error."""

from collections.abc import Iterator
from contextlib import contextmanager

import pytest
import responses

from demo.servers.llama_stack import LlamaStack
from pipeline.upsert import Sink, VectorApiError
from pipeline.upsert.dash import Dash
from pipeline.upsert.discovery import VARIANTS, choose_sink, open_sink
from pipeline.upsert.files import store_api
from pipeline.upsert.server.made_by import MADE_BY_US
from tests.support.real_servers import Ogx
from tests.support.sinks import to_api, to_settings
from tests.support.store_files import new_name, to_chunks
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
    with responses.RequestsMock(assert_all_requests_are_fired=False) as mock:
        mock.get(f"{URL}/openapi.json", json=description)
        for route in ("/v1/vector_stores", "/v1/openai/v1/vector_stores", "/v1/vector-dbs"):
            mock.get(f"{URL}{route}", json={"data": []})  # no collection yet
        yield


@pytest.mark.parametrize(
    ("paths", "key", "variant"),
    [
        ([INSERT, "/v1/vector-dbs"], "vector_db_id", "dash"),
        ([INSERT, "/v1/vector-dbs", f"/v1/openai/v1{FILES}"], "vector_db_id", "vector_stores"),
        ([INSERT, "/v1/vector_stores", "/v1/embeddings"], "vector_store_id", "dash"),
        ([INSERT, "/v1/vector_stores", f"/v1{FILES}"], "vector_store_id", "vector_stores"),
        (
            [INSERT, "/v1/vector_stores", "/v1/embeddings", f"/v1{FILES}"],
            "vector_db_id",
            "vector_stores",
        ),
        (["/v1/vector_io/documents", "/v1/vector_io/query"], "x", "underscore"),
        (["/v1/vector_io/documents", f"/v1{FILES}"], "x", "vector_stores"),
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
@pytest.mark.parametrize("server", ["llama_stack", "llama_stack_07", "ogx"])
def test_a_real_server_is_vector_stores_or_the_variant_of_its_collection(
    server: str, request: pytest.FixtureRequest
) -> None:
    base_url, own = request.getfixturevalue(server).base_url, {"COLLECTION_ID": new_name()}
    assert choose(base_url, **own).variant == "vector_stores"
    forced = choose(base_url, VECTOR_API_VARIANT="dash", **own)
    assert isinstance(forced, Dash)
    forced.open_collection()
    assert choose(base_url, **own).variant == "dash"


@pytest.mark.real_server
def test_the_variant_of_a_collection_that_an_earlier_release_made_is_seen(ogx: Ogx) -> None:
    """It did not mark the variant: only chunks that are not files show it."""
    own = {"COLLECTION_ID": new_name()}
    with pytest.MonkeyPatch.context() as earlier:
        earlier.setattr(store_api, "to_mark", lambda *_: MADE_BY_US)
        forced = choose(ogx.base_url, VECTOR_API_VARIANT="dash", **own)
        forced.open_collection()
    assert choose(ogx.base_url, **own).variant == "vector_stores", "nothing is lost with it"
    forced.insert(to_chunks("cats"))
    assert choose(ogx.base_url, **own).variant == "dash"


def test_the_variant_of_an_earlier_run_is_kept() -> None:
    with described(INSERT, "/v1/vector-dbs", "/v1/vector_io/documents", f"/v1{FILES}"):
        for variant in VARIANTS:
            sink = choose_sink(to_api(URL), to_settings(URL), variant.name)
            assert sink.variant == variant.name


@pytest.mark.real_server
def test_a_base_url_one_step_too_deep_is_one_clear_line(llama_stack: LlamaStack) -> None:
    with pytest.raises(VectorApiError, match="check VECTOR_API_BASE_URL"):
        choose(f"{llama_stack.base_url}/v1")
