"""Which column of an export holds what: guessed from names and, where it can be, from what stands in them.

Help desks name the same thing in twenty ways, so a name is read as words ("message_author_type" is message, author,
type), and who speaks is found by the values: the column whose values name both sides of a conversation. What was
guessed is shown before anything is written, and each part of it can be said instead.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any

from demeanor.errors import ConfigError


def each(words: str) -> frozenset[str]:
    """The words of a text."""
    return frozenset(words.split())


USER = each("user customer client visitor human requester contact lead caller consumer member inbound incoming buyer")
AGENT = each(
    "agent assistant admin operator staff support bot gpt chatgpt model ai rep representative advisor teammate team "
    "employee outbound outgoing company"
)
SYSTEM = each("system developer event trigger automation automated workflow rule lineitem activity")
NOTE = each("note notes internal private whisper")
TOOL = each("tool function observation")
TEXT = each("body text message content msg comment reply value transcript description utterance")
NO_TEXT = each(
    "id ids type kind count at time date by author url link language status state number role sender name email index "
    "created sent subject channel from to public private internal direction"
)
TALK = each("conversation ticket thread chat case session dialogue dialog")
TIME = each("created time timestamp date sent at posted when")
ASKED = each("question prompt instruction input query customer user request")
ANSWERED = each("answer response output completion reply agent assistant")
KIND = each("type kind part channel event via visibility rel source")
_WORD = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|\d+")
_TIMES = (
    *("%Y-%m-%d %H:%M:%S %Z", "%Y/%m/%d %H:%M:%S", "%Y/%m/%d %H:%M"),
    *("%d/%m/%Y %H:%M:%S", "%d/%m/%Y %H:%M", "%m/%d/%Y %H:%M:%S", "%m/%d/%Y %H:%M", "%m/%d/%Y %I:%M %p"),
    *("%m/%d/%Y, %I:%M:%S %p", "%d.%m.%Y %H:%M:%S", "%d.%m.%Y %H:%M", "%b %d, %Y %I:%M %p", "%B %d, %Y %I:%M %p"),
    *("%d %b %Y %H:%M", "%a, %d %b %Y %H:%M:%S %z"),
)
"""Ways to write a time beside ISO 8601 and seconds since 1970; the first that reads a whole sample is taken."""
ISO = "iso"
KEYS = ("conversation", "text", "speaker", "user", "agent", "time", "name", "note")
"""What --map can say."""


@lru_cache(maxsize=4096)
def words(name: str) -> tuple[str, ...]:
    """The words of a column's name, or of a value: "endUser.replyType" -> end, user, reply, type."""
    return tuple(word.lower() for word in _WORD.findall(name))


@dataclass(frozen=True)
class Columns:
    """What stands where. Names are dotted where an object lies in an object.

    Args:
        user, agent: with a `speaker`, the values that name each side; without, the columns with what each side says.
        notes: columns that say whether a row is a note -> the value (as text, lower case) that says so.
        owner: a record's own column with the customer's id, which `speaker` is held against.
        merged: the column that names the conversation into which this one was merged.
        unread: columns of which nothing is taken.
    """

    text: str = ""
    speaker: str = ""
    user: tuple[str, ...] = ()
    agent: tuple[str, ...] = ()
    conversation: str = ""
    time: str = ""
    time_form: str = ""
    name: str = ""
    notes: Mapping[str, str] = field(default_factory=dict)
    kinds: tuple[str, ...] = ()
    owner: str = ""
    merged: str = ""
    customer: tuple[str, ...] = ()
    unread: tuple[str, ...] = ()

    @property
    def wide(self) -> bool:
        """Whether a row holds what was asked and what was answered."""
        return not self.text and bool(self.user and self.agent)

    def shown(self) -> Iterator[tuple[str, str]]:
        """(what, where), for people."""
        yield "a conversation's rows share", self.conversation or "nothing: every row is a conversation"
        if self.wide:
            yield "the customer says", self.user[0]
            yield "the agent says", self.agent[0]
        else:
            yield "text", self.text
            who = self.speaker + (f" (the customer where it equals {self.owner})" if self.owner else "")
            yield "who speaks", who
            if not self.owner:
                yield "the customer is", ", ".join(self.user)
                yield "the agent is", ", ".join(self.agent)
        yield "when", self.time or "the order of the rows"
        for name, value in self.notes.items():
            yield "an internal note where", f"{name} is {value}"
        if self.kinds:
            yield "notes and events are told by", ", ".join(self.kinds)
        if self.merged:
            yield "merged into", self.merged
        if self.customer:
            yield "the customer is called by", ", ".join(self.customer)
        if self.unread:
            yield "not read", ", ".join(self.unread)


