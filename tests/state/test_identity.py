"""Whose ledger it is: another site, server, collection or variant is refused."""

import pytest

from pipeline.settings import GATEWAY
from pipeline.state import (
    Ledger,
    LedgerError,
    check_variant,
    claim,
    claim_site,
    open_memory_ledger,
)

ACME, CLOUD = "https://acme.atlassian.net", f"{GATEWAY}/3f0c8a52"


@pytest.fixture
def ledger() -> Ledger:
    return open_memory_ledger()


@pytest.mark.parametrize("name", ["server", "collection"])
def test_another_collections_ledger_is_refused(ledger: Ledger, name: str) -> None:
    own = {"server": "http://a", "collection": "one"}
    claim(ledger, **own)
    claim(ledger, **own)
    with pytest.raises(LedgerError, match=rf"belongs to {name} .* a STATE_DIR of its own"):
        claim(ledger, **own | {name: "other"})


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ((CLOUD, f"{ACME}/wiki"), (ACME, f"{ACME}/wiki")),  # the other form of its address
        ((CLOUD, f"{ACME}/wiki"), (CLOUD, "https://renamed.atlassian.net/wiki")),
        ((CLOUD, f"{ACME}/wiki"), (CLOUD, "")),  # answers without a base
        ((CLOUD, ""), (CLOUD, f"{ACME}/wiki")),
    ],
)
def test_one_site_by_two_addresses_is_the_same(
    ledger: Ledger, first: tuple[str, str], second: tuple[str, str]
) -> None:
    claim_site(ledger, *first)
    claim_site(ledger, *second)
    claim_site(ledger, *first)


@pytest.mark.parametrize(
    "other",
    [
        (f"{GATEWAY}/another", "https://other.atlassian.net/wiki"),
        (f"{GATEWAY}/another", ""),
        ("https://other.atlassian.net", "https://other.atlassian.net/wiki"),
    ],
)
def test_another_site_is_refused(ledger: Ledger, other: tuple[str, str]) -> None:
    claim_site(ledger, CLOUD, f"{ACME}/wiki")
    with pytest.raises(LedgerError, match=r"belongs to the site https://acme\..*CONF_BASE_URL"):
        claim_site(ledger, *other)
    claim_site(ledger, CLOUD, f"{ACME}/wiki")


def test_a_proxy_that_leads_to_another_site_is_noticed(ledger: Ledger) -> None:
    claim_site(ledger, "http://proxy", f"{ACME}/wiki")
    with pytest.raises(LedgerError, match="belongs to the site"):
        claim_site(ledger, "http://proxy", "https://other.atlassian.net/wiki")


def test_another_variant_is_refused(ledger: Ledger) -> None:
    check_variant(ledger, "dash", has_files=False)
    ledger.set_about(variant="dash")
    with pytest.raises(LedgerError, match="another variant than underscore, dash: set"):
        check_variant(ledger, "underscore", has_files=False)
