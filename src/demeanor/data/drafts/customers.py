"""Drafts from what customers wrote: their own phrases, with the details cut out and nothing of theirs left in.

Dialogues of any kind will do, as long as they were not played from a bank. What a message tells is known from its
labels, from the agent's note or its calls; else the slots' resolvers read it. In what is left once that is cut out, no
figure, no name, no address and no word that somebody told as a detail may stand.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Any

from demeanor.agent import Agent
from demeanor.agent.slots import Resolved, Slot, resolve, values_in
from demeanor.agent.slots.names import common
from demeanor.data.drafts.draft import VALUES, Draft
from demeanor.dialogue import Dialogue
from demeanor.reading.acts import acts_of
from demeanor.reading.reader import Reader, Spoken
from demeanor.runtime.prompt import note_entries
from demeanor.simulation.wording.user import REGISTERS
from demeanor.text import plain, stands_in, words

PLAYED = ("self_play", "harvest")
SOURCE = "customers"
PRIVATE = ("name", "address", "phone", "email", "code", "text")
READ = ("date", "time", "int", "number", "people", "money", "phone", "email", "choice", "code")
"""Types that are read out of a message that nobody has labelled."""
MOST_WORDS = 40
_ARTICLE = re.compile(r"\b(?:the|an?|my|our)\s+$", re.IGNORECASE)
_CAPITAL = re.compile(r"(?<=[\w,;:\"(]\s)[A-Z][\w'-]+")
_LINK = re.compile(r"https?://|www\.|@")


@dataclass
class Heard:
    """What was made of conversations: drafts, and why a message gave none, by reason."""

    drafts: list[Draft] = field(default_factory=list)
    left_out: Counter[str] = field(default_factory=Counter)


def from_customers(agent: Agent, reader: Reader, dialogues: Iterable[Dialogue], known_words: Collection[str]) -> Heard:
    """Drafts from conversations, the ones that were said most often first.

    Args:
        known_words: words that name nobody: those of the agent and of its pages, in small letters.
    """
    out, said = Heard(), Counter[tuple[str, str, str]]()
    for dialogue in dialogues:
        if str(dialogue.metadata.get("source", "")).partition(":")[0] in PLAYED:
            continue
        said.update(set(_of_one(agent, reader, dialogue, known_words, out.left_out)))
    out.drafts = [Draft(key, register, text, SOURCE, times) for (key, register, text), times in said.most_common()]
    return out


def _of_one(
    agent: Agent, reader: Reader, dialogue: Dialogue, known_words: Collection[str], left_out: Counter[str]
) -> Iterator[tuple[str, str, str]]:
    """(key, register, line) of each message of a customer that gives one."""
    talk = _Talk(agent, reader, dialogue)
    for index, message in enumerate(dialogue.messages):
        if message.role != "user":
            continue
        key, told = talk.key(index), talk.told(index)
        if not key:
            left_out["it is no opening, answer, correction, yes or no"] += 1
            continue
        yield from talk.phrases(told)
        line = _cut(agent, plain(message.content).strip(), told)
        key = _with_details(key, line or "")
        if line is None:
            left_out["words that tell a detail stand in it twice"] += 1
        elif not key:
            left_out["none of the details that it answers with was found in it"] += 1
        elif len(line.split()) > MOST_WORDS or not line:
            left_out[f"it has more than {MOST_WORDS} words"] += 1
        elif private := _somebodys(line, talk.private, known_words):
            left_out[private] += 1
        else:
            register = dialogue.metadata.get("register")
            yield key, register if register in REGISTERS else "neutral", line


class _Talk:
    """One conversation: what each message of the customer does and tells."""

    def __init__(self, agent: Agent, reader: Reader, dialogue: Dialogue) -> None:
        self.agent, self.reader, self.messages = agent, reader, dialogue.messages
        self.labels: Mapping[str, Any] = dialogue.metadata.get("labels") or {}
        self.today = _day(dialogue.metadata.get("today"))
        self.flow = self._flow(dialogue)
        self.private = {
            part.lower()
            for index, message in enumerate(dialogue.messages)
            if message.role == "user"
            for name, text in self.told(index).items()
            if agent.slots[name].type in PRIVATE
            for part in re.findall(r"\w{2,}", text)
        }

    def _flow(self, dialogue: Dialogue) -> str:
        noted = [message.note.partition(";")[0] for message in dialogue.messages if message.note]
        return next((n for n in (str(dialogue.metadata.get("flow")), *noted) if n in self.agent.tasks()), "")

    def key(self, index: int) -> str:
        """The key of user.yaml under which a message would stand; '' where that is not known."""
        acts: Sequence[str] = (self.labels.get(str(index)) or {}).get("acts", ())
        asked = self._asked(index)
        if any(act.startswith("correct:") for act in acts):
            return f"correct.{next(act.partition(':')[2] for act in acts if act.startswith('correct:'))}"
        if "digress" in acts or any(act.startswith("request:") for act in acts):
            return ""
        if "request" in acts or (not acts and index == 0):
            first = not any(m.role == "user" for m in self.messages[:index])
            return f"open.{self.flow}" if first and self.flow else ""
        if acts and {*acts} & {"affirm", "deny"} and len(acts) == 1 and "confirm" in asked:
            return acts[0]
        told = [name for name in self.told(index) if name in asked or acts]
        if told:
            return f"inform.{told[0]}"
        return self._answer(index) if not acts and "confirm" in asked else ""

    def _answer(self, index: int) -> str:
        """Whether a message is a plain yes or no to the one before it."""
        said, before = self.messages[index].content, self.messages[index - 1].content
        heard = self.reader.read([Spoken("user", said, before)])[0]
        return "affirm" if heard.agrees else "deny" if heard.surely == {"deny"} else ""

    def _asked(self, index: int) -> set[str]:
        """The slots for which the message before asks; "confirm" where it wants a yes."""
        before = next((k for k in range(index - 1, -1, -1) if self.messages[k].role == "assistant"), None)
        if before is None:
            return set()
        labelled = (self.labels.get(str(before)) or {}).get("acts")
        acts = labelled or acts_of(self.agent, self.reader, self.messages[before].content)
        asked = {name for act in acts if act.startswith("ask:") for name in act.partition(":")[2].split("+")}
        return asked | ({"confirm"} if any(act.startswith("confirm") for act in acts) else set())

    def told(self, index: int) -> dict[str, str]:
        """The words of a message that tell each slot, as they stand in it."""
        text = plain(self.messages[index].content)
        labelled = (self.labels.get(str(index)) or {}).get("mentions")
        told: dict[str, str] = dict(labelled or {}) if labelled is not None else self._noted(index)
        told = {n: w for n, w in told.items() if n in self.agent.slots and w and stands_in(w, text)}
        return told or ({} if labelled is not None else self._read(index, text))

    def _noted(self, index: int) -> dict[str, str]:
        """The words that the agent wrote down or passed to a tool before the customer spoke again."""
        told: dict[str, str] = {}
        for message in self.messages[index + 1 :]:
            if message.role == "user":
                break
            told |= {name: said for names, said in note_entries(message.note) for name in names if name != "need"}
            told |= {k: v for call in message.calls for k, v in call.arguments.items() if isinstance(v, str)}
        return told

    def _read(self, index: int, text: str) -> dict[str, str]:
        """The details of an answer, or of a first message, by the resolvers."""
        asked = self._asked(index)
        flow = self.agent.flows.get(self.flow) if index == 0 else None
        names = flow.slots() if flow is not None else [name for name in self.agent.slots if name in asked]
        told: dict[str, str] = {}
        for name in names:
            slot = self.agent.slots[name]
            if slot.type not in READ and name not in asked:
                continue
            if slot.type in READ and not values_in(replace(slot, many=False), text, self.today):
                continue
            if slot.type not in ("option", "text", "yes_no") and (found := smallest(slot, text, self.today)):
                told[name] = found
        return told

    def phrases(self, told: Mapping[str, str]) -> Iterator[tuple[str, str, str]]:
        """Customers' words for choices."""
        for name, text in told.items():
            slot = self.agent.slots[name]
            got = resolve(slot, text, self.today) if slot.type == "choice" and not slot.many else None
            if isinstance(got, Resolved) and words(text) not in {
                words(known) for known in (got.value, *slot.choices[got.value])
            }:
                yield f"{VALUES}.{name}={got.value}", "", text


