"""Flows as a policy: given what is known so far, the next right step.

A `Tracker` is told what happened (what the user meant, what the agent said, called and got back) and answers with
the `Move` that the flow wants next. It is used three times: to play the agent when dialogues are written, to judge
the order of an evaluated conversation, and to say what the right reply was where an agent went wrong.

Flows live on a stack. A digression is answered, then the flow resumes; so does a flow that another has interrupted,
once that is through. What a flow requires lies above it until it is through, once a conversation. A known slot is
skipped. A correction changes a slot's words, and every result that was obtained with the old words stops counting,
because results and agreements are valid only for the arguments they were made with. Who says the same thing again in
other words has corrected nothing.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Any

from demeanor.agent.conditions import Outcome, holds, terms
from demeanor.agent.description import HAND_OVER, Agent, Flow, Retry, Step
from demeanor.agent.moves import Move, UserMove, brought_something, heard, rows_of
from demeanor.agent.slots import Resolved, Slot, resolve

_ANY_DAY = date(2000, 1, 1)  # conditions are about choices and amounts, which no clock changes


@dataclass
class Frame:
    """One flow in progress.

    `results`: tool -> the arguments and result of its newest call; `failures`: how often it has not come about;
    `stale`: tools to be called again although nothing has changed. `asked`: slots that were asked for; `closed`: lists
    without another item. `said`: what `say` steps have said. `required`: it lies above a flow that requires it.
    """

    flow: Flow
    acknowledged: bool = False
    results: dict[str, tuple[dict[str, str], dict[str, Any]]] = field(default_factory=dict)
    presented: dict[str, dict[str, str]] = field(default_factory=dict)
    agreed: dict[str, dict[str, str]] = field(default_factory=dict)
    informed: set[str] = field(default_factory=set)
    declined: bool = False
    failures: dict[str, int] = field(default_factory=dict)
    stale: set[str] = field(default_factory=set)
    asked: set[str] = field(default_factory=set)
    closed: set[str] = field(default_factory=set)
    said: set[str] = field(default_factory=set)
    handed: bool = False
    ended: bool = False
    required: bool = False


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
        self.received = False
        self.through: dict[str, Frame] = {}
        self.left = False  # what has interrupted another flow is through, and nobody has said that this one goes on

    # ------------------------------------------------------------------ being told

    def user(self, move: UserMove) -> None:
        """Take in a user message."""
        self.last = move
        self.prefix = []
        self.corrected = self.received = False
        self._settle()
        self._open_flow(move)
        for slot, words in move.mentions.items():
            words = self._added(slot, words, move)
            changed = slot in self.known and self.known[slot] != words
            if changed and self._said_again(slot, move):
                self._reword(slot, words)
                changed = False
            added = self.agent.slots[slot].many and f"inform:{slot}" in move.acts
            self.corrected = self.corrected or (changed and not added)
            self.known[slot] = words
            if changed:
                self._forget_options(slot)
        self._consent(move)
        self._try_again(move)
        self._side_remarks(move)
        if self.left and self.stack and move.flow is None and not self.closing and not self.finished(self.stack[-1]):
            self.prefix.append("resume")

    def agent_said(self, acts: Iterable[str]) -> None:
        """Take in the acts of an agent message."""
        said = [*acts]
        for act in said:
            kind, _, of = act.partition(":")
            if kind == "greet":
                self.greeted = True
            self.received = self.received or kind in ("noted", "corrected")
            for frame in reversed(self.stack):
                self._frame_said(frame, kind, of)
            if self.stack and kind in ("ask", "invite", "confirm", "more"):
                self.awaiting = act
        self.prefix = []
        self._settle()
        self.left = self.left and "resume" not in said

    def _frame_said(self, frame: Frame, kind: str, of: str) -> None:
        """What an act does to one flow in progress: to the one that it is about, or that it goes on with."""
        if kind == "acknowledge" and of == frame.flow.name:
            frame.acknowledged = True
        elif kind == "present" and (brought := self._brought(frame, of)) is not None:
            frame.presented[of] = brought[0]
        elif kind == "inform" and of in frame.results:
            frame.informed.add(of)
        elif (kind, of) == ("inform", "error"):
            frame.presented |= {tool: given for tool, (given, result) in frame.results.items() if "error" in result}
        elif kind == "say" and of in (step.text for step in _with_ends(frame.flow.steps)):
            frame.said.add(of)
            frame.ended = frame.ended or of in {s.retry.then.text for s in frame.flow.steps if s.retry and s.retry.then}
        elif kind == "ask":
            frame.asked |= {*of.split("+")}
        elif kind == "handoff":
            frame.handed = True
        elif kind == "apologise" and of in frame.results and _provided_for(frame.flow, of, frame.results[of][1]):
            frame.presented[of] = frame.results[of][0]
        elif kind == "apologise" and len(self.stack) > 1 and not frame.required:
            # What was wanted in between and is not there keeps nobody from what they came for.
            frame.ended = frame.ended or any(
                s.of == (of,) and s.kind == "present" and not s.otherwise for s in frame.flow.steps
            )
        if kind in ("ask", "invite", "confirm"):
            frame.acknowledged = True

    def called(self, tool: str, arguments: Mapping[str, Any], result: Mapping[str, Any]) -> None:
        """Take in a call with its result; a new result of a tool makes options of the old one stale."""
        frame = self._frame_of(tool)
        if frame is None:
            return
        frame.results[tool] = ({k: str(v) for k, v in arguments.items()}, dict(result))
        frame.acknowledged = True
        frame.stale.discard(tool)
        if any(
            not self._came_about(step.retry, result) for step in frame.flow.steps if step.retry and step.of == (tool,)
        ):
            frame.failures[tool] = frame.failures.get(tool, 0) + 1
        for slot in self._option_slots(tool):
            self.known.pop(slot.name, None)

    def not_agreed(self, tool: str) -> None:
        """Take in that a call was refused for want of a clear yes: what the user said did not count as one."""
        frame = self._frame_of(tool)
        if frame is not None:
            frame.agreed.pop(tool, None)
            self.last = replace(self.last, acts=("unclear",))

    # ------------------------------------------------------------------ being asked

    @property
    def frame(self) -> Frame | None:
        return self.stack[-1] if self.stack else None

    def finished(self, frame: Frame) -> bool:
        """Whether the frame's last call was told of, or nothing of it is left to do."""
        writes = [step.of[0] for step in frame.flow.steps if step.kind == "call"]
        return frame.ended or (bool(writes) and writes[-1] in frame.informed) or not self._pending(frame)

    def _pending(self, frame: Frame) -> bool:
        acts: list[str] = []
        return self._scan(frame, acts) is not None or bool(acts)

    def _settle(self) -> None:
        """Take what is through off the stack, but for the last."""
        while len(self.stack) > 1 and not self.stack[-1].declined and self.finished(self.stack[-1]):
            frame = self.stack.pop()
            self.through[frame.flow.name] = frame
            self.left = not frame.required

    def next(self) -> Move:
        """The right next message."""
        acts = list(self.prefix)
        if self.closing:
            return Move((*acts, "close"))
        if not self.stack:
            return Move(tuple(acts or (["greet"] if "greet" in self.last.acts else ["clarify"])))
        if self.stack[-1].declined:
            self.stack.pop()
            acts.append("kept")
            if self.stack:
                acts.append("resume")
        for position in reversed(range(len(self.stack))):
            frame = self.stack[position]
            if not self.finished(frame):
                acts += self._acknowledges_below(position)
                move = self._scan(frame, acts)
                if move is not None and not (position and not frame.required and _came_to_nothing(move)):
                    return move
                acts = list(move.acts) if move is not None else acts
            if position and not frame.required:
                acts.append("resume")
        return Move((*acts, "anything_else"))

    def _acknowledges_below(self, position: int) -> list[str]:
        """A wish that has to wait for what it requires is acknowledged first."""
        if not self.stack[position].required:
            return []
        below = [f for f in self.stack[:position] if not f.required and not f.acknowledged]
        wanted = [f for f in below[-1:] if any(step.kind == "acknowledge" for step in f.flow.steps)]
        return [f"acknowledge:{frame.flow.name}" for frame in wanted]

    def note(self, answering_user: bool = True) -> str:
        """What the agent writes down before its next message: what it heard, and what the task still needs.

        Behind a tool's error there is nothing new to hear; what is needed stands there once more. An agent without
        flows has nothing to keep in mind.
        """
        if not self.agent.flows:
            return ""
        parts = [heard(self.last)] if answering_user else []
        frame = next((f for f in reversed(self.stack) if f.declined or not self.finished(f)), None)
        if frame is not None and not (self.closing or frame.declined):
            parts.append(f"need: {', '.join(self._missing(frame)) or 'nothing'}")
        return "; ".join(filter(None, parts))

    def _missing(self, frame: Frame) -> list[str]:
        """The details to learn from the user before the flow's next call, in the order of the flow."""
        missing: list[str] = []
        for step in filter(self._applies, frame.flow.steps):
            of = step.of[0] if step.of else ""
            if step.kind == "ask":
                missing += self._wanted(frame, step)
            elif step.kind == "invite" and of not in self.known:
                missing.append(of)
            elif step.kind == "call" and self._due(frame, of):
                break
            elif step.kind == "call" and step.retry and not self._came_about(step.retry, frame.results[of][1]):
                return list(step.retry.ask)
            elif step.kind == "present" and not brought_something((self._brought(frame, of) or ({}, {}))[1]):
                return list(step.otherwise)
        return missing

    def _wanted(self, frame: Frame, step: Step) -> list[str]:
        """The slots that an `ask` step still has to ask for; what need not be told is asked for once."""
        once = frame.asked if step.optional else ()
        return [n for n in step.of if n not in self.known and not self.agent.slots[n].optional and n not in once]

    def _brought(self, frame: Frame, tool: str) -> tuple[dict[str, str], dict[str, Any]] | None:
        """The arguments and the result of a tool's newest call: of this flow, else of any in this conversation."""
        frames = (frame, *reversed(self.stack), *reversed(self.through.values()))
        return next((found.results[tool] for found in frames if tool in found.results), None)

    def _due(self, frame: Frame, tool: str) -> bool:
        """Whether a tool has not been called yet with what is known."""
        known = self.arguments(tool)
        return tool in frame.stale or tool not in frame.results or frame.results[tool][0] != known

    def arguments(self, tool: str) -> dict[str, str]:
        """What is known of a tool's parameters, in the user's words."""
        return {name: self.known[name] for name in self.parameters.get(tool, ()) if name in self.known}

    def meant(self, today: date) -> dict[str, Any]:
        """Slot -> the value that what is known of it means; without what means none."""
        slots, values = self.agent.slots, dict[str, Any]()
        for name in sorted(self.known, key=lambda n: slots[n].after is not None):
            got = resolve(slots[name], self.known[name], today, values)
            if isinstance(got, Resolved):
                values[name] = got.value
        return values

    def options(self, slot: Slot) -> list[dict[str, Any]]:
        """The rows among which an option slot chooses; empty before its tool was called."""
        assert slot.source is not None
        return rows_of(self.result(slot.source[0]) or {})

    def value(self, slot: str) -> object | None:
        """What is known of a slot, as a value where its words mean one (`conditions.State`)."""
        words = self.known.get(slot)
        if words is None:
            return None
        got = resolve(self.agent.slots[slot], words, _ANY_DAY)
        return got.value if isinstance(got, Resolved) else words

    def result(self, tool: str) -> Mapping[str, Any] | None:
        """A tool's newest result, of a flow that is through as well (`conditions.State`)."""
        frames = (*reversed(self.stack), *reversed(self.through.values()))
        return next((frame.results[tool][1] for frame in frames if tool in frame.results), None)

    # ------------------------------------------------------------------ steps

    def _scan(self, frame: Frame, acts: list[str]) -> Move | None:
        """The move of the first step that needs one; what the steps before it have to say stands in `acts`."""
        for step in frame.flow.steps:
            if self._applies(step) and (move := self._step(frame, step, acts)) is not None:
                return move
        return (
            Move(tuple(acts)) if any(act.startswith("inform:") and act != "inform:knowledge" for act in acts) else None
        )

    def _step(self, frame: Frame, step: Step, acts: list[str]) -> Move | None:
        """The move that this step needs, or None when it is done (its acts then join the next step's message)."""
        of = step.of[0] if step.of else ""
        if step.kind == "acknowledge":
            if not frame.acknowledged and not frame.required:
                acts.append(f"acknowledge:{frame.flow.name}")
            return None
        if step.kind == "say":
            acts += [] if step.text in frame.said else [f"say:{step.text}"]
            return None
        if step.kind == "ask":
            return self._ask(frame, step, acts)
        if step.kind == "call":
            return self._call(frame, step, acts)
        if step.kind == "present":
            return self._present(frame, step, acts)
        if step.kind == "invite":
            return Move((*acts, f"invite:{of}")) if of not in self.known else None
        if step.kind == "confirm":
            return self._confirm(frame, of, acts)
        if step.kind == "inform":
            if "error" in frame.results.get(of, ({}, {}))[1]:
                return Move((*acts, "inform:error"))
            acts += [] if of in frame.informed else [f"inform:{of}"]
            return None
        return self._handoff(frame, step, acts)

    def _ask(self, frame: Frame, step: Step, acts: list[str]) -> Move | None:
        if missing := self._wanted(frame, step):
            return Move((*self._prefixed(frame, acts), "ask:" + "+".join(missing)))
        if step.more and step.of[0] not in frame.closed:
            return Move((*self._prefixed(frame, acts), f"more:{step.of[0]}"))
        return None

    def _handoff(self, frame: Frame, step: Step, acts: list[str]) -> Move | None:
        """The conversation goes to a person: by a call where the agent has somebody for it, else in words."""
        if frame.handed or HAND_OVER in frame.results:
            return None
        if not step.of:
            return Move((*acts, "handoff"))
        reason = step.text or frame.flow.when or frame.flow.name.replace("_", " ")
        return Move((*acts, f"call:{HAND_OVER}"), (HAND_OVER, {"to": step.of[0], "reason": reason}))

    def _prefixed(self, frame: Frame, acts: list[str]) -> list[str]:
        """A short word of reception in front of a question, where nothing else stands there."""
        if self.corrected and not self.received:
            return [*acts, "corrected"]
        if not acts and frame.acknowledged and self.last.mentions and not self.received:
            return ["noted"]
        return acts

    def _call(self, frame: Frame, step: Step, acts: list[str]) -> Move | None:
        tool = step.of[0]
        if self._due(frame, tool):
            return Move((*self._prefixed(frame, acts), f"call:{tool}"), (tool, self.arguments(tool)))
        given, result = frame.results[tool]
        if step.retry is None and _provided_for(frame.flow, tool, result):
            acts += [] if "error" not in result or frame.presented.get(tool) == given else ["inform:error"]
            return None
        if step.retry is None:
            told = any(s.kind in ("present", "inform") and s.of == (tool,) for s in frame.flow.steps)
            return Move((*acts, "inform:error")) if "error" in result and not told else None
        if self._came_about(step.retry, result):
            return None
        return self._again(frame, tool, step.retry, acts)

    def _came_about(self, retry: Retry | None, result: Mapping[str, Any]) -> bool:
        """Whether a call need not be made again."""
        return retry is None or retry.came_about(self, self.agent.slots, result)

    def _again(self, frame: Frame, tool: str, retry: Retry, acts: list[str]) -> Move | None:
        """A call that has not come about: it is told, and asked for again; after the last try comes what is last."""
        result = frame.results[tool][1]
        if retry.then is not None and frame.failures.get(tool, 0) >= retry.times:
            return self._step(frame, retry.then, acts) or Move((*acts, "anything_else"))
        asked = f"ask:{'+'.join(retry.ask)}"
        if "error" in result:
            # An error's sentence says what is wrong; the question after it would ask for the wrong thing.
            return Move((*acts, "inform:error"))
        if not brought_something(result):
            return Move((*acts, f"apologise:{tool}", asked))
        shown = [] if frame.presented.get(tool) == frame.results[tool][0] else [f"present:{tool}"]
        return Move((*acts, *shown, asked))

    def _present(self, frame: Frame, step: Step, acts: list[str]) -> Move | None:
        tool = step.of[0]
        found = self._brought(frame, tool)
        if found is None:
            return None  # nothing was called that could be told
        arguments, result = found
        if not brought_something(result):
            asked = "+".join(step.otherwise) if step.otherwise else ""
            said = "inform:error" if "error" in result else f"apologise:{tool}"
            if _provided_for(frame.flow, tool, result):
                acts += [] if frame.presented.get(tool) == arguments else [said]
                return None
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
        return step.when is None or holds(step.when, self, self.agent.slots)

    # ------------------------------------------------------------------ reading the user

    def _open_flow(self, move: UserMove) -> None:
        """What the user needs comes on top, and above it what that requires; what is open already goes on."""
        if move.flow is None or any(frame.flow.name == move.flow for frame in self.stack[-1:]):
            return
        if any(frame.required for frame in self.stack[-1:]) and move.flow in {f.flow.name for f in self.stack}:
            return
        flow = self.agent.flows[move.flow]
        self.stack.append(Frame(flow))
        for name in reversed(flow.requires):
            if name not in self.through:
                begun = next((f for f in self.stack if f.required and f.flow.name == name), None)
                if begun is not None:
                    self.stack.remove(begun)  # what several require is gone through once
                self.stack.append(begun or Frame(self.agent.flows[name], required=True))
        self.closing = False

    def _try_again(self, move: UserMove) -> None:
        """What is told anew for a call that has not come about is tried, also where it is told in the same words. A
        plain yes takes what the call brought for the answer.
        """
        frame = self.frame
        for step in frame.flow.steps if frame is not None else ():
            retry, tool = step.retry, step.of[0] if step.of else ""
            if frame is None or retry is None or tool not in frame.results:
                continue
            result = frame.results[tool][1]
            if self._came_about(retry, result):
                continue
            if retry.accept in result and "affirm" in move.acts and not move.mentions:
                self.known[retry.ask[0]] = str(result[retry.accept])
                frame.stale.add(tool)
            elif {*retry.ask} & {*move.mentions}:
                frame.stale.add(tool)

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
        elif kind == "more" and of not in move.mentions and move.question is None and not move.flow:
            aside = any(act == "abuse" or act.startswith("request:") for act in move.acts)
            frame.closed |= set() if aside else {of}  # whether there is another item is still to be said

    def _side_remarks(self, move: UserMove) -> None:
        if "abuse" in move.acts:
            self.prefix.append("calm")
        if move.question is not None:
            self.prefix += ["inform:knowledge"] if move.answerable else ["defer", "handoff"]
        elif "request:off_topic" in move.acts:
            self.prefix.append("refuse")
        elif "request:recap" in move.acts:
            self.prefix.append("recap")
        if "give_up" in move.acts:
            self.prefix.append("changed_mind")
            if self.stack:
                self.stack.pop()
            self.closing = True
        done = not self.stack or self.finished(self.stack[-1])
        if done and ({"thank", "bye", "deny"} & set(move.acts)) and move.question is None:
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
        callers = (frame for frame in reversed(self.stack) if tool == HAND_OVER or tool in frame.flow.tools())
        return next(callers, None)


def _came_to_nothing(move: Move) -> bool:
    """Whether a move says that there is nothing, and asks for nothing else."""
    return move.call is None and move.acts[-1].startswith("apologise:")


def _provided_for(flow: Flow, tool: str, result: Mapping[str, Any]) -> bool:
    """Whether a flow has steps of its own for a result that brought nothing."""
    state = "failed" if "error" in result else "brought nothing"
    conditions = (step.when for step in flow.steps if step.when is not None)
    return not brought_something(result) and Outcome(tool, state) in {t for c in conditions for t in terms(c)}


def _with_ends(steps: Iterable[Step]) -> Iterator[Step]:
    """Steps, and what takes their place when they have failed too often."""
    for step in steps:
        yield step
        if step.retry is not None and step.retry.then is not None:
            yield step.retry.then
