"""Damages the lists of files that OGX keeps in a table, as its own lost updates do."""

import json
import sqlite3
from typing import Any

from tests.support.ogx_on_postgres import OgxOnPostgres
from tests.support.real_servers import OgxWithTables


class FileLists:
    """The table of one server."""

    def __init__(self, server: OgxOnPostgres | OgxWithTables) -> None:
        self._server = server

    def lose(self, store: str, file_id: str) -> None:
        """Take a file out of a store's list: its chunks stay."""
        data = self._read(store)
        data["file_ids"].remove(file_id)
        self._write(store, data, -1)

    def add_ghost(self, store: str, file_id: str = "file-of-nobody") -> None:
        """Add a file that does not exist: the server cannot read the list any more."""
        data = self._read(store)
        data["file_ids"].append(file_id)
        self._write(store, data, 1)

    def _read(self, store: str) -> dict[str, Any]:
        [[text]] = self._run(
            "SELECT CAST(store_data AS TEXT) FROM vector_stores WHERE id = %s", store
        )
        data: dict[str, Any] = json.loads(text)
        return data

    def _write(self, store: str, data: dict[str, Any], change: int) -> None:
        for name in ("completed", "total"):
            data["file_counts"][name] += change
        sql = "UPDATE vector_stores SET store_data = %s WHERE id = %s RETURNING id"
        self._run(sql, json.dumps(data), store)

    def _run(self, sql: str, *values: str) -> list[list[str]]:
        if isinstance(self._server, OgxOnPostgres):
            return self._server.query_database(sql, values)
        database = sqlite3.connect(self._server.data_dir / "sql.db", timeout=30)
        with database:
            rows = database.execute(sql.replace("%s", "?"), values).fetchall()
        database.close()
        return [list(row) for row in rows]