def _day(told: Any) -> date:
    try:
        return date.fromisoformat(str(told))
    except ValueError:
        return date(2026, 5, 4)


def smallest(slot: Slot, text: str, today: date) -> str:
    """The fewest words, in a row, that mean of a slot what the whole text means; '' where it means nothing."""
    whole = resolve(slot, text, today)
    if not isinstance(whole, Resolved):
        return ""
    spans = [m.span() for m in re.finditer(r"[^\s,;!?]+", text)]

    def same(begin: int, end: int) -> bool:
        part = text[spans[begin][0] : spans[end - 1][1]] if begin < end else ""
        got = resolve(slot, part, today) if part else None
        return isinstance(got, Resolved) and got.value == whole.value

    begin, end, before = 0, len(spans), (-1, -1)
    while before != (begin, end):  # what cannot go at first may go once the other side is shorter
        before = begin, end
        while same(begin + 1, end):
            begin += 1
        while same(begin, end - 1):
            end -= 1
    return text[spans[begin][0] : spans[end - 1][1]].rstrip(".") if spans else ""


def _cut(agent: Agent, text: str, told: Mapping[str, str]) -> str | None:
    """A message with places where details stood. Words that tell two slots are one place; an article goes along. None
    where it cannot be seen which words told a detail.
    """
    places: dict[str, list[str]] = {}
    for name, said in told.items():
        places.setdefault(said, []).append(name)
    for said, names in sorted(places.items(), key=lambda item: -len(item[0])):
        spelled = r"\W+".join(map(re.escape, re.findall(r"[^\W_]+", plain(said))))
        found = [
            m
            for m in re.finditer(rf"(?<!\w){spelled}(?!\w)", text, re.IGNORECASE)
            if not _inside_a_place(text, m.start())
        ]
        if len(found) != 1:
            return None
        match = found[0]
        ordered = sorted(names, key=lambda n: bool(agent.slots[n].after))
        text = f"{_ARTICLE.sub('', text[: match.start()])}{{{'+'.join(ordered)}}}{text[match.end() :]}"
    return text


def _inside_a_place(text: str, at: int) -> bool:
    return text.rfind("{", 0, at) > text.rfind("}", 0, at)


def _with_details(key: str, line: str) -> str:
    """The key with all that the line tells ("inform.day+service"); '' where it tells nothing of what it should."""
    head = key.partition(".")[0]
    if head not in ("inform", "correct"):
        return key
    told = [name for place in re.findall(r"\{([^}]+)\}", line) for name in place.split("+")]
    if not told:
        return ""
    return f"{head}.{'+'.join(dict.fromkeys(told))}"


def _somebodys(line: str, private: Collection[str], known_words: Collection[str]) -> str:
    """What in a line may be somebody's own; '' where nothing is."""
    left = re.sub(r"\{[^}]*\}", " ", line)
    if re.search(r"\d", left) or _LINK.search(left):
        return "a figure, a link or an address stands in it that is no detail of the agent's"
    spoken = {word.lower() for word in re.findall(r"\w+", left)}
    if spoken & {word for word in private if not common(word)}:
        return "a name, a code or an address stands in it that was told as a detail"
    unknown = [w for w in _CAPITAL.findall(left) if w.lower() not in known_words and not common(w.lower())]
    return "it has a name in it, as far as can be seen" if unknown else ""
