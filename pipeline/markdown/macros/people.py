"""People: mentions and profile cards."""

from __future__ import annotations

from pipeline.markdown.blocks import Block, Content, Rendered
from pipeline.markdown.notes import Notes
from pipeline.markdown.tree import Element, all_text, children

ACCOUNT = "ri:account-id"
NAME = "data-person-name"  # set where the name of an account id was found
_IDS = (ACCOUNT, "ri:username", "ri:userkey")


def mention(element: Element, content: Content, notes: Notes) -> Rendered:
    """Return a person's name, without the address of the profile."""
    name = content.text.strip()
    return f"@{name.removeprefix('@')}" if name else list(content.blocks)


def profile(element: Element, content: Content, notes: Notes) -> Rendered:
    """Return the card of a person: as rendered, or the person's name or id."""
    people = []
    for parameter in children(element, "ac:parameter"):
        if (parameter.get("ac:name") or "").lower() == "user":
            user = next(parameter.iter("ri:user"), None)
            people.append(all_text(parameter) if user is None else name_of(user, notes))
    cards = [Block("text", f"@{person}") for person in people if person]
    return [*cards, *content.to_blocks()]


def name_of(user: Element, notes: Notes) -> str:
    """Return the name of a `ri:user`, their id where the name is not known."""
    name = notes.drop_hidden(" ".join((user.get(NAME) or "").split()))
    return name or next((one for key in _IDS if (one := user.get(key))), "")
