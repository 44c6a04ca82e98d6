"""Which attachments are read: by type and size."""

from __future__ import annotations

import re

from pipeline.records import Attachment
from pipeline.settings import ATTACHMENT_TYPES, Settings

# Extension → type, and media type → type. The extension is the rule: browsers upload many files
# as application/octet-stream.
_EXTENSIONS = {
    **{name: name for name in ATTACHMENT_TYPES},
    "markdown": "md",
    "htm": "html",
    "text": "txt",
}
_OFFICE = "application/vnd.openxmlformats-officedocument"
_MEDIA_TYPES = {
    "application/pdf": "pdf",
    f"{_OFFICE}.wordprocessingml.document": "docx",
    f"{_OFFICE}.spreadsheetml.sheet": "xlsx",
    f"{_OFFICE}.presentationml.presentation": "pptx",
    "text/csv": "csv",
    "text/plain": "txt",
    "text/markdown": "md",
    "text/x-markdown": "md",
    "text/html": "html",
    "application/xhtml+xml": "html",
}
_EXTENSION = re.compile(r"[a-z0-9]{1,10}")


def to_attachment_type(attachment: Attachment) -> str:
    """Return one of `ATTACHMENT_TYPES`, else the file's extension or media type, or "unknown"."""
    _, dot, extension = attachment.title.lower().rpartition(".")
    media_type = attachment.media_type.partition(";")[0].strip()
    known = _EXTENSIONS.get(extension) if dot else None
    if known or media_type in _MEDIA_TYPES:
        return known or _MEDIA_TYPES[media_type]
    if dot and _EXTENSION.fullmatch(extension):
        return extension
    return media_type[:60] or "unknown"


def to_reason_left_out(attachment: Attachment, settings: Settings) -> str:
    """Return why an attachment is not read, as the report counts it: "png", "pdf over 25 MB".

    "" if it is to be read.
    """
    kind, most = to_attachment_type(attachment), settings.attachment_max_mb
    if kind not in settings.attachment_types:
        return kind
    return f"{kind} over {most} MB" if (attachment.size or 0) > most << 20 else ""
