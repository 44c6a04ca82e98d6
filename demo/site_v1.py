"""The site's v1 API: search by CQL, the current user, and the routes that are going away."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping

from demo.site_answers import (
    Answer,
    Api,
    Context,
    Json,
    Params,
    RefusedError,
    Route,
    asked_limit,
    cut,
    label_id,
    next_link,
    numbered,
    to_cursor,
    to_position,
    to_time,
    webui,
)
from demo.site_cql import CqlError, Query, Subject, parse
from demo.site_state import Folder, SitePage, Space
from demo.site_v2 import ACCOUNT

# However many rows are asked for, the answer holds no more, and does not say so.
_CAPS = {"body.export_view": 25, "body.view": 25, "body.styled_view": 25, "body.storage": 50}
_CAP = 250
_REPRESENTATIONS = ("export_view", "view", "storage")


def refusal(status: int, message: str) -> RefusedError:
    told = {"authorized": status != 403, "valid": True, "errors": [], "successful": False}
    return RefusedError(Answer(status, {"statusCode": status, "data": told, "message": message}))


def _get_user(context: Context, path: str, params: Params) -> Answer:
    zone = context.state.time_zone
    return Answer(200, _person(context.user) | {"timeZone": zone, "_links": _links(context)})


def _search_content(context: Context, path: str, params: Params) -> Answer:
    expand = _expand(params)
    rows, links, limit = _found(context, path, params, expand)
    listed = {"results": rows, "start": 0, "limit": limit, "size": len(rows), "_links": links}
    return Answer(200, listed)


def _search(context: Context, path: str, params: Params) -> Answer:
    expand = {name.removeprefix("content.") for name in _expand(params)}
    contents, links, limit = _found(context, path, params, expand)
    rows = [
        {
            "content": content,
            "title": f"@@@hl@@@{content['title']}@@@endhl@@@",
            "excerpt": "",
            "url": content["_links"]["webui"],
            "breadcrumbs": [],
            "entityType": "content",
            "iconCssClass": "aui-icon content-type-page",
            "lastModified": to_time(context.state.pages[content["id"]].modified),
        }
        for content in contents
    ]
    listed = {"results": rows, "start": 0, "limit": limit, "size": len(rows), "_links": links}
    return Answer(
        200, listed | {"totalSize": len(context.state.indexed), "cqlQuery": params["cql"]}
    )


def _found(
    context: Context, path: str, params: Params, expand: set[str]
) -> tuple[list[Json], Json, int]:
    """Rows of one page of a search, its links, and the limit that was asked for.

    The index says which pages match; what the rows say is true now. `start` is ignored.
    """
    cql = params.get("cql")
    if not cql:
        raise CqlError("cql query parameter is required")
    state = context.state
    index = state.catch_up_index()
    query = parse(cql, now=state.clock(), time_zone=state.time_zone)
    limit = asked_limit(params, 25, 10_000)
    position = to_position(params.get("cursor"), cql)
    pages, following = cut(
        _walk(context, index, query), position, min(limit, _cap(expand)), context.paging
    )
    links: Json = _links(context) | {"context": "/wiki"}
    if following:
        kept: dict[str, str | int] = {"next": "true", **params}
        kept |= {"cursor": to_cursor(following, cql), "limit": limit}
        if context.paging.drops_expand:
            kept.pop("expand", None)
        links["next"] = next_link(context, f"/rest/api{path}", kept, following)
    return [_content(context, page, expand) for page in pages], links, limit


def _walk(
    context: Context, index: Mapping[str, SitePage], query: Query
) -> Callable[[int], Iterator[tuple[int, SitePage]]]:
    """The pages that a query finds, by id or in the order it asks for."""
    state = context.state

    def candidates(after: int) -> Iterator[str]:
        if query.ids is not None:
            return (id_ for id_ in sorted(query.ids, key=int) if int(id_) > after)
        if state.index_lag_seconds:  # the index may know ids that the site has lost
            return (id_ for id_ in sorted(index, key=int) if int(id_) > after)
        return state.page_ids(query.space or "", after)

    def by_id(after: int) -> Iterator[tuple[int, SitePage]]:
        for page_id in candidates(after):
            known, page = index.get(page_id), state.visible_page(page_id)
            if known is None or page is None or known.status != "current":
                continue
            above = state.ancestors(known) if query.needs_ancestors else ()
            if query.matches(Subject(known, frozenset(above))):
                yield int(page_id), page

    if query.order is None:
        return by_id
    order = query.order
    rows = sorted(
        (page for _, page in by_id(0)),
        key=lambda page: getattr(page, order),
        reverse=query.is_descending,
    )
    return numbered(rows)


def _list_content(context: Context, path: str, params: Params) -> Answer:
    """The old list of a space's pages; it obeys `start`, and `status=any` shows archived ones."""
    expand, state = _expand(params), context.state
    space = params.get("spaceKey", "")
    if space and space not in state.spaces:
        raise refusal(404, f"No space with key : {space}")
    status = params.get("status", "current")
    wanted = {"current", "archived"} if status == "any" else {status}
    pages = (
        page
        for page_id in state.page_ids(space)
        if (page := state.visible_page(page_id))
        and page.status in wanted
        and params.get("title") in {None, page.title}
    )
    return _by_start(
        context,
        path,
        params,
        rows=pages,
        cap=_cap(expand),
        to_row=lambda page: _content(context, page, expand),
    )


