"""CQL: whatever a name, label, key or id holds, it never becomes a part of the query."""

import re
from datetime import UTC, datetime
from urllib.parse import quote_plus

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from demo.confluence_site import SitePage
from demo.confluence_site.cql import Subject, parse
from pipeline.fetch.content import PAGE, to_id
from pipeline.fetch.cql import quote, to_ids_query, to_scope_queries, to_scope_query

TRAPS = ['"', "\\", '\\"', '") or (type = "page', "'", ")", "x\ny", "\x00", "or", "naïve ✓"]
texts = st.one_of(st.text(min_size=1), st.lists(st.sampled_from(TRAPS), min_size=1).map("".join))
STRING = re.compile(r'"(?:[^"\\]|\\.)*"', re.DOTALL)
NOW = datetime(2026, 6, 1, tzinfo=UTC)


def page_in(space: str, *labels: str) -> Subject:
    page = SitePage(id="1", title="T", space=space, parent=None, bodies={}, labels=labels)
    return Subject(page, frozenset())


def skeleton(query: str) -> str:
    """The query with its strings cut out, by the rule of the language: a quote ends a string
    unless a backslash precedes it."""
    return STRING.sub("S", query)


@given(st.lists(texts, min_size=1, max_size=4), st.lists(texts, max_size=4))
def test_a_query_has_the_same_shape_whatever_its_values_are(
    keys: list[str], labels: list[str]
) -> None:
    expected = f"type = S and space in ({', '.join('S' for _ in keys)})"
    if labels:
        expected += f" and label in ({', '.join('S' for _ in labels)})"
    assert skeleton(to_scope_query([PAGE], keys, labels)) == expected


@given(texts, texts, texts, texts)
def test_a_query_finds_exactly_the_space_and_label_that_were_meant(
    key: str, label: str, other_key: str, other_label: str
) -> None:
    label, other_label = label.lower(), other_label.lower()  # as Confluence keeps them
    query = parse(to_scope_query([PAGE], [key], [label]), now=NOW)
    assert query.matches(page_in(key, label))
    assert query.matches(page_in(other_key, label)) == (other_key == key)
    assert query.matches(page_in(key, other_label)) == (other_label == label)


@example("²")
@example("٣")
@example("1 or 2")
@given(texts)
def test_only_plain_numbers_are_ids(text: str) -> None:
    if re.fullmatch("[0-9]+", text):
        assert to_id(text) == text
        return
    for make in (to_id, lambda value: to_ids_query([PAGE], [value])):
        with pytest.raises(ValueError, match="not the id"):
            make(text)
    with pytest.raises(ValueError, match="not the id"):
        to_scope_query([PAGE], ["KI"], ancestor_id=text)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("KI", '"KI"'),
        ('a"b', r'"a\"b"'),
        ("a\\", r'"a\\"'),
        ('\\"', r'"\\\""'),
    ],
)
def test_quotes_and_backslashes_are_escaped(text: str, expected: str) -> None:
    assert quote(text) == expected


def test_all_filters_are_in_one_query() -> None:
    assert to_scope_query([PAGE], ["KI", "HB"], ["a", "b"], "42") == (
        'type = "page" and space in ("KI", "HB") and label in ("a", "b") and ancestor = 42'
    )
    assert to_ids_query([PAGE], ["1", "22"]) == 'type = "page" and id in (1, 22)'


@given(st.lists(texts, min_size=1, max_size=400))
def test_many_labels_are_divided_among_queries_that_fit_in_a_url(labels: list[str]) -> None:
    queries = list(to_scope_queries([PAGE], ["KI"], labels, "42"))
    asked = [label for query in queries for label in STRING.findall(query)[2:]]
    assert asked == [quote(label) for label in labels]
    assert all(query.endswith(" and ancestor = 42") for query in queries)
    longest = max(len(quote_plus(f"{quote(label)}, ")) for label in labels)
    assert all(len(quote_plus(query)) < max(4_000, longest) + 200 for query in queries)


def test_no_space_is_not_every_space() -> None:
    with pytest.raises(ValueError, match="space"):
        to_scope_query([PAGE], [])
