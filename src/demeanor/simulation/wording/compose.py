"""A move of the flow -> what the agent says, in its voice, filled with what is known and what the tools returned."""

from __future__ import annotations

import random
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import date
from typing import Any

from demeanor.agent.flow import Tracker
from demeanor.agent.moves import Move, rows_of
from demeanor.agent.slots import KINDS, Resolved, Slot, named_in, resolve, shown
from demeanor.simulation.wording.agent import AgentBank
from demeanor.simulation.wording.questions import Question
from demeanor.simulation.wording.user import fill
from demeanor.text import stands_in

ASIDES = ("inform:knowledge", "defer", "refuse")
# Sentences that already hold the question after them.
SPOKEN_WITH = {
    "apologise": ("ask",),
    "present": ("invite",),
    "defer": ("handoff",),
    "reconfirm": ("confirm",),
}


class Composer:
    """Speaks one conversation. Deterministic by `rng`."""

    def __init__(self, bank: AgentBank, tracker: Tracker, today: date, rng: random.Random) -> None:
        self.bank = bank
        self.tracker = tracker
        self.today = today
        self.rng = rng

    def say(self, move: Move, question: Question | None = None) -> str:
        """The text of a move, without its call."""
        values = self._values()
        said: list[str] = []
        acts = list(move.acts)
        if "recap" in acts and self._restates(
            rest := self.say(replace(move, acts=tuple(a for a in acts if a != "recap")), question)
        ):
            return rest  # a question for a yes, say, which names it all
        while acts:
            act = acts.pop(0)
            kind, _, of = act.partition(":")
            if kind == "present" and acts and acts[0].startswith("confirm:"):
                confirm = acts.pop(0)
                asked = self._act(confirm, "confirm", confirm.partition(":")[2], values, question)
                if not self._tells(asked, of):  # the question for a yes may tell it all itself
                    said.append(self._act(act, kind, of, values, question))
                said.append(asked)
                continue
            text = self._act(act, kind, of, values, question)
            if kind == "present" and (between := _until_invited(acts)):
                # What is to be said about the rows comes before the question that their sentence may end with.
                told, asked = _parted(text)
                said += [told, *(self._act(one, "say", one.partition(":")[2], values, question) for one in between)]
                del acts[: len(between) + bool(asked)]
                said.append(asked)
                continue
            said.append(text)
            while acts and acts[0].partition(":")[0] in SPOKEN_WITH.get(kind, ()):
                acts.pop(0)
            if act in ASIDES and acts and acts[0].partition(":")[0] in ("ask", "invite", "confirm"):
                said.append(self.bank.pick("resume", values, self.rng))
        if len(said) > 1 and move.acts[0] == "noted" and "thank" in said[0].lower() and "thank" in said[1].lower():
            said.pop(0)  # thanked once is enough
        return " ".join(text for text in said if text)

    def _act(self, act: str, kind: str, of: str, values: Mapping[str, str], question: Question | None) -> str:
        if act == "inform:knowledge":
            return self.rng.choice(question.answers) if question and question.answers else ""
        if act == "inform:error":
            return self._pick("inform.refused", {**values, "error": values.get("reason") or values.get("error", "")})
        if kind == "ask":
            return self._ask(of, values)
        if kind == "invite":
            return self._pick(f"ask.{of}", values) or self.tracker.agent.slots[of].ask
        if kind == "present":
            return self._present(of, values)
        if kind == "defer":
            return self._pick("defer", values) or self.tracker.agent.when_unsure
        if kind == "handoff":
            return ""
        if kind == "recap":
            known = self._known()
            return self._pick("recap", {**values, "known": known}) if known else self._pick("recap.nothing", values)
        if kind == "say":
            return fill(of, values) or of
        if kind == "more":
            return self._more(of, values)
        if kind == "reconfirm":
            tool = self.tracker.awaiting.partition(":")[2]  # what was asked about
            summary = self._pick(f"summary.{tool}", values)
            return self._pick("reconfirm", {**values, "summary": summary})
        key = {"call": f"announce.{of}", "apologise": f"otherwise.{of}"}.get(kind, f"{kind}.{of}" if of else kind)
        return self._pick(key, values)

    def _pick(self, key: str, values: Mapping[str, str]) -> str:
        return self.bank.pick(key, values, self.rng)

    def _ask(self, of: str, values: Mapping[str, str]) -> str:
        together = self._pick(f"ask.{of}", values)
        if together:
            return together
        names = of.split("+")
        if any(self._bargained(name) for name in names):
            return " ".join([self._pick("bargain", values), *(self.tracker.agent.slots[n].ask for n in names)])
        return " ".join(self._pick(f"ask.{n}", values) or self.tracker.agent.slots[n].ask for n in names)

    def _bargained(self, slot: str) -> bool:
        """Whether what is asked for answers an offer that may be taken as it is."""
        frame = self.tracker.frame
        steps = frame.flow.steps if frame is not None else ()
        return any(s.retry is not None and s.retry.accept and slot in s.retry.ask for s in steps)

    def _more(self, slot: str, values: Mapping[str, str]) -> str:
        """The question for another item of a list, as the flow or the voice has it."""
        frames = reversed(self.tracker.stack)
        own = (step.more for frame in frames for step in frame.flow.steps if step.more and step.of == (slot,))
        return self._pick(f"more.{slot}", values) or next(own, self.tracker.agent.slots[slot].ask)

    def _present(self, tool: str, values: Mapping[str, str]) -> str:
        frame = self.tracker.frame
        rows = rows_of(frame.results[tool][1]) if frame and tool in frame.results else []
        if not rows:
            return self._pick(f"present.{tool}", values)
        # One pattern for all rows of a message, or the list reads like a quarrel.
        fields = [{**values, **_texts(row)} for row in rows]
        lines = [line for line in self.bank.lines.get(f"row.{tool}", ()) if fill(line, fields[0]) is not None]
        pattern = self.rng.choice(lines) if lines else ""
        # Without a pattern the row is read out, but for its key, which nobody says.
        keys = [s.source[1] for s in self.tracker.agent.slots.values() if s.source and s.source[0] == tool]
        plain = [", ".join(_shown(row, *keys).values()) for row in rows]
        shown = [fill(pattern, f) or text for f, text in zip(fields, plain, strict=True)]
        if len(rows) == 1:
            return self._pick(f"present.{tool}.one", {**values, "row": shown[0], "rows": shown[0]})
        return self._pick(f"present.{tool}.many", {**values, "rows": _join(shown)})

    def _values(self) -> dict[str, str]:
        """All that sentences may name: fields of results, of the chosen row, and the user's details."""
        values: dict[str, str] = {}
        for frame in self.tracker.stack:
            for tool, (_arguments, result) in frame.results.items():
                values |= _plain(result)
                if "error" not in result:
                    values[f"{tool}_text"] = ", ".join(_spoken(result)) or "nothing was found"
        for name, slot in self.tracker.agent.slots.items():
            words = self.tracker.known.get(name)
            if words is None:
                continue
            if slot.type == "option" and slot.source:
                chosen = self._chosen(slot)
                values |= {**chosen, slot.source[1]: words}
                values[f"{name}_text"] = ", ".join([*self._told(slot, chosen.values()), *chosen.values()])
            elif KINDS[slot.type].literal:
                got = resolve(slot, words, self.today, {})
                values[name] = str(got.value) if isinstance(got, Resolved) else words
        values |= self._counts(values)
        return values | self._details(values)

    def _details(self, values: Mapping[str, str]) -> dict[str, str]:
        """TOOL_details: every argument that a writing tool is going to take, as it is to be said."""
        agent, resolved = self.tracker.agent, self.tracker.meant(self.today)
        out: dict[str, str] = {}
        for tool in agent.writes():
            names = [
                n
                for n in self.tracker.parameters.get(tool, ())
                if n in self.tracker.known and not agent.slots[n].secret
            ]
            said = [
                values.get(f"{n}_text") or (shown(agent.slots[n], resolved[n]) if n in resolved else "") for n in names
            ]
            out[f"{tool}_task"] = self._task(tool)
            out[f"{tool}_details"] = ", ".join(filter(None, said)) or self._newest() or "as you asked"
        return out

    def _task(self, tool: str) -> str:
        """What a writing tool does, as the name of the task that is going on; of one with several writes its own."""
        frames, flows = reversed(self.tracker.stack), self.tracker.agent.flows.values()
        going_on = [frame.flow for frame in frames if tool in frame.flow.writes()]
        flow = next(iter(going_on or [flow for flow in flows if tool in flow.writes()]), None)
        return (flow.name if flow is not None and len(flow.writes()) == 1 else tool).replace("_", " ")

    def _newest(self) -> str:
        """What the task's newest result says: where nothing was told, that is what is agreed to."""
        frame = self.tracker.frame
        results = [result for _, result in frame.results.values() if "error" not in result] if frame is not None else []
        return ", ".join(_spoken(results[-1])) if results else ""

    def _known(self) -> str:
        """What the user has told but for secrets, each detail by its name: "way van, street 12 Dock Road"."""
        slots, meant, values = self.tracker.agent.slots, self.tracker.meant(self.today), self._values()
        said = {n: values.get(f"{n}_text") or (shown(slots[n], meant[n]) if n in meant else "") for n in slots}
        # A chosen row says nothing again that the details before it do.
        said |= {n: ", ".join(self._chosen(slots[n]).values()) for n in slots if slots[n].type == "option"}
        told = [name for name in self.tracker.known if said[name] and not slots[name].secret]
        return ", ".join(f"{slots[name].label} {said[name]}" for name in told)

    def _chosen(self, slot: Slot) -> dict[str, str]:
        """The fields of the row that the user has picked, as people see them."""
        assert slot.source is not None
        words = self.tracker.known.get(slot.name)
        row = next((r for r in self.tracker.options(slot) if str(r.get(slot.source[1])) == words), {})
        return _shown(row, slot.source[1])

    def _restates(self, text: str) -> bool:
        """Whether a text names all that the user has told."""
        slots, meant = self.tracker.agent.slots, self.tracker.meant(self.today)
        due = {n: v for n, v in meant.items() if not slots[n].secret and slots[n].type != "option"}
        return bool(due) and all(named_in(slots[n], value, text, self.today) for n, value in due.items())

    def _tells(self, text: str, tool: str) -> bool:
        """Whether a text tells something of what a tool has brought beyond what the user told or chose."""
        results = [frame.results[tool] for frame in self.tracker.stack if tool in frame.results]
        if not results:
            return True
        known = " ".join([*self.tracker.known.values(), *(str(v) for v in results[-1][0].values())])
        values = [value for value in _spoken(results[-1][1]) if not stands_in(value, known)]
        return not values or any(stands_in(value, text) for value in values)

    def _told(self, slot: Slot, chosen: Iterable[str]) -> list[str]:
        """What the result of which a row was chosen says about all of its rows, but for what the user's own details and
        the row say.
        """
        assert slot.source is not None
        results = [frame.results[slot.source[0]][1] for frame in self.tracker.stack if slot.source[0] in frame.results]
        slots, meant = self.tracker.agent.slots, self.tracker.meant(self.today)
        known = _weighty(" ".join([*chosen, *(shown(slots[n], v) for n, v in meant.items() if not slots[n].secret)]))
        return [text for text in (_spoken(results[-1]) if results else ()) if not _weighty(text) <= known]

    def _counts(self, values: Mapping[str, str]) -> dict[str, str]:
        """guests: 1 -> guests_text: '1 guest'."""
        out: dict[str, str] = {}
        for name, slot in self.tracker.agent.slots.items():
            if slot.counts and values.get(name, "").isdigit():
                noun = slot.label
                out[f"{name}_text"] = f"{values[name]} {noun.rstrip('s') if values[name] == '1' else noun}"
        return out


