"""Pages of extreme sizes, by name, as bodies in rendered HTML."""

from __future__ import annotations

from collections.abc import Callable

BIG_PAGES: dict[str, Callable[[], str]] = {
    "20 MB of text": lambda: "<p>" + "some words of a very long page. " * 650_000 + "</p>",
    "20 MB of paragraphs": lambda: "<p>Some words of a very long page.</p>" * 530_000,
    "a line of 20 MB": lambda: "<p>" + "x" * 20_000_000 + "</p>",
    "a line of 20 MB of code": lambda: "<pre>" + "x = 1; " * 2_900_000 + "</pre>",
    "50,000 headings": lambda: "".join(
        f"<h{1 + at % 6}>Heading {at}</h{1 + at % 6}><p>Text {at}</p>" for at in range(50_000)
    ),
    "10,000 links in a paragraph": lambda: (
        "<p>"
        + " ".join(f'<a href="https://example.com/{at}">link {at}</a>' for at in range(10_000))
        + "</p>"
    ),
    "200,000 nested tags": lambda: "<div>" * 200_000 + "text" + "</div>" * 200_000,
    "300,000 rows": lambda: _table(300_000),
    "1,000,000 rows": lambda: _table(1_000_000),
}


def _table(rows: int) -> str:
    return f"<table>{'<tr><td>a</td><td>b</td></tr>' * rows}</table>"
