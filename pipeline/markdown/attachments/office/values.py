"""A cell's value as people see it."""

from __future__ import annotations

import datetime
import re

_LITERAL = re.compile(r'"([^"]{0,20})"|\[\$([^\]\-]{0,5})[^\]]{0,20}\]|\\(.)')
_DECIMALS = re.compile(r"[0#?]\.(0{1,15})")
_DIGITS = 15  # of a number that are true

Value = int | float | str | bool | datetime.date | datetime.time | datetime.timedelta


def to_text(value: object, number_format: str = "") -> str:
    """Return a value's text; a number by its format: percent, currency, places, thousands."""
    match value:
        case bool():
            return "TRUE" if value else "FALSE"
        case int() | float():
            return _to_number(float(value), number_format)
        case datetime.datetime():
            return _to_date(value)
        case datetime.timedelta():
            return _to_duration(value)
        case datetime.date() | datetime.time():
            return value.isoformat()
    return str(value).strip()


def _to_date(value: datetime.datetime) -> str:
    if not (value.hour or value.minute or value.second):
        return value.date().isoformat()
    return value.isoformat(" ", "seconds" if value.second else "minutes")


def _to_duration(value: datetime.timedelta) -> str:
    seconds = round(value.total_seconds())
    return f"{seconds // 3600}:{seconds % 3600 // 60:02}:{seconds % 60:02}"


def _to_number(value: float, number_format: str) -> str:
    positive = number_format.split(";", maxsplit=1)[0]
    before, after = _signs(positive)
    plain = _LITERAL.sub("", positive)
    if "%" in plain:
        value, after = value * 100, "%" + after
    if not plain or "general" in plain.lower() or "/" in plain or "E" in plain:
        return before + _shortest(value) + after
    found = _DECIMALS.search(plain)
    places = len(found[1]) if found else 0
    grouping = "," if "#,#" in plain or "0,0" in plain else ""
    return f"{before}{value:{grouping}.{places}f}{after}"


def _signs(number_format: str) -> tuple[str, str]:
    """Return what a format puts before and after the number: a currency, a unit."""
    signs = ["", ""]
    digits = next((at for at, sign in enumerate(number_format) if sign in "0#?"), 0)
    for found in _LITERAL.finditer(number_format):
        text = found[1] or found[2] or found[3] or ""
        signs[found.start() > digits] += text
    if number_format.lstrip("_( -*").startswith(("$", "€", "£")):
        signs[0] = number_format.lstrip("_( -*")[0]
    elif number_format.rstrip("_) *-").endswith(("€", "£")):
        signs[1] = " " + number_format.rstrip("_) *-")[-1]
    return signs[0].lstrip(), signs[1].rstrip()


def _shortest(value: float) -> str:
    """Return a number without the digits that only its binary form has."""
    if value.is_integer() and abs(value) < 10**_DIGITS:
        return str(int(value))
    return f"{value:.{_DIGITS}g}"
