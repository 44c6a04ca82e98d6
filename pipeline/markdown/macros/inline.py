"""What stands in a line of text: links, people, images, emoji, dates, statuses, Jira issues."""

from __future__ import annotations

import re

from pipeline.markdown.blocks import Block, Body, Notes, Rendered, to_text_blocks
from pipeline.markdown.links import file_name, to_image, to_link
from pipeline.markdown.tree import Element, all_text, child, find_class, parameters
from pipeline.markdown.visible import visible_text

_EMOJI = {
    "tick": "✅", "cross": "❌", "error": "❌", "warning": "⚠️", "information": "ℹ️", "info": "ℹ️",
    "plus": "➕", "add": "➕", "minus": "➖", "forbidden": "⛔", "question": "❓", "light-on": "💡",
    "light-off": "💡", "smile": "🙂", "sad": "🙁", "wink": "😉", "cheeky": "😛", "tongue": "😛",
    "laugh": "😀", "biggrin": "😀", "thumbs-up": "👍", "thumbs-down": "👎", "thumbs_up": "👍",
    "thumbs_down": "👎", "yellow-star": "⭐", "red-star": "⭐", "green-star": "⭐",
    "blue-star": "⭐", "heart": "❤️", "broken-heart": "💔", "on": "💡", "off": "💡", "y": "👍",
    "n": "👎", "!": "⚠️", "/": "✅", "x": "❌", "i": "ℹ️", "*": "⭐", "?": "❓", "+": "➕", "-": "➖",
}  # fmt: skip
_UNKNOWN_MACRO = re.compile(r"\s*Unknown macro:\s*(\{[^{}]+\}|'[^']+')\s*")
_NUMBER = re.compile(r"[-+−]?[\d.,]+")
_JIRA_LOADING = re.compile(r"(?: -)? ?Getting issue details\.\.\.(?: \[?STATUS\]?)?")


def status(element: Element, body: Body, notes: Notes) -> Rendered:
    """A lozenge, in brackets as it stands out from the text around it."""
    text = parameters(element).get("title") if element.get("ac:name") else all_text(element)
    return f"[{text}]" if text else ""


def jira(element: Element, body: Body, notes: Notes) -> Rendered:
    """One issue with its summary and status, or the query of a list of issues."""
    if body.blocks:
        return list(body.blocks)
    if element.get("ac:name"):
        given = parameters(element)
        query = given.get("jqlQuery") or given.get("url")
        return given.get("key") or (f"Jira: {query}" if query else body.text)
    text, loading = _JIRA_LOADING.subn("", " ".join(body.text.split()))
    if loading:
        notes.dropped.append("Getting issue details... STATUS")
    return text or element.get("data-jira-key") or ""


def jira_error(element: Element, body: Body, notes: Notes) -> Rendered:
    """A list of issues that could not be read: only the link to it is worth keeping."""
    notes.dropped.append(visible_text(element))
    notes.failures.append(f"Jira issues: {all_text(find_class(element, 'message'))}")
    link = find_class(element, "jira-link")
    href = "" if link is None else link.get("href") or ""
    return to_text_blocks(to_link(all_text(link), notes.links.resolve(href)))


def error(element: Element, body: Body, notes: Notes) -> Rendered:
    """`Unknown macro: {X}` stands where somebody wrote {X}, `Unknown macro: 'x'` for a macro."""
    unknown = _UNKNOWN_MACRO.fullmatch(body.text)
    if unknown is None:
        return body.text or list(body.blocks)
    notes.dropped.append(body.text if unknown[1][0] != "{" else "Unknown macro")
    notes.unknown_macros[unknown[1][1:-1]] += 1
    return unknown[1] if unknown[1][0] == "{" else ""


def include(element: Element, body: Body, notes: Notes) -> Rendered:
    """In storage the included text is missing: a link to the page that has it."""
    page = next(element.iter("ri:page", "ri:blog-post"), None)
    return body.to_blocks() if page is None else to_text_blocks(_to_resource(page, "", "", notes))


def view_file(element: Element, body: Body, notes: Notes) -> Rendered:
    """A file shown on the page: its name."""
    file = next(element.iter("ri:attachment"), None)
    name = parameters(element).get("name") if file is None else file.get("ri:filename")
    return [*to_text_blocks(to_image(name or "")), *body.to_blocks()]


def attachments(element: Element, body: Body, notes: Notes) -> Rendered:
    """The list of attachments as rendered: the files' names, without its buttons."""
    notes.dropped.append(visible_text(element))
    links = (link for link in element.iter("a") if "filename" in (link.get("class") or "").split())
    lines = "\n".join(f"- {all_text(link)}" for link in links)
    return [Block("list", lines)] if lines else []


def widget(element: Element, body: Body, notes: Notes) -> Rendered:
    """Something shown from elsewhere: a link to it."""
    given, inner = parameters(element), next(element.iter("ri:url"), None)
    from_storage = given.get("url") or given.get("src") if inner is None else inner.get("ri:value")
    url = from_storage or element.get("src") or element.get("data") or ""
    notes.dropped.append(visible_text(element))  # what browsers show that cannot show it
    return to_text_blocks(notes.links.resolve(url))