def _list_space(context: Context, path: str, params: Params) -> Answer:
    keys = {key for key in params.get("spaceKey", "").split(",") if key}
    spaces = (space for space in context.state.spaces.values() if not keys or space.key in keys)
    return _by_start(
        context, path, params, rows=spaces, cap=_CAP, to_row=lambda space: _space(context, space)
    )


def _by_start[Row](
    context: Context,
    path: str,
    params: Params,
    *,
    rows: Iterator[Row],
    cap: int,
    to_row: Callable[[Row], Json],
) -> Answer:
    start = int(params.get("start", "0"))
    limit = min(asked_limit(params, 25, 10_000), cap)
    found = list(rows)
    listed = [to_row(row) for row in found[start : start + limit]]
    links: Json = _links(context) | {"context": "/wiki"}
    if start + limit < len(found):
        asked = "&".join(f"{name}={told}" for name, told in params.items() if name != "start")
        links["next"] = f"/rest/api{path}?{asked}&start={start + limit}"
    size = {"start": start, "limit": limit, "size": len(listed)}
    return Answer(200, {"results": listed, **size, "_links": links})


def _get_content(context: Context, path: str, params: Params, page_id: str) -> Answer:
    page = context.state.visible_page(page_id)
    if page is None or page.status not in {"current", "archived"}:
        raise refusal(404, f"No content found with id: ContentId{{id={page_id}}}")
    row = _content(context, page, _expand(params))
    return Answer(200, row | {"_links": row["_links"] | _links(context)})


def _get_restrictions(context: Context, path: str, params: Params, page_id: str) -> Answer:
    page = context.state.visible_page(page_id)
    if page is None:
        raise refusal(404, f"No content found with id: ContentId{{id={page_id}}}")
    return Answer(200, {"read": _read_restriction(page), "_links": _links(context)})


def _get_space(context: Context, path: str, params: Params, key: str) -> Answer:
    space = context.state.spaces.get(key)
    if space is None:
        raise refusal(404, f"No space with key : {key}")
    return Answer(200, _space(context, space))


def _expand(params: Params) -> set[str]:
    return {name.strip() for name in params.get("expand", "").split(",") if name.strip()}


def _cap(expand: set[str]) -> int:
    names = {part for name in expand for part in _prefixes(name)}
    return min((_CAPS[name] for name in names if name in _CAPS), default=_CAP)


def _links(context: Context) -> Json:
    return {"base": context.links_base}


def _person(name: str) -> Json:
    return {
        "type": "known",
        "accountId": ACCOUNT,
        "accountType": "atlassian",
        "email": name,
        "publicName": name.split("@", maxsplit=1)[0],
        "displayName": name.split("@", maxsplit=1)[0],
    }


