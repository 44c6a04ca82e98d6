"""View restrictions, and pages hidden from the account."""

from tests.support.site_client import SiteClient, id_of


def test_restrictions_are_listed(client: SiteClient) -> None:
    client.site.state.restrict("1000", users=["abc"], groups=["admins"])
    asked = "restrictions.read.restrictions.user,restrictions.read.restrictions.group"
    row = client.rows("/wiki/rest/api/content/search", cql="id = 1000", expand=asked)[0]
    restrictions = row["restrictions"]["read"]["restrictions"]
    assert restrictions["user"]["results"][0]["accountId"] == "abc"
    assert restrictions["group"]["results"][0]["name"] == "admins"
    single = client.get("/wiki/rest/api/content/1000/restriction/byOperation").json()
    assert single["read"] == row["restrictions"]["read"]


def test_a_folder_can_be_restricted_and_hidden(client: SiteClient) -> None:
    state = client.site.state
    folder = next(iter(state.folders))
    state.restrict(folder, users=["abc"])
    answer = client.get(f"/wiki/rest/api/content/{folder}/restriction/byOperation").json()
    assert answer["read"]["restrictions"]["user"]["size"] == 1
    state.hide(folder)
    assert client.search('space="KI"') == ["Home"]
    assert client.get(f"/wiki/api/v2/folders/{folder}").status_code == 404


def test_pages_below_a_hidden_page_are_hidden(client: SiteClient) -> None:
    client.site.state.hide(id_of(client.site.state, "Disk"))
    assert client.search('space="KI"') == ["Home"]
