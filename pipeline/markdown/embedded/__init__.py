"""Bodies within a body: an HTML or Markdown macro's, a chart's table, what could not be rendered.

`unfold` puts embedded HTML and storage XML into the tree around it; `to_blocks` reads Markdown.
"""

from pipeline.markdown.embedded.marked_text import to_blocks
from pipeline.markdown.embedded.unfold import unfold

__all__ = ["to_blocks", "unfold"]
