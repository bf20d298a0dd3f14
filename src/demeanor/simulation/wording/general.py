"""General wording: what customers of any trade say, put into the words of one agent.

Three hands wrote it without seeing each other's lines (`en/training.yaml`, `en/exam.yaml`, `en/exam2.yaml`). The first
words dialogues and practice, the second selection and the exam, the third a release: so every project has unseen
wording in its exam from the first day. Sentences name no trade; `{task}` is a flow's name in words, `{value}` a slot's
place, `{label}` its name.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

from demeanor.agent import Agent, Flow
from demeanor.agent.slots import Slot
from demeanor.project.yamlfile import read_yaml
from demeanor.simulation.wording.user import MOST_WAYS, PARTS, SAID_IN_WAYS, SPELLED, flatten, parted

FOLDER = Path(__file__).parent / "en"
ALL, CHOOSING = (0, 100), 30
SHARES: Mapping[str, tuple[str, tuple[int, int]]] = {
    "": ("training", ALL),
    "training": ("training", PARTS["training"]),
    "practice": ("training", (PARTS["practice"][0], 100)),
    "selection": ("exam", (0, CHOOSING)),
    "exam": ("exam", (CHOOSING, 100)),
    "exam2": ("exam2", ALL),
}
"""Bank -> the file of its general lines, and which share of them, by hash in hundredths (`in_part`)."""
EXAMS = ("exam", "exam2")
"""Banks that every project has, also without files of its own."""
SAID = (
    "affirm", "deny", "deny_more", "unclear", "thank", "bye", "greet", "give_up", "insist", "abuse", "recap",
    "off_topic", "no_preference", "no_more", "dont_know",
)  # fmt: skip
KINDS = {
    "date": "date", "time": "time", "int": "count", "number": "measure", "people": "people", "money": "amount",
    "phone": "phone", "email": "email", "name": "name", "address": "address", "choice": "choice", "text": "text",
    "code": "code", "option": "option",
}  # fmt: skip
"""Slot type -> the kind of value under which its sentences stand."""
FIGURES = ("int", "number", "people", "money")
"""Types whose values may be taken for one another."""
WRONG = ("Sorry, that was wrong. LABEL: SLOT.", "Let me correct that. LABEL: SLOT.")
"""How a yes or a no to a question of the agent's is taken back."""
QUESTIONS = ("where", "when", "what", "which", "who", "how", "why", "whether", "if")
LINKS = (
    "my",
    "our",
    "your",
    "the",
    "a",
    "an",
    "about",
    "for",
    "to",
    "with",
    "up",
    "off",
    "in",
    "out",
    "on",
    "at",
    "from",
)
"""What follows a verb and begins no name of a task ("track a parcel", "ask about insurance")."""
_HAS = re.compile(r"(?:the|an?) [\w-]+ (?:has|have) (.+)", re.IGNORECASE)
_ASKS = re.compile(r"(?:the|an?) [\w-]+ (?:asks|wants to (?:know|ask)) (.+)", re.IGNORECASE)

Lines = dict[str, list[str]]


@dataclass(frozen=True)
class GeneralBank:
    """The lines of one share: key (`inform.date`) -> register -> sentences; kind of value -> phrases."""

    lines: Mapping[str, Lines]
    values: Mapping[str, Any]

    def say(self, key: str, **places: str) -> Lines:
        """The sentences of a key with some places filled; the others are left as they are."""
        return {register: [_put(line, places) for line in lines] for register, lines in self.lines[key].items()}


def general_bank(name: str = "") -> GeneralBank:
    """The general lines for a bank of that name; a project's own further bank is an exam.

    Read once a process: nobody may change what comes back.
    """
    return _share(*SHARES.get(name, SHARES["exam"]))


@lru_cache
def _share(file: str, share: tuple[int, int]) -> GeneralBank:
    raw = _raw(file)
    path = FOLDER / f"{file}.yaml"
    flat = {name: bank for key, entry in raw.items() if key != "values" for name, bank in flatten(key, entry, path)}
    return GeneralBank({name: parted(bank, share, smallest=1) for name, bank in flat.items()}, raw["values"])


@lru_cache
def _raw(file: str) -> Mapping[str, Any]:
    raw: Mapping[str, Any] = read_yaml(FOLDER / f"{file}.yaml", all_text=True)[0]
    return raw


def _put(line: str, places: Mapping[str, str]) -> str:
    """A sentence with its places filled; whoever writes capitals begins with one."""
    cased = any(letter.isupper() for letter in line)
    for place, words in places.items():
        if cased and place != "value" and line.startswith(f"{{{place}}}"):
            line = words[:1].upper() + words[1:] + line[len(place) + 2 :]
        line = line.replace(f"{{{place}}}", words)
    return line


