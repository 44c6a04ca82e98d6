"""A stand-in Confluence Cloud site on loopback, over a state that changes while it runs.

`python -m demo.confluence_site --port 8090` serves the demo's pages by itself.
"""

from demo.confluence_site.answers import Paging
from demo.confluence_site.site import ConfluenceSite
from demo.confluence_site.state import SiteState

__all__ = ["ConfluenceSite", "Paging", "SiteState"]
