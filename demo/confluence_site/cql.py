"""The part of CQL (Confluence's query language) that the stand-in site understands.

`parse` gives a tree of clauses; everything else of the language is refused with CqlError, as the
real site refuses what it cannot parse.
"""

from __future__ import annotations

import operator
import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from demo.confluence_site.items import SitePage

_TOKEN = re.compile(
    r"""\s*(?: "(?P<double>(?:[^"\\]|\\.)*)" | '(?P<single>(?:[^'\\]|\\.)*)'
      | (?P<sign>!=|>=|<=|!~|[=<>~(),]) | (?P<word>[^\s"'=<>!~(),]+) )""",
    re.VERBOSE | re.DOTALL,
)
_COMPARE: dict[str, Callable[[datetime, datetime], bool]] = {
    ">": operator.gt,
    ">=": operator.ge,
    "<": operator.lt,
    "<=": operator.le,
    "=": operator.eq,
    "!=": operator.ne,
}
_EQUALITY = {"type", "space", "id", "label", "ancestor", "parent", "title"}
_TIMES = {"lastmodified", "created"}
_AGO = re.compile(r"-(\d+)([mhdw])")
_UNITS = {"m": "minutes", "h": "hours", "d": "days", "w": "weeks"}


class CqlError(ValueError):
    """The query cannot be parsed."""


@dataclass(frozen=True, slots=True)
class Subject:
    """What a query is asked about: a page as the index knows it."""

    page: SitePage
    ancestors: frozenset[str]  # ids


Test = Callable[[Subject], bool]


@dataclass(frozen=True, slots=True)
class Query:
    matches: Test
    ids: frozenset[str] | None = None  # when the query names all that can match
    space: str | None = None  # when it names the one space that can match
    needs_ancestors: bool = False
    order: str | None = None  # a field of SitePage
    is_descending: bool = False


@dataclass(frozen=True, slots=True)
class _Clause:
    test: Test
    ids: frozenset[str] | None = None
    space: str | None = None


@dataclass(frozen=True, slots=True)
class _Token:
    text: str
    is_quoted: bool = False


def parse(cql: str, *, now: datetime, time_zone: str = "UTC") -> Query:
    """Read a query; dates in it are of `time_zone`. Raises CqlError."""
    return _Parser(_to_tokens(cql), now, ZoneInfo(time_zone)).query()


def _to_tokens(cql: str) -> list[_Token]:
    tokens, at = [], 0
    text = cql.strip()
    while at < len(text):
        match = _TOKEN.match(text, at)
        if match is None:
            raise CqlError(f"Could not parse cql : {cql}")
        quoted = match["double"] if match["double"] is not None else match["single"]
        if quoted is not None:
            tokens.append(_Token(re.sub(r"\\(.)", r"\1", quoted, flags=re.DOTALL), True))
        else:
            tokens.append(_Token(match["sign"] or match["word"]))
        at = match.end()
    return tokens