def general_lines(agent: Agent, name: str = "") -> dict[str, Any]:
    """The user bank of an agent without wording of its own (see `UserBank`), in the general lines of a bank."""
    bank = general_bank(name)
    pairs = {n: f"{s.after}+{n}" for n, s in agent.slots.items() if s.after}
    inform: dict[str, Lines] = {n: _informs(bank, s) for n, s in agent.slots.items()}
    inform |= {pair: _of(bank, "inform.range", pair) for pair in pairs.values()}
    for n, slot in agent.slots.items():
        if slot.type == "yes_no" and not slot.many:
            inform |= {f"{n}.yes": bank.say("inform.yes"), f"{n}.no": bank.say("inform.no")}
    apart = {n for pair in pairs.values() for n in pair.split("+")}
    correct = {n: _corrects(agent, bank, s) for n, s in agent.slots.items() if n not in apart and _changeable(s)}
    correct |= {pair: _of(bank, "correct.range", pair) for pair in pairs.values()}
    return {
        **{key: bank.say(key) for key in SAID},
        "values": _values(agent, bank),
        "open": {flow.name: _opens(agent, bank, flow) for flow in agent.tasks().values()},
        "interrupt": {flow.name: bank.say("interrupt", task=task_of(flow)) for flow in agent.tasks().values()},
        "inform": inform,
        "labelled": {n: _labelled(bank, s) for n, s in agent.slots.items() if s.type != "option"},
        "correct": correct,
    }


def task_of(flow: Flow) -> str:
    """What a user wants of a flow, as it stands after "I'd like to": its name in words, which should be a verb phrase.

    Where it need not be one ("my appointments", "emergency") and `when` says what is asked or what is the matter ("the
    patient wants to know when the next appointment is", "the patient has strong pain"), that.
    """
    words = flow.name.replace("_", " ")
    first, *rest = words.split()
    asked = _ASKS.match(flow.when)
    if asked and (first in (*QUESTIONS, *LINKS) or not rest or rest[0] not in LINKS):
        clause = re.split(r",| or ", asked[1])[0].rstrip(".")
        return f"{'find out' if clause.split()[0] in QUESTIONS else 'ask'} {clause}"
    if not rest and (has := _HAS.match(flow.when)):
        return f"get help with {re.split(r',| or ', has[1])[0]}"
    if first in QUESTIONS:
        return f"find out {words}"
    return f"ask about {words}" if first in LINKS or rest[:1] == ["and"] else words


# ---------------------------------------------------------------------------------------------------- one detail


def _kind(slot: Slot) -> str:
    """The kind of a slot's value; '' where only its name tells what it is: a number that counts or measures nothing."""
    if slot.many:
        return "list"
    if slot.past:
        return "past"
    if slot.after:
        return "range"  # in sentences without "day", which beside an end would be a length
    bare = (slot.type == "number" and not slot.unit) or (slot.type == "int" and not _counts_things(slot))
    return "" if bare else KINDS.get(slot.type, "")


def _counts_things(slot: Slot) -> bool:
    """Whether a whole number says how many: of what has a plural ("boxes", not "floor")."""
    return slot.label.endswith("s") and not slot.label.endswith("ss")


def _of(bank: GeneralBank, key: str, slot: str) -> Lines:
    return bank.say(key, value=f"{{{slot}}}")


def _informs(bank: GeneralBank, slot: Slot) -> Lines:
    """Answers to the question for a detail."""
    if slot.type == "yes_no" and not slot.many:
        return {"neutral": [f"{{{slot.name}}}"]}
    return _of(bank, f"inform.{kind}", slot.name) if (kind := _kind(slot)) else _labelled(bank, slot)


def _labelled(bank: GeneralBank, slot: Slot) -> Lines:
    """A detail with its name, as one tells it that was not asked for, or beside others."""
    if slot.type == "yes_no":
        return {"neutral": [f"{slot.label}: {{{slot.name}}}"]}
    return bank.say("inform.labelled", value=f"{{{slot.name}}}", label=slot.label)


def _changeable(slot: Slot) -> bool:
    return not slot.secret and not slot.many and slot.type not in ("text", "option")


