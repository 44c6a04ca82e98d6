"""Full stops that do not end a sentence: of abbreviations, initials, dates and items of lists."""

from __future__ import annotations

_LONGEST = 12  # characters of an abbreviation, with what may open before it
_OPENING = "\"'“‘«„([*_"
_CALENDAR = 31  # the largest number that a date or an item of a list begins with

_WITH_NAMES = """
mr mrs ms dr prof sr jr st mt rev hon gen col capt lt sgt gov sen rep messrs mme mlle sra dra dott
sig ing hr fr hrn frl dhr mevr vs cf viz approx ca dept univ ed eds transl resp incl excl bzw ggf
inkl exkl evtl vgl sog bspw zzgl abzgl max min bijv np tj tzw örn им ул см напр акад проф डॉ
"""
_WITH_NUMBERS = """
no nos nr vol ch chap sec sect fig figs eq eqs ref art p pp pg par para tab abb abs kap bd s rel ver
núm núms cap pág págs рис стр табл гл разд пп №
"""
_WITH_DATES = "am vom bis zum ab der den dem des im seit beim"
_BEFORE_NAMES = frozenset(_WITH_NAMES.split())
_BEFORE_NUMBERS = frozenset(_WITH_NUMBERS.split())
_BEFORE_DATES = frozenset(_WITH_DATES.split())


def is_end(text: str, start: int, stop: int, following: str) -> bool:
    """Return whether the full stop at `stop` ends the sentence from `start`.

    `following` is the letter or digit that the next sentence would begin with.
    """
    words = text[max(start, stop - 2 * _LONGEST) : stop].split()
    word = words[-1].lstrip(_OPENING).lower() if words else ""
    if _is_initial(word.rpartition(".")[2]) or word in _BEFORE_NAMES:
        return False
    if following.isdigit():
        return word not in _BEFORE_NUMBERS
    if word.isdecimal() and len(word) <= 2 and int(word) <= _CALENDAR:
        return len(words) > 1 and words[-2].lower() not in _BEFORE_DATES
    return True


def _is_initial(letter: str) -> bool:
    """Return whether this is one letter, of a script in which letters abbreviate words."""
    return len(letter) == 1 and (letter.upper() != letter.lower() or "א" <= letter <= "ۓ")
