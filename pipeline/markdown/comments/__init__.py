"""The comments of a page as Markdown of their own."""

from pipeline.markdown.comments.section import to_comments_markdown

__all__ = ["to_comments_markdown"]
