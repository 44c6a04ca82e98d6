"""The site's v2 API: attachments of the site, of a page, and alone; v1: their download."""

from __future__ import annotations

import zlib
from collections.abc import Iterator
from urllib.parse import quote, urlencode

from demo.confluence_site import v1, v2
from demo.confluence_site.answers import (
    Answer,
    Context,
    Json,
    Params,
    Route,
    check_names,
    to_status,
    to_time,
)
from demo.confluence_site.files import SiteFile
from demo.confluence_site.v2_lists import (
    CONTAINERS,
    TYPES,
    in_order,
    is_on_visible_page,
    to_container,
)
from demo.confluence_site.v2_rows import to_version

_SCOPE = "read:attachment:confluence"
_DOWNLOAD_SCOPE = "readonly:content.attachment:confluence"
_STATUSES, _USUAL = ("current", "archived", "trashed"), ("current", "archived")
MEDIA_PATH = "/file/"  # of the host that a download redirects to


def to_file(context: Context, file: SiteFile) -> Json:
    page = context.state.pages[file.page]
    query = urlencode({"version": file.version, "cacheVersion": 1, "api": "v2"})
    download = f"/download/attachments/{file.page}/{quote(file.title)}?{query}"
    preview = f"/{file.page}/{file.id.removeprefix('att')}/{quote(file.title)}"
    webui = (
        f"/pages/viewpageattachments.action?{urlencode({'pageId': file.page})}&preview={preview}"
    )
    return {
        "id": file.id,
        "status": file.status,
        "title": file.title,
        "createdAt": to_time(file.created),
        to_container(page): file.page,
        "mediaType": file.media_type,
        "mediaTypeDescription": "",
        "comment": "",
        "fileId": f"{zlib.crc32(file.id.encode()):08x}-0000-4000-8000-000000000000",
        "fileSize": len(file.content),
        "webuiLink": webui,
        "downloadLink": download,
        "version": to_version(file.version, file.modified),
        "_links": {"webui": webui, "download": download},
    }


def _list_files(
    context: Context, path: str, params: Params, collection: str = "", page_id: str = ""
) -> Answer:
    check_names(params, "status", "mediaType", "filename")
    statuses = to_status(params, _STATUSES, _USUAL)
    if page_id:
        v2.readable_page(context, page_id, TYPES[collection])

    def walk(after: int) -> Iterator[tuple[int, SiteFile]]:
        for number, file in context.state.files.after(after):
            if (
                file.status in statuses
                and page_id in ("", file.page)
                and params.get("mediaType") in (None, file.media_type)
                and params.get("filename") in (None, file.title)
                and is_on_visible_page(context, file.page)
            ):
                yield number, file

    def row(file: SiteFile) -> Json:
        return to_file(context, file)

    return v2.listed(context, path, params, in_order(params, walk), row, usual_rows=50)


def _get_file(context: Context, path: str, params: Params, file_id: str) -> Answer:
    if params:
        raise ValueError(f"Unknown parameter: {min(params)}")
    file = context.state.files.by_id.get(f"att{file_id.removeprefix('att')}")
    if file is None or not is_on_visible_page(context, file.page):
        raise v2.refusal(404, f"Could not find attachment with id {file_id}")
    row = to_file(context, file)
    return Answer(200, row | {"_links": row["_links"] | {"base": context.links_base}})


def _download(context: Context, path: str, params: Params, page_id: str, file_id: str) -> Answer:
    """Redirect to the host of files, with a token that only it reads."""
    if unknown := params.keys() - {"version", "status"}:
        raise ValueError(f"Unknown parameter: {min(unknown)}")
    file = context.state.files.by_id.get(file_id)
    if (
        file is None
        or file.page != page_id
        or file.status not in to_status(params, _STATUSES, ("current",))
    ):
        raise v1.refusal(404, f"No content found with id: ContentId{{id={file_id}}}")
    if not is_on_visible_page(context, file.page):
        raise v1.refusal(404, f"No content found with id: ContentId{{id={page_id}}}")
    version = params.get("version", str(file.version))
    if not version.isdigit() or int(version) > file.version:
        raise ValueError(f"Invalid version: {version}")
    query = urlencode({"token": to_token(file), "name": file.title})
    location = f"{context.media_url}{MEDIA_PATH}{file.id}/binary?{query}"
    return Answer(302, "", {"Location": location}, "text/plain")


def to_media(context: Context, path: str, params: Params) -> Answer:
    """Answer as the host of files does, which knows no account."""
    file = context.state.files.by_id.get(path.removeprefix(MEDIA_PATH).partition("/")[0])
    if file is None or params.get("token") != to_token(file):
        return Answer(403, {"error": {"code": "JwtAuthoriser:TokenExpired"}})
    return Answer(200, file.content, {}, file.media_type)


def to_token(file: SiteFile) -> str:
    """Return what opens one version of a file."""
    return f"{zlib.crc32(f'{file.id} {file.version}'.encode()):08x}"


ROUTES = (
    Route("/attachments", _SCOPE, _list_files),
    Route(r"/attachments/((?:att)?\d+)", _SCOPE, _get_file),
    Route(rf"/({'|'.join(CONTAINERS)})/(\d+)/attachments", _SCOPE, _list_files),
)
V1_ROUTES = (
    Route(r"/content/(\d+)/child/attachment/(att\d+)/download", _DOWNLOAD_SCOPE, _download),
)
