"""Flows as a policy: given what is known so far, the next right step.

A `Tracker` is told what happened (what the user meant, what the agent said, called and got back) and answers with
the `Move` that the flow wants next. It is used three times: to play the agent when dialogues are written, to judge
the order of an evaluated conversation, and to say what the right reply was where an agent went wrong.

Flows live on a stack. A digression is answered, then the flow resumes. A known slot is skipped. A correction changes a
slot's words, and every result that was obtained with the old words stops counting, because results and agreements are
valid only for the arguments they were made with. Who says the same thing again in other words has corrected nothing.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from demeanor.agent.description import CONDITION, Agent, Flow, Step
from demeanor.agent.slots import Resolved, Slot, resolve
from demeanor.text import key


@dataclass(frozen=True)
class UserMove:
    """What a user message means: its acts (design/contract.md, 11), the slots in its own words, its question.

    `question` names a knowledge question; `flow` the task it requests.
    """

    acts: tuple[str, ...]
    mentions: Mapping[str, str] = field(default_factory=dict)
    flow: str | None = None
    question: str | None = None
    answerable: bool = True


_ANY_DAY = date(2000, 1, 1)  # conditions are about choices and the like, which no clock changes


def heard(move: UserMove) -> str:
    """What a user message says, as the agent notes it before it answers: acts, then details in the user's own words.

    "book_a_room; check_in, check_out: 12 to 15 June; guests: the two of us". A model that writes this down reads each
    message once, where it stands, and later finds the details under their names instead of all over the conversation.
    """
    parts = [move.flow] if move.flow else []
    if move.question is not None:
        parts.append("question" if move.answerable else "question: not in the pages")
    implied = ("request", "digress") if parts else ()
    parts += [a for a in move.acts if a.partition(":")[0] not in ("inform", "correct") and a not in implied]
    names: dict[str, list[str]] = {}
    for name, words in move.mentions.items():
        names.setdefault(words, []).append(name)
    parts += [f"{', '.join(slots)}: {words}" for words, slots in names.items()]
    return "; ".join(parts)


def misheard(note: str, right: str) -> list[str]:
    """What a note has too many or too few: acts, slots, needs, by name. Where a quote begins and ends is left open."""
    return sorted(_note_names(note) ^ _note_names(right))


def _note_names(note: str) -> set[str]:
    names: set[str] = set()
    for part in filter(None, note.split("; ")):
        head, _, words = part.partition(": ")
        names |= {f"need {n}" for n in words.split(", ")} if head == "need" else set(head.split(", "))
    return names


@dataclass(frozen=True)
class Move:
    """What the agent should do next: say these acts, in this order, and possibly make one call.

    `ends` says that the user is to speak next (a move with a call continues after its result).
    """

    acts: tuple[str, ...]
    call: tuple[str, Mapping[str, str]] | None = None

    @property
    def ends(self) -> bool:
        return self.call is None


@dataclass
class Frame:
    """One flow in progress."""

    flow: Flow
    acknowledged: bool = False
    results: dict[str, tuple[dict[str, str], dict[str, Any]]] = field(default_factory=dict)
    presented: dict[str, dict[str, str]] = field(default_factory=dict)
    agreed: dict[str, dict[str, str]] = field(default_factory=dict)
    informed: set[str] = field(default_factory=set)
    declined: bool = False


def rows_of(result: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The rows of a tool result: its first list of objects; empty when there is none."""
    for value in result.values():
        if isinstance(value, list):
            return [row for row in value if isinstance(row, dict)]
    return []


def brought_something(result: Mapping[str, Any]) -> bool:
    """Whether a result holds something to present: no error, and rows if it is about rows."""
    if "error" in result:
        return False
    return not any(isinstance(v, list) for v in result.values()) or bool(rows_of(result))


