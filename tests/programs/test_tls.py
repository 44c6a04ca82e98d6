"""TLS to both ends: verified whatever the environment; REQUESTS_CA_BUNDLE names own CAs."""

import os
import shutil
import ssl
import subprocess
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from demo.confluence_site import ConfluenceSite, SiteState
from pipeline.settings import Secret
from pipeline.upsert import VectorApiError
from pipeline.upsert.rag_client import RagClient
from tests.support.forking import fork_program
from tests.support.program import environment, sync_now
from tests.support.proxy import Proxy, proxy_to
from tests.support.sinks import to_api
from tests.support.vector_api import VectorApi

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(not shutil.which("openssl"), reason="openssl makes the certificate"),
]
ODD = [
    {},
    {"REQUESTS_CA_BUNDLE": ""},
    {"CURL_CA_BUNDLE": ""},
    {"REQUESTS_CA_BUNDLE": "", "CURL_CA_BUNDLE": "", "PYTHONHTTPSVERIFY": "0"},
    {"SSL_CERT_FILE": "", "SSL_CERT_DIR": ""},
]


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A certificate for 127.0.0.1 that only itself vouches for, and beside it its key."""
    path = tmp_path_factory.mktemp("tls") / "own.pem"
    key = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2"]
    name = ["-subj", "/CN=127.0.0.1", "-addext", "subjectAltName=IP:127.0.0.1"]
    files = ["-out", str(path), "-keyout", str(path.with_suffix(".key"))]
    made = ["openssl", "req", "-x509", *key, *name, *files]
    subprocess.run(made, check=True, capture_output=True, timeout=30)
    return path


@pytest.fixture
def tls(certificate: Path) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, certificate.with_suffix(".key"))
    return context


@pytest.fixture(autouse=True)
def _no_private_cas(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE", "SSL_CERT_FILE", "SSL_CERT_DIR"):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture
def site() -> Iterator[ConfluenceSite]:
    state = SiteState()
    state.add_space("KI", "Known Issues")
    state.add_page("Disk full", "KI", "<p>Delete old logs.</p>")
    with ConfluenceSite(state) as site:
        yield site


@pytest.fixture
def api() -> Iterator[VectorApi]:
    with VectorApi(token="store-s3cr3t") as api:
        yield api


@pytest.fixture
def confluence(site: ConfluenceSite, tls: ssl.SSLContext) -> Iterator[Proxy]:
    with proxy_to(site.base_url, tls) as proxy:
        yield proxy


@pytest.fixture
def store(api: VectorApi, tls: ssl.SSLContext) -> Iterator[Proxy]:
    with proxy_to(api.base_url, tls) as proxy:
        yield proxy


@pytest.fixture
def environ(
    confluence: Proxy, store: Proxy, site: ConfluenceSite, tmp_path: Path
) -> dict[str, str]:
    """A run whose two ends both speak https."""
    environ = environment(site, store.base_url, tmp_path, VECTOR_API_TOKEN="store-s3cr3t")
    environ["CONF_BASE_URL"] = site.gateway_url.replace(site.base_url, confluence.base_url)
    return environ


@pytest.mark.parametrize("odd", ODD, ids=" ".join)
def test_an_unknown_certificate_is_refused_in_a_line_and_gets_no_request(
    odd: dict[str, str],
    environ: dict[str, str],
    confluence: Proxy,
    store: Proxy,
    site: ConfluenceSite,
) -> None:
    for ends, code in (({}, 5), ({"VECTOR_API_BASE_URL": store.server}, 4)):
        ended = fork_program("sync", environ | ends | odd)
        assert ended.code == code, ended.log
        [line] = [entry for entry in ended.log.splitlines() if " ERROR " in entry]
        assert "no trusted TLS connection" in line
        assert "REQUESTS_CA_BUNDLE" in line
    assert confluence.requests == store.requests == []
    assert site.requests == []


def test_a_private_ca_is_trusted_when_it_is_named(
    environ: dict[str, str],
    confluence: Proxy,
    store: Proxy,
    certificate: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(certificate))
    assert sync_now(environ).code == 0
    assert confluence.requests
    assert store.requests


def test_another_name_on_a_trusted_certificate_is_refused(
    environ: dict[str, str], confluence: Proxy, certificate: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(certificate))
    other = {"CONF_BASE_URL": environ["CONF_BASE_URL"].replace("127.0.0.1", "localhost")}
    assert sync_now(environ | other).code == 4
    assert confluence.requests == []


def test_a_missing_bundle_is_reported(environ: dict[str, str], store: Proxy) -> None:
    missing = {"REQUESTS_CA_BUNDLE": "/no/such/bundle.pem"}
    for ends, code in (({}, 5), ({"VECTOR_API_BASE_URL": store.server}, 4)):
        ended = fork_program("sync", environ | ends | missing)
        assert ended.code == code, ended.log
        assert "the file that REQUESTS_CA_BUNDLE names does not exist" in ended.log
        assert "Traceback" not in ended.log


def test_the_official_client_trusts_the_same(
    tls: ssl.SSLContext, certificate: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with VectorApi("dash") as server, proxy_to(server.base_url, tls) as proxy:

        def list_stores() -> object:
            with closing(RagClient(to_api(proxy.base_url), Secret(""))) as client:
                return client.list_stores()

        with pytest.raises(VectorApiError):
            list_stores()
        assert proxy.requests == []
        for path in (certificate, to_folder(certificate)):
            monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(path))
            assert list_stores() == []
        monkeypatch.setenv("REQUESTS_CA_BUNDLE", os.devnull)
        with pytest.raises(VectorApiError, match=f"REQUESTS_CA_BUNDLE={os.devnull}"):
            list_stores()


def to_folder(certificate: Path) -> Path:
    """A folder of CAs as OpenSSL expects it, each file named by its hash."""
    folder = certificate.with_name("folder")
    folder.mkdir()
    shutil.copy(certificate, folder)
    subprocess.run(["openssl", "rehash", str(folder)], check=True, timeout=30)
    return folder
