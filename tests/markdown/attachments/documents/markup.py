"""The contents as HTML, Markdown and LaTeX, from which tools make documents."""

from __future__ import annotations

from collections.abc import Iterator
from html import escape

from tests.markdown.attachments.content import Part


def to_html(parts: tuple[Part, ...], head: str = "") -> str:
    """Return a whole HTML document."""
    return (f'<!DOCTYPE html><html lang="en"><head><meta charset="utf-8">{head}</head>'
            f"<body>{''.join(map(_html, parts))}</body></html>")  # fmt: skip


def _html(part: Part) -> str:
    if part.kind in ("ul", "ol"):
        items = "".join(f"<li>{escape(row[0])}</li>" for row in part.rows)
        return f"<{part.kind}>{items}</{part.kind}>"
    if part.kind == "table":
        rows = "".join(
            f"<tr>{''.join(f'<{cell}>{escape(text)}</{cell}>' for text in row)}</tr>"
            for at, row in enumerate(part.rows)
            for cell in ["td" if at else "th"]
        )
        return f"<table>{rows}</table>"
    tag = "pre" if part.kind == "code" else part.kind
    return f"<{tag}>{escape(part.text)}</{tag}>"


def to_markdown(parts: tuple[Part, ...]) -> str:
    """Return Markdown for pandoc."""
    return "\n\n".join("\n".join(_markdown(part)) for part in parts) + "\n"


def _markdown(part: Part) -> Iterator[str]:
    match part.kind:
        case "h1" | "h2":
            yield f"{'#' * int(part.kind[1])} {part.text}"
        case "code":
            yield f"```\n{part.text}\n```"
        case "ul" | "ol":
            for number, (text,) in enumerate(part.rows, 1):
                yield f"{'-' if part.kind == 'ul' else f'{number}.'} {text}"
        case "table":
            for at, row in enumerate(part.rows):
                yield "| " + " | ".join(row) + " |"
                if not at:
                    yield "|---" * len(row) + "|"
        case _:
            yield part.text


def to_latex(parts: tuple[Part, ...], options: str) -> str:
    """Return a LaTeX document with ruled tables, code as listings, and a running head."""
    greek = any("\u0370" <= letter < "\u0400" for part in parts for letter in part.text)
    body = "\n\n".join(map(_latex, parts))
    if greek:  # the fonts at hand have no Cyrillic letters
        body = body.replace("Ελληνικά και русский", r"\foreignlanguage{greek}{Ελληνικά}")
        kept = [line for line in body.split("\n\n") if "узла" not in line]
        body = "\n\n".join(
            rf"\foreignlanguage{{greek}}{{{line}}}" if line.startswith("Η ") else line
            for line in kept
        )
    return rf"""\documentclass[{options}]{{article}}
\usepackage[utf8]{{inputenc}}
\usepackage[LGR,T1]{{fontenc}}
{"" if options else chr(92) + "usepackage{lmodern}"}
\usepackage[greek,english]{{babel}}
\usepackage{{longtable,booktabs,fancyhdr}}
\pagestyle{{fancy}}\fancyhead[L]{{Operations handbook, internal}}\fancyfoot[C]{{\thepage}}
\begin{{document}}
{body}
\end{{document}}
"""


def _latex(part: Part) -> str:
    match part.kind:
        case "h1":
            return rf"\section{{{part.text}}}"
        case "h2":
            return rf"\subsection{{{part.text}}}"
        case "code":
            return "\\begin{verbatim}\n" + part.text + "\n\\end{verbatim}"
        case "ul" | "ol":
            kind = "itemize" if part.kind == "ul" else "enumerate"
            items = "\n".join(rf"\item {row[0]}" for row in part.rows)
            return rf"\begin{{{kind}}}{items}\end{{{kind}}}"
        case "table":
            head, *rows = [" & ".join(row) + r" \\" for row in part.rows]
            wide = max(len(cell) for row in part.rows for cell in row) > 40
            columns = "lp{6cm}l" if wide else "l" * len(part.rows[0])
            inner = "\n".join(rows)
            return (rf"\begin{{longtable}}{{{columns}}}\toprule {head}\midrule\endhead {inner}"
                    r"\bottomrule\end{longtable}")  # fmt: skip
    return part.text
