"""After any history of edits, failures and kills, one clean run leaves every text as it is now."""

import random
from datetime import UTC, datetime, timedelta
from typing import NamedTuple

import pytest

from pipeline.records import Dependencies, IncludedPage, Page, PageRef
from pipeline.run.plan import DependentPages
from pipeline.state import Dependents, Ledger, open_memory_ledger
from tests.support.site_pages import to_listing

HISTORIES, STEPS = 80, 25
TITLES = [f"Title {number}" for number in range(8)]


class Fetched(NamedTuple):
    """A page as it is at one moment."""

    ref: PageRef
    text: str
    included: list[str]


class Wiki:
    """Pages with a title each and the titles that they include; what changes them is random."""

    def __init__(self, chance: random.Random) -> None:
        self.chance, self.now = chance, datetime(2026, 6, 15, tzinfo=UTC)
        self.pages: dict[str, PageRef] = {}
        self.included: dict[str, list[str]] = {}
        self.trash: dict[str, PageRef] = {}
        for _ in range(5):
            self.add()

    def change(self) -> None:
        changes = (
            self.add,
            self.edit,
            self.edit,
            self.include,
            self.rename,
            self.delete,
            self.restore,
        )
        self.chance.choice(changes)()

    def add(self) -> None:
        if titles := self.free_titles():
            page_id = str(len(self.included))
            self.included[page_id] = self.some_titles()
            self.save(PageRef(page_id, 0, titles[0], "KI"))

    def edit(self) -> None:
        if self.pages:
            self.save(self.chance.choice(list(self.pages.values())))

    def include(self) -> None:
        if self.pages:
            ref = self.chance.choice(list(self.pages.values()))
            self.included[ref.id] = self.some_titles()
            self.save(ref)

    def rename(self) -> None:
        if self.pages and (titles := self.free_titles()):
            self.save(self.chance.choice(list(self.pages.values())), titles[0])

    def delete(self) -> None:
        if self.pages:
            page_id = self.chance.choice(list(self.pages))
            self.trash[page_id] = self.pages.pop(page_id)

    def restore(self) -> None:
        """Put a page back as it was, time included, where its title is still free."""
        free = [ref for ref in self.trash.values() if ref.title in self.free_titles()]
        if free:
            self.pages[free[0].id] = self.trash.pop(free[0].id)

    def save(self, ref: PageRef, title: str = "") -> None:
        self.now += timedelta(minutes=1)
        values = (ref.id, ref.version + 1, title or ref.title, "KI", self.now.isoformat())
        self.pages[ref.id] = PageRef(*values)

    def free_titles(self) -> list[str]:
        taken = {ref.title for ref in self.pages.values()}
        titles = [title for title in TITLES if title not in taken]
        return self.chance.sample(titles, len(titles))

    def some_titles(self) -> list[str]:
        return self.chance.sample(TITLES, self.chance.choice([0, 0, 1, 1, 2]))

    def fetch(self, page_id: str) -> Fetched:
        return Fetched(self.pages[page_id], self.render(page_id), self.included[page_id])

    def render(self, page_id: str, above: tuple[str, ...] = ()) -> str:
        """The text of a page with that of what it includes; a cycle ends where it closes."""
        by_title = {ref.title: ref.id for ref in self.pages.values()}
        parts = [f"{page_id} in version {self.pages[page_id].version}"]
        for title in self.included[page_id]:
            inner = by_title.get(title)
            if inner is None or inner in (*above, page_id):
                parts.append(f"no {title}" if inner is None else f"again {inner}")
            else:
                parts.append(self.render(inner, (*above, page_id)))
        return f"({', '.join(parts)})"


class Copy:
    """What runs have made of a wiki: the ledger, and the text of each page in the store."""

    def __init__(self, wiki: Wiki) -> None:
        self.wiki, self.chance = wiki, wiki.chance
        self.ledger: Ledger = open_memory_ledger()
        self.texts: dict[str, str] = {}

    def run(self, fails: float = 0, killed: float = 0) -> set[str]:
        """Run once, perhaps while the wiki changes; return the pages that it was to fetch."""
        wiki, began = self.wiki, self.wiki.now
        early: dict[str, Fetched] = {}
        if killed:  # a change while the listing continues is in the listing, but not in these
            early = {page_id: wiki.fetch(page_id) for page_id in wiki.pages}
            wiki.change()
        refs = list(wiki.pages.values())
        dependents = DependentPages(refresh_hours=0)
        dependents.make_pending(self.ledger, to_listing(refs), self.list_changed(refs), began)
        held = set(self.ledger.pages())
        to_fetch = self.list_changed(refs) + [ref for ref in refs if ref.id not in held]
        self.ledger.add_pending((ref.id, ref.title) for ref in to_fetch)
        for ref in self.chance.sample(to_fetch, len(to_fetch)):
            is_early = ref.id in early and ref.id not in held
            fetched = early[ref.id] if is_early else wiki.fetch(ref.id)
            if self.chance.random() < killed:
                return set()
            if self.chance.random() < fails:
                continue
            found = Dependencies(tuple(map(IncludedPage, fetched.included)))
            dependents.note(Page(fetched.ref, "", ""), found, is_early)
            self.ledger.begin_page(ref.id, ref.title, "")
            self.texts[ref.id] = fetched.text
            if self.chance.random() < killed:
                return set()
            self.ledger.record_page(ref.id, ref.title, to_digest(fetched.ref), "")
            if dependent := dependents.take(ref.id):
                Dependents(self.ledger).record(dependent)
        for page_id in held - wiki.pages.keys():
            self.ledger.forget_page(page_id)
            self.texts.pop(page_id, None)
        return {ref.id for ref in to_fetch}

    def list_changed(self, refs: list[PageRef]) -> list[PageRef]:
        held = self.ledger.pages()
        return [ref for ref in refs if ref.id in held and held[ref.id].digest != to_digest(ref)]


def to_digest(ref: PageRef) -> str:
    return f"{ref.version} {ref.modified}"


@pytest.mark.parametrize("seed", range(HISTORIES))
def test_one_clean_run_repairs_every_text(seed: int) -> None:
    wiki = Wiki(random.Random(seed))
    copy = Copy(wiki)
    for _ in range(STEPS):
        if wiki.chance.random() < 0.3:
            copy.run(fails=0.3, killed=wiki.chance.choice([0, 0.1]))
        else:
            wiki.change()
    copy.run()
    assert copy.texts == {page_id: wiki.render(page_id) for page_id in wiki.pages}
    copy.run()
    assert copy.run() == set(), "and then there is nothing to do"