def flat(record: Mapping[str, Any], before: str = "") -> dict[str, Any]:
    """A record without objects in objects: dotted names; lists are left away."""
    out: dict[str, Any] = {}
    for key, value in record.items():
        name = f"{before}{key}"
        if isinstance(value, Mapping):
            out |= flat(value, f"{name}.")
        elif not isinstance(value, list):
            out[name] = value
    return out


def side_of(value: Any, column: str = "") -> str:
    """What a value says of a message: user, agent, system, note, tool; "" where nothing.

    A truth value is read with its column's name: `incoming: true` is the customer.
    """
    said = str(value).strip().lower()
    if said in ("true", "false", "1", "0", "yes", "no"):
        direction = {"incoming", "inbound"} & set(words(column))
        return ("user" if said in ("true", "1", "yes") else "agent") if direction else ""
    found = set(words(str(value)))
    for side, known in (("note", NOTE), ("system", SYSTEM), ("tool", TOOL)):
        if found & known:
            return side
    user, agent = bool(found & USER), bool(found & AGENT)
    return "user" if user and not agent else "agent" if agent and not user else ""


def guess(rows: Sequence[Mapping[str, Any]], owners: Sequence[Mapping[str, Any]] = ()) -> Columns | None:
    """The columns of a table, or of the messages of records; None where no text and no speaker can be found.

    Args:
        rows: a sample of flat rows.
        owners: of each row, the flat record that it lies in.
    """
    names = list(dict.fromkeys(name for row in rows for name in row))
    values = {name: [row.get(name) for row in rows if row.get(name) not in (None, "")] for name in names}
    conversation = "" if owners else _conversation(names, values)
    text = _text(names, values)
    speaker, user, agent, owner = _speaker(rows, names, values, owners, conversation)
    if not text or not speaker:
        return _wide(names, values, conversation)
    found = Columns(text, speaker, user, agent, conversation, owner=owner)
    found = replace(found, name=_name(names, values, speaker), notes=_notes(names, values))
    time, form = _time(rows, names, values, conversation)
    kinds = tuple(n for n in names if n not in (speaker, text, time) and KIND & set(words(n)) and _tells(values[n]))
    merged = next((n for n in names if "merged" in words(n) and values[n] and side_of(values[n][0]) == ""), "")
    found = replace(found, time=time, time_form=form, kinds=kinds, merged=merged)
    customer = tuple(n for n in names if of_customer(n))
    return replace(found, customer=customer, unread=_unread(names, replace(found, customer=customer)))


def _unread(names: Iterable[str], found: Columns) -> tuple[str, ...]:
    used = {found.text, found.speaker, found.conversation, found.time, found.name, found.merged, *found.notes}
    used |= {*found.kinds, *found.customer}
    return tuple(name for name in names if name not in used)


def _tells(values: Sequence[Any]) -> bool:
    return any(side_of(value) in ("note", "system") for value in values)


def of_customer(name: str) -> bool:
    """A field that says how the customer is called or reached."""
    said = set(words(name))
    return bool(said & USER) and bool(said & {"name", "email", "phone", "mail"})


def _text(names: Sequence[str], values: Mapping[str, list[Any]]) -> str:
    """The column with most words; where a message stands there plain and as HTML, the plain one."""
    scores: dict[str, float] = {}
    for name in names:
        said = set(words(name))
        if said & TEXT and not said & NO_TEXT and values[name] and all(isinstance(v, str) for v in values[name]):
            html = "html" in said or sum("</" in v or "<br" in v for v in values[name]) > len(values[name]) / 3
            scores[name] = sum(len(v) for v in values[name]) * (0.3 if html else 1) * (1.2 if "plain" in said else 1)
    return max(scores, key=scores.__getitem__, default="")


def _conversation(names: Sequence[str], values: Mapping[str, list[Any]]) -> str:
    def rank(name: str) -> int:
        said = set(words(name))
        if "merged" in said or not said & TALK or said & {"at", "status", "type", "subject", "created", "channel"}:
            return 0
        return 2 if said & {"id", "number", "no", "key", "uuid"} else 1 if len(said) == 1 else 0

    repeated = [n for n in names if rank(n) and values[n]]
    return max(repeated, key=lambda n: (rank(n), -len(set(map(str, values[n])))), default="")


