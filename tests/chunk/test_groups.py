"""How much of a table or a list shares a chunk, and what of a row is repeated."""

import pytest

from tests.support.chunks import bodies, chunks_of, prose

HEADER = "| Host | Role | Note |\n|---|---|---|"


def test_a_long_row_becomes_several_with_its_first_and_short_cells() -> None:
    sentences = prose(1, 40)
    row = f"| db-1 | primary | {sentences.replace('. ', '.<br>', 3)} |"
    chunks = chunks_of(f"# Hosts\n\n{HEADER}\n{row}\n| db-2 | standby | none |", overlap=0)
    parts = [body for body in bodies(chunks) if "db-1" in body]
    assert len(parts) > 3
    for body in parts:
        header, delimiters, *rows = body.split("\n")
        assert f"{header}\n{delimiters}" == HEADER
        assert all(line.startswith(("| db-1 | primary | ", "| db-2 |")) for line in rows)
    kept = " ".join(line.split("| ")[3].removesuffix(" |") for body in parts
                    for line in body.split("\n")[2:] if "db-1" in line)  # fmt: skip
    assert kept.replace("<br>", " ").split() == sentences.split()


def test_a_long_first_cell_is_named_by_its_beginning() -> None:
    row = f"| {prose(1, 10)} | {prose(2, 20)} | none |"
    parts = bodies(chunks_of(f"{HEADER}\n{row}", overlap=0))
    beginning = " ".join(prose(1, 1).split()[:5])
    assert len(parts) > 3
    assert all(f"| {beginning}" in parts[at] for at in (0, -1))
    assert all(body.startswith(HEADER) for body in parts)


def test_a_header_too_long_to_repeat_is_written_once() -> None:
    names = f"{'column number ' * 30} | column number 19"
    table = f"| {names} |\n|---|---|\n" + "\n".join(
        f"| row {number} | {' '.join('abcdefghijklmnopqrs')} |" for number in range(5)
    )
    parts = bodies(chunks_of(table, 128, 0))
    assert sum("column number 19" in body for body in parts) == 1
    assert all("row" in body or "column" in body for body in parts)


@pytest.mark.parametrize("limit", [64, 128, 1000])
def test_a_table_of_many_columns_becomes_several_with_the_first_column(limit: int) -> None:
    rows = [[f"row {row}", *(f"value {row}.{column}" for column in range(100))] for row in range(4)]
    names = ["Host", *(f"column {column}" for column in range(100))]
    lines = [f"| {' | '.join(cells)} |" for cells in (names, *rows)]
    kept = []
    for body in bodies(chunks_of("\n".join((lines[0], "|---" * 101 + "|", *lines[1:])), limit, 0)):
        for table in body.split("\n\n"):
            names, _, *values = [line.strip("| ").split(" | ") for line in table.split("\n")]
            assert names[0] == "Host"
            for cells in values:
                kept += [(cells[0], *pair) for pair in zip(names[1:], cells[1:], strict=True)]
    assert sorted(kept) == sorted(
        (f"row {row}", f"column {column}", f"value {row}.{column}")
        for row in range(4)
        for column in range(100)
    )


def test_a_long_list_of_bullets_is_cut_into_groups_and_steps_are_not() -> None:
    items = [prose(number, 1) for number in range(16)]
    bullets = chunks_of("\n".join(f"- {item}" for item in items), overlap=0)
    assert len(bullets) > 1
    assert max(chunk.tokens for chunk in bullets) < 160
    steps = "\n".join(f"{number}. {item}" for number, item in enumerate(items, 1))
    assert len(chunks_of(steps)) == 1


def test_a_line_that_introduces_a_list_is_repeated_with_each_part() -> None:
    items = "\n".join(f"- {prose(number, 2)}" for number in range(20))
    chunks = chunks_of(f"{prose(50, 2)} Never run these:\n\n{items}")
    assert len(chunks) > 3
    for body in bodies(chunks):
        assert "Never run these:\n\n- " in body


def test_a_title_in_bold_is_repeated_with_each_part_of_its_table() -> None:
    rows = "\n".join(f"| db-{number} | primary | in rack {number} |" for number in range(60))
    for body in bodies(chunks_of(f"Some text.\n\n**Retired hosts**\n\n{HEADER}\n{rows}")):
        assert "db-" not in body or f"**Retired hosts**\n\n{HEADER}\n" in body


