"""The demo's pages."""

from demo.site_state import SiteState

QUESTIONS = ("What do I do when a node's disk is full?", "Why do pods fail to pull images?")


def demo_state() -> SiteState:
    """The sample site."""
    state = SiteState()
    state.add_space("KI", "Known Issues")
    state.add_page("Disk full on a worker node", "KI", "<p>Delete old logs.</p>", labels=["disk"])
    return state