def _speaker(
    rows: Sequence[Mapping[str, Any]],
    names: Sequence[str],
    values: Mapping[str, list[Any]],
    owners: Sequence[Mapping[str, Any]],
    conversation: str,
) -> tuple[str, tuple[str, ...], tuple[str, ...], str]:
    """(column, the customer's values, the agent's values, the column of the customer's id)."""
    best: tuple[float, str, tuple[str, ...], tuple[str, ...]] = (0.0, "", (), ())
    for name in names:
        told = {str(v): side_of(v, name) for v in values[name]}
        if len(told) > 40:
            continue
        # Where customers have a name of their own, "user" is one of the staff, as in tools whose users are agents.
        staff = {v for v in told if words(v) == ("user",) or words(v) == ("member",)}
        others = {v for v, side in told.items() if side == "user"} - staff
        if staff and others and "agent" not in told.values():
            told |= dict.fromkeys(staff, "agent")
        user, agent = (tuple(v for v, side in told.items() if side == one) for one in ("user", "agent"))
        if user and agent:
            share = sum(bool(told[str(v)]) for v in values[name]) / len(rows)
            share += 0.1 * bool({"role", "author", "sender", "speaker", "from"} & set(words(name)))
            best = max(best, (share, name, user, agent))
    if best[1]:
        return best[1], best[2], best[3], ""
    id_of = [n for n in names if {"author", "sender", "user"} & set(words(n)) and "id" in words(n)]
    for name in id_of:
        for owner in dict.fromkeys(n for record in owners or rows for n in record):
            if {"requester", "customer", "contact"} & set(words(owner)) and "id" in words(owner) and owner != name:
                return name, (), (), owner
    return *_by_opening(rows, names, values, conversation), ""


def _by_opening(
    rows: Sequence[Mapping[str, Any]], names: Sequence[str], values: Mapping[str, list[Any]], conversation: str
) -> tuple[str, tuple[str, ...], tuple[str, ...]]:
    """Where only names are given: who opens most of the conversations that they take part in is a customer."""
    time, form = _time(rows, names, values, conversation)
    talks: dict[str, list[Mapping[str, Any]]] = defaultdict(list)
    for row in rows:
        if row.get(conversation) not in (None, ""):
            talks[str(row[conversation])].append(row)
    for talk in talks.values():
        if time and all(read_time(row.get(time), form) is not None for row in talk):
            talk.sort(key=lambda row: read_time(row.get(time), form) or 0.0)
    for name in names if conversation else ():
        if not {"author", "sender", "from", "speaker", "name", "by"} & set(words(name)) or of_customer(name):
            continue
        speakers = [[str(row[name]) for row in talk if row.get(name) not in (None, "")] for talk in talks.values()]
        part = Counter(who for talk in speakers for who in set(talk))
        opened = Counter(talk[0] for talk in speakers if talk)
        agents = tuple(who for who in part if opened[who] * 2 < part[who] and side_of(who) != "system")
        if agents and len(agents) < len(part) and max(part[who] for who in agents) > 1:
            return name, ("anybody else",), agents
    return "", (), ()


def _wide(names: Sequence[str], values: Mapping[str, list[Any]], conversation: str) -> Columns | None:
    def column(known: frozenset[str], other: frozenset[str]) -> str:
        texts = [n for n in names if known & set(words(n)) and not {"id", "at", "name", "email"} & set(words(n))]
        texts = [n for n in texts if values[n] and all(isinstance(v, str) for v in values[n]) and len(words(n)) < 4]
        return max(texts, key=lambda n: (not other & set(words(n)), sum(map(len, values[n]))), default="")

    user, agent = column(ASKED, ANSWERED), column(ANSWERED, ASKED)
    if not user or not agent or user == agent:
        return None
    talk = conversation if len(set(map(str, values.get(conversation, ())))) < len(values.get(conversation, ())) else ""
    used = {user, agent, talk}
    return Columns(user=(user,), agent=(agent,), conversation=talk, unread=tuple(n for n in names if n not in used))


def _name(names: Sequence[str], values: Mapping[str, list[Any]], speaker: str) -> str:
    """How whoever speaks is called."""
    for name in names:
        said = set(words(name))
        if "name" in said and said & {"author", "sender", "from", "speaker", "by"} and values[name]:
            return name
    plain = [n for n in names if words(n) in (("name",), ("author",), ("sender",), ("from",)) and n != speaker]
    return next((n for n in plain if values[n] and not any(side_of(v) for v in values[n])), "")


