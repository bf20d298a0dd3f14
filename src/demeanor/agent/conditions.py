"""What stands under `when:`: conditions on what is known and on what tools gave, read once and held against a state.

    decision is change and (amount above 100 or card_in_hand is no)
    check_code failed
    not find_times brought nothing
    quote.fee > 0

A slot is compared as a value ("a lost one" is lost), a field of a tool's newest result as it stands there; a list is
compared with a number by its length.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, time
from decimal import Decimal, InvalidOperation
from typing import Any, Protocol

from demeanor.agent.slots import Resolved, Slot, resolve
from demeanor.text import key

FORMS = (
    "SLOT known",
    "SLOT unknown",
    "SLOT is VALUE",
    "SLOT above 100",
    "TOOL failed",
    "TOOL succeeded",
    "TOOL brought nothing",
    "TOOL.FIELD",
    "TOOL.FIELD is VALUE",
    "TOOL.FIELD > 3",
    "not ...",
    "... and ...",
    "... or ...",
    "( ... )",
)
"""How conditions are written; what the error of an unreadable one names."""


class State(Protocol):
    """What a condition is held against."""

    def value(self, slot: str) -> object | None:
        """What is known of a slot: its value where its words mean one, else the words; None while it is unknown."""
        ...

    def result(self, tool: str) -> Mapping[str, Any] | None:
        """A tool's newest result; None before it was called."""
        ...


@dataclass(frozen=True)
class Known:
    """`SLOT known`."""

    slot: str


@dataclass(frozen=True)
class Outcome:
    """`TOOL failed`: its newest result has an error; `brought nothing`: no error, and no rows."""

    tool: str
    state: str


@dataclass(frozen=True)
class Compared:
    """A slot, or a field of a tool's result, beside a value. `sign`: "is", ">", ">=", "<", "<="; "" for being true."""

    name: str
    field: str
    sign: str
    value: str


@dataclass(frozen=True)
class Not:
    """The opposite."""

    of: Condition


@dataclass(frozen=True)
class Both:
    """All of them."""

    of: tuple[Condition, ...]


@dataclass(frozen=True)
class Either:
    """One of them at least."""

    of: tuple[Condition, ...]


Condition = Known | Outcome | Compared | Not | Both | Either


# ---------------------------------------------------------------------- reading

_TOKEN = re.compile(r"\s*(\(|\)|>=|<=|>|<|\"[^\"]*\"|'[^']*'|[^\s()<>\"']+)")
_NAME = re.compile(r"[^\W\d]\w*")
_SIGNS = {">": ">", ">=": ">=", "<": "<", "<=": "<=", "above": ">", "below": "<"}
_ENDS = ("and", "or", ")")
_OUTCOMES = {"failed": "failed", "succeeded": "succeeded", "brought": "brought nothing"}


class Unreadable(ValueError):
    """A condition that cannot be read. `found`: where it stops making sense; `allowed`: what could stand there."""

    def __init__(self, problem: str, found: str, allowed: tuple[str, ...] = ()) -> None:
        super().__init__(problem)
        self.problem, self.found, self.allowed = problem, found, allowed


def read_condition(text: str) -> Condition:
    """The condition that a text says.

    Raises:
        Unreadable: with what is wrong, and where.
    """
    tokens = _TOKEN.findall(text)
    if "".join(tokens) != re.sub(r"\s+", "", text) and not any(t[0] in "\"'" for t in tokens):
        raise Unreadable("cannot read the condition", text)
    parser = _Parser(tokens, text)
    found = parser.either()
    if parser.rest:
        raise Unreadable("cannot read the condition", " ".join(parser.rest))
    return found