def _corrects(agent: Agent, bank: GeneralBank, slot: Slot) -> Lines:
    """Ways to take a detail back: by its name alone where another one of its flow could be meant."""
    if slot.type == "yes_no":
        label = slot.label[:1].upper() + slot.label[1:]
        return {"neutral": [w.replace("LABEL", label).replace("SLOT", f"{{{slot.name}}}") for w in WRONG]}
    named = bank.say("correct.labelled", value=f"{{{slot.name}}}", label=slot.label)
    kind = _kind(slot)
    if not kind or f"correct.{kind}" not in bank.lines or _rivals(agent, slot):
        return named
    own = _of(bank, f"correct.{kind}", slot.name)
    return {register: [*own.get(register, ()), *named.get(register, ())] for register in {**own, **named}}


def _alike(one: Slot, other: Slot) -> bool:
    """Whether values of two slots may be taken for one another; a choice is known by its words."""
    if one.name == other.name:
        return False
    if one.type == other.type == "choice":
        return bool({*one.choices} & {*other.choices})
    return one.type == other.type or (one.type in FIGURES and other.type in FIGURES)


def _rivals(agent: Agent, slot: Slot) -> bool:
    """Whether a flow with this slot has another one whose values look alike."""
    flows = [flow.slots() for flow in agent.flows.values() if slot.name in flow.slots()]
    return any(_alike(slot, agent.slots[n]) for names in flows for n in names)


# ---------------------------------------------------------------------------------------------------- openings


def _opens(agent: Agent, bank: GeneralBank, flow: Flow) -> Lines:
    """Requests without details, and with those that the flow asks for before it looks anything up."""
    told, task = told_first(agent, flow), task_of(flow)
    out = bank.say("open", task=task)
    for k in range(1, len(told) + 1):
        for register, lines in bank.say("open_with", task=task, value=", ".join(told[:k])).items():
            out[register] = [*out.get(register, ()), *lines]
    return out


def told_first(agent: Agent, flow: Flow) -> list[str]:
    """The details of a first message, each with its place; by its name where nobody would know which it is."""
    first: list[str] = []
    for step in flow.steps:
        if step.kind == "call":
            break
        first += step.of if step.kind == "ask" else ()
    pairs = {s.after: f"{s.after}+{n}" for n, s in agent.slots.items() if s.after}
    ends = {n for n, s in agent.slots.items() if s.after in first}
    names = [n for n in first if n not in ends and agent.slots[n].type not in (*SPELLED, "yes_no")]
    return [_piece(agent.slots[n], pairs.get(n, n), [agent.slots[other] for other in names]) for n in names]


def _piece(slot: Slot, place: str, beside: Iterable[Slot]) -> str:
    if slot.type == "people" and not any(_alike(slot, other) for other in beside):
        return f"for {{{place}}}"
    bare = slot.type in ("int", "number")  # a number may be said without its unit
    named = bare or any(_alike(slot, other) for other in beside)
    return f"{slot.label} {{{place}}}" if named else f"{{{place}}}"


# ---------------------------------------------------------------------------------------------------- values


def _values(agent: Agent, bank: GeneralBank) -> dict[str, list[str]]:
    """Ways to say the values of every slot; what its resolver does not read as meant is never used."""
    out: dict[str, list[str]] = {}
    for name, slot in agent.slots.items():
        if slot.type == "date":
            out[name] = [_parts_of(way, name) for way in bank.values["past" if slot.past else "date"]]
            if slot.after:
                ways = [_begun(way, slot.after, name) for way in bank.values["range"]]
                out[f"{slot.after}+{name}"] = ways
        elif slot.type in SAID_IN_WAYS:
            out[name] = [f"{{{name}.way{k}}}" for k in range(1, MOST_WAYS + 1)]
        elif slot.counts:
            out[name] = [_parts_of(way, name) for way in _counted(bank, slot)]
        elif slot.type == "choice":
            out |= {f"{name}={value}": [value, *ways] for value, ways in slot.choices.items()}
        elif slot.type == "code":
            out[name] = [f"{{{name}}}", f"{{{name}.lower}}", f"{{{name}.spaced}}"]
        elif slot.type == "option":
            out |= {f"{name}.position={k}": list(ways) for k, ways in bank.values["position"].items()}
        else:
            out[name] = list(slot.examples)
    return out


def _counted(bank: GeneralBank, slot: Slot) -> Sequence[str]:
    if slot.type == "people":
        return list(bank.values["people"])
    return list(bank.values["count"]) if _counts_things(slot) else ["{n}", "{word}"]


def _parts_of(way: str, slot: str) -> str:
    """ "the {ord}" -> "the {day.ord}"."""
    return re.sub(r"\{(\w+)\}", rf"{{{slot}.\1}}", way)


def _begun(way: str, start: str, end: str) -> str:
    """ "{a.day} to {b.day}" -> "{check_in.day} to {check_out.day}"."""
    return way.replace("{a.", f"{{{start}.").replace("{b.", f"{{{end}.")
