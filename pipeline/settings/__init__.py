"""Every setting once: its name, default, check and one line of documentation.

`load_settings` reads the environment and a `.env` file; `describe` gives the rows that the README,
`.env.example` and `--help` show. Imports nothing of this project.
"""

from pipeline.settings.table import (
    CHECK,
    GATEWAY,
    INGEST,
    SYNC,
    ProgramName,
    Secret,
    Settings,
    SettingsError,
    describe,
    load_settings,
    to_help,
)

__all__ = [
    "CHECK",
    "GATEWAY",
    "INGEST",
    "SYNC",
    "ProgramName",
    "Secret",
    "Settings",
    "SettingsError",
    "describe",
    "load_settings",
    "to_help",
]