class _Parser:
    """Recursive descent: or, and, not, one term."""

    def __init__(self, tokens: list[str], text: str) -> None:
        self.rest, self.text = tokens, text

    def _next(self) -> str:
        return self.rest[0] if self.rest else ""

    def _take(self, *expected: str) -> str:
        if not self.rest or (expected and self.rest[0] not in expected):
            wanted = f"; {' or '.join(expected)} should stand there" if expected else ""
            raise Unreadable(f"the condition stops making sense{wanted}", " ".join(self.rest) or self.text)
        return self.rest.pop(0)

    def either(self) -> Condition:
        terms = [self._both()]
        while self._next() == "or":
            self._take()
            terms.append(self._both())
        return terms[0] if len(terms) == 1 else Either(tuple(terms))

    def _both(self) -> Condition:
        terms = [self._one()]
        while self._next() == "and":
            self._take()
            terms.append(self._one())
        return terms[0] if len(terms) == 1 else Both(tuple(terms))

    def _one(self) -> Condition:
        if self._next() == "not":
            self._take()
            return Not(self._one())
        if self._next() == "(":
            self._take()
            found = self.either()
            self._take(")")
            return found
        return self._term()

    def _term(self) -> Condition:
        name, _, field = self._take().partition(".")
        if not _NAME.fullmatch(name) or (field and not _NAME.fullmatch(field)):
            raise Unreadable("a name should stand here", f"{name}.{field}" if field else name)
        said = self._next()
        if not field and said in ("known", "unknown"):
            self._take()
            return Known(name) if said == "known" else Not(Known(name))
        if not field and said in _OUTCOMES:
            self._take()
            if said == "brought":
                self._take("nothing")
            return Outcome(name, _OUTCOMES[said])
        if said in _SIGNS:
            return Compared(name, field, _SIGNS[self._take()], self._value())
        if said == "is":
            self._take()
            if self._next() == "not":
                self._take()
                return Not(Compared(name, field, "is", self._value()))
            return Compared(name, field, "is", self._value())
        if field and said in ("", *_ENDS):
            return Compared(name, field, "", "")
        joined = bool({"and", "or"} & {*self.text.split()})
        quotes = "; a value with an `and` or an `or` in it stands in quotes" if joined else ""
        raise Unreadable(f"the condition stops making sense{quotes}", " ".join([name, *self.rest]))

    def _value(self) -> str:
        words = []
        while self.rest and self.rest[0] not in _ENDS:
            words.append(self.rest.pop(0).strip("\"'"))
        if not words:
            raise Unreadable("a value should stand at the end", self.text)
        return " ".join(words)


def written(condition: Condition) -> str:
    """A condition as one would write it; `read_condition` reads it again."""
    match condition:
        case Known(slot):
            return f"{slot} known"
        case Outcome(tool, state):
            return f"{tool} {state}"
        case Compared(name, field, sign, value):
            said = f'"{value}"' if {*value.split()} & {*_ENDS} else value
            return f"{name}{'.' + field if field else ''} {sign} {said}".strip()
        case Not(of):
            return f"not ({written(of)})"
        case Both(several):
            return " and ".join(f"({written(one)})" for one in several)
        case Either(several):
            return " or ".join(f"({written(one)})" for one in several)


def terms(condition: Condition) -> Iterator[Known | Outcome | Compared]:
    """The single terms of a condition."""
    if isinstance(condition, Not):
        yield from terms(condition.of)
    elif isinstance(condition, Both | Either):
        for one in condition.of:
            yield from terms(one)
    else:
        yield condition


def tools_of(condition: Condition) -> set[str]:
    """The tools on whose results a condition hangs."""
    found = set[str]()
    for term in terms(condition):
        if isinstance(term, Outcome):
            found.add(term.tool)
        elif isinstance(term, Compared) and term.field:
            found.add(term.name)
    return found


def wrong_term(condition: Condition, slots: Mapping[str, Slot | None], tools: Collection[str]) -> Unreadable | None:
    """What of a condition names nothing, or compares what cannot be compared; None when all is well.

    Args:
        slots: name -> the slot; None where its description is wrong elsewhere.
        tools: the tools that some flow calls.
    """
    for term in terms(condition):
        name = term.tool if isinstance(term, Outcome) else term.slot if isinstance(term, Known) else term.name
        about_a_tool = isinstance(term, Outcome) or (isinstance(term, Compared) and bool(term.field))
        if about_a_tool and name not in tools:
            return Unreadable("a tool that no flow calls", name)
        if about_a_tool:
            continue
        if name not in slots:
            return Unreadable("unknown slot", name)
        slot = slots[name]
        if (
            isinstance(term, Compared)
            and slot is not None
            and not (_counted(slot, term) or _has_value(slot, term.value))
        ):
            allowed = tuple(slot.choices) or (("yes", "no") if slot.type == "yes_no" else slot.examples)
            return Unreadable(f"not a value of {name}", term.value, allowed)
    return None


