"""Parents, children and folders."""

import pytest

from demo.confluence_site import SiteState
from tests.support.site_client import SiteClient, id_of


def test_children_of_a_trashed_page_move_up(client: SiteClient) -> None:
    state = client.site.state
    state.trash(id_of(state, "Disk"))
    logs = client.get(f"/wiki/api/v2/pages/{id_of(state, 'Logs')}").json()
    assert (logs["parentId"], logs["parentType"]) == (next(iter(state.folders)), "folder")


def test_a_page_cannot_be_moved_below_itself(state: SiteState) -> None:
    for below in ("1000", id_of(state, "Logs")):
        with pytest.raises(ValueError, match="below"):
            state.move("1000", parent=below)


def test_the_tree_contains_folders(client: SiteClient) -> None:
    state = client.site.state
    folder = next(iter(state.folders))
    rows = client.rows("/wiki/api/v2/pages/1000/descendants", depth=5)
    assert [(row["title"], row["type"], row["depth"]) for row in rows] == [
        ("Runbooks", "folder", 1),
        ("Disk", "page", 2),
        ("Logs", "page", 3),
        ("Old", "page", 1),
    ]
    assert len(client.rows("/wiki/api/v2/pages/1000/descendants", depth=1)) == 2
    above = client.rows(f"/wiki/api/v2/pages/{id_of(state, 'Disk')}/ancestors")
    assert above == [{"id": "1000", "type": "page"}, {"id": folder, "type": "folder"}]
    assert client.get(f"/wiki/api/v2/pages/{folder}").status_code == 404
    assert client.get(f"/wiki/api/v2/folders/{folder}").json()["title"] == "Runbooks"
