"""Comments as a section of their own: who wrote what, when, about what, in answer to whom."""

from collections.abc import Mapping, Sequence

import pytest

from pipeline.chunk import split
from pipeline.markdown import to_comments_markdown
from pipeline.records import Comment, Markdown, Page, PageRef, Thread
from tests.support.convert import PAGE_URL, macro, plain

REF = PageRef("123", 7, "Disk is full", "KI", modified="2026-06-01T00:00:00.000Z")
NAMES = {"ada": "Ada Lovelace", "bob": "Bob O'Neil"}
ASK = 'Ask <ac:link><ri:user ri:account-id="bob"/></ac:link>'


def comment(
    number: int, html: str, author: str = "ada", parent: int = 0, marked: str = ""
) -> Comment:
    when = f"2026-06-{number:02}T09:30:00.000Z"
    return Comment(str(number), REF.id, author, when, html, str(parent or ""), marked)


def find_names(ids: Sequence[str]) -> Mapping[str, str]:
    """Answer as a site that knows two people, and where some cannot be asked for."""
    return {one: NAMES.get(one, "") for one in ids if not one.startswith("late")}


def convert(*threads: Thread) -> Markdown:
    return to_comments_markdown(REF, PAGE_URL, threads, find_names)


def thread(html: str, number: int = 1) -> Thread:
    return Thread((comment(number, html),))


def test_a_thread_names_authors_dates_and_whom_each_reply_answers() -> None:
    result = convert(
        Thread(
            (
                comment(
                    1,
                    "<p>Is 90 % <strong>safe</strong>?</p>",
                    marked="90 % of the *disk*\nis used",
                ),
                comment(2, "<p>Yes.</p>", "bob", 1),
                comment(4, "<p>Not for logs.</p>", "ada", 2),
                comment(3, "<p>No.</p>", "gone", 1),
            )
        )
    )
    assert result.text == (
        "# Comments\n\n"
        "## Ada Lovelace, 2026-06-01\n\n"
        "> 90 % of the *disk* is used\n\n"
        "Is 90 % **safe**?\n\n"
        "**Bob O'Neil**, 2026-06-02, in reply to Ada Lovelace:\n\n"
        "Yes.\n\n"
        "**Ada Lovelace**, 2026-06-04, in reply to Bob O'Neil:\n\n"
        "Not for logs.\n\n"
        "**Unknown author**, 2026-06-03, in reply to Ada Lovelace:\n\n"
        "No."
    )
    assert result.title == "Disk is full"
    assert result.anchors == ("", "")
    assert (result.words, result.lost_words) == (8, 0)


@pytest.mark.parametrize(
    "html", ["", "<p> </p>", "<p><ac:placeholder>Type here</ac:placeholder></p>"]
)
def test_what_has_no_text_leaves_no_line(html: str) -> None:
    assert convert() == convert(thread(html)) == Markdown("Disk is full", "")
    reply_only = Thread((comment(1, html), comment(2, "<p>Seen.</p>", "bob", 1)))
    assert convert(reply_only).text.endswith("in reply to Ada Lovelace:\n\nSeen.")
    without = Thread((comment(1, "<p>Why?</p>"), comment(2, html, "bob", 1)))
    assert "reply" not in convert(without).text


def test_a_body_in_storage_format_is_converted_by_its_own_rules() -> None:
    result = convert(
        thread(
            macro("code", plain("# rm -rf /var/log/*"), language="bash")
            + "<table><tbody><tr><th>a</th></tr><tr><td>1</td></tr></tbody></table>"
            + macro("odd-one", plain("x"))
        )
    )
    assert "```bash\n# rm -rf /var/log/*\n```" in result.text
    assert "| a |\n|---|\n| 1 |" in result.text
    assert dict(result.unknown_macros) == {"odd-one": 1}
    assert result.anchors == ("", "")


def test_headings_of_a_comment_are_below_the_threads() -> None:
    result = convert(thread("<h1>Plan</h1><p>x</p><h5>Detail</h5><p>y</p>"))
    assert "\n\n### Plan\n\nx\n\n###### Detail\n\ny" in result.text
    assert result.anchors == ("",) * 4


def test_a_broken_body_does_not_reach_the_next_comment() -> None:
    result = convert(thread("<p><strong>open <pre>x"), thread("<p>next</p>", 2))
    assert result.text.endswith("## Ada Lovelace, 2026-06-02\n\nnext")


def test_names_and_marked_text_are_text_and_no_markup() -> None:
    name = "<b>A</b>\n# B"
    threads = [Thread((comment(1, f"<p>x {ASK}</p>", marked="</p><h1>t</h1>"),))]
    markdown = to_comments_markdown(REF, PAGE_URL, threads, lambda ids: dict.fromkeys(ids, name))
    text = markdown.text
    assert [line for line in text.splitlines() if line.startswith("#")] == [
        "# Comments",
        "## <b>A</b> # B, 2026-06-01",
    ]


def test_people_whom_comments_mention_are_named_by_one_question_for_the_whole_page() -> None:
    asked: list[Sequence[str]] = []

    def find(ids: Sequence[str]) -> Mapping[str, str]:
        asked.append(ids)
        return find_names(ids)

    threads = [thread(f"<p>{ASK}.</p>"), thread(f"<p>{ASK.replace('bob', 'eve')}, too.</p>", 2)]
    result = to_comments_markdown(REF, PAGE_URL, threads, find)
    assert "Ask @Bob O'Neil." in result.text
    assert "Ask @eve, too." in result.text
    assert (asked, result.dependencies.is_dynamic) == ([["ada", "bob", "eve"]], False)


@pytest.mark.parametrize("author", ["ada", "late"])
def test_names_that_could_not_be_asked_for_let_comments_be_read_again(author: str) -> None:
    html = f"<p>{ASK}</p>" if author == "late" else f"<p>{ASK.replace('bob', 'late')}</p>"
    result = convert(Thread((comment(1, html, author),)))
    assert result.dependencies.is_dynamic
    assert ("Unknown author" in result.text) == (author == "late")


def test_chunks_have_the_pages_breadcrumb_and_an_edit_changes_those_of_one_thread() -> None:
    def chunks(changed: str) -> dict[str, str]:
        body = "".join(f"<p>Sentence {n} of a long comment about disks.</p>" for n in range(30))
        threads = [thread(f"{body}<p>{changed if n == 2 else n}</p>", n) for n in range(1, 6)]
        page = Page(REF, PAGE_URL, "")
        return {chunk.id: chunk.text for chunk in split(page, convert(*threads))}

    before, after = chunks("old"), chunks("new")
    assert all(text.startswith("Disk is full > Comments > Ada") for text in before.values())
    assert len(before) >= 5
    assert len(before.keys() - after.keys()) == 1
    assert len(after.keys() - before.keys()) == 1


def test_every_comment_is_checked_for_its_cost() -> None:
    calls = []
    one = [thread("<p>x</p>")]
    to_comments_markdown(REF, PAGE_URL, one, find_names, lambda: calls.append(1))
    assert calls
