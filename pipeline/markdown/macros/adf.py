"""The new editor's nodes (Atlassian Document Format) in storage: panels, decisions, others."""

from __future__ import annotations

from itertools import islice

from pipeline.markdown.blocks import Block, Content, Rendered
from pipeline.markdown.lists import to_item, to_list
from pipeline.markdown.macros.boxes import box, expand
from pipeline.markdown.macros.frames import unwrap
from pipeline.markdown.notes import Notes
from pipeline.markdown.tree import Element, all_text, children, empty

SYNCED_ELSEWHERE = "sync-block"
_KNOWN = ("panel", "decision-list", "decision-item", "expand", "nested-expand")
# Of an extension and of its fallback: the node, the fallback and the text are among the first ones,
# and looking at all of them again for each node would take quadratic time.
_MOST_CHILDREN, _MOST_ELEMENTS = 10, 1_000


def node(element: Element, content: Content, notes: Notes) -> Rendered:
    """Return a panel, a decision or a list of decisions; of any other node its content."""
    match element.get("type"):
        case "panel":
            return box(element, content, notes)
        case "expand" | "nested-expand":
            return expand(element, content, notes)
        case "decision-item":
            return _to_decision(element, content)
        case "decision-list":
            return [Block("list", "\n".join(block.text for block in content.to_blocks()))]
    return unwrap(element, content, notes)


def _to_decision(element: Element, content: Content) -> list[Block]:
    """Return a decision as a list of one item."""
    attributes = children(element, "ac:adf-attribute")
    states = [all_text(one).upper() for one in attributes if one.get("key") == "state"]
    label = "Undecided" if "UNDECIDED" in states else "Decision"
    return to_list([to_item(content.to_blocks(), f"**{label}:** ")], None)


def drop_elsewhere(root: Element) -> int:
    """Take synced blocks that are kept on other pages out of a tree; return how many there were.

    The storage format may hold their text, which Confluence has not checked the account's
    permission for: as a node, and in the fallback of every extension around it.
    """
    nodes = [one for one in root.iter("ac:adf-node") if one.get("type") == SYNCED_ELSEWHERE]
    done: set[Element] = set()
    for node in nodes:
        for extension in node.iterancestors("ac:adf-extension"):
            if extension in done:
                break
            done.add(extension)
            for fallback in children(extension, "ac:adf-fallback"):
                empty(fallback)
        empty(node)
    return len(nodes)


def is_second_copy(element: Element, notes: Notes) -> bool:
    """Return whether an extension's node or its fallback repeats the content of the other.

    An extension holds the same content twice: as a node and as HTML, the fallback. The node is
    read where its kind is known and it has content, or the fallback has no text, otherwise the
    fallback is. A node of an unknown kind is counted.
    """
    extension = element.getparent()
    if extension is None or extension.tag != "ac:adf-extension":
        return False
    parts = list(islice(extension, _MOST_CHILDREN))
    first = next((part for part in parts if part.tag == "ac:adf-node"), None)
    fallback = next((part for part in parts if part.tag == "ac:adf-fallback"), None)
    kind = "" if first is None else first.get("type") or ""
    is_known = kind in _KNOWN
    is_node_read = first is not None and (
        fallback is None or not _has_text(fallback) or (is_known and _has_content(first))
    )
    if element.tag == "ac:adf-fallback":
        return is_node_read
    if not is_known:
        notes.count_unknown(kind)
    return not is_node_read


def _has_content(node: Element) -> bool:
    """Return whether a node holds more than attributes."""
    return any(part.tag != "ac:adf-attribute" for part in islice(node, _MOST_CHILDREN))


def _has_text(fallback: Element) -> bool:
    """Return whether an element has text, as far as its first elements show."""
    inner = islice(fallback.iterdescendants(), _MOST_ELEMENTS)
    texts = (fallback.text, *(text for element in inner for text in (element.text, element.tail)))
    return any(text and text.strip() for text in texts)
