"""Ledgers of release 1.0.0, whose digests lack the time of a version and the site's address."""

from __future__ import annotations

from collections.abc import Iterable

from pipeline.records import PageRef
from pipeline.run.plan.digests import to_earlier_page_digest, to_page_digest
from pipeline.state import Ledger


def adopt_earlier_digests(
    ledger: Ledger, listed: Iterable[PageRef], conversion_digest: str, address: str
) -> None:
    """Give the listed pages that are unchanged by their earlier digest the one of now.

    So an update of this tool alone does not make every page be fetched again.
    """
    held = ledger.pages()
    earlier = (
        ref
        for ref in listed
        if ref.id in held
        and (recorded := held[ref.id].digest)
        and recorded != to_page_digest(ref, conversion_digest, address)
        and recorded == to_earlier_page_digest(ref, conversion_digest)
    )
    ledger.replace_digests(
        {ref.id: to_page_digest(ref, conversion_digest, address) for ref in earlier}
    )
