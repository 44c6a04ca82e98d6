"""What docs/openshift-ai.md tells to type works, as far as no cluster is needed."""

import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

import pytest
import requests
import yaml

from demo.confluence_site import ConfluenceSite, SiteState
from tests.support.manifests import FOLDER, VALUES, Object, envsubst, pod_template, run_tool
from tests.support.ogx_on_postgres import OgxOnPostgres
from tests.support.program import environment, sync_now
from tests.support.server_fixtures import real_server

PAGE = (FOLDER.parent / "docs" / "openshift-ai.md").read_text("utf-8")
BLOCKS = re.findall(r"^```\w*\n(.*?)^```$", PAGE, re.DOTALL | re.MULTILINE)
WRITER, CHATBOT = "writer", "chatbot"


def block(part: str) -> str:
    """Return the page's only block with this in it."""
    [found] = [text for text in BLOCKS if part in text]
    return str(found)


def validate(manifest: Object, folder: Path) -> None:
    path = folder / "manifest.yaml"
    path.write_text(yaml.safe_dump(manifest))
    tool = str(Path(sys.executable).parent / "kubernetes-validate")
    printed = run_tool(tool, "-k", "1.31", "--strict", str(path))
    assert printed.startswith("exit 0"), printed


def test_the_patch_for_the_service_account_token_fits_the_cronjob(tmp_path: Path) -> None:
    [cronjob] = envsubst(FOLDER / "cronjob.yaml", VALUES)
    [patch] = re.findall(r"-p '(\[.*?\])'", block("serviceAccountName"), re.DOTALL)
    for step in json.loads(patch):
        *parents, last = step["path"].strip("/").split("/")
        target: Any = cronjob
        for name in parents:
            target = target[int(name) if isinstance(target, list) else name]
        if last == "-":
            target.append(step["value"])
        else:
            target[last] = step["value"]
    validate(cronjob, tmp_path)
    template = pod_template(cronjob)
    assert template
    pod = template["spec"]
    assert pod["serviceAccountName"] == "confluence-sync"
    [mount] = [row for row in pod["containers"][0]["volumeMounts"] if "vector-api" in row["name"]]
    assert f"VECTOR_API_TOKEN_FILE={mount['mountPath']}/token" in PAGE


def test_the_network_policy_fits_the_schema_and_admits_the_job(tmp_path: Path) -> None:
    policy = yaml.safe_load(block("kind: NetworkPolicy"))
    validate(policy, tmp_path)
    [cronjob] = envsubst(FOLDER / "cronjob.yaml", VALUES)
    [peer] = policy["spec"]["ingress"][0]["from"]
    template = pod_template(cronjob)
    assert template
    labels = template["metadata"]["labels"]
    assert peer["podSelector"]["matchLabels"].items() <= labels.items()


class _Identities(BaseHTTPRequestHandler):
    """Says who a token is, as an identity provider does: the token is the name and the role."""

    def do_POST(self) -> None:
        asked = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        name = asked["api_key"]
        is_known = name in (WRITER, CHATBOT)
        answer = {"principal": name, "attributes": {"roles": [name]}} if is_known else {}
        body = json.dumps(answer).encode()
        self.send_response(200 if is_known else 401)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Print nothing."""


class OgxWithPolicy(OgxOnPostgres):
    """The server with tokens and the page's access policy."""

    identities: str  # URL

    def run_config(self) -> dict[str, Any]:
        config = super().run_config()
        auth = yaml.safe_load(block("access_policy"))["server"]["auth"]
        auth["provider_config"] = {"type": "custom", "endpoint": self.identities}
        config["server"]["auth"] = auth
        return config


@pytest.fixture(scope="module")
def server() -> Iterator[OgxWithPolicy]:
    identities = ThreadingHTTPServer(("127.0.0.1", 0), _Identities)
    Thread(target=identities.serve_forever, daemon=True).start()
    server = OgxWithPolicy()
    server.identities = f"http://127.0.0.1:{identities.server_port}"
    try:
        with real_server(server):
            yield server
    finally:
        identities.shutdown()
        identities.server_close()


@pytest.mark.real_server
def test_the_chatbot_is_answered_and_may_change_nothing(
    server: OgxWithPolicy, tmp_path: Path
) -> None:
    state = SiteState()
    state.add_space("KI", "Known Issues")
    code = "drain:\n\n  - cordon\n      - evict\n"
    state.add_page("Drain a node", "KI", f"<p>How to drain a node.</p><pre>{code}</pre>")
    with ConfluenceSite(state) as site:
        token = tmp_path / "token"
        token.write_text(WRITER)
        environ = environment(site, server.base_url, tmp_path, VECTOR_API_TOKEN_FILE=str(token))
        assert sync_now(environ).code == 0
    store = (tmp_path / "confluence.vdb").read_text().strip()
    asked = subprocess.run(
        ["bash", "-euo", "pipefail", "-c", block("max_num_results").partition("\n")[2]],
        env={
            "PATH": os.environ["PATH"],
            "VECTOR_API_BASE_URL": server.base_url,
            "VECTOR_API_TOKEN": CHATBOT,
            "STORE": store,
        },
        capture_output=True,
        text=True,
        check=True,
    )
    assert code.rstrip() in asked.stdout
    url = f"{server.base_url}/v1/vector_stores/{store}"
    refused = requests.delete(url, headers={"Authorization": f"Bearer {CHATBOT}"}, timeout=30)
    assert refused.status_code == 403
    stranger = requests.get(url, headers={"Authorization": "Bearer nobody"}, timeout=30)
    assert stranger.status_code == 401
