"""The site's v2 API: comments of the site, of a page, replies, and alone."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from demo.confluence_site import v2
from demo.confluence_site.answers import (
    ACCOUNT,
    Answer,
    Context,
    Json,
    Params,
    Route,
    check_names,
    to_status,
    to_values,
    webui,
)
from demo.confluence_site.comments import SiteComment
from demo.confluence_site.v2_lists import (
    CONTAINERS,
    TYPES,
    in_order,
    is_on_visible_page,
    to_container,
)
from demo.confluence_site.v2_rows import to_version

_SCOPE = "read:comment:confluence"
_STATUSES = ("current", "archived", "trashed", "deleted", "historical", "draft")
_RESOLUTIONS = {"resolved", "open", "dangling", "reopened"}
_KINDS = {"footer": False, "inline": True}  # → whether its comments are inline
Test = Callable[[SiteComment], bool]


def _to_comment(context: Context, comment: SiteComment, params: Params, names: set[str]) -> Json:
    """Return a row with those of the fields that its model has."""
    page = context.state.pages[comment.page]
    row: Json = {
        "id": comment.id,
        "status": "current",
        "title": f"Re: {page.title}",
        "version": to_version(comment.version, comment.modified, comment.author or ACCOUNT),
        "_links": {"webui": f"{webui(page)}?focusedCommentId={comment.id}"},
    }
    if "page" in names:
        row[to_container(page)] = comment.page
    if "parent" in names and comment.parent:
        row["parentCommentId"] = comment.parent
    if comment.is_inline:
        if not comment.parent:
            row["resolutionStatus"] = comment.resolution
        row["properties"] = {
            "inlineMarkerRef": f"marker-{comment.id}",
            "inlineOriginalSelection": comment.marked,
        }
    if body_format := params.get("body-format"):
        row["body"] = {body_format: {"representation": body_format, "value": comment.body}}
    return row


def _list_all(context: Context, path: str, params: Params, kind: str) -> Answer:
    check_names(params, "body-format")
    return _list(context, path, params, kind, lambda _comment: True, {"page", "parent"})


def _list_of_page(
    context: Context, path: str, params: Params, collection: str, page_id: str, kind: str
) -> Answer:
    """List the threads of a page without their replies."""
    resolutions = to_values(params, "resolution-status")
    check_names(params, "body-format", "status", *(["resolution-status"] if _KINDS[kind] else []))
    if unknown := resolutions - _RESOLUTIONS:
        raise ValueError(f"Invalid resolution-status: {min(unknown)}")
    v2.readable_page(context, page_id, TYPES[collection])
    is_current = "current" in to_status(params, _STATUSES, ("current",))

    def test(comment: SiteComment) -> bool:
        is_open = not resolutions or comment.resolution in resolutions
        return is_current and is_open and comment.page == page_id and comment.parent is None

    return _list(context, path, params, kind, test, {"page"})


def _list_replies(
    context: Context, path: str, params: Params, kind: str, comment_id: str
) -> Answer:
    check_names(params, "body-format")
    _readable_comment(context, kind, comment_id)
    return _list(
        context, path, params, kind, lambda comment: comment.parent == comment_id, {"parent"}
    )


def _get(context: Context, path: str, params: Params, kind: str, comment_id: str) -> Answer:
    check_names(params, "body-format")
    comment = _readable_comment(context, kind, comment_id)
    return Answer(200, _to_comment(context, comment, params, {"page", "parent"}))


def _list(
    context: Context, path: str, params: Params, kind: str, test: Test, names: set[str]
) -> Answer:
    if params.get("body-format") not in {None, "storage"}:
        raise ValueError(f"Provided value '{params['body-format']}' is not valid")

    def walk(after: int) -> Iterator[tuple[int, SiteComment]]:
        for number, comment in context.state.comments.after(after):
            is_kind = comment.is_inline == _KINDS[kind]
            if is_kind and test(comment) and is_on_visible_page(context, comment.page):
                yield number, comment

    def row(comment: SiteComment) -> Json:
        return _to_comment(context, comment, params, names)

    return v2.listed(context, path, params, in_order(params, walk), row)


def _readable_comment(context: Context, kind: str, comment_id: str) -> SiteComment:
    comment = context.state.comments.by_id.get(comment_id)
    is_kind = comment is not None and comment.is_inline == _KINDS[kind]
    if comment is None or not is_kind or not is_on_visible_page(context, comment.page):
        raise v2.refusal(404, f"Could not find comment with id {comment_id}")
    return comment


_KIND = f"({'|'.join(_KINDS)})-comments"
ROUTES = (
    Route(f"/{_KIND}", _SCOPE, _list_all),
    Route(rf"/({'|'.join(CONTAINERS)})/(\d+)/{_KIND}", _SCOPE, _list_of_page),
    Route(rf"/{_KIND}/(\d+)", _SCOPE, _get),
    Route(rf"/{_KIND}/(\d+)/children", _SCOPE, _list_replies),
)
