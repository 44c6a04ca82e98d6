"""People: mentions and profile cards."""

from __future__ import annotations

from pipeline.markdown.blocks import Block, Content, Rendered
from pipeline.markdown.notes import Notes
from pipeline.markdown.tree import Element, all_text, children


def mention(element: Element, content: Content, notes: Notes) -> Rendered:
    """Return a person's name, without the address of the profile."""
    name = content.text.strip()
    return f"@{name.removeprefix('@')}" if name else list(content.blocks)


def profile(element: Element, content: Content, notes: Notes) -> Rendered:
    """Return the card of a person: as rendered, or the person's id."""
    ids = []
    for parameter in children(element, "ac:parameter"):
        if parameter.get("ac:name") == "user":
            user = next(parameter.iter("ri:user"), parameter)
            get = user.attrib.get
            ids.append(get("ri:account-id") or get("ri:userkey") or all_text(parameter))
    cards = [Block("text", f"@{person}") for person in ids if person]
    return [*cards, *content.to_blocks()]
