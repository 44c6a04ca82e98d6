"""What no reader sees: elements and characters that show nothing.

`drop_hidden_elements` takes what a body hides out of its tree, `drop_hidden_characters` what a text
does; `look_at` serves the second converter, `split_declarations` and `find_colours` all that read a
style. Where the line is between hidden and merely small or light: docs/security.md.

Inside: `looks` computes how an element looks from its `declarations` (`lengths`, `colours`) and the
body's own `<style>` rules (`sheet`); `elements` applies it to a tree.
"""

from pipeline.markdown.hidden.characters import drop_hidden_characters
from pipeline.markdown.hidden.colours import WHITE, find_colours
from pipeline.markdown.hidden.declarations import split_declarations
from pipeline.markdown.hidden.elements import drop_hidden_elements
from pipeline.markdown.hidden.looks import (
    BACKGROUNDS,
    MOST_PARAMETERS,
    PLAIN,
    Look,
    look_at,
    with_background,
)
from pipeline.markdown.hidden.sheet import Sheet

__all__ = [
    "BACKGROUNDS",
    "MOST_PARAMETERS",
    "PLAIN",
    "WHITE",
    "Look",
    "Sheet",
    "drop_hidden_characters",
    "drop_hidden_elements",
    "find_colours",
    "look_at",
    "split_declarations",
    "with_background",
]
