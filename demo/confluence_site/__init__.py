"""A stand-in Confluence Cloud site on loopback, over a state that tests change while it runs.

`python -m demo.confluence_site --port 8090` serves the demo's pages.
"""

from demo.confluence_site import faults
from demo.confluence_site.items import SITE, Folder, SitePage
from demo.confluence_site.paging import Paging
from demo.confluence_site.site import ConfluenceSite
from demo.confluence_site.state import SiteState

__all__ = ["SITE", "ConfluenceSite", "Folder", "Paging", "SitePage", "SiteState", "faults"]
