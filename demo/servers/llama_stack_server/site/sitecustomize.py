# mypy: disable-error-code="import-not-found"
"""Give the server an SQLite that can load extensions, which sqlite-vec needs.

Pythons built without extension loading (pyenv's default, for one) would answer 500 to every
sqlite-vec request. Python imports this module by itself at start-up.
"""

import sqlite3
import sys

if not hasattr(sqlite3.Connection, "enable_load_extension"):
    try:
        import pysqlite3
    except ImportError:
        pass  # no wheel for this platform: faiss, the default, works without it
    else:
        sys.modules["sqlite3"] = pysqlite3
        sys.modules["sqlite3.dbapi2"] = pysqlite3.dbapi2
