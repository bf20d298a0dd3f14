"""Metadata and labels: words of agent.yaml, acts of the closed set, and no question answered before.

What is not labelled is not judged here; the report counts the dialogues without labels.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import date

from demeanor.agent import Agent
from demeanor.agent.moves import brought_something
from demeanor.data.checks.problem import Finding, Known, acts, mentions, trained
from demeanor.dialogue import OUTCOMES, Dialogue
from demeanor.simulation.wording.user import REGISTERS

# Acts by what may follow the colon: "" nothing, a slot (or slots joined by +), a tool, a flow, a fixed word.
AGENT_ACTS: dict[str, tuple[str, ...]] = {
    **dict.fromkeys(["greet", "defer", "handoff", "refuse", "close", "noted", "corrected", "calm", "clarify"], ("",)),
    **dict.fromkeys(["changed_mind", "kept", "anything_else", "reconfirm", "resume", "recap"], ("",)),
    "acknowledge": ("", "flow"),
    "ask": ("slot",),
    "more": ("slot",),
    "say": ("sentence",),
    "invite": ("", "slot"),
    "call": ("tool",),
    "present": ("", "tool"),
    "confirm": ("", "tool"),
    "apologise": ("", "tool"),
    "inform": ("", "tool", "knowledge", "error"),
}
USER_ACTS: dict[str, tuple[str, ...]] = {
    **dict.fromkeys(
        ["greet", "affirm", "deny", "digress", "insist", "abuse", "thank", "bye", "give_up", "unclear"], ("",)
    ),
    "inform": ("", "slot"),
    "correct": ("slot",),
    "request": ("", "off_topic", "recap"),
}


def unreadable_labels(dialogue: Dialogue, known: Known) -> Iterator[Finding]:
    """Labels that are not {"message index": {"acts": [...], "mentions": {...}}}."""
    labels = dialogue.metadata.get("labels", {})
    shape = '"labels": {"0": {"acts": ["request"], "mentions": {"guests": "two"}}}'
    if not isinstance(labels, dict):
        yield Finding("error", None, "metadata.labels is no object", shape)
        return
    for key, entry in labels.items():
        at = int(key) if key.isdecimal() else -1
        if not 0 <= at < len(dialogue.messages):
            yield Finding("error", None, f"a label for message {key!r}, which is not there", shape)
        elif not isinstance(entry, dict) or not isinstance(entry.get("acts", []), list):
            yield Finding("error", at, "a label that cannot be read", shape)


METADATA = (
    "flow",
    "outcome",
    "register",
    "style",
    "habit",
    "today",
    "source",
    "lineage",
    "labels",
    "passages",
    "pages",
    "nudge",
    "nudge_at",
)


def misspelt_metadata(dialogue: Dialogue, known: Known) -> Iterator[Finding]:
    """A key of the metadata that is one slip of the pen from one that is read; others are the project's own."""
    for key in dialogue.metadata:
        meant = [name for name in METADATA if name not in dialogue.metadata and one_slip(key, name)]
        if key not in METADATA and meant:
            text = f"metadata has the key {key!r}, which nothing reads"
            yield Finding("warning", None, text, f"did you mean {meant[0]!r}?")


def one_slip(written: str, meant: str) -> bool:
    """Whether two words differ by one letter, or by two that changed places."""
    if sorted(written) == sorted(meant):
        return written != meant
    if abs(len(written) - len(meant)) > 1:
        return False
    short, long = sorted((written, meant), key=len)
    start = next((k for k, (a, b) in enumerate(zip(short, long, strict=False)) if a != b), len(short))
    return short[start + (len(short) == len(long)) :] == long[start + 1 :]


def unread_metadata(dialogue: Dialogue, known: Known) -> Iterator[Finding]:
    """A register that there is not, or a day that is none."""
    register, today = dialogue.metadata.get("register"), dialogue.metadata.get("today")
    if register is not None and register not in REGISTERS:
        yield Finding("error", None, f"unknown register {register!r}", f"the registers are: {', '.join(REGISTERS)}")
    try:
        date.fromisoformat(str(today or "2026-06-08"))
    except ValueError:
        yield Finding("error", None, f"today is no day: {today!r}", "write it as 2026-06-08")


