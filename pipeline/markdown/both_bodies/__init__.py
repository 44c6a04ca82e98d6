"""A page's two bodies read together: `convert_page` converts the rendered one, patched.

Inside: `patch` puts into the rendered tree what only the storage format has: macros in the place of
errors (`matching`, by the words around them: `places`) and of `pictures`, `captions`, and what the
author chose (`by_text`). `dependencies` finds in the storage format which other pages the text
depends on, and `names` puts in the names of people.
"""

from pipeline.markdown.both_bodies.dependencies import find_dependencies
from pipeline.markdown.both_bodies.either_body import convert_page
from pipeline.markdown.both_bodies.names import FindNames, Names

__all__ = ["FindNames", "Names", "convert_page", "find_dependencies"]