def _counted(slot: Slot, term: Compared) -> bool:
    """Whether a condition asks how many items a list has."""
    return slot.many and term.sign not in ("", "is") and _number(term.value) is not None


def _has_value(slot: Slot, text: str) -> bool:
    """Whether a text can be a value of a slot; of free text every one can."""
    free = slot.type in ("text", "name", "address", "option")
    return free or isinstance(resolve(slot, text, _ANY_DAY), Resolved)


# ---------------------------------------------------------------------- holding

_ANY_DAY = date(2000, 1, 1)  # values of conditions are about choices and amounts, which no clock changes


def holds(condition: Condition, state: State, slots: Mapping[str, Slot]) -> bool:
    """Whether a condition is true now. What is not known yet is neither above nor below nor equal to anything."""
    if isinstance(condition, Not):
        return not holds(condition.of, state, slots)
    if isinstance(condition, Both):
        return all(holds(one, state, slots) for one in condition.of)
    if isinstance(condition, Either):
        return any(holds(one, state, slots) for one in condition.of)
    if isinstance(condition, Known):
        return state.value(condition.slot) is not None
    if isinstance(condition, Outcome):
        return _came(condition, state.result(condition.tool))
    if condition.field:
        found = (state.result(condition.name) or {}).get(condition.field)
        return _compares(found, condition.sign, _plain(condition.value))
    slot, found = slots[condition.name], state.value(condition.name)
    wanted = _number(condition.value) if _counted(slot, condition) else _meant(slot, condition.value)
    if slot.many and condition.sign == "is":
        return isinstance(found, tuple) and set(wanted if isinstance(wanted, tuple) else (wanted,)) <= set(found)
    return _compares(found, condition.sign, wanted)


def _came(condition: Outcome, result: Mapping[str, Any] | None) -> bool:
    if result is None:
        return False
    failed = "error" in result
    if condition.state == "brought nothing":
        lists = [value for value in result.values() if isinstance(value, list)]
        return not failed and bool(lists) and not any(lists)
    return failed if condition.state == "failed" else not failed


def _meant(slot: Slot, text: str) -> object:
    """The value that a condition's words mean for a slot; the words where they mean none."""
    got = resolve(slot, text, _ANY_DAY)
    return got.value if isinstance(got, Resolved) else text


def _plain(text: str) -> object:
    """A value of a condition on a result: a number, yes or no, or words."""
    if text.lower() in ("yes", "true", "no", "false"):
        return text.lower() in ("yes", "true")
    number = _number(text)
    return text if number is None else number


def _compares(found: object, sign: str, wanted: object) -> bool:
    if found is None:
        return False
    if sign == "":
        return bool(found)
    if isinstance(found, list | tuple) and _number(wanted) is not None:
        found = len(found)
    if sign == "is":
        return _equal(found, wanted)
    a, b = (_number(x) if not isinstance(x, date | time) else x for x in (found, wanted))
    if a is None or b is None or isinstance(a, date | time) != isinstance(b, date | time):
        return False
    return bool({">": a > b, ">=": a >= b, "<": a < b, "<=": a <= b}[sign])  # type: ignore[operator]


def _equal(found: object, wanted: object) -> bool:
    if isinstance(found, bool) or isinstance(wanted, bool):
        return found is wanted
    a, b = _number(found), _number(wanted)
    if a is not None and b is not None:
        return a == b
    return key(str(found)) == key(str(wanted)) if isinstance(found, str) or isinstance(wanted, str) else found == wanted


def _number(value: object) -> Decimal | None:
    if isinstance(value, bool) or not isinstance(value, int | float | Decimal | str):
        return None
    try:
        return Decimal(str(value).strip())
    except InvalidOperation:
        return None
