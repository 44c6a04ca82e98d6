"""Settings whose secrets the log and the report must not show."""

import base64

from pipeline.settings import Settings, load_settings

TOKEN, VECTOR_TOKEN = "tok3n-of-the-bot", "tok3n-of-the-store"
BASIC = base64.b64encode(f"bot:{TOKEN}".encode()).decode()  # as the header has it


def settings_with(**more: str) -> Settings:
    enough = {
        "CONF_BASE_URL": "http://127.0.0.1:1",
        "CONF_USER": "bot",
        "CONF_API_TOKEN": TOKEN,
        "VECTOR_API_BASE_URL": "http://127.0.0.1:1",
        "VECTOR_API_TOKEN": VECTOR_TOKEN,
    }
    return load_settings("sync", enough | more)
