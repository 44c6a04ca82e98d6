"""The site's v1 API: search by CQL, the current user, people, and the deprecated routes."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from urllib.parse import urlencode

from demo.confluence_site.answers import (
    Answer,
    Api,
    Context,
    Json,
    Params,
    RefusedError,
    Route,
    to_limit,
    to_time,
)
from demo.confluence_site.cql import parse
from demo.confluence_site.cql_clauses import Query, Subject
from demo.confluence_site.cql_tokens import CqlError
from demo.confluence_site.items import SitePage
from demo.confluence_site.paging import cut, next_link, numbered, to_cursor, to_position
from demo.confluence_site.v1_rows import (
    prefixes,
    to_content,
    to_person,
    to_profile,
    to_read_restriction,
    to_space,
)

# An answer has no more rows than this, whatever `limit` is; it does not report the cap.
_CAPS = {"body.export_view": 25, "body.view": 25, "body.styled_view": 25, "body.storage": 50}
_CAP = 250
_PEOPLE_CAP = 100


def refusal(status: int, message: str) -> RefusedError:
    flags = {"authorized": status != 403, "valid": True, "errors": [], "successful": False}
    return RefusedError(Answer(status, {"statusCode": status, "data": flags, "message": message}))


def _get_user(context: Context, path: str, params: Params) -> Answer:
    zone = context.state.time_zone
    return Answer(200, to_person(context.user) | {"timeZone": zone, "_links": _links(context)})


def _list_people(context: Context, path: str, params: Params) -> Answer:
    """Return those of the first hundred people who exist; the others are left out silently."""
    asked = [one for one in params.get("accountId", "").split(",") if one][:_PEOPLE_CAP]
    if not asked:
        raise refusal(400, "accountId is required")
    people = context.state.people
    rows = [to_profile(people[one], one) for one in asked if one in people]
    size = {"start": 0, "limit": _PEOPLE_CAP, "size": len(rows)}
    return Answer(200, {"results": rows, **size, "_links": _links(context)})


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
            "iconCssClass": f"aui-icon content-type-{content['type']}",
            "lastModified": to_time(context.state.pages[content["id"]].modified),
        }
        for content in contents
    ]
    listed = {"results": rows, "start": 0, "limit": limit, "size": len(rows), "_links": links}
    return Answer(
        200, listed | {"totalSize": len(context.state.index.pages), "cqlQuery": params["cql"]}
    )


def _found(
    context: Context, path: str, params: Params, expand: set[str]
) -> tuple[list[Json], Json, int]:
    """Return the rows of one page of a search, its links, and the requested limit.

    The index decides which pages match; rows show the current state. `start` is ignored.
    """
    cql = params.get("cql")
    if not cql:
        raise CqlError("cql query parameter is required")
    state = context.state
    index = state.indexed_pages()
    query = parse(cql, now=state.clock(), time_zone=state.time_zone)
    limit = to_limit(params, 25, 10_000)
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
        links["next"] = next_link(
            context.paging, context.links_base, f"/rest/api{path}", kept, following
        )
    return [to_content(context, page, expand) for page in pages], links, limit


def _walk(
    context: Context, index: Mapping[str, SitePage], query: Query
) -> Callable[[int], Iterator[tuple[int, SitePage]]]:
    """Return a walk over the pages that match, by id or in the order of the query."""
    state = context.state

    def candidates(after: int) -> Iterator[str]:
        if query.ids is not None:
            return (id_ for id_ in sorted(query.ids, key=int) if int(id_) > after)
        if state.index_lag_seconds:  # the index may have ids that are deleted
            return (id_ for id_ in sorted(index, key=int) if int(id_) > after)
        return state.page_ids(query.space or "", after)

    def by_id(after: int) -> Iterator[tuple[int, SitePage]]:
        for page_id in candidates(after):
            known, page = index.get(page_id), state.visible_page(page_id)
            if known is None or page is None or known.status != "current":
                continue
            above = state.tree.ancestors(known) if query.needs_ancestors else ()
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
    """List a space's pages by `start`; `status=any` includes archived ones."""
    expand, state = _expand(params), context.state
    space = params.get("spaceKey", "")
    if space and space not in state.spaces:
        raise refusal(404, f"No space with key : {space}")
    status = params.get("status", "current")
    statuses = {"current", "archived"} if status == "any" else {status}
    pages = (
        page
        for page_id in state.page_ids(space)
        if (page := state.visible_page(page_id))
        and page.status in statuses
        and page.type == params.get("type", "page")
        and params.get("title") in {None, page.title}
    )
    return _by_start(
        context,
        path,
        params,
        rows=pages,
        cap=_cap(expand),
        to_row=lambda page: to_content(context, page, expand),
    )