class Tracker:
    """The state of one conversation as the flows see it.

    Args:
        agent: slots and flows.
        parameters: tool name -> the names of its parameters; those that are slots are filled from what is known.
    """

    def __init__(self, agent: Agent, parameters: Mapping[str, Sequence[str]]) -> None:
        self.agent = agent
        self.parameters = parameters
        self.known: dict[str, str] = {}
        self.stack: list[Frame] = []
        self.last: UserMove = UserMove(())
        self.prefix: list[str] = []
        self.awaiting: str = ""
        self.corrected = False
        self.closing = False
        self.greeted = False

    # ------------------------------------------------------------------ being told

    def user(self, move: UserMove) -> None:
        """Take in a user message."""
        self.last = move
        self.prefix = []
        self.corrected = False
        self._open_flow(move)
        for slot, words in move.mentions.items():
            words = self._added(slot, words, move)
            changed = slot in self.known and self.known[slot] != words
            if changed and self._said_again(slot, move):
                self._reword(slot, words)
                changed = False
            self.corrected = self.corrected or changed
            self.known[slot] = words
            if changed:
                self._forget_options(slot)
        self._consent(move)
        self._side_remarks(move)

    def agent_said(self, acts: Iterable[str]) -> None:
        """Take in the acts of an agent message."""
        frame = self.frame
        for act in acts:
            kind, _, of = act.partition(":")
            if kind == "greet":
                self.greeted = True
            if frame is None:
                continue
            if kind == "acknowledge":
                frame.acknowledged = True
            elif kind == "present" and of in frame.results:
                frame.presented[of] = frame.results[of][0]
            elif kind == "inform" and of in frame.results:
                frame.informed.add(of)
            if kind in ("ask", "invite", "confirm"):
                frame.acknowledged = True
                self.awaiting = act
        self.prefix = []

    def called(self, tool: str, arguments: Mapping[str, Any], result: Mapping[str, Any]) -> None:
        """Take in a call with its result; a new result of a tool makes options of the old one stale."""
        frame = self._frame_of(tool)
        if frame is None:
            return
        frame.results[tool] = ({k: str(v) for k, v in arguments.items()}, dict(result))
        frame.acknowledged = True
        for slot in self._option_slots(tool):
            self.known.pop(slot.name, None)

    def not_agreed(self, tool: str) -> None:
        """Take in that a call was refused for want of a clear yes: what the user said did not count as one."""
        frame = self._frame_of(tool)
        if frame is not None:
            frame.agreed.pop(tool, None)

    # ------------------------------------------------------------------ being asked

    @property
    def frame(self) -> Frame | None:
        return self.stack[-1] if self.stack else None

    def finished(self, frame: Frame) -> bool:
        """Whether the frame's last step is done."""
        writes = [step.of[0] for step in frame.flow.steps if step.kind == "call"]
        return bool(writes) and writes[-1] in frame.informed

    def next(self) -> Move:
        """The right next message."""
        acts = list(self.prefix)
        if self.closing:
            return Move((*acts, "close"))
        frame = self.frame
        if frame is None:
            return Move(tuple(acts or (["greet"] if "greet" in self.last.acts else ["clarify"])))
        if frame.declined:
            self.stack.pop()
            return Move((*acts, "kept", "anything_else"))
        if self.finished(frame):
            return Move((*acts, "anything_else") if acts else ("anything_else",))
        return self._scan(frame, acts)

    def note(self, answering_user: bool = True) -> str:
        """What the agent writes down before its next message: what it heard, and what the task still needs.

        Behind a tool's error there is nothing new to hear; what is needed stands there once more.
        """
        parts = [heard(self.last)] if answering_user else []
        if (frame := self.frame) is not None and not (self.closing or frame.declined or self.finished(frame)):
            parts.append(f"need: {', '.join(self._missing(frame)) or 'nothing'}")
        return "; ".join(filter(None, parts))

    def _missing(self, frame: Frame) -> list[str]:
        """The details to learn from the user before the flow's next call, in the order of the flow."""
        missing: list[str] = []
        for step in filter(self._applies, frame.flow.steps):
            of = step.of[0] if step.of else ""
            if step.kind == "ask":
                missing += [n for n in step.of if n not in self.known and not self.agent.slots[n].optional]
            elif step.kind == "invite" and of not in self.known:
                missing.append(of)
            elif step.kind == "call" and (of not in frame.results or frame.results[of][0] != self.arguments(of)):
                break
            elif step.kind == "present" and not brought_something(frame.results[of][1]):
                return list(step.otherwise)
        return missing

    def arguments(self, tool: str) -> dict[str, str]:
        """What is known of a tool's parameters, in the user's words."""
        return {name: self.known[name] for name in self.parameters.get(tool, ()) if name in self.known}

    def options(self, slot: Slot) -> list[dict[str, Any]]:
        """The rows among which an option slot chooses; empty before its tool was called."""
        assert slot.source is not None
        for frame in reversed(self.stack):
            if slot.source[0] in frame.results:
                return rows_of(frame.results[slot.source[0]][1])
        return []

    # ------------------------------------------------------------------ steps

    def _scan(self, frame: Frame, acts: list[str]) -> Move:
        for step in frame.flow.steps:
            if not self._applies(step):
                continue
            move = self._step(frame, step, acts)
            if move is not None:
                return move
        return Move((*acts, "anything_else"))

    def _step(self, frame: Frame, step: Step, acts: list[str]) -> Move | None:
        """The move that this step needs, or None when it is done (its acts then join the next step's message)."""
        of = step.of[0] if step.of else ""
        if step.kind == "acknowledge":
            if not frame.acknowledged:
                acts.append(f"acknowledge:{frame.flow.name}")
            return None
        if step.kind == "ask":
            missing = [name for name in step.of if name not in self.known and not self.agent.slots[name].optional]
            return Move((*self._prefixed(frame, acts), "ask:" + "+".join(missing))) if missing else None
        if step.kind == "call":
            return self._call(frame, of, acts)
        if step.kind == "present":
            return self._present(frame, step, acts)
        if step.kind == "invite":
            return Move((*acts, f"invite:{of}")) if of not in self.known else None
        if step.kind == "confirm":
            return self._confirm(frame, of, acts)
        if step.kind == "inform":
            return Move((*acts, f"inform:{of}")) if of not in frame.informed else None
        return Move((*acts, "handoff"))

    def _prefixed(self, frame: Frame, acts: list[str]) -> list[str]:
        """A short word of reception in front of a question, where nothing else stands there."""
        if self.corrected:
            return [*acts, "corrected"]
        if not acts and frame.acknowledged and self.last.mentions:
            return ["noted"]
        return acts

    def _call(self, frame: Frame, tool: str, acts: list[str]) -> Move | None:
        arguments = self.arguments(tool)
        if tool in frame.results and frame.results[tool][0] == arguments:
            return None
        return Move((*self._prefixed(frame, acts), f"call:{tool}"), (tool, arguments))

    def _present(self, frame: Frame, step: Step, acts: list[str]) -> Move | None:
        tool = step.of[0]
        arguments, result = frame.results[tool]
        if not brought_something(result):
            asked = "+".join(step.otherwise) if step.otherwise else ""
            said = "inform:error" if "error" in result else f"apologise:{tool}"
            # An error's sentence says what is wrong; the question after it would ask for the wrong thing.
            return Move((*acts, said) if "error" in result or not asked else (*acts, said, f"ask:{asked}"))
        if frame.presented.get(tool) == arguments:
            return None
        acts.append(f"present:{tool}")
        return None

    def _confirm(self, frame: Frame, tool: str, acts: list[str]) -> Move | None:
        arguments = self.arguments(tool)
        done = tool in frame.results and frame.results[tool][0] == arguments and "error" not in frame.results[tool][1]
        if done or frame.agreed.get(tool) == arguments:
            return None
        again = ["reconfirm"] if self.awaiting == f"confirm:{tool}" and "unclear" in self.last.acts else []
        return Move((*acts, *again, f"confirm:{tool}"))

    def _applies(self, step: Step) -> bool:
        if not step.when:
            return True
        match = CONDITION.fullmatch(step.when)
        assert match is not None  # checked when agent.yaml was read
        words = self.known.get(match["slot"])
        if match["state"]:
            return (words is not None) == (match["state"] == "known")
        return words is not None and self._means(self.agent.slots[match["slot"]], words, match["value"])

    @staticmethod
    def _means(slot: Slot, words: str, value: str) -> bool:
        """Whether a user's words mean the value of a condition; of a list, whether it is among the items."""
        said, wanted = (resolve(slot, text, _ANY_DAY) for text in (words, value))
        if not isinstance(said, Resolved) or not isinstance(wanted, Resolved):
            return key(words) == key(value)
        return set(wanted.value) <= set(said.value) if slot.many else bool(said.value == wanted.value)

    # ------------------------------------------------------------------ reading the user

    def _open_flow(self, move: UserMove) -> None:
        if move.flow is None or (self.frame is not None and self.frame.flow.name == move.flow):
            return
        self.stack.append(Frame(self.agent.flows[move.flow]))
        self.closing = False

    def _consent(self, move: UserMove) -> None:
        frame = self.frame
        if frame is None:
            return
        kind, _, of = self.awaiting.partition(":")
        if "affirm" in move.acts and kind == "confirm":
            frame.agreed[of] = self.arguments(of)
        elif "affirm" in move.acts and kind == "invite":
            rows = self.options(self.agent.slots[of])
            source = self.agent.slots[of].source
            if len(rows) == 1 and source is not None:
                self.known.setdefault(of, str(rows[0][source[1]]))
        elif "deny" in move.acts and kind == "confirm" and not move.mentions:
            frame.declined = True

    def _side_remarks(self, move: UserMove) -> None:
        if "abuse" in move.acts:
            self.prefix.append("calm")
        if move.question is not None:
            self.prefix += ["inform:knowledge"] if move.answerable else ["defer", "handoff"]
        elif "request:off_topic" in move.acts:
            self.prefix.append("refuse")
        if "give_up" in move.acts:
            self.prefix.append("changed_mind")
            if self.stack:
                self.stack.pop()
            self.closing = True
        done = not self.stack or self.finished(self.stack[-1])
        if done and ({"thank", "bye"} & set(move.acts)) and move.question is None:
            self.closing = True

    def _said_again(self, slot: str, move: UserMove) -> bool:
        """Whether a user who is told nothing new only says a known detail once more, in other words.

        After a call that brought nothing every answer is a new attempt; another option is another choice.
        """
        if self.agent.slots[slot].type == "option" or self.agent.slots[slot].many:
            return False
        stuck = self.frame is not None and not all(brought_something(r) for _, r in self.frame.results.values())
        return f"inform:{slot}" in move.acts and not stuck

    def _added(self, slot: str, words: str, move: UserMove) -> str:
        """The words of a list with what is added to it; a correction names all of it anew."""
        before = self.known.get(slot)
        if before is None or not self.agent.slots[slot].many or f"inform:{slot}" not in move.acts or words in before:
            return words if before is None or words not in before or not self.agent.slots[slot].many else before
        return f"{before} and {words}"

    def _reword(self, slot: str, words: str) -> None:
        """Results and agreements that were obtained with a detail stand under its new words too."""
        for frame in self.stack:
            results = [arguments for arguments, _ in frame.results.values()]
            for arguments in (*results, *frame.presented.values(), *frame.agreed.values()):
                if slot in arguments:
                    arguments[slot] = words

    def _forget_options(self, changed: str) -> None:
        """A changed detail makes a choice among old results void."""
        for name, slot in self.agent.slots.items():
            if slot.type == "option" and slot.source and changed in self.parameters.get(slot.source[0], ()):
                self.known.pop(name, None)

    def _option_slots(self, tool: str) -> list[Slot]:
        return [s for s in self.agent.slots.values() if s.type == "option" and s.source and s.source[0] == tool]

    def _frame_of(self, tool: str) -> Frame | None:
        for frame in reversed(self.stack):
            if tool in frame.flow.tools():
                return frame
        return None
