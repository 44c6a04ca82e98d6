"""Bodies within a body: an HTML or Markdown macro's, a chart's table, what could not be rendered.

`unfold` puts embedded HTML and storage XML into the tree around it; `to_blocks` reads Markdown,
`decode_source` and `list_labels` diagrams.
"""

from pipeline.markdown.embedded.drawings import decode_source, list_labels
from pipeline.markdown.embedded.marked_text import to_blocks
from pipeline.markdown.embedded.unfold import CHART_WORDS, unfold

__all__ = ["CHART_WORDS", "decode_source", "list_labels", "to_blocks", "unfold"]
