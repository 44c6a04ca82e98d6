"""What conversions left out is counted exactly; a few pages and macros are named."""

from pipeline.records import Markdown
from pipeline.report import Report
from pipeline.run.convert import ConversionWarnings


def warnings_of(*pages: Markdown) -> list[str]:
    report = Report()
    warnings = ConversionWarnings(report)
    for number, markdown in enumerate(pages):
        warnings.add(str(number), markdown)
    warnings.finish()
    reported: list[str] = report.to_json()["warnings"]
    return reported


def test_nothing_left_out_is_no_warning() -> None:
    assert warnings_of(Markdown("T", "text")) == []


def test_the_pages_with_most_invisible_text_are_named_and_all_are_counted() -> None:
    pages = [Markdown("T", "", hidden_characters=number) for number in (3, 0, 9, 1, 5, 7, 5)]
    assert warnings_of(*pages) == [
        "invisible text removed: 30 characters on 6 pages, most of it on page 2 'T' (9), "
        "page 5 'T' (7), page 4 'T' (5), page 6 'T' (5), page 0 'T' (3)"
    ]


def test_the_most_frequent_macros_are_named_and_all_are_counted() -> None:
    rare = Markdown("T", "", unknown_macros={f"macro-{number}": 1 for number in range(100)})
    [warning] = warnings_of(rare, Markdown("T", "", unknown_macros={"toc-zone": 2}))
    assert warning.startswith("unsupported macros (text kept): toc-zone (2), macro-0 (1), ")
    assert warning.endswith("macro-48 (1) and 51 others")
