"""Tables by rows of (HTML, Markdown)."""

import pytest

from tests.support.convert import convert

HEAD = "<tr><th>A</th><th>B</th></tr>"


def table(*rows: str) -> str:
    inner = "".join(rows)
    return f'<div class="table-wrap"><table class="confluenceTable">{inner}</table></div>'


def row(*cells: str) -> str:
    return "<tr>" + "".join(f"<td>{cell}</td>" for cell in cells) + "</tr>"


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        (table(HEAD, row("1", "2")), "| A | B |\n|---|---|\n| 1 | 2 |"),
        # no header: the first row is one
        (table(row("1", "2"), row("3", "4")), "| | |\n|---|---|\n| 1 | 2 |\n| 3 | 4 |"),
        (
            "<table><thead><tr><td>A</td><td>B</td></tr></thead><tr><td>1</td><td>2</td></tr></table>",
            "| A | B |\n|---|---|\n| 1 | 2 |",
        ),
        # names and values have no header
        (
            table("<tr><th>A</th><td>1</td></tr>", "<tr><th>B</th><td>2</td></tr>"),
            "| | |\n|---|---|\n| A | 1 |\n| B | 2 |",
        ),
        # a header is bold by itself
        (
            table(row("<b>A</b>", "<strong>B</strong>"), row("<b>1</b>", "2")),
            "| A | B |\n|---|---|\n| **1** | 2 |",
        ),
        ("<table><tr><th><b>A</b></th><th>B</th></tr></table>", "| A | B |\n|---|---|"),
        # spans
        (
            table(HEAD, '<tr><td rowspan="2">1</td><td>2</td></tr>', row("3")),
            "| A | B |\n|---|---|\n| 1 | 2 |\n| 1 | 3 |",
        ),
        (
            table(HEAD, '<tr><td>1</td><td rowspan="2">2</td></tr>', row("3"), row("4", "5")),
            "| A | B |\n|---|---|\n| 1 | 2 |\n| 3 | 2 |\n| 4 | 5 |",
        ),
        (
            table(
                "<tr><th>A</th><th>B</th><th>C</th></tr>",
                '<tr><td colspan="2">1</td><td>2</td></tr>',
            ),
            "| A | B | C |\n|---|---|---|\n| 1 | | 2 |",
        ),
        (
            table(
                "<tr><th>A</th><th>B</th><th>C</th></tr>",
                '<tr><td rowspan="2" colspan="2">1</td><td>2</td></tr>',
                row("3"),
            ),
            "| A | B | C |\n|---|---|---|\n| 1 | | 2 |\n| 1 | | 3 |",
        ),
        # a cell as wide as the table is a title between the rows, or above them
        (
            table(HEAD, '<tr><td colspan="2">Part 1</td></tr>', row("1", "2")),
            "| A | B |\n|---|---|\n| Part 1 | |\n| 1 | 2 |",
        ),
        (
            table('<tr><th colspan="2">Title</th></tr>', HEAD, row("1", "2")),
            "**Title**\n\n| A | B |\n|---|---|\n| 1 | 2 |",
        ),
        # two header rows
        (
            table(
                '<tr><th rowspan="2">A</th><th colspan="2">G</th></tr>',
                "<tr><th>B</th><th>C</th></tr>",
                row("1", "2", "3"),
            ),
            "| A | G: B | G: C |\n|---|---|---|\n| 1 | 2 | 3 |",
        ),
        # ragged rows
        (
            table(row("1", "2", "3"), row("4"), row("5", "6")),
            "| | | |\n|---|---|---|\n| 1 | 2 | 3 |\n| 4 | | |\n| 5 | 6 | |",
        ),
        (table(HEAD, row("", " "), row("1", "")), "| A | B |\n|---|---|\n| 1 | |"),
        (table(row("", "")), ""),
        # the content of a cell
        (table(HEAD, row("a|b", "c")), "| A | B |\n|---|---|\n| a\\|b | c |"),
        (
            table('<tr><td colspan="2">a\\|b</td></tr>', row("1", "2"), row("3", "4")),
            "**a\\|b**\n\n| | |\n|---|---|\n| 1 | 2 |\n| 3 | 4 |",
        ),
        (table(row(r"a \| b | c")), r"a \| b | c"),
        (
            table(HEAD, row("<p>a</p><p>b</p>", "c<br/>d")),
            "| A | B |\n|---|---|\n| a<br>b | c<br>d |",
        ),
        (
            table(
                HEAD,
                row("<ul><li>a<ul><li>b</li></ul></li><li>c</li></ul>", "<ol><li>d</li></ol>"),
            ),
            "| A | B |\n|---|---|\n| - a<br>  - b<br>- c | 1. d |",
        ),
        (
            table(HEAD, row("<pre>if a:\n    b | c</pre>", "<h3>d</h3>")),
            "| A | B |\n|---|---|\n| `if a:`<br>`    b \\| c` | **d** |",
        ),
        (
            table(HEAD, row(table(row("a", "b|"), row("c", "d")), "e")),
            "| A | B |\n|---|---|\n| a · b\\|<br>c · d | e |",
        ),
        (table(HEAD, row("# a", "---")), "| A | B |\n|---|---|\n| # a | --- |"),
        # boxes drawn with a table
        (table(row("<p>a</p><p>b</p>")), "a\n\nb"),
        (table(row("<h2>a</h2><pre>b\n c</pre>")), "## a\n\n```\nb\n c\n```"),
        (table(row("a"), row("<ul><li>b</li></ul>")), "a\n\n- b"),
        (table("<tr><th>A</th></tr>", row("b")), "| A |\n|---|\n| b |"),
        # furniture
        (
            '<table><thead class="tableFloatingHeader"><tr><th>A</th><th>B</th></tr></thead><thead>'
            "<tr><th>A</th><th>B</th></tr></thead><tr><td>1</td><td>2</td></tr></table>",
            "| A | B |\n|---|---|\n| 1 | 2 |",
        ),
        (
            '<table><tr><th class="numberingColumn"></th><th>A</th></tr>'
            '<tr><td class="numberingColumn">1</td><td>b</td></tr></table>',
            "| | A |\n|---|---|\n| 1 | b |",
        ),
        ('<table class="sectionMacro"><tr><td>a</td><td><p>b</p></td></tr></table>', "a\n\nb"),
        ("<table><caption>T</caption><tr><td>1</td><td>2</td></tr></table>",
            "T\n\n| | |\n|---|---|\n| 1 | 2 |"),
        # every cell of a row leads to the same place: once is enough
        (
            table(
                row("<a href='https://e.com/1'>a</a>", "<a href='https://e.com/1'>b</a>"),
                row("<a href='https://e.com/1'>c</a>", "<a href='https://e.com/2'>d</a>"),
            ),
            "| | |\n|---|---|\n| [a](https://e.com/1) | b |\n"
            "| [c](https://e.com/1) | [d](https://e.com/2) |",
        ),
        ("<td>a</td><tr><td>b</td></tr>", "a\n\nb"),
    ],
)  # fmt: skip
def test_a_table_becomes_markdown(body: str, expected: str) -> None:
    assert convert(body).text == expected


@pytest.mark.parametrize("span", ["0", "-1", "x", "", "2.5", "99999999999999999999", "١"])
def test_a_strange_span_costs_nothing(span: str) -> None:
    cell = f'<td rowspan="{span}" colspan="{span}">a</td>'
    result = convert(table(f"<tr>{cell}<td>b</td></tr>", row("c", "d")))
    assert len(result.text) < 2_000
    assert {"a", "b", "c", "d"} <= set(result.text)


def test_what_spans_add_is_bounded_by_the_cells_there_are() -> None:
    wide = '<td rowspan="65534" colspan="1000">s</td>' * 50
    result = convert(table(f"<tr>{wide}</tr>", *[row("a")] * 3_000))
    assert result.lost_words == 0
    assert result.text.count("s") < 5 * 3_050 + 1_000


@pytest.mark.slow
def test_a_long_table_keeps_all_rows() -> None:
    rows = [row(str(number), f"x{number}") for number in range(20_000)]
    result = convert(table(HEAD, *rows))
    assert result.text.count("\n") == 20_001
    assert result.lost_words == 0
