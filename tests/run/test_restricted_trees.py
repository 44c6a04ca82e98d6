"""Whole runs over generated trees: what is stored with RESTRICTED_PAGES=skip."""

import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from demo.confluence_site import ConfluenceSite, SiteState, faults
from tests.support.program import environment, sync_now
from tests.support.vector_api import VectorApi

KINDS = ("page", "page", "folder", "whiteboard", "database", "embed")


@dataclass(frozen=True)
class Node:
    """A page or another item; `parent` is the place of one before it, or of none."""

    kind: str
    parent: int
    restricted: tuple[bool, bool]  # in the first run, in the second
    silent: bool  # does not answer in the third


nodes = st.lists(
    st.builds(
        Node,
        st.sampled_from(KINDS),
        st.integers(-1, 12),
        st.tuples(st.sampled_from([False, False, False, True]), st.booleans()),
        st.sampled_from([False, False, False, True]),
    ),
    min_size=1,
    max_size=12,
)


def place(state: SiteState, tree: list[Node]) -> list[str]:
    """Add the items to the site; return their ids in order."""
    ids: list[str] = []
    for number, node in enumerate(tree):
        parent = ids[node.parent] if 0 <= node.parent < number else None
        if node.kind == "page":
            ids.append(state.add_page(f"P{number}", "KI", f"<p>Text {number}.</p>", parent=parent))
        else:
            ids.append(state.add_folder(f"I{number}", "KI", parent=parent, kind=node.kind))
    return ids


def line_up(tree: list[Node], number: int) -> Iterator[int]:
    """The item itself and what is above it."""
    while number >= 0:
        yield number
        parent = tree[number].parent
        number = parent if parent < number else -1


@pytest.mark.slow
@given(tree=nodes, status=st.sampled_from([403, 404, 410]), is_new=st.booleans())
@settings(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck))
def test_what_is_stored_is_what_nothing_restricts(
    tree: list[Node], status: int, is_new: bool
) -> None:
    state = SiteState(index_lag_seconds=float("inf") if is_new else 0.0)
    state.add_space("KI", "Known Issues")
    state.add_page("Open", "KI", "<p>For all.</p>")
    state.reindex()
    ids = place(state, tree)  # all new to the index, or none
    pages = [number for number, node in enumerate(tree) if node.kind == "page"]
    with (
        ConfluenceSite(state) as site,
        VectorApi("underscore", delete_route="document") as api,
        tempfile.TemporaryDirectory() as folder,
    ):
        environ = environment(site, api.base_url, Path(folder), RESTRICTED_PAGES="skip")
        environ |= {"MAX_DELETE_PERCENT": "100"}

        def stored() -> set[int]:
            titles = {str(d.metadata["title"]) for d in api.documents("confluence").values()}
            return {number for number in pages if f"P{number}" in titles}

        for run in (0, 1):
            for number, node in enumerate(tree):
                state.restrict(ids[number], users=["boss"] * node.restricted[run])
            allowed = {
                number
                for number in pages
                if not any(tree[above].restricted[run] for above in line_up(tree, number))
            }
            ended = sync_now(environ)
            assert (ended.code, stored()) == (0, allowed)
            assert sum(ended["restricted"].values()) == len(pages) - len(allowed)
        # Pages are asked one by one only where the search does not have them.
        silent = [
            n for n, node in enumerate(tree) if node.silent and (is_new or node.kind != "page")
        ]
        for number in silent:
            routes = rf"/content/{ids[number]}/restriction|/\w+s/{ids[number]}/ancestors"
            site.fail(routes, faults.error(status), times=None)
        less = {n for n in allowed if set(silent).isdisjoint(line_up(tree, n))}
        assert sync_now(environ).code == 0
        assert stored() == less
        site.clear_faults()
        assert sync_now(environ).code == 0
        assert stored() == allowed
