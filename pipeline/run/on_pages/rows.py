"""What is on pages as rows of a listing: one for each file, one for all comments of a page.

Ids: `att98765` of a file, `comments<page id>`; no hyphen, which ends the id in that of a chunk.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import astuple

from pipeline.records import ATTACHMENT, COMMENT, PAGE, Attachment, CommentRef, ListedPage, PageRef

COMMENTS, FILE = "comments", "att"  # begin the ids
_MOST_VERSIONS = 2**63 - 1  # what a database holds
_TITLE = "Comments"  # below that of the page, so that no two documents are looked up by one title


def to_type(document_id: str) -> str:
    """Return the type that an id shows; PAGE for a blog post too."""
    if document_id.startswith(COMMENTS):
        return COMMENT
    return ATTACHMENT if document_id.startswith(FILE) else PAGE


def to_commented(document_id: str) -> str:
    """Return the id of the page that comments are on."""
    return document_id.removeprefix(COMMENTS)


def list_attachment(attachment: Attachment, owner: PageRef) -> ListedPage:
    """Return the row of a file on a listed page."""
    details = (attachment.title, attachment.media_type, attachment.size)
    ref = PageRef(
        id=attachment.id,
        version=attachment.version,
        title=attachment.title,
        space=owner.space,
        modified=attachment.modified,
        content_type=ATTACHMENT,
        web_path=attachment.web_path,
        owner=owner.id,
        details=json.dumps(details),
    )
    return ListedPage(ref, parent=owner.id, parent_type=owner.content_type)


def to_attachment(ref: PageRef) -> Attachment:
    """Return the file of a row."""
    title, media_type, size = json.loads(ref.details)
    return Attachment(
        ref.id, ref.owner, ref.version, title, ref.modified, media_type, size, ref.web_path
    )


def to_details(comment: CommentRef) -> str:
    """Return what shows whether a comment has changed, as JSON."""
    return json.dumps(astuple(comment))


def list_comments(details: Sequence[str], owner: PageRef) -> ListedPage:
    """Return the row of a listed page's comments, of which these are the details, sorted.

    Its version and time are made of all of them, so that they change with each.
    """
    comments = [CommentRef(*json.loads(one)) for one in details]
    ref = PageRef(
        id=f"{COMMENTS}{owner.id}",
        version=min(sum(comment.version for comment in comments), _MOST_VERSIONS),
        title=_TITLE,
        space=owner.space,
        modified=max((comment.modified for comment in comments), default=""),
        content_type=COMMENT,
        web_path=owner.web_path,
        owner=owner.id,
        details=f"[{', '.join((json.dumps(owner.content_type), *details))}]",
    )
    return ListedPage(ref, parent=owner.id, parent_type=owner.content_type)


def to_comments(ref: PageRef) -> tuple[PageRef, list[CommentRef]]:
    """Return the page of a row of comments, and the comments."""
    content_type, *comments = json.loads(ref.details)
    page = PageRef(
        id=ref.owner,
        version=0,
        title=ref.ancestors[-1],
        space=ref.space,
        ancestors=ref.ancestors[:-1],
        content_type=content_type,
        web_path=ref.web_path,
    )
    return page, [CommentRef(*one) for one in comments]
