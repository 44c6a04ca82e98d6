"""Whose ledger it is: the facts that a run must share with those before it.

A ledger that lacks a fact, as those of release 1.0.0 do, takes it from the first run.
"""

from __future__ import annotations

from pipeline.settings import GATEWAY
from pipeline.state.ledger import Ledger, LedgerError


def claim(ledger: Ledger, **identity: str) -> None:
    """Record whose ledger this is. Raises `LedgerError` if it belongs to another collection."""
    for name, value in identity.items():
        kept = ledger.get_about(name)
        if kept and kept != value:
            raise LedgerError(
                f"the ledger in STATE_DIR belongs to {name} {kept!r}, and this run is for "
                f"{value!r}: set it to the former, or give the run a STATE_DIR of its own"
            )
    ledger.set_about(**identity)


def claim_site(ledger: Ledger, root: str, address: str) -> None:
    """Record which Confluence site the ledger's pages are from. Raises `LedgerError` for another.

    `root` is that of the API, and `address` what the site calls itself in its answers, "" if it
    does not. One of them may change: a site has two roots, by its cloud id and its own, and one
    that is renamed keeps its cloud id.
    """
    kept_root, kept_address = ledger.get_about("site_root"), ledger.get_about("site_address")
    is_same_root = root == kept_root
    if address and kept_address:
        is_same = address == kept_address or (is_same_root and root.startswith(GATEWAY))
    else:
        is_same = is_same_root or not kept_root
    if not is_same:
        raise LedgerError(
            f"the ledger in STATE_DIR belongs to the site {kept_address or kept_root}, and this "
            f"run reads {address or root}: set CONF_CLOUD_ID or CONF_BASE_URL to the former, or "
            "give the run a STATE_DIR and a collection of their own"
        )
    ledger.set_about(site_root=root, site_address=address or kept_address)


def check_variant(ledger: Ledger, variant: str, *, has_files: bool) -> None:
    """Raise `LedgerError` if the collection was made with another variant.

    `has_files`: whether the variant's handles are files, as they are where a store is listed.
    """
    kept, held_files = ledger.get_about("variant"), ledger.holds_files()
    is_other = kept != variant if kept else held_files not in (None, has_files)
    if is_other:
        raise LedgerError(
            f"the ledger in STATE_DIR is that of a collection made with another variant than "
            f"{variant}{f', {kept}' if kept else ''}: set VECTOR_API_VARIANT to that one, or "
            "give the run a STATE_DIR of its own, so that it builds a second collection"
        )
