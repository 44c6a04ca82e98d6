"""OGX 1.2.2 as OpenShift AI 3.5 configures it.

Everything is in PostgreSQL, also the lists of files of the vector stores; vectors are in pgvector;
embeddings come from a remote vLLM, whose models the server discovers by itself.
"""

import json
import subprocess
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Any, Self

from demo.servers import Lock, say_on_stderr, venv
from tests.support import embedding_service
from tests.support.embedding_service import EmbeddingService
from tests.support.postgres import DATABASE, USER, Postgres
from tests.support.real_servers import SERVERS, LaterServer
from tests.support.slow_port import SlowPort, slow_port

PROVIDER = "pgvector"
EMBEDDINGS = "vllm-embedding"
MODEL = f"{EMBEDDINGS}/{embedding_service.MODEL}"  # as /v1/models lists it

# For the Python of the server, which has a driver.
_QUERY = """
import json, psycopg2, sys
port, database, user, sql, values = json.loads(sys.argv[1])
with psycopg2.connect(host="127.0.0.1", port=port, dbname=database, user=user) as connection:
    with connection.cursor() as cursor:
        cursor.execute(sql, values)
        print(json.dumps(cursor.fetchall()))
"""


class OgxOnPostgres(LaterServer):
    """The server with its database and its embedding service, which tests may disturb."""

    name = "OGX 1.2.2"
    package = "ogx"
    lock = Lock(SERVERS / "ogx_12_server" / "requirements.txt")
    database: SlowPort  # its `seconds` delay each answer of the database
    embeddings: EmbeddingService

    def __init__(self, say: Callable[[str], None] = say_on_stderr) -> None:
        """The data is always temporary, as the database's is."""
        super().__init__(None, say=say)
        self._postgres = Postgres(say)
        self._beside = ExitStack()

    def install(self) -> Path:
        """About 330 MB in `.cache/`, with PostgreSQL."""
        self._postgres.install()
        return venv.install_venv("ogx-1.2.2", [self.lock], self._say)

    def __enter__(self) -> Self:
        with ExitStack() as beside:
            postgres = beside.enter_context(self._postgres)
            self.database = beside.enter_context(slow_port(postgres.port))
            self.embeddings = beside.enter_context(embedding_service.serve())
            self._beside = beside.pop_all()
        return super().__enter__()

    def __exit__(self, *error: object) -> None:
        with self._beside:
            super().__exit__(*error)

    def query_database(self, sql: str, values: Sequence[str]) -> list[list[str]]:
        """Run a statement in the server's database, past the server; return its rows."""
        facts = json.dumps([self._postgres.port, DATABASE, USER, sql, values])
        command = [str(self.install()), "-c", _QUERY, facts]
        rows: list[list[str]] = json.loads(subprocess.check_output(command, text=True))
        return rows

    def run_config(self) -> dict[str, Any]:
        """Return the run configuration."""
        where = {
            "host": "127.0.0.1",
            "port": self.database.port,
            "db": DATABASE,
            "user": USER,
            "password": USER,
        }
        return {
            "version": 2,
            "distro_name": "rh",
            "apis": ["file_processors", "files", "inference", "vector_io"],
            "providers": _providers(where, self.embeddings.base_url, self.data_dir),
            "storage": {
                "backends": {
                    "kv_default": {"type": "kv_postgres", "table_name": "ogx_kvstore", **where},
                    "sql_default": {"type": "sql_postgres", **where},
                },
                "stores": {
                    "metadata": {"namespace": "registry", "backend": "kv_default"},
                    "inference": {"table_name": "inference_store", "backend": "sql_default"},
                    "conversations": {"table_name": "conversations", "backend": "sql_default"},
                    "prompts": {"table_name": "prompts", "backend": "sql_default"},
                    "connectors": {"table_name": "connectors", "backend": "sql_default"},
                    "vector_stores": {"table_name": "vector_stores", "backend": "sql_default"},
                },
            },
            "registered_resources": {"models": [], "vector_stores": []},
            "vector_stores": {"default_provider_id": PROVIDER},
            "server": {"host": "127.0.0.1"},
        }


def _providers(where: dict[str, Any], embeddings: str, data_dir: Path) -> dict[str, Any]:
    def provider(provider_id: str, kind: str, **config: object) -> dict[str, Any]:
        return {"provider_id": provider_id, "provider_type": kind, "config": config}

    kv = {"namespace": "vector_io::pgvector", "backend": "kv_default"}
    files = {"table_name": "files_metadata", "backend": "sql_default"}
    folder = str(data_dir / "files")
    return {
        "inference": [provider(EMBEDDINGS, "remote::vllm", base_url=embeddings, api_token="fake")],
        "vector_io": [provider(PROVIDER, "remote::pgvector", **where, persistence=kv)],
        "files": [provider("localfs", "inline::localfs", storage_dir=folder, metadata_store=files)],
        "file_processors": [provider("pypdf", "inline::pypdf")],
    }
