"""What readers of a page see, once what is hidden has left the tree.

Inside: `text` reads elements, `parameters` names the parameters of macros that are text.
"""

from pipeline.markdown.visible.parameters import (
    MOST_LOOKED_AT,
    SEEN_NAMES,
    pick_seen,
    seen_parameter,
    seen_text,
    unsure_parameter,
)
from pipeline.markdown.visible.text import (
    INLINE,
    MACROS,
    NAMED,
    UNSEEN,
    text_at,
    verbatim,
    visible_text,
)

__all__ = [
    "INLINE",
    "MACROS",
    "MOST_LOOKED_AT",
    "NAMED",
    "SEEN_NAMES",
    "UNSEEN",
    "pick_seen",
    "seen_parameter",
    "seen_text",
    "text_at",
    "unsure_parameter",
    "verbatim",
    "visible_text",
]
