"""A page's bodies as Markdown: one pass over a tree, one table of macros.

`convert_page(page)` converts the rendered body with what it lacks from the storage format, or that
alone where the rendering failed, and finds which other pages the text depends on.
`to_markdown(page)` converts the one body `page.html`, in either format. `to_comments_markdown(…)`
converts the comments of a page. `VERSION` changes with the Markdown of a page.

`convert_file` converts an attached file, in a process of its own: see `attachments/`.

Inside: `convert` drives `walk` (plain HTML) and `macros/` (Confluence's own elements), with
`fallback/` for a page on which they fail; `hidden/` takes out what no reader sees; `styles/` reads
what a style means; `embedded/` reads bodies within a body; `both_bodies/` reads a page's two.
"""

from pipeline.markdown.attachments import VERSION as FILES_VERSION
from pipeline.markdown.attachments import (
    ConvertedFile,
    FileError,
    FileLimits,
    NoTextError,
    convert_file,
)
from pipeline.markdown.both_bodies import convert_page, find_dependencies
from pipeline.markdown.comments import to_comments_markdown
from pipeline.markdown.convert import VERSION, to_markdown

__all__ = [
    "FILES_VERSION",
    "VERSION",
    "ConvertedFile",
    "FileError",
    "FileLimits",
    "NoTextError",
    "convert_file",
    "convert_page",
    "find_dependencies",
    "to_comments_markdown",
    "to_markdown",
]
