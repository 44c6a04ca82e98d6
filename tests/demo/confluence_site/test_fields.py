"""Answers have the fields of the published API description."""

import json
import re
from pathlib import Path
from typing import Any

import pytest

from demo.confluence_site import ConfluenceSite
from demo.pages import demo_state
from tests.support.site_client import SiteClient

FIELDS = json.loads((Path(__file__).parent / "confluence_fields.json").read_text("utf-8"))
EVERYTHING = (
    "body.export_view,body.storage,body.view,version,space,metadata.labels,ancestors,"
    "history.lastUpdated,restrictions.read.restrictions.user,restrictions.read.restrictions.group"
)


def check(value: object, fields: Any, where: str) -> None:
    """Compare a part of an answer with the published description (confluence_fields.json)."""
    if isinstance(fields, list):
        assert isinstance(value, list), where
        for row in value:
            check(row, fields[0], f"{where}[]")
    elif isinstance(fields, dict):
        assert isinstance(value, dict), where
        for name, kind in fields.items():
            key = name.removesuffix("?")
            assert key in value or name.endswith("?"), f"{where}.{key} is missing"
            if key in value:
                check(value[key], kind, f"{where}.{key}")
    elif value is None:
        assert fields.endswith("|null"), f"{where} is null"
    elif fields.startswith("one of "):
        assert value in fields.removeprefix("one of ").removesuffix("|null").split(", "), where
    elif fields.startswith("date-time"):
        assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z", str(value)), where
    else:
        kinds = {"string": str, "integer": int, "boolean": bool, "object": dict, "array": list}
        assert isinstance(value, kinds.get(fields.removesuffix("|null"), object)), where


@pytest.mark.parametrize(
    ("route", "params"),
    [
        ("/wiki/rest/api/user/current", {}),
        ("/wiki/rest/api/user/bulk", {"accountId": "5b10"}),
        ("/wiki/rest/api/content/search", {"cql": "type=page", "expand": EVERYTHING}),
        ("/wiki/rest/api/search", {"cql": "type=page"}),
        ("/wiki/api/v2/spaces", {}),
        ("/wiki/api/v2/spaces/{id}", {}),
        ("/wiki/api/v2/spaces/{id}/pages", {"body-format": "storage"}),
        ("/wiki/api/v2/pages", {"status": "current,archived"}),
        ("/wiki/api/v2/pages/{id}", {"body-format": "view", "include-labels": "true"}),
        ("/wiki/api/v2/pages/{id}/labels", {}),
        ("/wiki/api/v2/pages/{id}/ancestors", {}),
        ("/wiki/api/v2/pages/{id}/descendants", {}),
        ("/wiki/api/v2/folders/{id}", {}),
        ("/wiki/api/v2/attachments", {}),
        ("/wiki/api/v2/attachments/{id}", {}),
        ("/wiki/api/v2/pages/{id}/attachments", {"status": "current"}),
        ("/wiki/api/v2/footer-comments", {"body-format": "storage"}),
        ("/wiki/api/v2/pages/{id}/footer-comments", {"body-format": "storage"}),
        ("/wiki/api/v2/footer-comments/{id}/children", {"body-format": "storage"}),
        ("/wiki/api/v2/inline-comments", {"body-format": "storage"}),
        ("/wiki/api/v2/pages/{id}/inline-comments", {"body-format": "storage"}),
        ("/wiki/api/v2/inline-comments/{id}/children", {"body-format": "storage"}),
        ("/wiki/api/v2/spaces/{id}/blogposts", {"body-format": "storage"}),
        ("/wiki/api/v2/blogposts", {"status": "current,trashed"}),
        ("/wiki/api/v2/blogposts/{id}", {"body-format": "view", "include-labels": "true"}),
        ("/wiki/api/v2/blogposts/{id}/labels", {}),
    ],
)
def test_answers_have_the_published_fields(route: str, params: dict[str, str]) -> None:
    state = demo_state()
    state.people["5b10"] = "Robin Roe"
    state.restrict("98403", users=["a"], groups=["b"])
    [post] = [page.id for page in state.pages.values() if page.type == "blogpost"]
    ids = {"folders": next(iter(state.folders)), "spaces": state.spaces["KI"].id, "blogposts": post}
    ids["attachments"] = state.files.add("98403", "notes.txt", b"text")
    for kind, marked in (("footer", None), ("inline", "a word")):
        ids[f"{kind}-comments"] = state.comments.add("98403", "<p>Why?</p>", marked=marked)
        state.comments.reply(ids[f"{kind}-comments"], "<p>Because.</p>")
    with ConfluenceSite(state) as site:
        path = route.replace("{id}", ids.get(route.split("/")[4], "98403"))
        answer = SiteClient(site).get(path, **params)
        assert answer.status_code == 200
        assert answer.headers["Content-Type"] == "application/json"
        check(answer.json(), FIELDS[route], route)
        assert answer.json().get("results", [""]) or "descendants" in route, "nothing is shown"


def test_every_described_route_is_checked() -> None:
    marks = test_answers_have_the_published_fields.pytestmark  # type: ignore[attr-defined]
    assert {row[0] for row in marks[0].args[1]} == set(FIELDS)
