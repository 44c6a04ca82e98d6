"""The second converter, for a page on which our own fails: markdownify over BeautifulSoup.

Imported only when it is needed.
"""

from pipeline.markdown.fallback.converter import convert_with_markdownify

__all__ = ["convert_with_markdownify"]