def _space(context: Context, space: Space) -> Json:
    return {
        "id": int(space.id),
        "key": space.key,
        "name": space.name,
        "type": space.type,
        "status": space.status,
        "_expandable": {"homepage": f"/rest/api/content/{space.home}"},
        "_links": {"webui": f"/spaces/{space.key}"},
    }


def _content(context: Context, page: SitePage, expand: set[str]) -> Json:
    """A row, with what `expand` names and nothing more."""
    state = context.state
    row: Json = {
        "id": page.id,
        "type": "page",
        "status": page.status,
        "title": page.title,
        "_expandable": {},
        "_links": {
            "webui": webui(page),
            "tinyui": f"/x/{int(page.id):x}",
            "self": f"{context.links_base}/rest/api/content/{page.id}",
        },
    }
    names = {part for name in expand for part in _prefixes(name)}
    if "version" in names:
        row["version"] = _version(context, page)
    if "space" in names:
        row["space"] = _space(context, state.spaces[page.space])
    if "ancestors" in names:
        row["ancestors"] = [_ancestor(context, item_id) for item_id in state.ancestors(page)]
    if "metadata.labels" in names:
        labels = [_label(name) for name in page.labels]
        listed = {"results": labels, "start": 0, "limit": 200, "size": len(labels)}
        row["metadata"] = {"labels": listed | {"_links": {}}, "_expandable": {}, "_links": {}}
    if "history" in names:
        row["history"] = {"latest": True, "createdDate": to_time(page.created)}
        row["history"]["createdBy"] = _person(context.user)
    if "history.lastUpdated" in names:
        row["history"]["lastUpdated"] = _version(context, page)
    if "restrictions.read" in names:
        row["restrictions"] = {"read": _read_restriction(page), "_expandable": {}, "_links": {}}
    bodies = {
        name: {"value": page.body(name), "representation": name, "_expandable": {}}
        for name in _REPRESENTATIONS
        if f"body.{name}" in names
    }
    if bodies:
        row["body"] = bodies | {"_expandable": {}}
    return row


def _prefixes(name: str) -> Iterator[str]:
    """`a.b.c` asks for `a`, `a.b` and `a.b.c`; `body.storage.value` for `body.storage` too."""
    parts = name.split(".")
    return (".".join(parts[:length]) for length in range(1, len(parts) + 1))


def _version(context: Context, page: SitePage) -> Json:
    return {
        "by": _person(context.user),
        "when": to_time(page.modified),
        "number": page.version,
        "minorEdit": False,
    }


def _ancestor(context: Context, item_id: str) -> Json:
    item = context.state.folders.get(item_id) or context.state.pages[item_id]
    return {
        "id": item_id,
        "type": "folder" if isinstance(item, Folder) else "page",
        "status": "current",
        "title": item.title,
        "_links": {"webui": webui(item)},
    }


def _label(name: str) -> Json:
    return {"prefix": "global", "name": name, "id": label_id(name), "label": name}


def _read_restriction(page: SitePage) -> Json:
    people = [{"type": "known", "accountId": viewer} for viewer in page.viewers]
    groups = [{"type": "group", "name": name, "id": label_id(name)} for name in page.viewer_groups]
    return {
        "operation": "read",
        "restrictions": {
            "user": {"results": people, "start": 0, "limit": 200, "size": len(people)},
            "group": {"results": groups, "start": 0, "limit": 200, "size": len(groups)},
        },
        "_expandable": {},
        "_links": {},
    }


API = Api(
    prefix="/wiki/rest/api",
    refuse=refusal,
    bad_credentials=(403, "Current user not permitted to use Confluence"),
    no_route="null for uri",
    routes=(
        Route("/user/current", "read:confluence-user", _get_user),
        Route("/content/search", "search:confluence", _search_content),
        Route("/search", "search:confluence", _search),
        Route(
            r"/content/(\d+)/restriction/byOperation",
            "read:confluence-content.all",
            _get_restrictions,
        ),
        Route("/content", "read:confluence-content.summary", _list_content, True),
        Route(r"/content/(\d+)", "read:confluence-content.all", _get_content, True),
        Route("/space", "read:confluence-space.summary", _list_space, True),
        Route(r"/space/([^/]+)", "read:confluence-space.summary", _get_space, True),
    ),
)