def _list_space(context: Context, path: str, params: Params) -> Answer:
    keys = {key for key in params.get("spaceKey", "").split(",") if key}
    spaces = (space for space in context.state.spaces.values() if not keys or space.key in keys)
    return _by_start(
        context, path, params, rows=spaces, cap=_CAP, to_row=lambda space: to_space(context, space)
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
    limit = min(to_limit(params, 25, 10_000), cap)
    found = list(rows)
    listed = [to_row(row) for row in found[start : start + limit]]
    links: Json = _links(context) | {"context": "/wiki"}
    if start + limit < len(found):
        query = urlencode({**params, "start": start + limit})
        links["next"] = f"/rest/api{path}?{query}"
    size = {"start": start, "limit": limit, "size": len(listed)}
    return Answer(200, {"results": listed, **size, "_links": links})


def _get_content(context: Context, path: str, params: Params, page_id: str) -> Answer:
    page = context.state.visible_page(page_id)
    if page is None or page.status not in {"current", "archived"}:
        raise refusal(404, f"No content found with id: ContentId{{id={page_id}}}")
    row = to_content(context, page, _expand(params))
    return Answer(200, row | {"_links": row["_links"] | _links(context)})


def _get_restrictions(context: Context, path: str, params: Params, page_id: str) -> Answer:
    state = context.state
    item = state.visible_folder(page_id) or state.visible_page(page_id)
    if item is None:
        raise refusal(404, f"No content found with id: ContentId{{id={page_id}}}")
    return Answer(200, {"read": to_read_restriction(item), "_links": _links(context)})


def _get_space(context: Context, path: str, params: Params, key: str) -> Answer:
    space = context.state.spaces.get(key)
    if space is None:
        raise refusal(404, f"No space with key : {key}")
    return Answer(200, to_space(context, space))


def _expand(params: Params) -> set[str]:
    return {name.strip() for name in params.get("expand", "").split(",") if name.strip()}


def _cap(expand: set[str]) -> int:
    names = {part for name in expand for part in prefixes(name)}
    return min((_CAPS[name] for name in names if name in _CAPS), default=_CAP)


def _links(context: Context) -> Json:
    return {"base": context.links_base}


API = Api(
    prefix="/wiki/rest/api",
    refuse=refusal,
    bad_credentials=(403, "Current user not permitted to use Confluence"),
    no_route="null for uri",
    routes=(
        Route("/user/current", "read:confluence-user", _get_user),
        Route("/user/bulk", "read:confluence-user", _list_people),
        Route("/content/search", "search:confluence", _search_content),
        Route("/search", "search:confluence", _search),
        Route(
            r"/content/(\d+)/restriction/byOperation",
            "read:content-details:confluence",
            _get_restrictions,
        ),
        Route("/content", "read:confluence-content.summary", _list_content, True),
        Route(r"/content/(\d+)", "read:confluence-content.all", _get_content, True),
        Route("/space", "read:confluence-space.summary", _list_space, True),
        Route(r"/space/([^/]+)", "read:confluence-space.summary", _get_space, True),
    ),
)
