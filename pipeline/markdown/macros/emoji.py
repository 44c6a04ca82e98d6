"""Emoji and emoticons as characters."""

from __future__ import annotations

from pipeline.markdown.blocks import Content, Rendered
from pipeline.markdown.notes import Notes
from pipeline.markdown.tree import Element

_EMOJI = {
    "tick": "✅", "cross": "❌", "error": "❌", "warning": "⚠️", "information": "ℹ️", "info": "ℹ️",
    "plus": "➕", "add": "➕", "minus": "➖", "forbidden": "⛔", "question": "❓", "light-on": "💡",
    "light-off": "💡", "smile": "🙂", "sad": "🙁", "wink": "😉", "cheeky": "😛", "tongue": "😛",
    "laugh": "😀", "biggrin": "😀", "thumbs-up": "👍", "thumbs-down": "👎", "thumbs_up": "👍",
    "thumbs_down": "👎", "yellow-star": "⭐", "red-star": "⭐", "green-star": "⭐",
    "blue-star": "⭐", "heart": "❤️", "broken-heart": "💔", "on": "💡", "off": "💡", "y": "👍",
    "n": "👎", "!": "⚠️", "/": "✅", "x": "❌", "i": "ℹ️", "*": "⭐", "?": "❓", "+": "➕", "-": "➖",
}  # fmt: skip
# Every emoji that has no emoticon of its own has this name; its short name is what it is.
_PLACEHOLDER = "blue-star"


def emoticon(element: Element, content: Content, notes: Notes) -> Rendered:
    """Return the character; for an emoji of the site's own, its short name."""
    get = element.attrib.get
    fallback = get("data-emoji-fallback") or get("ac:emoji-fallback") or ""
    if fallback and not fallback.isascii():
        return fallback
    name = get("ac:name") or get("data-emoticon-name") or ""
    alt = get("alt") or ""
    short = get("data-emoji-shortname") or get("ac:emoji-shortname") or ""
    if name == _PLACEHOLDER and short:
        name = alt = ""
    known = (_EMOJI.get(key) for key in (name, short.strip(":"), alt.strip("()")))
    character = next(filter(None, known), "") or _to_character(
        get("data-emoji-id") or get("ac:emoji-id") or ""
    )
    return character or fallback or short or alt or (name and f":{name}:")


def _to_character(emoji_id: str) -> str:
    """Return the emoji of an id such as `1f468-200d-1f4bb`; "" for an emoji of the site's own."""
    try:
        return "".join(chr(int(point, 16)) for point in emoji_id.split("-")) if emoji_id else ""
    except (ValueError, OverflowError):
        return ""
