"""What is on the demo's pages: a file of each kind, and threads of comments."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime

from demo.confluence_site import SiteState
from demo.pages import files

_WHEN = datetime(2026, 9, 16, 10, 15, tzinfo=UTC)
_SCHEDULE = """Image clean-up on worker nodes

kubelet removes unused images when a disk is 85 % full, and stops at 80 %.
Nodes of pool batch-large are cleaned every night at 03:30 UTC by the job image-janitor.
Exceptions: gpu-7 keeps its images, because each of them takes 40 minutes to pull.
"""
_PEOPLE = {"5d8c1f2e9a7b4c0012ab3401": "Mara Lindqvist", "5d8c1f2e9a7b4c0012ab3402": "Jonas Weber"}
# Name of a page, name of the file, its content.
_FILES = (
    ("disk-full", "image-clean-up.txt", _SCHEDULE.encode()),
    (
        "backup-de",
        "restore-drill.pdf",
        files.to_pdf(
            "Restore drill",
            (
                "The restore drill takes place on the first Tuesday of each quarter.",
                "It passes if the database of invoices is back within 90 minutes.",
            ),
        ),
    ),
    (
        "certificate",
        "certificate-change.docx",
        files.to_docx(
            "Change of a certificate",
            (
                "The security team approves each change of a certificate two days ahead.",
                "Keep the old certificate for a week.",
            ),
        ),
    ),
    (
        "on-call",
        "phone-numbers.xlsx",
        files.to_xlsx("Phones", (("Team", "Extension"), ("Storage", "4711"), ("Network", "4712"))),
    ),
    (
        "queue-lag",
        "why-queues-lag.pptx",
        files.to_pptx(
            "Why queues lag", ("Consumers restart at 02:00 UTC.", "Partitions have uneven load.")
        ),
    ),
    ("vpn-mtu", "mtu.csv", b"Gateway,MTU\nvpn-north,1380\nvpn-south,1420\n"),
    ("helm-lock", "unlock.md", b"# Unlock a release\n\nDelete the newest release secret.\n"),
    ("etcd", "sizes.html", b"<h1>etcd sizes</h1><p>west-2 has 6 GB, its quota is 8 GB.</p>"),
)
# Answered by the text file, and by a thread of comments.
QUESTIONS_ON_PAGES = (
    "Which nodes keep their images when unused images are cleaned every night?",
    "Is it safe to clean up images while a deployment is in progress?",
)


def add_files_and_comments(state: SiteState, ids: Mapping[str, str]) -> None:
    """Attach files to pages, and discuss two pages; `ids` maps names of pages to ids."""
    for page, name, content in _FILES:
        state.files.add(ids[page], name, content, when=_WHEN)
    state.people |= _PEOPLE
    asker, expert = _PEOPLE
    comments = state.comments
    asked = comments.add(
        ids["disk-full"],
        "<p>Is it safe to run this while a deployment is in progress?</p>",
        marked="Unused container images",
        author=asker,
        when=_WHEN,
    )
    comments.reply(
        asked,
        "<p>Yes: images of running and starting containers are in use. Only the next pull is "
        "slower.</p>",
        author=expert,
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
