"""Whatever the limit: nothing is broken, lost or made up, and every part says where it belongs."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.chunk import split
from tests.support.chunk_faults import faults_of
from tests.support.convert import to_page
from tests.support.structured_pages import StructuredPage

pytestmark = pytest.mark.slow


@settings(max_examples=30)
@given(
    seed=st.integers(0, 1_000_000),
    limit=st.integers(64, 2000) | st.integers(64, 200),
    overlap_percent=st.integers(0, 50),
)
def test_chunks_keep_the_structure_of_a_page(seed: int, limit: int, overlap_percent: int) -> None:
    markdown = StructuredPage(seed).markdown
    chunks = split(to_page(""), markdown, limit, limit * overlap_percent // 100)
    assert not faults_of(markdown, chunks, limit)
