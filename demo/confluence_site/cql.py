"""The part of CQL (Confluence's query language) that the stand-in site supports.

`parse` raises CqlError for the rest of the language, as the real site does for invalid queries.
"""

from __future__ import annotations

import operator
import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from demo.confluence_site.cql_clauses import Clause, Query, Subject, Test, both, either, negated
from demo.confluence_site.cql_tokens import CqlError, Token, to_tokens

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


def parse(cql: str, *, now: datetime, time_zone: str = "UTC") -> Query:
    """Parse a query whose dates are in `time_zone`. Raises CqlError."""
    return _Parser(to_tokens(cql), now, ZoneInfo(time_zone)).query()


class _Parser:
    def __init__(self, tokens: list[Token], now: datetime, zone: ZoneInfo) -> None:
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
        """Return the next unquoted token in lower case, or "" at the end or before a string."""
        if self._at >= len(self._tokens) or self._tokens[self._at].is_quoted:
            return ""
        return self._tokens[self._at].text.lower()

    def _take(self) -> Token:
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

    def _any_of(self) -> Clause:
        clause = self._all_of()
        while self._takes("or"):
            clause = either(clause, self._all_of())
        return clause

    def _all_of(self) -> Clause:
        clause = self._term()
        while self._takes("and"):
            clause = both(clause, self._term())
        return clause

    def _term(self) -> Clause:
        if self._takes("not"):
            return negated(self._term())
        if self._takes("("):
            clause = self._any_of()
            self._expect(")")
            return clause
        name = self._take()
        known = name.text.lower()
        if name.is_quoted or known not in _EQUALITY | _TIMES:
            raise CqlError(f"No field exists with name: {name.text}")
        return self._time(known) if known in _TIMES else self._equality(known)

    def _equality(self, name: str) -> Clause:
        is_negated = self._takes("!=", "!~", "not")
        sign = self._tokens[self._at - 1].text.lower() if is_negated else self._take().text.lower()
        if sign == "not":
            self._expect("in")
        elif sign not in {"=", "!=", "in"} | ({"~", "!~"} if name == "title" else set()):
            raise CqlError(f"Operator '{sign}' is not supported for field '{name}'")
        values = self._values() if sign in {"in", "not"} else [self._value()]
        if "~" in sign:
            word = values[0].lower()
            clause = Clause(lambda s: word in s.page.title.lower())
        else:
            clause = self._any_value(name, values)
        return negated(clause) if is_negated else clause

    def _any_value(self, name: str, values: list[str]) -> Clause:
        values_set = frozenset(values)
        if name in {"id", "ancestor", "parent"} and not all(value.isdigit() for value in values):
            raise CqlError(f"The field '{name}' takes ids")
        if name == "space":
            only = values[0] if len(values) == 1 else None
            return Clause(lambda s: s.page.space in values_set, space=only)
        if name == "id":
            return Clause(lambda s: s.page.id in values_set, ids=values_set)
        self._needs_ancestors |= name == "ancestor"
        lowered = {value.lower() for value in values}
        tests: dict[str, Test] = {
            "type": lambda s: s.page.type in values_set,
            "label": lambda s: not lowered.isdisjoint(s.page.labels),
            "ancestor": lambda s: not values_set.isdisjoint(s.ancestors),
            "parent": lambda s: s.page.parent in values_set,
            "title": lambda s: s.page.title.lower() in lowered,
        }
        return Clause(tests[name])

    def _time(self, name: str) -> Clause:
        compare = _COMPARE.get(self._take().text)
        if compare is None:
            raise CqlError(f"The field '{name}' needs a comparison")
        limit = self._moment()
        is_created = name == "created"

        def test(subject: Subject) -> bool:
            when = subject.page.created if is_created else subject.page.modified
            return compare(when.replace(second=0, microsecond=0), limit)  # CQL compares minutes

        return Clause(test)

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
        increment = self._take().text
        self._expect(")")
        match = _AGO.fullmatch(increment)
        if match is None:
            raise CqlError(f"Invalid increment: {increment}")
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