@pytest.mark.parametrize(
    "label", ["1.2.{} (Jun 6, 2013)", "Release {}", "[Release {}](https://e.org)"]
)
def test_a_label_above_a_list_is_in_the_chunk_of_its_list(label: str) -> None:
    parts = []
    for number in range(12):
        parts += [
            label.format(number),
            "\n".join(f"- {prose(9 * number + at, 1)}" for at in range(5)),
        ]
    chunks = bodies(chunks_of("\n\n".join(parts), overlap=0))
    assert len(chunks) > 3
    for number in range(12):
        shown = label.format(number).strip("[").partition("]")[0]
        assert any(f"{shown}\n\n- {prose(9 * number, 1)}" in body for body in chunks)


@pytest.mark.parametrize("line", ["It is short.", "![a picture](https://e.org/a.png)", "Wait…"])
def test_a_sentence_or_a_picture_above_a_list_is_no_label(line: str) -> None:
    items = "\n".join(f"- {prose(number, 2)}" for number in range(20))
    chunks = chunks_of(f"{line}\n\n{items}", overlap=0)
    assert sum(line.partition("]")[0] in chunk.text for chunk in chunks) == 1


def test_a_long_line_above_a_list_is_not_repeated() -> None:
    line = prose(1, 1).removesuffix(".") + " " + prose(2, 6).replace(".", ",") + " these:"
    items = "\n".join(f"- {prose(number, 2)}" for number in range(20))
    chunks = chunks_of(f"{line}\n\n{items}", overlap=0)
    assert sum("these:" in chunk.text for chunk in chunks) == 1


def test_a_text_that_begins_with_a_bar_keeps_its_end() -> None:
    text = f"|x| is a length | {prose(1, 40)} | the last words"
    chunks = chunks_of(text, overlap=0)
    assert len(chunks) > 1
    assert " ".join(" ".join(bodies(chunks)).split()) == text


@pytest.mark.parametrize("line", ["请勿在生产环境运行：", "Never run **these:**"])
def test_a_line_introduces_with_a_colon_of_any_script_or_weight(line: str) -> None:
    items = "\n".join(f"- {prose(number, 2)}" for number in range(20))
    chunks = chunks_of(f"{line}\n\n{items}", overlap=0)
    assert len(chunks) > 3
    assert all(f"{line}\n\n- " in body for body in bodies(chunks))


def test_code_in_a_cell_that_is_cut_keeps_the_marks_of_its_fence() -> None:
    code = "<br>".join(f"key_{number}: value of it" for number in range(60))
    row = f"| db-1 | Set:<br>```yaml<br>{code}<br>```<br>Then start it. |"
    parts = bodies(chunks_of(f"| Host | How |\n|---|---|\n{row}", overlap=0))
    rows = [line for body in parts for line in body.split("\n")[2:]]
    assert len(rows) > 3
    for line in rows:
        assert "key_" not in line or [line.count("```yaml<br>"), line.count("```")] == [1, 2]
    assert sum(line.count("key_") for line in rows) == 60


def test_a_link_in_a_row_that_is_cut_is_whole_where_the_limit_allows() -> None:
    link = (
        "[![memory](https://e.org/a/103809689/10433.png)](https://e.org/b/103809689/104333328.png)"
    )
    row = f"| db-1 | {prose(1, 4)}<br>{link} | {prose(2, 4)} |"
    chunks = chunks_of(f"{HEADER}\n{row}", 110, 0)
    assert sum(link in chunk.text for chunk in chunks) == 1
    assert all("| db-1 |" in chunk.text for chunk in chunks)


def test_a_panel_in_an_item_is_named_in_each_part_of_it() -> None:
    quote = "\n>\n".join(f"> {prose(number, 5)}" for number in range(24))
    lines = f"> **Warning: Disk**\n>\n{quote}".replace("\n", "\n  ")
    chunks = bodies(chunks_of(f"- Start it:\n\n  {lines}"))
    assert len(chunks) > 3
    assert all("> **Warning: Disk**\n  >\n  > " in body for body in chunks)
