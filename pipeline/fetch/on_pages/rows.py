"""JSON rows of attachments and comments as records."""

from __future__ import annotations

from pipeline.fetch.content import to_id
from pipeline.fetch.errors import BrokenAnswerError
from pipeline.fetch.rows import Json, checked, to_body, to_line, to_text, to_utc, to_version
from pipeline.records import Attachment, Comment, CommentRef

_ON_A_PAGE = ("pageId", "blogPostId")
_ELSEWHERE = ("attachmentId", "customContentId")
# A thread that is resolved, or whose text is gone from the page, is not shown on the page.
CLOSED = ("resolved", "dangling")


def to_page_id(row: Json) -> str | None:
    """Return the id of what a row of the site's list is on; "" for what is no page or blog post.

    None if the row does not show it, as that of a space's logo.
    """
    on_page = next((str(row[name]) for name in _ON_A_PAGE if row.get(name)), None)
    return "" if on_page is None and any(row.get(name) for name in _ELSEWHERE) else on_page


def to_attachment(row: Json, page_id: str) -> Attachment:
    """Read an attachment's row. Raises `BrokenAnswerError`, as all functions here do."""

    def read() -> Attachment:
        version, size = row["version"], row.get("fileSize")
        return Attachment(
            id=to_attachment_id(str(row["id"])),
            page_id=page_id,
            version=to_version(version["number"]),
            title=to_line(row["title"]),
            modified=to_utc(version["createdAt"]),
            media_type=to_line(row.get("mediaType") or "").lower(),
            size=size if isinstance(size, int) and size >= 0 else None,
            web_path=to_text((row.get("_links") or {}).get("webui") or row.get("webuiLink") or ""),
        )

    return checked("attachment", row, read)


def to_attachment_id(value: str) -> str:
    """Return `att98765`, which v1 requires and v2 accepts. Raises `ValueError` for no id."""
    return f"att{to_id(value.removeprefix('att'))}"


def to_comment_ref(row: Json, page_id: str, *, is_inline: bool, parent: str = "") -> CommentRef:
    """Read a comment's row; `parent` is what it is known to answer."""

    def read() -> CommentRef:
        version = row["version"]
        return CommentRef(
            id=to_id(str(row["id"])),
            page_id=page_id,
            version=to_version(version["number"]),
            modified=to_utc(version["createdAt"]),
            parent=parent or str(row.get("parentCommentId") or ""),
            is_inline=is_inline,
            resolution=str(row.get("resolutionStatus") or ""),
        )

    return checked("comment", row, read)


def to_comment(row: Json, page_id: str, parent: str = "") -> Comment:
    """Read a comment's row with its body in storage format; `parent` as of `to_comment_ref`."""

    def read() -> Comment:
        version, html = row["version"], to_body(row, "storage")
        if html is None:
            raise ValueError("no storage body")
        return Comment(
            id=to_id(str(row["id"])),
            page_id=page_id,
            author=to_line(str(version.get("authorId") or "")),
            modified=to_utc(version["createdAt"]),
            html=html,
            parent=parent or str(row.get("parentCommentId") or ""),
            marked=_to_marked(row),
        )

    return checked("comment", row, read)


def is_open(row: Json) -> bool:
    """Return whether readers of the page see a comment, unless the thread it is in is closed.

    Only the first comment of a thread shows that it is.
    """
    return is_current(row) and row.get("resolutionStatus") not in CLOSED


def is_current(row: Json) -> bool:
    """Return whether a row is of something current. Raises `BrokenAnswerError` without a status."""
    status = row.get("status")
    if not isinstance(status, str):
        raise BrokenAnswerError("an answer describes something on a page without its status")
    return status == "current"


def _to_marked(row: Json) -> str:
    """Return the text that an inline comment is about; "" where the row does not show it."""
    properties = row.get("properties")
    marked = properties.get("inlineOriginalSelection") if isinstance(properties, dict) else None
    return to_text(marked) if isinstance(marked, str) else ""
