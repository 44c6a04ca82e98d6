"""Rows of the v1 API."""

from __future__ import annotations

from collections.abc import Iterator

from demo.confluence_site.answers import ACCOUNT, Context, Json, label_id, to_time, webui
from demo.confluence_site.items import Folder, SitePage, Space

_REPRESENTATIONS = ("export_view", "view", "storage")


def to_person(name: str, account_id: str = ACCOUNT) -> Json:
    return {
        "type": "known",
        "accountId": account_id,
        "accountType": "atlassian",
        "email": name,
        "publicName": name.split("@", maxsplit=1)[0],
        "displayName": name.split("@", maxsplit=1)[0],
    }


def to_profile(name: str, account_id: str) -> Json:
    """Return a row of the route for many people, who do not show their addresses."""
    picture = {"path": "/aa-avatar/1", "width": 48, "height": 48, "isDefault": True}
    more = {"email": "", "profilePicture": picture, "_expandable": {}, "_links": {}}
    return to_person(name, account_id) | more


def to_space(context: Context, space: Space) -> Json:
    return {
        "id": int(space.id),
        "key": space.key,
        "name": space.name,
        "type": space.type,
        "status": space.status,
        "_expandable": {"homepage": f"/rest/api/content/{space.home}"},
        "_links": {"webui": f"/spaces/{space.key}"},
    }


def to_content(context: Context, page: SitePage, expand: set[str]) -> Json:
    """Return a row with the parts that `expand` names."""
    state = context.state
    row: Json = {
        "id": page.id,
        "type": page.type,
        "status": page.status,
        "title": page.title,
        "_expandable": {},
        "_links": {
            "webui": webui(page),
            "tinyui": f"/x/{int(page.id):x}",
            "self": f"{context.links_base}/rest/api/content/{page.id}",
        },
    }
    names = {part for name in expand for part in prefixes(name)}
    if "version" in names:
        row["version"] = _version(context, page)
    if "space" in names:
        row["space"] = to_space(context, state.spaces[page.space])
    if "ancestors" in names:
        row["ancestors"] = [_ancestor(context, item_id) for item_id in state.tree.ancestors(page)]
    if "metadata.labels" in names:
        labels = [_label(name) for name in page.labels]
        listed = {"results": labels, "start": 0, "limit": 200, "size": len(labels)}
        row["metadata"] = {"labels": listed | {"_links": {}}, "_expandable": {}, "_links": {}}
    if "history" in names:
        row["history"] = {"latest": True, "createdDate": to_time(page.created)}
        row["history"]["createdBy"] = to_person(context.user)
    if "history.lastUpdated" in names:
        row["history"]["lastUpdated"] = _version(context, page)
    if "restrictions.read" in names:
        row["restrictions"] = {"read": to_read_restriction(page), "_expandable": {}, "_links": {}}
    bodies = {
        name: {"value": context.body(page, name), "representation": name, "_expandable": {}}
        for name in _REPRESENTATIONS
        if f"body.{name}" in names
    }
    if bodies:
        row["body"] = bodies | {"_expandable": {}}
    return row


def prefixes(name: str) -> Iterator[str]:
    """Return `a`, `a.b` and `a.b.c` for `a.b.c`: expanding it expands all three."""
    parts = name.split(".")
    return (".".join(parts[:length]) for length in range(1, len(parts) + 1))


def _version(context: Context, page: SitePage) -> Json:
    return {
        "by": to_person(context.user),
        "when": to_time(page.modified),
        "number": page.version,
        "minorEdit": False,
    }


def _ancestor(context: Context, item_id: str) -> Json:
    item = context.state.folders.get(item_id) or context.state.pages[item_id]
    return {
        "id": item_id,
        "type": item.kind if isinstance(item, Folder) else "page",
        "status": "current",
        "title": item.title,
        "_links": {"webui": webui(item)},
    }


def _label(name: str) -> Json:
    return {"prefix": "global", "name": name, "id": label_id(name), "label": name}


def to_read_restriction(item: SitePage | Folder) -> Json:
    people = [{"type": "known", "accountId": viewer} for viewer in item.viewers]
    groups = [{"type": "group", "name": name, "id": label_id(name)} for name in item.viewer_groups]
    return {
        "operation": "read",
        "restrictions": {
            "user": {"results": people, "start": 0, "limit": 200, "size": len(people)},
            "group": {"results": groups, "start": 0, "limit": 200, "size": len(groups)},
        },
        "_expandable": {},
        "_links": {},
    }
