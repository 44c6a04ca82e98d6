"""Links to pages, files and people, and what a page shows from elsewhere."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from pipeline.markdown.blocks import Content, Rendered, to_text_blocks
from pipeline.markdown.links import has_secret, to_image, to_link
from pipeline.markdown.lists import to_item, to_list
from pipeline.markdown.macros.boxes import titled
from pipeline.markdown.macros.people import name_of
from pipeline.markdown.notes import Notes
from pipeline.markdown.tree import Element, all_text, parameters_of
from pipeline.markdown.visible import seen_text, visible_text
from pipeline.records import BLOG_POST, PAGE, IncludedPage

INCLUDED_TAGS = ("ri:page", "ri:blog-post", "ri:content-entity")  # by which an include names it
_ADDRESSES = ("url", "href", "link", "src")  # parameters
_PAGES = (*INCLUDED_TAGS, "ri:space")
_HTTP = ("https://", "http://")


def link(element: Element, content: Content, notes: Notes) -> Rendered:
    """Return storage's link: to a page by its title, a file, a person, an anchor on this page."""
    if content.blocks:
        return list(content.blocks)
    text, anchor = content.text.strip(), element.get("ac:anchor") or ""
    for resource in element:
        if resource.tag.startswith("ri:"):
            return _to_resource(resource, text, anchor, notes)
    return to_link(text or anchor, notes.links.to_page("", anchor=anchor))


def include(element: Element, content: Content, notes: Notes) -> Rendered:
    """Return a link to the included page: storage does not hold its text."""
    page = next(element.iter(*INCLUDED_TAGS), None)
    if page is None:
        return content.to_blocks()
    if to_included(page) in notes.closed:
        return []
    return to_text_blocks(_to_resource(page, "", "", notes))


def to_included(resource: Element) -> IncludedPage:
    """Return what an element of `INCLUDED_TAGS` names; title and id may be empty."""
    get = resource.attrib.get
    names = (get("ri:content-title") or "", get("ri:space-key") or "", get("ri:content-id") or "")
    return IncludedPage(*names, BLOG_POST if resource.tag == "ri:blog-post" else PAGE)


def view_file(element: Element, content: Content, notes: Notes) -> Rendered:
    """Return the name of a file that the page shows."""
    file = next(element.iter("ri:attachment"), None)
    name = parameters_of(element).get("name") if file is None else file.get("ri:filename")
    return [*to_text_blocks(to_image(name or "")), *content.to_blocks()]


def attachments(element: Element, content: Content, notes: Notes) -> Rendered:
    """Return the file names of a rendered list of attachments, without its buttons."""
    notes.dropped.append(visible_text(element))
    links = (link for link in element.iter("a") if "filename" in (link.get("class") or "").split())
    return to_list([to_item(to_text_blocks(all_text(link))) for link in links], None)


def widget(element: Element, content: Content, notes: Notes) -> Rendered:
    """Return the address of content that is embedded from another site."""
    parameters, resource = parameters_of(element), next(element.iter("ri:url"), None)
    if resource is None:
        url = parameters.get("url") or parameters.get("src")
    else:
        url = resource.get("ri:value")
    url = url or element.get("src") or element.get("data") or _source_of(element)
    notes.dropped.append(visible_text(element))  # for browsers that cannot embed
    return to_text_blocks(notes.links.resolve(url))


def _source_of(player: Element) -> str:
    """Return the address of a video or a sound that names its files within."""
    sources = (source.get("src") for source in player.iterchildren("source"))
    return next(filter(None, sources), "")


def button(element: Element, content: Content, notes: Notes) -> Rendered:
    """Return a button's label, or address, as a link to where the button leads."""
    parameters, label = parameters_of(element), seen_text(element)
    resource = next(element.iter(*_PAGES, "ri:attachment", "ri:url"), None)
    if resource is not None:
        return f" {_to_resource(resource, label, '', notes)} "
    target = notes.links.resolve(_first_of(parameters, _ADDRESSES))
    shown = to_link(label or target, target)
    return f" {shown} " if shown else list(content.blocks)


def unknown(element: Element, content: Content, notes: Notes) -> Rendered:
    """Return what a macro without a row shows, as far as that can be told from its parameters.

    That is a container's title above its content; of a macro without content a file, a person,
    a page or an address, under the macro's label.
    """
    if content.blocks or content.text.strip():
        return titled(element, content, notes)
    parameters, label = parameters_of(element), seen_text(element)
    resource = next(element.iter(*_PAGES, "ri:attachment", "ri:user", "ri:url"), None)
    if resource is None:
        target = _first_of(parameters, _ADDRESSES)
        is_shown = target.startswith(_HTTP) and not has_secret(target)
        shown = to_link(label or target, target) if is_shown else label
    elif resource.tag == "ri:attachment":
        shown = f"{label} {to_image(resource.get('ri:filename') or '')}".lstrip()
    elif to_included(resource) in notes.closed or has_secret(resource.get("ri:value") or ""):
        shown = label
    else:
        shown = _to_resource(resource, label, "", notes)
    return f" {shown} " if shown else ""


def _first_of(parameters: Mapping[str, str], names: Iterable[str]) -> str:
    return next((parameters[name] for name in names if parameters.get(name)), "")


def _to_resource(resource: Element, text: str, anchor: str, notes: Notes) -> str:
    get, links = resource.attrib.get, notes.links
    match resource.tag:
        case "ri:user":
            name = text or name_of(resource, notes)
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
            keys = ("ri:filename", "ri:content-title", "ri:parameter", "ri:group-name")
            name = next((value for key in keys if (value := get(key))), "")
    return to_link(text or name or anchor, target)
