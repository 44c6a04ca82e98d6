"""Characters that show nothing, wherever they are: in text, titles, links and names."""

from __future__ import annotations

import re

# Unicode's Default_Ignorable_Code_Point, with the marks of interlinear annotations. Some are kept
# where a script or an emoji needs one: more than one in a row could carry a message.
_IGNORABLE = (
    "\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u202a-\u202e"
    "\u2060-\u206f\u3164\ufe00-\ufe0f\ufeff\uffa0\ufff0-\ufffb\U0001bca0-\U0001bca3"
    "\U0001d173-\U0001d17a\U000e0000-\U000e0fff"
)
_JOINING = "\u0590-\u1fff\ua800-\uabff\ufb1d-\ufefc\U00010a00-\U00011fff"
_EMOJI = "\u2190-\u2bff\u3030\u303d\ufe0f\U0001f000-\U0001faff"
_IDEOGRAPH = "\u2e80-\u2fff\u3005-\u3007\u3400-\u9fff\uf900-\ufaff\U00020000-\U0003ffff"
_VARIABLE = f"0\u2200-\u22ff\u2a00-\u2aff\u3000-\u303f\uff01-\uff5e{_IDEOGRAPH}"
# Flags of parts of the United Kingdom, the only ones that are written with tag characters: `gb`,
# the letters of the part, and the end of the tag.
_FLAG = "\U0001f3f4\U000e0067\U000e0062[\U000e0061-\U000e007a]{1,3}\U000e007f"

_ASCII = bytes(range(128))
_SUSPECT = re.compile(f"[{_IGNORABLE}]")
_KEPT_OR_HIDDEN = re.compile(
    f"(?=[\U0001f3f4{_IGNORABLE}])(?:"  # what each match begins with: most characters are neither
    f"{_FLAG}"
    f"|(?<=[{_JOINING}])[\u200c\u200d]"
    f"|(?<=[{_EMOJI}])\u200d"
    "|(?<=[#*0-9\u00a9\u00ae\u203c\u2049\u2122\u2139\u2190-\u2bff\u3030-\u3299\U0001f000-\U0001faff])"
    "[\ufe0e\ufe0f]"
    f"|(?<=[{_VARIABLE}])[\ufe00-\ufe02]"
    f"|(?<=[{_IDEOGRAPH}])[\U000e0100-\U000e010f]"
    "|(?<=[\u1800-\u180a\u1810-\u18af])[\u180b-\u180f]"
    "|\u115f(?=[\u1161-\u11a7\ud7b0-\ud7c6])|(?<=[\u1100-\u115e\ua960-\ua97c])\u1160"
    f"|(?P<hidden>[{_IGNORABLE}]))"
)


def drop_hidden_characters(text: str) -> tuple[str, int]:
    """Return the text without characters that show nothing, and how many those were."""
    if text.isascii() or not _SUSPECT.search(_without_ascii(text)):
        return text, 0
    kept = _KEPT_OR_HIDDEN.sub(lambda match: "" if match["hidden"] else match[0], text)
    return kept, len(text) - len(kept)


def _without_ascii(text: str) -> str:
    """Return the other characters: a regular expression takes long for each one that it skips."""
    others = text.encode("utf-8", "surrogatepass").translate(None, _ASCII)
    return others.decode("utf-8", "surrogatepass")