def _until_invited(acts: Sequence[str]) -> list[str]:
    """The sentences that stand between rows and the question which of them it shall be; none where it follows."""
    invited = next((k for k, act in enumerate(acts) if act.startswith("invite:")), 0)
    between = [*acts[:invited]]
    return between if all(act.startswith("say:") for act in between) else []


def _parted(text: str) -> tuple[str, str]:
    """A text without the question that it ends with, and that."""
    found = re.fullmatch(r"(.*[.!?])\s+([^.!?]+\?)", text, re.DOTALL)
    return (found[1], found[2]) if found else (text, "")


def _weighty(text: str) -> set[str]:
    """The words of a text that tell something: figures, and words that are not short."""
    return {word for word in re.findall(r"[\w:.]*\w", text.lower()) if len(word) > 3 or any(map(str.isdigit, word))}


def _texts(row: Mapping[str, Any]) -> dict[str, str]:
    return {k: str(v) for k, v in row.items()}


def _plain(result: Mapping[str, Any]) -> dict[str, str]:
    """The fields of a result, without its rows."""
    return {k: str(v) for k, v in result.items() if not isinstance(v, list | dict)}


def _spoken(result: Mapping[str, Any]) -> list[str]:
    """The fields of a result as one reads them out: texts as they are, figures with their names, no yes and no."""
    said = {k: v for k, v in result.items() if not isinstance(v, list | dict | bool) and v not in (None, "")}
    return [v if isinstance(v, str) else f"{k.replace('_', ' ')} {v}" for k, v in said.items()]


def _shown(row: Mapping[str, Any], *keys: str) -> dict[str, str]:
    """The fields of a row that people see."""
    return {k: v for k, v in _texts(row).items() if k not in keys}


def _join(items: Sequence[str]) -> str:
    return items[0] if len(items) == 1 else f"{', '.join(items[:-1])} and {items[-1]}"