def _notes(names: Sequence[str], values: Mapping[str, list[Any]]) -> dict[str, str]:
    out = {}
    for name in names:
        said, told = set(words(name)), {str(v).lower() for v in values[name]}
        if not told <= {"true", "false", "1", "0", "yes", "no"}:
            continue
        negative = next((v for v in ("false", "0", "no") if v in told), "")
        positive = next((v for v in ("true", "1", "yes") if v in told), "")
        if "public" in said:
            out[name] = negative or "false"
        elif said & NOTE:
            out[name] = positive or "true"
    return out


# ---------------------------------------------------------------------- time


def _time(
    rows: Sequence[Mapping[str, Any]], names: Sequence[str], values: Mapping[str, list[Any]], conversation: str
) -> tuple[str, str]:
    """(column, form) of the time of a message: it differs within a conversation, where that of a ticket does not."""
    found: list[tuple[int, str, str]] = []
    for name in names:
        if TIME & set(words(name)) and not {"updated", "by"} & set(words(name)) and values[name]:
            form = time_form(values[name])
            if form:
                talks: dict[str, set[str]] = defaultdict(set)
                for row in rows:
                    talks[str(row.get(conversation))].add(str(row.get(name)))
                found.append((max(len(times) for times in talks.values()), name, form))
    best = max(found, default=(0, "", ""), key=lambda one: one[0])
    return best[1], best[2]


def time_form(sample: Sequence[Any]) -> str:
    """The form in which times are written; "" where there is no one form."""
    for form in (ISO, *_TIMES):
        if all(read_time(value, form) is not None for value in sample):
            return form
    return ""


def read_time(value: Any, form: str) -> float | None:
    """Seconds since 1970; None where it cannot be read."""
    if isinstance(value, bool) or value in (None, ""):
        return None
    try:
        if form == ISO:
            said = str(value).strip()
            number = float(said) if re.fullmatch(r"\d{9,13}(?:\.\d+)?", said) else None
            if number is not None:
                return number / 1000 if number > 1e11 else number
            when = datetime.fromisoformat(said.removesuffix(" UTC"))
        else:
            when = datetime.strptime(str(value).strip(), form)
    except ValueError:
        return None
    return (when if when.tzinfo else when.replace(tzinfo=UTC)).timestamp()


# ---------------------------------------------------------------------- said instead


def said_instead(found: Columns | None, said: Mapping[str, str], names: Sequence[str], values: Any) -> Columns:
    """The columns, as far as --map says them.

    Raises:
        ConfigError: a key that there is not, a column that the file has not.
    """
    for key in said:
        if key not in KEYS:
            raise ConfigError("--map knows no such key", field=key, found=key, allowed=KEYS)
    out = found or Columns()
    for key in ("conversation", "text", "speaker", "time", "name"):
        if key in said:
            if said[key] not in names:
                raise ConfigError(f"no such column for {key}", field=key, found=said[key], allowed=names)
            changed: dict[str, Any] = {key: said[key]}
            out = replace(out, **changed)
    if "speaker" in said or (found is not None and found.wide and "text" in said):
        out = replace(out, owner="", user=(), agent=())
    if "time" in said:
        form = time_form([v for v in values(said["time"]) if v not in (None, "")])
        if not form:
            raise ConfigError(
                "times of no form that is known", field="time", found=next(iter(values(said["time"])), "")
            )
        out = replace(out, time_form=form)
    for key in ("user", "agent"):
        if key in said:
            sides: dict[str, Any] = {key: tuple(one.strip() for one in said[key].split("|"))}
            out = replace(out, **sides)
    wide = {"user", "agent"} <= set(said) and {said["user"], said["agent"]} <= set(names)
    out = replace(out, text="", speaker="") if wide and not {"text", "speaker"} & set(said) else out
    if "note" in said:
        name, _, value = said["note"].partition(":")
        if name not in names:
            raise ConfigError("no such column for note", field="note", found=name, allowed=names)
        out = replace(out, notes={**out.notes, name: (value or "true").lower()})
    if not out.wide and out.speaker and not (out.owner or out.user or out.agent):
        told = {str(v): side_of(v, out.speaker) for v in values(out.speaker)}
        user, agent = (tuple(v for v, side in told.items() if side == one) for one in ("user", "agent"))
        out = replace(out, user=user, agent=agent)
    if out.user and not out.agent and not out.wide:
        out = replace(out, agent=("anybody else",))
    if out.agent and not out.user and not out.wide:
        out = replace(out, user=("anybody else",))
    return replace(out, unread=tuple(n for n in _unread(names, out) if n not in (*out.user, *out.agent)))
