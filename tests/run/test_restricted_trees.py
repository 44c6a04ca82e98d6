"""Whole runs over generated trees: what is stored with RESTRICTED_PAGES=skip."""

import re
import tempfile
from collections.abc import Iterator, Sequence, Set
from dataclasses import dataclass
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from demo.confluence_site import ConfluenceSite, SiteState, faults
from tests.support.convert import macro
from tests.support.program import environment, sync_now
from tests.support.vector_api import VectorApi

KINDS = ("page", "page", "page", "page", "folder", "whiteboard", "database", "embed")


@dataclass(frozen=True)
class Node:
    """A page or another item; `parent` is the place of one before it, or of none."""

    kind: str
    parent: int
    restricted: tuple[bool, bool]  # in the first run, in the second
    silent: bool  # does not answer in the third
    includes: int  # the place of a page whose text it shows, or of none


RARELY = st.sampled_from([False, False, False, True])
nodes = st.lists(
    st.builds(
        Node,
        st.sampled_from(KINDS),
        st.integers(-1, 12),
        st.tuples(RARELY, st.sampled_from([False, False, True])),
        RARELY,
        st.integers(-1, 5),
    ),
    min_size=3,
    max_size=12,
)


def place(state: SiteState, tree: list[Node]) -> list[str]:
    """Add the items to the site; return their ids in order."""
    ids: list[str] = []
    for number, node in enumerate(tree):
        parent = ids[node.parent] if 0 <= node.parent < number else None
        if node.kind == "page":
            included = find_included(tree, number)
            texts = "".join(f"<p>Text {shown}.</p>" for shown in [number, *included])
            source = f"<p>Text {number}.</p>" + "".join(map(to_include, included[:1]))
            ids.append(state.add_page(f"P{number}", "KI", texts, parent=parent, storage=source))
        else:
            ids.append(state.add_folder(f"I{number}", "KI", parent=parent, kind=node.kind))
    return ids


def find_included(tree: Sequence[Node], number: int) -> list[int]:
    """The pages whose text a page shows, the nearest first; a page that shows itself ends it."""
    found: list[int] = []
    while (number := tree[number].includes) not in found:
        if not 0 <= number < len(tree) or tree[number].kind != "page":
            break
        found.append(number)
    return found


def to_include(number: int) -> str:
    return macro(
        "include",
        f'<ac:parameter ac:name=""><ri:page ri:content-title="P{number}"/></ac:parameter>',
    )


def to_shown(tree: Sequence[Node], allowed: Set[int]) -> dict[int, set[int]]:
    """Page that may be stored → the pages whose text it has: all that it includes, or none."""
    every = {number: set(find_included(tree, number)) for number in allowed}
    return {
        number: {number} | (more if more <= allowed else set()) for number, more in every.items()
    }


def line_up(tree: list[Node], number: int) -> Iterator[int]:
    """The item itself and what is above it."""
    while number >= 0:
        yield number
        parent = tree[number].parent
        number = parent if parent < number else -1


@pytest.mark.slow
@given(tree=nodes, status=st.sampled_from([403, 404, 410]), is_new=st.booleans())
@settings(max_examples=25, suppress_health_check=list(HealthCheck))
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

        def stored() -> dict[int, set[int]]:
            """Page → the pages whose text is stored with it."""
            shown: dict[int, set[int]] = {}
            for document in api.documents("confluence").values():
                if (title := str(document.metadata["title"])).startswith("P"):
                    texts = {int(number) for number in re.findall(r"Text (\d+)", document.text)}
                    shown.setdefault(int(title[1:]), set()).update(texts)
            return shown

        for run in (0, 1):
            for number, node in enumerate(tree):
                state.restrict(ids[number], users=["boss"] * node.restricted[run])
            allowed = {
                number
                for number in pages
                if not any(tree[above].restricted[run] for above in line_up(tree, number))
            }
            ended = sync_now(environ)
            assert (ended.code, stored()) == (0, to_shown(tree, allowed))
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
        assert stored() == to_shown(tree, less)
        site.clear_faults()
        assert sync_now(environ).code == 0
        assert stored() == to_shown(tree, allowed)
