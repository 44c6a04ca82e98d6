"""A page's body as Markdown: one pass over its tree, one table of macros.

`to_markdown(page)` converts rendered HTML and storage format alike; `may_need_source` guesses
whether a rendered page needs its storage format; `VERSION` changes with the Markdown of a page.

Inside: `convert` drives `walk` (plain HTML) and `macros/` (Confluence's own elements), with
`fallback/` for a page on which they fail.
"""

from pipeline.markdown.convert import VERSION, may_need_source, to_markdown

__all__ = ["VERSION", "may_need_source", "to_markdown"]
