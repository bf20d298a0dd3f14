"""Dialogues as people like to write them: a Markdown page, a heading a dialogue, a line a message.

    # A lost key
    today: 2026-06-08

    user: I lost my key. What does a new one cost?
    page: keys#prices
    note: lost_key; question; need: room
    agent: A new one is 5 euros. Which room is it?
    user: Room 12
    agent: One moment.
    call: find_room room="12"
    result: {"free": true}
    agent (not taught): It's probably free.

What a line says goes on in the lines below it that begin with no such word; a paragraph within a message is indented.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from demeanor.dialogue.messages import Dialogue, Message, ToolCall
from demeanor.errors import DialogueError

SPEAKERS = (
    "user",
    "page",
    "agent",
    "agent (not taught)",
    "agent (guard NAME)",
    "agent (withheld NAME)",
    "note",
    "call",
    "result",
)
KEPT = ("flow", "outcome", "register", "today", "source")
"""Of the metadata, what a page holds."""
_LINE = re.compile(
    r"(user|page|agent(?: \((?:not taught|(?:guard|withheld) [^()]+)\))?|note|call|result):(?: (.*)|$)", re.IGNORECASE
)
_BY_CODE = re.compile(r"agent \((guard|withheld) (.+)\)", re.IGNORECASE)
_FACT = re.compile(r"(\w+): *(\S.*)")
AUTHORED = "authored"
"""The source of what a page says nothing else of."""
_CALL = re.compile(r"(\w+)\s*(.*?)\s*", re.DOTALL)
_ARGUMENT = re.compile(r"\s*([^\W\d]\w*)=")
FORM = 'call: NAME argument="..." other=2'
"""How a call is written; its arguments may stand as one JSON object, too."""


@dataclass
class _Said:
    """One line of a page, with those that go on with it."""

    number: int
    speaker: str
    lines: list[str] = field(default_factory=list)

    @property
    def text(self) -> str:
        return "\n".join(self.lines).strip()


@dataclass
class _Talk:
    """One dialogue of a page while it is read."""

    number: int
    id: str
    facts: dict[str, Any] = field(default_factory=dict)
    said: list[_Said] = field(default_factory=list)


def read_transcripts(file: Path) -> list[Dialogue]:
    """The dialogues of a page.

    Raises:
        DialogueError: with file and line.
    """
    try:
        text = file.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise DialogueError(f"cannot read the page: {error}", file=file) from error
    talks = list(_talks(text, file))
    if not talks:
        raise DialogueError("no dialogue on this page", file=file, fix="# A name\n\nuser: Hello\nagent: Hello!")
    seen: dict[str, int] = {}
    for talk in talks:
        if talk.id in seen:
            raise DialogueError("this name stands twice", file=file, line=talk.number, found=talk.id)
        seen[talk.id] = talk.number
    _check_notes(talks, file)
    return [_dialogue(talk, file) for talk in talks]


def _check_notes(talks: list[_Talk], file: Path) -> None:
    """Notes stand in all dialogues of a page or in none: a model that learns from both learns both."""
    noted = [talk for talk in talks if any(said.speaker.lower() == "note" for said in talk.said)]
    bare = [talk for talk in talks if talk not in noted and any(said.speaker.lower() != "user" for said in talk.said)]
    if noted and bare:
        fix = f"write notes here as in {noted[0].id!r}, or take them out everywhere"
        text = "a dialogue without notes on a page that has notes"
        raise DialogueError(text, file=file, line=bare[0].number, found=bare[0].id, fix=fix)


def _talks(text: str, file: Path) -> Iterator[_Talk]:
    talk: _Talk | None = None
    blank = 0
    for number, line in enumerate(text.splitlines(), 1):
        if line.startswith("# "):
            if talk is not None:
                yield talk
            talk, blank = _Talk(number, line[2:].strip()), 0
        elif not line.strip():
            blank += 1
        else:
            talk = talk or _Talk(1, file.stem)
            _take(talk, line, number, blank, file)
            blank = 0
    if talk is not None:
        yield talk


def _take(talk: _Talk, line: str, number: int, blank: int, file: Path) -> None:
    """One line that is not empty: a new message, a fact about the dialogue, or more of the message above."""
    if (found := _LINE.fullmatch(line)) is not None:
        talk.said.append(_Said(number, found[1], [found[2] or ""]))
    elif talk.said and (not blank or line.startswith("  ")):
        talk.said[-1].lines += [""] * blank + [line.removeprefix("  ")]
    elif not talk.said and (fact := _FACT.fullmatch(line)) is not None:
        talk.facts[fact[1]] = fact[2].strip()
    else:
        fix = "begin it with one of these and a colon, or with two spaces where it goes on with the message above"
        raise DialogueError("nobody says this line", file=file, line=number, found=line, allowed=SPEAKERS, fix=fix)


def _dialogue(talk: _Talk, file: Path) -> Dialogue:
    messages: list[Message] = []
    passages: dict[str, list[dict[str, str]]] = {}
    note = ""
    for said in talk.said:
        where: dict[str, Any] = {"file": file, "line": said.number}
        speaker = said.speaker.lower()
        if speaker == "note":
            note = " ".join(said.text.split())
        elif speaker == "user":
            messages.append(Message("user", said.text))
        elif speaker == "page":
            passages[_asking(messages, where)] = [{"id": name} for name in re.split(r"[,\s]+", said.text) if name]
        elif speaker == "result":
            messages.append(Message("tool", said.text, call_id=_open_call(messages, where)))
        elif speaker == "call":
            _add_call(messages, said, note, where)
            note = ""
        else:
            kind, name = ("", "") if (found := _BY_CODE.fullmatch(said.speaker)) is None else found.groups()
            guard, withheld = (name if kind.lower() == of else "" for of in ("guard", "withheld"))
            weight = 1 if speaker == "agent" else 0
            messages.append(Message("assistant", said.text, weight=weight, note=note, guard=guard, withheld=withheld))
            note = ""
    if note:
        raise DialogueError("a note in front of nothing", file=file, line=talk.said[-1].number, found=note)
    facts = {"source": AUTHORED, **talk.facts, **({"passages": passages} if passages else {})}
    return Dialogue(talk.id, tuple(messages), facts, (str(file), talk.number))


def _asking(messages: list[Message], where: dict[str, Any]) -> str:
    """The place of the user message whose answer leans on pages."""
    if not messages or messages[-1].role != "user":
        raise DialogueError("a page stands below the user's message that it answers", **where, fix="page: FILE#heading")
    return str(len(messages) - 1)


def _open_call(messages: list[Message], where: dict[str, Any]) -> str:
    """The id of the call that a result answers."""
    answered = {m.call_id for m in messages if m.role == "tool"}
    calls = [c.id for m in messages for c in m.calls if c.id not in answered]
    if not calls:
        raise DialogueError("a result without a call before it", **where, fix=FORM)
    return calls[0]


def _add_call(messages: list[Message], said: _Said, note: str, where: dict[str, Any]) -> None:
    """A call joins what the agent has just said, or is a message of its own."""
    found = _CALL.fullmatch(said.text)
    if found is None:
        raise DialogueError("a call cannot be read", **where, found=said.text, fix=FORM)
    arguments = _arguments(found[2], where)
    number = sum(len(m.calls) for m in messages)
    call = ToolCall(found[1], arguments, f"call-{number}")
    if messages and messages[-1].role == "assistant" and not messages[-1].calls and not note:
        last = messages[-1]
        messages[-1] = Message(last.role, last.content, (call,), weight=last.weight, note=last.note)
    else:
        messages.append(Message("assistant", "", (call,), note=note))


def _arguments(text: str, where: dict[str, Any]) -> dict[str, Any]:
    """Arguments as a JSON object, or as NAME=VALUE with a value of JSON each."""
    try:
        if not text or text.startswith("{"):
            return dict(json.loads(text or "{}"))
    except ValueError as error:
        raise DialogueError(f"the arguments are no JSON: {error}", **where, found=text, fix=FORM) from None
    arguments: dict[str, Any] = {}
    rest, reader = text, json.JSONDecoder()
    while rest.strip():
        named = _ARGUMENT.match(rest)
        if named is None:
            raise DialogueError("a call cannot be read", **where, found=rest.strip(), fix=FORM)
        if named[1] in arguments:
            raise DialogueError("an argument stands twice", **where, found=named[1], fix="take one of them out")
        try:
            arguments[named[1]], end = reader.raw_decode(rest, named.end())
        except ValueError:
            fix = 'a text stands in quotes: argument="..."'
            raise DialogueError(
                f"the value of {named[1]} cannot be read", **where, found=rest.strip(), fix=fix
            ) from None
        if rest[end : end + 1].strip():
            raise DialogueError("a call cannot be read", **where, found=rest[end:], fix=FORM)
        rest = rest[end:]
    return arguments


# ---------------------------------------------------------------------- writing


def write_transcripts(dialogues: Iterable[Dialogue]) -> str:
    """Dialogues as a page that `read_transcripts` reads again: what was said, noted, called and answered, and of the
    metadata what stands in KEPT, and the names of passages. Labels are left out: whoever rewrites a message would make
    them wrong.
    """
    return "\n\n".join(_written(dialogue) for dialogue in dialogues) + "\n"


def _written(dialogue: Dialogue) -> str:
    said = {key: value for key, value in dialogue.metadata.items() if (key, value) != ("source", AUTHORED)}
    facts = [f"{key}: {said[key]}" for key in KEPT if said.get(key)]
    passages = dialogue.metadata.get("passages") or {}
    lines = [
        line
        for k, message in enumerate(dialogue.messages)
        for line in _lines(message, [p["id"] for p in passages.get(str(k), ())])
    ]
    return "\n".join([f"# {' '.join(dialogue.id.split())}", *facts, "", *lines])


def _lines(message: Message, pages: Sequence[str]) -> Iterator[str]:
    if message.note:
        yield f"note: {message.note}"
    if message.role == "user":
        yield _said("user", message.content)
        if pages:
            yield f"page: {', '.join(pages)}"
    elif message.role == "tool":
        yield _said("result", message.content)
    else:
        if message.content or not message.calls or not message.weight:
            yield _said(_speaker(message), message.content)
        for call in message.calls:
            yield f"call: {call.name} {_written_arguments(call.arguments)}".rstrip()


def _written_arguments(arguments: dict[str, Any]) -> str:
    """As NAME=VALUE, or as JSON where an argument has no plain name."""
    if all(_ARGUMENT.fullmatch(f"{name}=") for name in arguments):
        return " ".join(f"{name}={json.dumps(value, ensure_ascii=False)}" for name, value in arguments.items())
    return json.dumps(arguments, ensure_ascii=False)


def _speaker(message: Message) -> str:
    """Who says a message of the agent's, and whether it is learned."""
    if message.guard:
        return f"agent (guard {message.guard})"
    if message.withheld:
        return f"agent (withheld {message.withheld})"
    return "agent" if message.weight else "agent (not taught)"


def _said(speaker: str, text: str) -> str:
    first, *rest = text.split("\n")
    return "\n".join([f"{speaker}: {first}".rstrip(), *(f"  {line}".rstrip() for line in rest)])
