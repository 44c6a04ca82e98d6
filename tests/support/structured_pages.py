"""Pages with everything that a chunk must not break: each text has words of its own."""

import random

from pipeline.records import Container, Markdown


class StructuredPage:
    """A page made up from a seed."""

    def __init__(self, seed: int) -> None:
        self._random = random.Random(seed)
        self._words = 0
        self._lines: list[str] = []
        self._containers: list[Container] = []
        self._anchors = 0
        for _ in range(self._random.randint(1, 2)):
            self._section(1)
        self.markdown = Markdown(
            "Title of it",
            "\n".join(self._lines).strip("\n"),
            tuple(f"a{number}" for number in range(self._anchors)),
            tuple(self._containers),
        )

    def _section(self, level: int) -> None:
        self._anchors += 1
        self._block(f"{'#' * level} {self._text(2)}")
        for _ in range(self._random.randint(0, 4)):
            self._any_block(0)

    def _any_block(self, depth: int) -> None:
        kinds = ["prose", "list", "table", "fence", "quote"] + ["box", "heading"] * (depth < 2)
        kind = self._random.choice(kinds)
        if kind == "heading":
            self._section(self._random.randint(1, 4)) if depth == 0 else self._inner_heading()
        elif kind == "box":
            self._box(depth)
        elif kind == "list":
            self._introduce()
            self._block(self._list(self._random.choice("-1"), 0))
        elif kind == "table":
            self._introduce()
            self._block(self._table())
        elif kind == "fence":
            self._block(self._fence())
        elif kind == "quote":
            self._block(self._quote())
        else:
            self._block(self._prose())

    def _inner_heading(self) -> None:
        self._anchors += 1
        self._block(f"{'#' * self._random.randint(1, 4)} {self._text(2)}")

    def _box(self, depth: int) -> None:
        first, at = len(self._lines), len(self._containers)
        title = self._text(3)
        self._containers.append(Container(title, first, first))
        self._block(f"**{title}**")
        for _ in range(self._random.randint(1, 3)):
            self._any_block(depth + 1)
        self._containers[at] = Container(title, first, len(self._lines) - 1)

    def _block(self, text: str) -> None:
        self._lines += [*text.split("\n"), ""]

    def _introduce(self) -> None:
        before = self._sentence() + " " if self._random.random() < 0.3 else ""
        self._block(f"{before}{self._text(2).capitalize()}{self._random.choice('::.')}")

    def _text(self, words: int) -> str:
        first = self._words
        self._words += words
        return " ".join(f"w{number}" for number in range(first, first + words))

    def _sentence(self) -> str:
        return self._text(self._random.randint(2, 12)).capitalize() + "."

    def _prose(self) -> str:
        return " ".join(self._sentence() for _ in range(self._random.randint(1, 12)))

    def _list(self, marker: str = "-", depth: int = 0) -> str:
        items = []
        for number in range(1, self._random.randint(2, 9)):
            mark = "- " if marker == "-" else f"{number}. "
            text = " ".join(self._sentence() for _ in range(self._random.randint(1, 3)))
            inner = self._random.random()
            if inner < 0.15:
                text += "\n" + self._fence()
            elif inner < 0.3 and depth < 2:
                text += "\n" + self._list(self._random.choice("-1"), depth + 1)
            elif inner < 0.35:
                text += "\n\n" + self._prose()
            elif inner < 0.4:
                text = " ".join(
                    f"[{self._text(2)}](https://example.org/{self._text(1)}/{'x' * 30})"
                    for _ in range(self._random.randint(1, 12))
                )
            items.append(mark + text.replace("\n", "\n" + " " * len(mark)))
        return "\n".join(items).replace("\n   \n", "\n\n").replace("\n  \n", "\n\n")

    def _quote(self) -> str:
        inner = [self._random.choice((self._prose, self._fence, self._list))() for _ in range(2)]
        return "> " + "\n\n".join(inner).replace("\n", "\n> ").replace("\n> \n", "\n>\n")

    def _fence(self) -> str:
        lines = [
            "  " * self._random.randint(0, 2) + self._text(self._random.randint(1, 8)) + " = code;"
            for _ in range(self._random.randint(1, 20))
        ]
        return "\n".join(("```java", *lines, "```"))

    def _table(self) -> str:
        width = self._random.randint(2, 4)
        rows = ["| " + " | ".join(self._text(1) for _ in range(width)) + " |", "|---" * width + "|"]
        for _ in range(self._random.randint(1, 12)):
            cells = [self._text(2)]
            for _ in range(width - 1):
                is_long = self._random.random() < 0.2
                cells.append(self._prose().replace(". ", ".<br>") if is_long else self._text(3))
            rows.append("| " + " | ".join(cells) + " |")
        return "\n".join(rows)
