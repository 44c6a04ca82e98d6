"""Rows of the v2 API."""

from __future__ import annotations

from datetime import datetime

from demo.confluence_site.answers import ACCOUNT, Context, Json, label_id, to_time, webui
from demo.confluence_site.items import DEFAULT_START, Folder, SitePage, Space


def to_type(context: Context, item_id: str | None) -> str | None:
    if item_id is None:
        return None
    folder = context.state.folders.get(item_id)
    return folder.kind if folder else "page"


def to_label(name: str) -> Json:
    return {"id": label_id(name), "name": name, "prefix": "global"}


def to_space(space: Space) -> Json:
    row = {
        "id": space.id,
        "key": space.key,
        "name": space.name,
        "type": space.type,
        "status": space.status,
        "authorId": ACCOUNT,
        "_links": {"webui": f"/spaces/{space.key}"},
    }
    row |= {"currentActiveAlias": space.alias} if space.alias else {}
    return row | ({"homepageId": space.home} if space.home else {})


def to_folder(context: Context, folder: Folder) -> Json:
    return {
        "id": folder.id,
        "type": folder.kind,
        "status": "current",
        "title": folder.title,
        "parentId": folder.parent,
        "parentType": to_type(context, folder.parent),
        "spaceId": context.state.spaces[folder.space].id,
        "authorId": ACCOUNT,
        "createdAt": to_time(DEFAULT_START),
        "version": to_version(1, DEFAULT_START),
        "_links": {"webui": webui(folder), "base": context.links_base},
    }


def to_version(number: int, when: datetime, author: str = ACCOUNT) -> Json:
    return {
        "number": number,
        "createdAt": to_time(when),
        "message": "",
        "minorEdit": False,
        "authorId": author,
    }


def to_page(context: Context, page: SitePage, body_format: str | None) -> Json:
    body = {}
    if body_format:
        body = {
            body_format: {"representation": body_format, "value": context.body(page, body_format)}
        }
    place = {
        "parentId": page.parent,
        "parentType": to_type(context, page.parent),
        "position": None,
    }
    return {
        "id": page.id,
        "status": page.status,
        "title": page.title,
        "spaceId": context.state.spaces[page.space].id,
        **(place if page.type == "page" else {}),
        "authorId": ACCOUNT,
        "createdAt": to_time(page.created),
        "version": to_version(page.version, page.modified),
        "body": body,
        "_links": {
            "webui": webui(page),
            "editui": f"/pages/resumedraft.action?draftId={page.id}",
            "tinyui": f"/x/{int(page.id):x}",
        },
    }
