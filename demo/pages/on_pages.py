"""What is on the demo's pages: a file, and threads of comments."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime

from demo.confluence_site import SiteState

_WHEN = datetime(2026, 9, 16, 10, 15, tzinfo=UTC)
_SCHEDULE = """Image clean-up on worker nodes

kubelet removes unused images when a disk is 85 % full, and stops at 80 %.
Nodes of pool batch-large are cleaned every night at 03:30 UTC by the job image-janitor.
Exceptions: gpu-7 keeps its images, because each of them takes 40 minutes to pull.
"""


def add_files_and_comments(state: SiteState, ids: Mapping[str, str]) -> None:
    """Attach a text file to a page, and discuss two pages; `ids` maps names of pages to ids."""
    state.files.add(ids["disk-full"], "image-clean-up.txt", _SCHEDULE.encode(), when=_WHEN)
    comments = state.comments
    asked = comments.add(
        ids["disk-full"],
        "<p>Is it safe to run this while a deployment is in progress?</p>",
        marked="Unused container images",
        when=_WHEN,
    )
    comments.reply(
        asked,
        "<p>Yes: images of running and starting containers are in use. Only the next pull is "
        "slower.</p>",
        when=_WHEN,
    )
    resolved = comments.add(
        ids["disk-full"],
        "<p>Is there an alternative for old nodes?</p>",
        marked="Not with rm",
        when=_WHEN,
    )
    comments.resolve(resolved)
    comments.add(
        ids["cronjob-stops"],
        "<p>Seen again on cluster <code>west-2</code>: the job was suspended for a week, and had "
        "missed 168 start times.</p>",
        when=_WHEN,
    )
