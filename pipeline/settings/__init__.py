"""Every setting once, with its default, its check and its meaning.

`table` has one field a setting, `checks` what a value must look like; `load_settings` reads the
environment and a `.env` file; `describe` and `to_help` are the documentation.
"""

from pipeline.settings.checks import Secret, mask
from pipeline.settings.load import SettingsError, load_settings
from pipeline.settings.reference import describe, to_help
from pipeline.settings.table import ATTACHMENT_TYPES, GATEWAY, ProgramName, Settings

__all__ = [
    "ATTACHMENT_TYPES",
    "GATEWAY",
    "ProgramName",
    "Secret",
    "Settings",
    "SettingsError",
    "describe",
    "load_settings",
    "mask",
    "to_help",
]
