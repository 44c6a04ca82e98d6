"""Emoji and emoticons as characters."""

from __future__ import annotations

import unicodedata

from pipeline.markdown.blocks import Content, Rendered
from pipeline.markdown.notes import Notes
from pipeline.markdown.tree import Element, classes_of

_EMOJI = {
    "tick": "✅", "cross": "❌", "error": "❌", "warning": "⚠️", "information": "ℹ️", "info": "ℹ️",
    "plus": "➕", "add": "➕", "minus": "➖", "forbidden": "⛔", "question": "❓", "light-on": "💡",
    "light-off": "💡", "smile": "🙂", "sad": "🙁", "wink": "😉", "cheeky": "😛", "tongue": "😛",
    "laugh": "😀", "biggrin": "😀", "thumbs-up": "👍", "thumbs-down": "👎", "thumbs_up": "👍",
    "thumbs_down": "👎", "yellow-star": "⭐", "red-star": "⭐", "green-star": "⭐",
    "blue-star": "⭐", "heart": "❤️", "broken-heart": "💔", "on": "💡", "off": "💡", "y": "👍",
    "n": "👎", "!": "⚠️", "/": "✅", "x": "❌", "i": "ℹ️", "*": "⭐", "?": "❓", "+": "➕", "-": "➖",
    # short names that are not the character's own
    "white_check_mark": "✅", "heavy_check_mark": "✔️", "check_mark": "✅", "cross_mark": "❌",
    "thumbsup": "👍", "thumbsdown": "👎", "+1": "👍", "-1": "👎", "bulb": "💡", "star": "⭐",
    "exclamation": "❗", "no_entry": "⛔", "bangbang": "‼️", "information_source": "ℹ️",
}  # fmt: skip
# Every emoji that has no emoticon of its own has this name; its short name is what it is.
_PLACEHOLDER = "blue-star"
_CLASS = "emoticon-"
_FLAG = "flag_"
_FIRST_SYMBOL = 0x2190  # names of lower characters are those of letters and punctuation
_FIRST_INDICATOR = 0x1F1E6  # of two letters that are a flag


def emoticon(element: Element, content: Content, notes: Notes) -> Rendered:
    """Return the character; for an emoji of the site's own, its short name."""
    get = element.attrib.get
    fallback = get("data-emoji-fallback") or get("data-emoji-text") or get("ac:emoji-fallback")
    short = get("data-emoji-shortname") or get("data-emoji-short-name") or get("ac:emoji-shortname")
    name = get("ac:name") or get("data-emoticon-name") or _name_in_class(element)
    return find_emoji(
        fallback=notes.drop_hidden(fallback or ""),
        short=short or "",
        emoji_id=get("data-emoji-id") or get("ac:emoji-id") or "",
        name=name,
        alt=get("alt") or "",
    )


def find_emoji(fallback: str, short: str, emoji_id: str = "", name: str = "", alt: str = "") -> str:
    """Return an emoji by what is known of it: its character, else its short name."""
    if fallback and not fallback.isascii():
        return fallback
    if name == _PLACEHOLDER and short:
        name = alt = ""
    known = (_EMOJI.get(key) for key in (name, short.strip(":"), alt.strip("()")))
    character = next(filter(None, known), "")
    character = character or (_to_character(emoji_id) if emoji_id else _by_name(short.strip(":")))
    return character or fallback or short or alt or (name and f":{name}:")


def _name_in_class(element: Element) -> str:
    names = (one for one in classes_of(element) if one.startswith(_CLASS))
    return next(names, "").removeprefix(_CLASS)


def _to_character(emoji_id: str) -> str:
    """Return the emoji of an id such as `1f468-200d-1f4bb`; "" for an emoji of the site's own."""
    try:
        text = "".join(chr(int(point, 16)) for point in emoji_id.split("-"))
    except (ValueError, OverflowError):
        return ""
    is_shown = not any(unicodedata.category(one) in ("Cc", "Cs", "Co", "Cn") for one in text)
    return text if is_shown else ""


def _by_name(short: str) -> str:
    """Return the symbol, or the flag, of a short name; "" where Unicode has another name for it."""
    country = short.removeprefix(_FLAG)
    if short != country and len(country) == 2 and country.isascii() and country.isalpha():
        return "".join(chr(_FIRST_INDICATOR + ord(one) - ord("a")) for one in country.lower())
    try:
        character = unicodedata.lookup(short.replace("_", " "))
    except KeyError:
        return ""
    return character if len(character) == 1 and ord(character) >= _FIRST_SYMBOL else ""
