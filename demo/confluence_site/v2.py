"""The site's v2 API: spaces, lists of pages and blog posts, single ones, the tree."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from demo.confluence_site.answers import (
    Answer,
    Api,
    Context,
    Json,
    Params,
    RefusedError,
    Route,
    to_limit,
    to_status,
    to_values,
)
from demo.confluence_site.items import Folder, SitePage, Space
from demo.confluence_site.paging import cut, next_link, numbered, to_cursor, to_position
from demo.confluence_site.v2_rows import to_folder, to_label, to_page, to_space, to_type

_SINGLE_FORMATS = {"storage", "view", "export_view"}
_LIST_STATUSES = {"current", "archived", "trashed", "deleted"}
_DEFAULT_STATUSES = {"current", "archived"}
_NOT_OF_BLOG_POSTS = {"archived"}
_TREE = "read:hierarchical-content:confluence"
_METADATA = "read:content.metadata:confluence"
_INCLUDED_LABELS = 50  # the others are in the list of labels
_OUT_OF_TREE = {"trashed", "deleted"}


def refusal(status: int, title: str) -> RefusedError:
    code = {400: "INVALID_REQUEST_PARAMETER", 404: "NOT_FOUND"}.get(status, "ERROR")
    error = {"status": status, "code": code, "title": title, "detail": None}
    return RefusedError(Answer(status, {"errors": [error]}))


def _list_spaces(context: Context, path: str, params: Params) -> Answer:
    filters = {"key": to_values(params, "keys"), "id": to_values(params, "ids")}
    filters |= {"type": to_values(params, "type"), "status": to_values(params, "status")}
    spaces = [
        space
        for space in context.state.spaces.values()
        if all(not values or getattr(space, name) in values for name, values in filters.items())
    ]
    return listed(context, path, params, numbered(spaces), to_space)


def _get_space(context: Context, path: str, params: Params, space_id: str) -> Answer:
    base = {"base": context.links_base}
    row = to_space(_space(context, space_id))
    return Answer(200, row | {"_links": row["_links"] | base})


def _list_space_pages(context: Context, path: str, params: Params, space_id: str) -> Answer:
    return _list(context, path, params, {_space(context, space_id).key})


def _list_pages(context: Context, path: str, params: Params) -> Answer:
    ids = to_values(params, "space-id")
    keys = {space.key for space in context.state.spaces.values() if space.id in ids}
    return _list(context, path, params, keys if ids else None)


def _list(context: Context, path: str, params: Params, spaces: set[str] | None) -> Answer:
    content_type = _to_content_type(path)
    left_out = _NOT_OF_BLOG_POSTS if content_type == "blogpost" else set()
    statuses = to_status(params, _LIST_STATUSES - left_out, _DEFAULT_STATUSES - left_out)
    body_format = params.get("body-format")
    if body_format not in {None, "storage"}:
        # The real lists serve atlas_doc_format too; no program here requests it.
        raise ValueError(f"Provided value '{body_format}' for 'body-format' is not valid")
    ids = to_values(params, "id")
    if len(ids) > 250 or not all(page_id.isdigit() for page_id in ids):
        raise ValueError("Invalid id")
    state, title = context.state, params.get("title")

    def walk(after: int) -> Iterator[tuple[int, SitePage]]:
        only = next(iter(spaces)) if spaces and len(spaces) == 1 else ""
        named = (page_id for page_id in sorted(ids, key=int) if int(page_id) > after)
        for page_id in named if ids else state.page_ids(only, after):
            page = state.pages.get(page_id)
            if (
                page is not None
                and page.type == content_type
                and page.status in statuses
                and (spaces is None or page.space in spaces)
                and title in {None, page.title}
                and state.tree.is_visible(page)
            ):
                yield int(page_id), page

    def row(page: SitePage) -> Json:
        return to_page(context, page, body_format)

    return listed(context, path, params, walk, row)


def _get_page(context: Context, path: str, params: Params, page_id: str) -> Answer:
    page = readable_page(context, page_id, _to_content_type(path))
    statuses = to_values(params, "status")
    if statuses and page.status not in statuses:
        raise refusal(404, f"Could not find page with id {page_id}")
    body_format = params.get("body-format")
    if body_format not in {None, *_SINGLE_FORMATS}:
        raise ValueError(f"Provided value '{body_format}' for 'body-format' is not valid")
    row = to_page(context, page, body_format)
    row["_links"]["base"] = context.links_base
    if params.get("include-labels") == "true":
        row["labels"] = {
            "results": [to_label(name) for name in page.labels[:_INCLUDED_LABELS]],
            "meta": {"hasMore": len(page.labels) > _INCLUDED_LABELS},
            "_links": {"self": f"/wiki/api/v2{path}/labels"},
        }
    return Answer(200, row)


def _list_labels(context: Context, path: str, params: Params, page_id: str) -> Answer:
    page = readable_page(context, page_id, _to_content_type(path))
    return listed(context, path, params, numbered(page.labels), to_label)


def _page_ancestors(context: Context, path: str, params: Params, page_id: str) -> Answer:
    return _ancestors(context, path, params, readable_page(context, page_id))


def _folder_ancestors(context: Context, path: str, params: Params, folder_id: str) -> Answer:
    return _ancestors(context, path, params, _folder(context, path, folder_id))


def _ancestors(context: Context, path: str, params: Params, item: SitePage | Folder) -> Answer:
    above = context.state.tree.ancestors(item)
    limit = to_limit(params, 25, 250)  # the nearest ones; this list has no next link
    rows = [{"id": item_id, "type": to_type(context, item_id)} for item_id in above[-limit:]]
    return Answer(200, {"results": rows, "_links": {"base": context.links_base}})


def _page_descendants(context: Context, path: str, params: Params, page_id: str) -> Answer:
    readable_page(context, page_id)
    return _descendants(context, path, params, page_id)


def _folder_descendants(context: Context, path: str, params: Params, item_id: str) -> Answer:
    _folder(context, path, item_id)
    return _descendants(context, path, params, item_id)


def _descendants(context: Context, path: str, params: Params, item_id: str) -> Answer:
    max_depth = params.get("depth", "2")
    if not max_depth.isdigit() or not 1 <= int(max_depth) <= 10:
        raise ValueError(f"Invalid depth: {max_depth}")
    state = context.state

    def below() -> Iterator[Json]:
        for child_id, depth in state.tree.descendants(item_id):
            item = state.visible_folder(child_id) or state.visible_page(child_id)
            status = item.status if isinstance(item, SitePage) else "current"
            if item is None or depth > int(max_depth) or status in _OUT_OF_TREE:
                continue
            yield {
                "id": child_id,
                "status": status,
                "title": item.title,
                "type": to_type(context, child_id),
                "parentId": item.parent,
                "depth": depth,
                "childPosition": None,
            }

    return listed(context, path, params, numbered(below()), lambda row: row)


def _get_folder(context: Context, path: str, params: Params, folder_id: str) -> Answer:
    return Answer(200, to_folder(context, _folder(context, path, folder_id)))


def listed[Row](
    context: Context,
    path: str,
    params: Params,
    walk: Callable[[int], Iterator[tuple[int, Row]]],
    to_row: Callable[[Row], Json],
    usual_rows: int = 25,
) -> Answer:
    """Return a page of a list: rows, `_links.next` and the same link in a `Link` header."""
    limit = to_limit(params, usual_rows, 250)
    if context.paging.list_rows is not None:
        limit = min(limit, context.paging.list_rows)
    kept = {name: value for name, value in params.items() if name != "cursor"}
    owner = path + str(sorted((name, value) for name, value in kept.items() if name != "limit"))
    position = to_position(params.get("cursor"), owner)
    rows, following = cut(walk, position, limit, context.paging)
    links, headers = {"base": context.links_base}, {}
    if following:
        kept["cursor"] = to_cursor(following, owner)
        links["next"] = next_link(
            context.paging, context.links_base, f"/api/v2{path}", kept, following
        )
        headers["Link"] = f'<{links["next"]}>; rel="next"'
    return Answer(200, {"results": [to_row(row) for row in rows], "_links": links}, headers)


def _space(context: Context, space_id: str) -> Space:
    for space in context.state.spaces.values():
        if space.id == space_id:
            return space
    raise refusal(404, f"Could not find space with id {space_id}")


def _to_content_type(path: str) -> str:
    return "blogpost" if "/blogposts" in path else "page"


def readable_page(context: Context, page_id: str, content_type: str = "page") -> SitePage:
    """Return a page that the account sees, in the trash too. Raises RefusedError."""
    page = context.state.visible_page(page_id)
    if page is None or page.status == "deleted" or page.type != content_type:
        raise refusal(404, f"Could not find page with id {page_id}")
    return page


def _folder(context: Context, path: str, folder_id: str) -> Folder:
    folder = context.state.visible_folder(folder_id)
    if folder is None or f"/{folder.kind}s/" not in path:
        raise refusal(404, f"Could not find content with id {folder_id}")
    return folder


API = Api(
    prefix="/wiki/api/v2",
    refuse=refusal,
    bad_credentials=(404, "Not Found"),  # exactly this title; a missing page has a longer one
    no_route="No such route",
    routes=(
        Route("/spaces", "read:space:confluence", _list_spaces),
        Route(r"/spaces/(\d+)", "read:space:confluence", _get_space),
        *(
            route
            for name in ("pages", "blogposts")
            for route in (
                Route(rf"/spaces/(\d+)/{name}", "read:page:confluence", _list_space_pages),
                Route(f"/{name}", "read:page:confluence", _list_pages),
                Route(rf"/{name}/(\d+)", "read:page:confluence", _get_page),
                Route(rf"/{name}/(\d+)/labels", "read:page:confluence", _list_labels),
            )
        ),
        Route(r"/pages/(\d+)/ancestors", _METADATA, _page_ancestors),
        Route(r"/pages/(\d+)/descendants", _TREE, _page_descendants),
        *(
            route
            for kind in ("folder", "whiteboard", "database", "embed")
            for route in (
                Route(rf"/{kind}s/(\d+)", f"read:{kind}:confluence", _get_folder),
                Route(rf"/{kind}s/(\d+)/ancestors", _METADATA, _folder_ancestors),
                Route(rf"/{kind}s/(\d+)/descendants", _TREE, _folder_descendants),
            )
        ),
    ),
)
