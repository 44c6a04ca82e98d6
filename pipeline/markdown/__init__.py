"""A page's body as Markdown: one pass over its tree, one table of macros.

`to_markdown(page)` converts rendered HTML and storage format alike.
"""

from pipeline.markdown.convert import VERSION, may_need_source, to_markdown

__all__ = ["VERSION", "may_need_source", "to_markdown"]
