"""What is on pages and blog posts: attachments and comments, which have versions of their own.

Inside: `either_way` lists what is on many pages by the site's list or page by page; `attachments`
lists files, `selection` decides which of them are read, `download` saves them; `comments` lists and
reads comments, by `comment_lists` for one page, in the order of `threads`; `rows` turns JSON into
records.
"""

from pipeline.fetch.on_pages.attachments import list_attachments, list_gone_attachments, to_file_url
from pipeline.fetch.on_pages.comments import Comments
from pipeline.fetch.on_pages.download import Downloads
from pipeline.fetch.on_pages.selection import to_attachment_type, to_reason_left_out

__all__ = [
    "Comments",
    "Downloads",
    "list_attachments",
    "list_gone_attachments",
    "to_attachment_type",
    "to_file_url",
    "to_reason_left_out",
]
