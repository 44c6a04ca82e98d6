"""Pages whose text depends on others, or on what no listing shows."""

from pathlib import Path

from demo.confluence_site import ConfluenceSite, faults
from tests.support.program import environment, sync_now
from tests.support.recovery import EVER, SEARCH
from tests.support.vector_api import VectorApi


def test_a_page_that_is_never_rendered_is_there_from_its_storage_format(
    site: ConfluenceSite, tmp_path: Path
) -> None:
    page_id = site.state.add_page("Odd", "KI", "<p>rendered</p>", storage="<p>As written.</p>")
    site.fail(rf"{SEARCH}.*\b{page_id}\b", faults.server_error(500), times=EVER)
    site.fail(rf"/pages/{page_id}\b.*export_view", faults.server_error(500), times=EVER)
    with VectorApi(delete_route="document") as api:
        ended = sync_now(environment(site, api.base_url, tmp_path))
        texts = [row.text for row in api.documents("confluence").values()]
    assert (ended.code, ended["failures"]) == (0, [])
    assert any("As written." in text for text in texts)
    assert ended["warnings"] == [
        f"page {page_id} 'Odd': rendered form not available: converted from storage; "
        "includes are not resolved"
    ]