def link(element: Element, body: Body, notes: Notes) -> Rendered:
    """Storage's link: to a page by its title, a file, a person, a place on this page."""
    if body.blocks:
        return list(body.blocks)
    text, anchor = body.text.strip(), element.get("ac:anchor") or ""
    for resource in element:
        if resource.tag.startswith("ri:"):
            return _to_resource(resource, text, anchor, notes)
    return to_link(text or anchor, notes.links.to_page("", anchor=anchor))


def _to_resource(resource: Element, text: str, anchor: str, notes: Notes) -> str:
    get, links = resource.attrib.get, notes.links
    match resource.tag:
        case "ri:user":
            name = text or get("ri:account-id") or get("ri:username") or get("ri:userkey") or ""
            return f"@{name}" if name else ""
        case "ri:page":
            title = get("ri:content-title") or ""
            name, target = title, links.to_page(title, get("ri:space-key") or "", anchor)
        case "ri:space":
            name = get("ri:space-key") or ""
            target = links.to_space(name)
        case "ri:content-entity":
            name = get("ri:content-id") or ""
            target = links.to_page_id(name)
        case "ri:url":
            name = target = links.resolve(get("ri:value") or "")
        case _:
            target = ""
            named = ("ri:filename", "ri:content-title", "ri:parameter")
            name = next((value for key in named if (value := get(key))), "")
    return to_link(text or name or anchor, target)


def mention(element: Element, body: Body, notes: Notes) -> Rendered:
    """A person; the address of a profile says nothing more."""
    name = body.text.strip()
    return f"@{name.removeprefix('@')}" if name else list(body.blocks)


def image(element: Element, body: Body, notes: Notes) -> Rendered:
    """By its alternative text or else its file's name; a caption follows."""
    get = element.attrib.get
    if element.tag == "img":
        name = get("alt") or get("data-linked-resource-default-alias") or get("title")
        picture = to_image(name or file_name(get("src") or get("data-image-src") or ""))
        return f" {picture} " if picture else ""
    name = get("ac:alt") or get("ac:title")
    for resource in element:
        name = name or resource.get("ri:filename") or file_name(resource.get("ri:value") or "")
    picture = to_image(name or "")
    if body.blocks:
        return [*to_text_blocks(picture), *body.blocks]
    return f" {picture} {body.text.strip()} "


def icon(element: Element, body: Body, notes: Notes) -> Rendered:
    """A type's or priority's picture: its name where it has one. An icon's text shows nowhere."""
    notes.dropped.append(visible_text(element))
    return element.get("alt") or ""


def emoticon(element: Element, body: Body, notes: Notes) -> Rendered:
    """The character; for one that the site made itself, its short name."""
    get = element.attrib.get
    fallback = get("data-emoji-fallback") or get("ac:emoji-fallback") or ""
    if fallback and not fallback.isascii():
        return fallback
    name = get("ac:name") or get("data-emoticon-name") or ""
    alt = get("alt") or ""
    short = get("data-emoji-shortname") or get("ac:emoji-shortname") or ""
    known = (_EMOJI.get(key) for key in (name, short.strip(":"), alt.strip("()")))
    character = next(filter(None, known), "") or _to_character(
        get("data-emoji-id") or get("ac:emoji-id") or ""
    )
    return character or fallback or short or alt or (name and f":{name}:")


def _to_character(emoji_id: str) -> str:
    """An emoji by its code points, as in `1f468-200d-1f4bb`; "" for a site's own emoji."""
    try:
        return "".join(chr(int(point, 16)) for point in emoji_id.split("-")) if emoji_id else ""
    except (ValueError, OverflowError):
        return ""


def exponent(element: Element, body: Body, notes: Notes) -> Rendered:
    """A raised number keeps apart from what it stands on: 10^6, not 106."""
    text = body.text.strip()
    return list(body.blocks) or (f"^{text}" if _NUMBER.fullmatch(text) else body.text)


def quotation(element: Element, body: Body, notes: Notes) -> Rendered:
    """The quotation marks that a browser puts around `q`."""
    return list(body.blocks) or (f'"{body.text}"' if body.text.strip() else "")


def date(element: Element, body: Body, notes: Notes) -> Rendered:
    """As written; storage only has the day itself."""
    if body.blocks:
        return list(body.blocks)
    return body.text if body.text.strip() else element.get("datetime") or ""


def decision(element: Element, body: Body, notes: Notes) -> Rendered:
    """A decision of the new editor, as one item of a list."""
    text = " ".join(block.text for block in body.to_blocks())
    state = child(element, "ac:adf-attribute")
    label = "Undecided" if all_text(state).upper() == "UNDECIDED" else "Decision"
    return [Block("list", f"- **{label}:** {text}")] if text else []
