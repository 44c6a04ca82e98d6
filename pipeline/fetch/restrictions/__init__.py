"""View restrictions of pages, their own and those of everything above them.

Inside: `listing` decides for each listed page; `items_above` asks about folders, whiteboards,
databases and smart links.
"""

from pipeline.fetch.restrictions.listing import Place, list_restricted

__all__ = ["Place", "list_restricted"]