class _Parser:
    def __init__(self, tokens: list[_Token], now: datetime, zone: ZoneInfo) -> None:
        self._tokens, self._at = tokens, 0
        self._now, self._zone = now, zone
        self._needs_ancestors = False

    def query(self) -> Query:
        if self._peek() == "not":
            raise CqlError("A negated clause cannot come first")
        clause = self._any_of()
        order, is_descending = self._order()
        if self._at < len(self._tokens):
            raise CqlError(f"Unexpected '{self._tokens[self._at].text}'")
        return Query(
            clause.test, clause.ids, clause.space, self._needs_ancestors, order, is_descending
        )

    def _peek(self) -> str:
        """The next unquoted token in lower case; nothing at the end or before a string."""
        if self._at >= len(self._tokens) or self._tokens[self._at].is_quoted:
            return ""
        return self._tokens[self._at].text.lower()

    def _take(self) -> _Token:
        if self._at >= len(self._tokens):
            raise CqlError("Unexpected end of the query")
        self._at += 1
        return self._tokens[self._at - 1]

    def _takes(self, *words: str) -> bool:
        if self._peek() not in words:
            return False
        self._at += 1
        return True

    def _expect(self, sign: str) -> None:
        if not self._takes(sign):
            raise CqlError(f"Expected '{sign}'")

    def _any_of(self) -> _Clause:
        clause = self._all_of()
        while self._takes("or"):
            clause = _either(clause, self._all_of())
        return clause

    def _all_of(self) -> _Clause:
        clause = self._one()
        while self._takes("and"):
            clause = _both(clause, self._one())
        return clause

    def _one(self) -> _Clause:
        if self._takes("not"):
            negated = self._one().test
            return _Clause(lambda subject: not negated(subject))
        if self._takes("("):
            clause = self._any_of()
            self._expect(")")
            return clause
        name = self._take()
        known = name.text.lower()
        if name.is_quoted or known not in _EQUALITY | _TIMES:
            raise CqlError(f"No field exists with name: {name.text}")
        return self._time(known) if known in _TIMES else self._equality(known)

    def _equality(self, name: str) -> _Clause:
        is_negated = self._takes("!=", "!~", "not")
        sign = self._tokens[self._at - 1].text.lower() if is_negated else self._take().text.lower()
        if sign == "not":
            self._expect("in")
        elif sign not in {"=", "!=", "in"} | ({"~", "!~"} if name == "title" else set()):
            raise CqlError(f"Operator '{sign}' is not supported for field '{name}'")
        values = self._values() if sign in {"in", "not"} else [self._value()]
        if "~" in sign:
            word = values[0].lower()
            return _negated_if(is_negated, _Clause(lambda s: word in s.page.title.lower()))
        return _negated_if(is_negated, self._one_of(name, values))

    def _one_of(self, name: str, values: list[str]) -> _Clause:
        wanted = frozenset(values)
        if name in {"id", "ancestor", "parent"} and not all(value.isdigit() for value in values):
            raise CqlError(f"The field '{name}' takes ids")
        if name == "space":
            only = values[0] if len(values) == 1 else None
            return _Clause(lambda s: s.page.space in wanted, space=only)
        if name == "id":
            return _Clause(lambda s: s.page.id in wanted, ids=wanted)
        self._needs_ancestors |= name == "ancestor"
        lowered = {value.lower() for value in values}
        tests: dict[str, Test] = {
            "type": lambda _: "page" in wanted,
            "label": lambda s: not lowered.isdisjoint(s.page.labels),
            "ancestor": lambda s: not wanted.isdisjoint(s.ancestors),
            "parent": lambda s: s.page.parent in wanted,
            "title": lambda s: s.page.title.lower() in lowered,
        }
        return _Clause(tests[name])

    def _time(self, name: str) -> _Clause:
        compare = _COMPARE.get(self._take().text)
        if compare is None:
            raise CqlError(f"The field '{name}' needs a comparison")
        limit = self._moment()
        is_created = name == "created"

        def test(subject: Subject) -> bool:
            when = subject.page.created if is_created else subject.page.modified
            return compare(when.replace(second=0, microsecond=0), limit)  # CQL knows no seconds

        return _Clause(test)

    def _moment(self) -> datetime:
        token = self._take()
        if not token.is_quoted and token.text.lower() == "now":
            return self._ago().replace(second=0, microsecond=0)
        for form in ("%Y-%m-%d %H:%M", "%Y-%m-%d"):
            try:
                local = datetime.strptime(token.text.replace("/", "-"), form)
            except ValueError:
                continue
            return local.replace(tzinfo=self._zone).astimezone(UTC)
        raise CqlError(f"Invalid date format. Please input a date as yyyy-MM-dd: {token.text}")

    def _ago(self) -> datetime:
        self._expect("(")
        if self._takes(")"):
            return self._now
        told = self._take().text
        self._expect(")")
        match = _AGO.fullmatch(told)
        if match is None:
            raise CqlError(f"Invalid increment: {told}")
        return self._now - timedelta(**{_UNITS[match[2]]: int(match[1])})

    def _values(self) -> list[str]:
        self._expect("(")
        values = [self._value()]
        while self._takes(","):
            values.append(self._value())
        self._expect(")")
        return values

    def _value(self) -> str:
        token = self._take()
        if not token.is_quoted and token.text in "=!=<>~(),":
            raise CqlError(f"Unexpected '{token.text}'")
        return token.text

    def _order(self) -> tuple[str | None, bool]:
        if not self._takes("order"):
            return None, False
        self._expect("by")
        name = self._take().text.lower()
        fields = {"lastmodified": "modified", "created": "created", "title": "title", "id": "id"}
        if name not in fields:
            raise CqlError(f"Cannot order by {name}")
        return fields[name], not self._takes("asc") and self._takes("desc")


def _both(left: _Clause, right: _Clause) -> _Clause:
    ids = left.ids if right.ids is None else right.ids
    if left.ids is not None and right.ids is not None:
        ids = left.ids & right.ids
    return _Clause(
        lambda s: left.test(s) and right.test(s), ids=ids, space=left.space or right.space
    )


def _either(left: _Clause, right: _Clause) -> _Clause:
    ids = None if left.ids is None or right.ids is None else left.ids | right.ids
    return _Clause(lambda s: left.test(s) or right.test(s), ids=ids)


def _negated_if(is_negated: bool, clause: _Clause) -> _Clause:
    return _Clause(lambda s: not clause.test(s)) if is_negated else clause
