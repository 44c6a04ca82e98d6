"""A page's two bodies read together: `convert_page` converts the better one.

`dependencies` finds in the storage format which other pages the text depends on.
"""

from pipeline.markdown.both_bodies.dependencies import find_dependencies
from pipeline.markdown.both_bodies.either_body import convert_page

__all__ = ["convert_page", "find_dependencies"]
