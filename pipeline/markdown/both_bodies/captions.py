"""Captions of images, which a rendered body lacks."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable

from lxml import etree

from pipeline.markdown.both_bodies.places import Words, to_words
from pipeline.markdown.links import file_name
from pipeline.markdown.tree import Element, child
from pipeline.markdown.visible import visible_text


def add_captions(root: Element, source: Element, rendered: Words) -> None:
    """Put each caption of the storage format below its picture, by the name of the file.

    Pictures of one file are taken in order; a caption without a picture is put at the end.
    """
    pictures: defaultdict[str, list[Element]] = defaultdict(list)
    for shown in root.iter("img"):
        pictures[_name_of(shown)].append(shown)
    for images in pictures.values():
        images.reverse()
    for image in _list_images(source):
        names = [inner.get("ri:filename") or _file(inner) for inner in image]
        name = next(filter(None, names), "")
        images = pictures[name]
        picture: Element | None = images.pop() if images else None
        caption = child(image, "ac:caption")
        if caption is None or rendered.has(to_words(visible_text(caption))):
            continue
        caption.tail = None
        if picture is None:
            root.append(caption)
        else:
            _add_after(picture, caption)


def _list_images(source: Element) -> list[Element]:
    """Return the images, without those within a caption."""
    images: list[Element] = []
    walk = etree.iterwalk(source, events=("start",), tag="ac:image")
    for _, image in walk:
        images.append(image)
        walk.skip_subtree()
    return images


def _file(resource: Element) -> str:
    return file_name(resource.get("ri:value") or "")


def _name_of(picture: Element) -> str:
    get = picture.attrib.get
    names: Iterable[str] = (
        get("data-linked-resource-default-alias") or "",
        file_name(get("src") or get("data-image-src") or ""),
        get("alt") or "",
    )
    return next(filter(None, names), "")


def _add_after(picture: Element, caption: Element) -> None:
    paragraph = etree.Element("div")
    paragraph.tail, picture.tail = picture.tail, None
    paragraph.append(caption)
    picture.addnext(paragraph)
