# mypy: disable-error-code="import-not-found"
"""Replace sqlite3 where it cannot load extensions, which sqlite-vec requires.

On a Python built without extension loading (pyenv's default) every sqlite-vec request fails with
500. Python imports this module at start-up.
"""

import sqlite3
import sys

if not hasattr(sqlite3.Connection, "enable_load_extension"):
    try:
        import pysqlite3
    except ImportError:
        pass  # no wheel for this platform; faiss, the default, does not need it
    else:
        sys.modules["sqlite3"] = pysqlite3
        sys.modules["sqlite3.dbapi2"] = pysqlite3.dbapi2
