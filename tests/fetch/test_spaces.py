"""The spaces in scope, and the errors for those that are not found."""

import unicodedata

import pytest

from demo.confluence_site import ConfluenceSite, SiteState
from pipeline.fetch import (
    CredentialsError,
    Space,
)
from tests.support.confluence_client import opened


def keys_of(spaces: list[Space]) -> list[str]:
    return [space.key for space in spaces]


@pytest.mark.parametrize(
    ("environ", "expected"),
    [
        ({}, ["KI", "HB"]),
        ({"SPACE_NAME": "Known Issues"}, ["KI"]),
        ({"SPACE_NAME": "known issues"}, ["KI"]),
        ({"FILTER_SPACE_KEYS": "HB"}, ["HB"]),
        ({"FILTER_SPACE_KEYS": "HB,KI"}, ["HB", "KI"]),
    ],
)
def test_the_spaces_in_scope_are_found(
    site: ConfluenceSite, environ: dict[str, str], expected: list[str]
) -> None:
    with opened(site, **environ) as client:
        assert keys_of(client.list_spaces()) == expected


@pytest.mark.parametrize(
    ("environ", "message"),
    [
        ({"SPACE_NAME": "Known Isues"}, r"did you mean Known Issues \(key KI\)"),
        ({"SPACE_NAME": "KI"}, r"did you mean Known Issues \(key KI\)"),
        ({"SPACE_NAME": "Quite another"}, "no space named 'Quite another'.*2 others"),
        ({"FILTER_SPACE_KEYS": "KI,KX"}, r"no space with key KX .*Known Issues \(key KI\)"),
        ({"FILTER_SPACE_KEYS": "ZZZZ,YYYY"}, "no space with key ZZZZ, YYYY"),
    ],
)
def test_an_unknown_space_is_an_error_that_names_near_ones(
    site: ConfluenceSite, environ: dict[str, str], message: str
) -> None:
    with opened(site, **environ) as client, pytest.raises(CredentialsError, match=message):
        client.list_spaces()


def test_an_exact_name_wins_over_one_in_other_letters(
    site: ConfluenceSite, state: SiteState
) -> None:
    state.add_space("K2", "KNOWN ISSUES")
    with opened(site, SPACE_NAME="Known Issues") as client:
        assert keys_of(client.list_spaces()) == ["KI"]
    with (
        opened(site, SPACE_NAME="known issues") as client,
        pytest.raises(CredentialsError, match="FILTER_SPACE_KEYS: KI, K2"),
    ):
        client.list_spaces()


def test_archived_spaces_are_out_of_scope_unless_named(
    site: ConfluenceSite, state: SiteState
) -> None:
    state.add_space("OLD", "Old", status="archived")
    with opened(site) as client:
        assert keys_of(client.list_spaces()) == ["KI", "HB"]
    with opened(site, FILTER_SPACE_KEYS="OLD") as client:
        assert keys_of(client.list_spaces()) == ["OLD"]


@pytest.mark.parametrize("asked", ["docs", "DOCS", "XFTXV"])
def test_a_space_is_found_by_the_alias_that_addresses_show(
    asked: str, site: ConfluenceSite, state: SiteState
) -> None:
    state.add_space("XFTXV", "Documents", alias="docs")
    with opened(site, FILTER_SPACE_KEYS=f"KI,{asked}") as client:
        assert keys_of(client.list_spaces()) == ["KI", "XFTXV"]


def test_a_key_and_its_alias_are_one_space(site: ConfluenceSite, state: SiteState) -> None:
    state.add_space("XFTXV", "Documents", alias="docs")
    with opened(site, FILTER_SPACE_KEYS="docs,XFTXV") as client:
        assert keys_of(client.list_spaces()) == ["XFTXV"]


@pytest.mark.parametrize(
    "asked", ["Störungen und Lösungen", unicodedata.normalize("NFD", "Störungen und\xa0Lösungen")]
)
def test_a_name_is_found_in_every_unicode_form(
    asked: str, site: ConfluenceSite, state: SiteState
) -> None:
    state.add_space("SL", unicodedata.normalize("NFD", "Störungen  und Lösungen"))
    with opened(site, SPACE_NAME=asked) as client:
        assert keys_of(client.list_spaces()) == ["SL"]


@pytest.mark.parametrize("environ", [{"FILTER_SPACE_KEYS": "OLD"}, {"SPACE_NAME": "Old times"}])
def test_an_archived_space_is_called_archived(
    environ: dict[str, str],
    site: ConfluenceSite,
    state: SiteState,
    caplog: pytest.LogCaptureFixture,
) -> None:
    state.add_space("OLD", "Old times", status="archived")
    with opened(site, **environ) as client:
        client.list_spaces()
    assert "space OLD (Old times) is archived" in caplog.text
    with (
        opened(site, SPACE_NAME="Old tims") as client,
        pytest.raises(CredentialsError, match=r"Old times \(key OLD, archived\)"),
    ):
        client.list_spaces()


def test_keys_of_many_personal_spaces_fit_in_a_url(site: ConfluenceSite, state: SiteState) -> None:
    keys = [state.add_space(f"~7120{number:030d}", f"Person {number}") for number in range(250)]
    with opened(site, FILTER_SPACE_KEYS=",".join(keys)) as client:
        assert keys_of(client.list_spaces()) == keys


def test_no_visible_space_is_an_error() -> None:
    with (
        ConfluenceSite(SiteState()) as site,
        opened(site) as client,
        pytest.raises(CredentialsError, match="no space is visible"),
    ):
        client.list_spaces()


def test_hundreds_of_spaces_are_listed(site: ConfluenceSite, state: SiteState) -> None:
    for number in range(300):
        state.add_space(f"S{number}", f"Space {number}")
    with opened(site, SPACE_NAME="Space 299") as client:
        assert keys_of(client.list_spaces()) == ["S299"]
