"""Raised and lowered text: powers, indexes, ordinals and the marks of footnotes."""

from __future__ import annotations

import re

from pipeline.markdown.blocks import Content, Rendered
from pipeline.markdown.macros.frames import text_before
from pipeline.markdown.notes import Notes
from pipeline.markdown.tree import Element, all_text

_NUMBER = re.compile(r"[-+−–]?\d[\d.,]*+")
_FORMULA = re.compile(r"[-+−–]?\w{1,3}(?: ?[-+−–*/=·×⋅,] ?\w{1,3})*[-+−–]?")
_OPERATOR = re.compile(r"[-+−–*/=·×⋅]")
_WITHIN = re.compile(r"\w ?[-+−–*/=·×⋅,^] ?\w")  # an operator, or a power of a power
_PRODUCT = re.compile(r"\d{1,3}[^\W\d_]|[^\W\d_]{0,2}[\u0370-\u03ff][^\W\d_]{0,2}")  # 2n, iπ
_ORDINALS = ("o", "a", "e", "º", "ª")  # 1º in Spanish, Italian and Portuguese, 1e in French
_NUMERO = ("n", "N")  # of n°
_BEFORE_FOOTNOTE = '.,;:!?"”’»…'
_FRACTION = ("/", "⁄")  # signs behind a numerator
_FIRST_IDEOGRAPH = "\u2e80"


def exponent(element: Element, content: Content, notes: Notes) -> Rendered:
    """Return an exponent with a caret: 10^6, 2^n, n^(k+1). Ordinals and marks have none: 1st.

    The number of a footnote is in brackets: it is no power of a full stop.
    """
    text, before, after = _to_plain(element, content), text_before(element), element.tail or ""
    if after[:1] in _FRACTION and not before[-1:].strip():
        return text
    if _NUMBER.fullmatch(text) and _is_footnote(text, before, after):
        return f" [{text}]" if before.endswith("!") else f"[{text}]"  # `![1]` is a picture
    if _NUMBER.fullmatch(text) or _is_formula(text):
        return f"^{_in_brackets(text)}"
    if len(text) == 1 and (text.isalpha() or text.isnumeric()) and not _is_ordinal(text, before):
        return f"^{text}"
    return list(content.blocks) or content.text


def index(element: Element, content: Content, notes: Notes) -> Rendered:
    """Return an index as `a_(n-1)` if it is a formula or a list, or follows a digit: 101_(2).

    Any other is a part of its word: CO2.
    """
    text = _to_plain(element, content)
    follows_digit = text.isalnum() and text_before(element)[-1:].isdecimal()
    is_list = "," in text and _FORMULA.fullmatch(text) is not None
    if follows_digit or is_list or (_is_formula(text) and not _PRODUCT.fullmatch(text)):
        return f"_{text if _OPERATOR.match(text) else f'({text})'}"
    return list(content.blocks) or content.text


def _to_plain(element: Element, content: Content) -> str:
    """Return the text without marks of emphasis, which would stand between base and power."""
    text, plain = content.text.strip(), all_text(element)
    return plain if text.replace("*", "").replace("~", "") == plain else text


def _is_footnote(text: str, before: str, after: str) -> bool:
    """Return whether a raised number is the mark of a footnote, or its text's beginning.

    A number before the sign of an element is neither: ¹⁴C.
    """
    last = before[-1:]
    if not last or last.isspace():
        is_element = after[:1].isalpha() and not after[2:3].isalpha()
        return text.isdecimal() and not is_element and not before.rstrip()[-1:].isdecimal()
    return last in _BEFORE_FOOTNOTE or last >= _FIRST_IDEOGRAPH


def _is_ordinal(text: str, before: str) -> bool:
    word = before.rsplit(None, 1)[-1] if before.strip() else ""
    return text in _ORDINALS and (word[-1:].isdecimal() or word in _NUMERO)


def _is_formula(text: str) -> bool:
    is_one = _FORMULA.fullmatch(text) is not None and _OPERATOR.search(text) is not None
    return is_one or "^" in text or _PRODUCT.fullmatch(text) is not None


def _in_brackets(text: str) -> str:
    is_long = _WITHIN.search(text) is not None or _PRODUCT.fullmatch(text) is not None
    return f"({text})" if is_long and len(text) > 1 and not _NUMBER.fullmatch(text) else text