def unknown_flow(dialogue: Dialogue, known: Known) -> Iterator[Finding]:
    """metadata.flow is no flow of agent.yaml (none at all is right for a dialogue without a task)."""
    flow = dialogue.metadata.get("flow")
    if flow is not None and flow not in known.agent.flows:
        there = ", ".join(known.agent.flows)
        yield Finding("error", None, f"unknown flow {flow!r}", f"the flows are: {there}")


def unknown_outcome(dialogue: Dialogue, known: Known) -> Iterator[Finding]:
    """metadata.outcome is not one of the outcomes."""
    outcome = dialogue.metadata.get("outcome")
    if outcome is not None and outcome not in OUTCOMES:
        there = ", ".join(OUTCOMES)
        yield Finding("error", None, f"unknown outcome {outcome!r}", f"the outcomes are: {there}")


def unknown_acts(dialogue: Dialogue, known: Known) -> Iterator[Finding]:
    """An act outside the closed set, or one about a slot, tool or flow that does not exist."""
    for index, message in enumerate(dialogue.messages):
        closed = USER_ACTS if message.role == "user" else AGENT_ACTS
        for act in acts(dialogue, index):
            kind, _, of = act.partition(":")
            if kind not in closed:
                text, fix = f"unknown act {act!r} of the {message.role}", f"the acts are: {', '.join(closed)}"
                yield Finding("error", index, text, fix)
            elif not any(_fits(of, sort, known) for sort in closed[kind]):
                fix = _allowed(closed[kind], known)
                yield Finding("error", index, f"the act {act!r} is about nothing known", fix)


def _fits(of: str, sort: str, known: Known) -> bool:
    if sort == "slot":
        return bool(of) and all(name in known.agent.slots for name in of.split("+"))
    if sort == "tool":
        return bool(of) and (known.tools is None or of in known.tools)
    if sort == "flow":
        return of in known.agent.flows
    if sort == "sentence":
        return of in known.agent.sentences()
    return of == sort


def _allowed(sorts: tuple[str, ...], known: Known) -> str:
    agent = known.agent
    words = {"slot": list(agent.slots), "tool": list(known.tools or ()), "flow": list(agent.flows)}
    words["sentence"] = list(agent.sentences())
    return "after the colon: " + (", ".join(w for s in sorts for w in words.get(s, [s]) if w) or "nothing")


def asks_again(dialogue: Dialogue, known: Known) -> Iterator[Finding]:
    """A trained reply asks for a slot that the user has given.

    Asking again is right when the user took the words back without new ones, when a tool found nothing with
    them or refused them, while something is bargained for, and when the user began another request.
    """
    replies, bargained = dict(trained(dialogue)), known.agent.bargained()
    given: set[str] = set()
    for index, message in enumerate(dialogue.messages):
        if message.role == "user":
            given = _given_after(dialogue, index, given, known.agent)
        elif message.role == "tool":
            given = given if _found_something(message.content) else set()
        elif index in replies:
            asked = [n for act in acts(dialogue, index) if act.startswith("ask:") for n in act[4:].split("+")]
            for name in dict.fromkeys(asked):
                if name in given - bargained:
                    text = f"asks again for {name!r}, which the user has given"
                    yield Finding("error", index, text, "skip the question")


def _given_after(dialogue: Dialogue, index: int, given: set[str], agent: Agent) -> set[str]:
    said = acts(dialogue, index)
    another = "request" in said and "digress" not in said and _writes_before(dialogue, index, agent)
    if another or ("deny" in said and not mentions(dialogue, index)):
        given = set()
    taken_back = {act.removeprefix("correct:") for act in said if act.startswith("correct:")}
    return (given - taken_back) | set(mentions(dialogue, index))


def _writes_before(dialogue: Dialogue, index: int, agent: Agent) -> bool:
    writes = agent.writes()
    return any(call.name in writes for message in dialogue.messages[:index] for call in message.calls)


def _found_something(content: str) -> bool:
    try:
        result = json.loads(content)
    except json.JSONDecodeError:
        return True
    return not isinstance(result, dict) or brought_something(result)
