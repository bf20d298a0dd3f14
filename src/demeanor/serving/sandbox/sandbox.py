"""The sandbox: talk to the agent, see what it looked up, take turns back, say what it should have said.

It takes the same turn as the evaluation (`runtime.session`) on a private world. Before every turn
the world's database is copied, so that taking a turn back takes back what its tools wrote; Ctrl-C while the
agent works does the same. A transcript is on disk before its reply is shown, and a flagged reply is a
dialogue to learn from: the history as context, the right words as the one trained message.

Commands live in `COMMANDS`, one line each; the method of the same name on `Sandbox` is the command.
"""

from __future__ import annotations

import difflib
import json
import secrets
import sys
import time
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from pathlib import Path
from typing import IO, Any

from demeanor.dialogue import Dialogue, Message, ToolCall
from demeanor.errors import DemeanorError, DialogueError
from demeanor.improvement.correction import FLAGS, correction, keep
from demeanor.models.model import Model
from demeanor.reading.labels import LABELS, Speaker
from demeanor.reading.reader import Spoken
from demeanor.runtime.calls import CallRecord
from demeanor.runtime.guards import heard_to_json
from demeanor.runtime.knowledge import Hit
from demeanor.runtime.prompt import shown_text
from demeanor.runtime.session import MAX_CALLS, REPLY_TOKENS
from demeanor.runtime.workspace import Workspace
from demeanor.serving.sandbox.hearing import NOTHING, how_heard, put_right
from demeanor.serving.sandbox.keeping import TRANSCRIPTS, Transcripts
from demeanor.serving.sandbox.screen import DIM, LOUD, WRONG, Screen

COMMANDS = {
    "/undo": "take back the last turn, and what its tools wrote",
    "/flag": "TEXT: the last reply should have said TEXT; kept as a dialogue to learn from",
    "/heard": "how the last two messages are heard: labels, slots, agreement",
    "/wrong": "[user|agent] LABELS: what your last message, or the agent's, does; heard so from now on",
    "/world": "the tables of the world, with what this conversation changed",
    "/passages": "TEXT: what retrieval finds for it",
    "/context": "exactly what the model reads",
    "/trace": "where the last broken tool broke",
    "/restart": "a new conversation in a fresh world",
    "/help": "this list",
    "/quit": "leave (so do Ctrl-C and Ctrl-D)",
}
RESULT_LIMIT = 600  # characters of a tool's result that are shown; /context shows all
ROWS = 5  # rows of a table that are shown


Follow = Callable[[], tuple[Model, str]]
"""Who answers from now on: the model, and the system text that it was tuned with."""


def run_chat(
    workspace: Workspace,
    model: Model,
    *,
    today: date,
    record: Path | None = None,
    source: IO[str] | None = None,
    out: IO[str] | None = None,
    show: bool = True,
    system: str | None = None,
    parents: Sequence[str] = (),
    reply_tokens: int = REPLY_TOKENS,
    keep: str = "",
    facts: Mapping[str, Any] | None = None,
    follow: Follow | None = None,
) -> Path:
    """Chat until the user leaves; returns the file of the transcripts (JSONL, one dialogue a line).

    Args:
        today: the clock of the world and of the context block.
        record: where the transcripts go; by default `transcripts.jsonl` in a run of its own under `runs/`.
            What stands there already is kept.
        source, out: streams; stdin and stdout by default. Where they are no terminal, nothing is decorated.
        show: print what was retrieved and called at every turn. A tool that broke is always shown.
        system: the frozen system text of an adapter; by default the one that the project makes now.
        parents: runs that this chat builds on, such as the training of the adapter.
        reply_tokens: limit of one completion, see `Session`.
        keep: the URL of a lasting database; what the tools write there stays, also when a turn is taken back.
        facts: what is verified of whoever speaks.
        follow: asked at the beginning of every further conversation who answers in it.

    Raises:
        ConfigError: the world cannot be made.
        RunError: the transcript cannot be written at the start.
    """
    screen = Screen(source or sys.stdin, out or sys.stdout, workspace.agent.name)
    with ExitStack() as stack:
        name = f"chat-{datetime.now(UTC):%Y%m%d-%H%M%S}-{secrets.token_hex(2)}"
        run = None
        if record is None:
            inputs = _inputs(workspace, model, today)
            run = stack.enter_context(workspace.folder.new_run("chat", inputs, parents=parents))
            name, record = run.id, run.path / TRANSCRIPTS
        kept = Transcripts(record)
        sandbox = Sandbox(workspace, model, today, kept, screen, name, show, system, reply_tokens, keep, facts or {})
        sandbox.follow = follow
        sandbox.greet()
        while (line := screen.ask()) is not None and _handle(sandbox, screen, line):
            pass
        sandbox.leave()
        if run is not None:
            run.note("counts", dict(sandbox.counts))
    return record


def _handle(sandbox: Sandbox, screen: Screen, line: str) -> bool:
    """One line of the user's; whatever goes wrong is said and the chat goes on."""
    try:
        return sandbox.handle(line)
    except DemeanorError as error:
        screen.line(str(error), WRONG)
    except KeyboardInterrupt:
        screen.line("(stopped)", DIM)
    return True


def _inputs(workspace: Workspace, model: Model, today: date) -> dict[str, str]:
    """What a chat depends on, for its run's manifest."""
    project, agent = workspace.folder, workspace.agent
    paths = (project.agent_path, project.root / agent.tools, project.root / agent.knowledge)
    found = project.hash_inputs(*paths, project.schema_path, project.seed_path)
    prints = {f"model.{key}": value for key, value in model.fingerprint.items()}
    return found | prints | {"today": today.isoformat()}


@dataclass(frozen=True)
class Before:
    """What a turn is taken back to: the number of messages and of dropped calls, the verified facts, and the database
    where it can be put back.
    """

    messages: int
    dropped: int
    facts: Mapping[str, Any]
    world: bytes | None


@dataclass
class Sandbox:
    """One chat: the present conversation, and how to go back in it."""

    workspace: Workspace
    model: Model
    today: date
    transcripts: Transcripts
    screen: Screen
    name: str
    show: bool = True
    system: str | None = None
    reply_tokens: int = REPLY_TOKENS
    database: str = ""
    facts: Mapping[str, Any] = field(default_factory=dict)
    counts: Counter[str] = field(default_factory=Counter)
    follow: Follow | None = None

    def __post_init__(self) -> None:
        self._renderer = self.workspace.renderer(self.model.tokenizer, self.system)
        self._number = 0
        self._start()

    def _start(self) -> None:
        """A new conversation: in a fresh world, or in the lasting one as it is now."""
        self._number += 1
        if self.database:
            world = self.workspace.lasting_world(self.database, self.today, self.facts)
        else:
            world = self.workspace.new_world(self.today, facts=self.facts)
        self.session = self.workspace.session(
            self._renderer,
            world,
            f"{self.name}-{self._number}",
            model=self.model,
            search=self.workspace.search,
            reply_tokens=self.reply_tokens,
        )
        self._befores: list[Before] = []
        self._seconds: dict[int, float] = {}
        self._taken_back: list[dict[str, Any]] = []
        self._first = world.tables()

    # --- the commands' frame

    def greet(self) -> None:
        """The first lines: who answers, by which weights, on which day."""
        prints = self.model.fingerprint
        adapter = prints.get("adapter", "")
        parts = [
            self.workspace.agent.name,
            f"model {self.model.name}",
            f"engine {prints.get('engine') or 'unknown'}",
            f"adapter {adapter[:12]}" if adapter else "no adapter",
            f"today {self.today:%A} {self.today.day} {self.today:%B} {self.today.year}",
            *(["a lasting database: what is done here stays done"] if self.database else []),
        ]
        self.screen.line(" | ".join(parts) + "   (/help lists the commands)", DIM)

    def leave(self) -> None:
        """The last line: where the transcripts are."""
        if len(self.transcripts):
            self.screen.line(f"kept in {self._short(self.transcripts.path)}", DIM)
        else:
            self.screen.line("nothing was said, nothing is kept", DIM)

    def handle(self, line: str) -> bool:
        """A message or a command. False when the user leaves.

        Raises:
            DemeanorError: it could not be done; the conversation stands as it did before.
        """
        text = line.strip()
        if not text.startswith("/"):
            if text:
                self.say(text)
            return True
        name, _, rest = text.partition(" ")
        name = name.lower()
        if name not in COMMANDS:
            self.screen.line(_unknown(name), WRONG)
            return True
        if name == "/quit":
            return False
        command: Callable[[str], None] = getattr(self, name[1:])
        command(rest.strip())
        return True

    def help(self, rest: str = "") -> None:
        for name, meaning in COMMANDS.items():
            self.screen.line(f"{name:<10} {meaning}")
        for flow in self.workspace.agent.flows.values():
            self.screen.line(f"{flow.name}: when {flow.when}", DIM)

    def restart(self, rest: str = "") -> None:
        self.model.forget([self.session.id])
        self.session.world.close()
        before = self.model
        if self.follow is not None:
            self.model, self.system = self.follow()
            self._renderer = self.workspace.renderer(self.model.tokenizer, self.system)
        self._start()
        if self.model is not before:
            self.greet()
        where = "the lasting database" if self.database else "a fresh world"
        self.screen.line(f"a new conversation, in {where}", DIM)

    # --- a turn, and back

    def say(self, text: str) -> None:
        """One turn. Ctrl-C, or a model that fails, takes it back."""
        talk = self.session
        facts = dict(talk.world.session.facts)
        self._befores.append(Before(len(talk.messages), len(talk.dropped), facts, self._image()))
        began = time.monotonic()
        try:
            with self.screen.busy():
                talk.hear(text)
                talk.answer()
        except KeyboardInterrupt:
            self._take_back("cancelled", text)
            self.screen.line("(cancelled; the turn is taken back)", DIM)
            return
        except BaseException:
            self._take_back("failed", text)
            raise
        self.counts["turns"] += 1
        self._seconds[self._befores[-1].messages] = round(time.monotonic() - began, 2)
        try:
            self._keep()
        finally:
            self._show_turn(self._befores[-1].messages)

    def undo(self, rest: str = "") -> None:
        if not self._befores:
            self.screen.line("there is no turn to take back", WRONG)
            return
        said = self.session.messages[self._befores[-1].messages].content
        self._take_back("undo", said)
        self.screen.line(f"taken back: {_first_words(said)}", DIM)

    def _take_back(self, why: str, said: str) -> None:
        """Messages, calls and world become what they were before the last turn; the transcript remembers."""
        before, talk = self._befores.pop(), self.session
        gone = talk.messages[before.messages :]
        if gone:
            talk.undo()
        del talk.dropped[before.dropped :]
        talk.world.session.facts = dict(before.facts)
        if before.world is not None:
            talk.world.go_back(before.world)
        elif any(m.calls for m in gone):
            self.screen.line("(what its tools wrote into the lasting database stays)", WRONG)
        if why != "undo":
            self.model.forget([talk.id])  # what it kept may be half computed
        self.counts[why] += 1
        self._taken_back.append(
            {
                "why": why,
                "at": before.messages,
                "said": talk.secrets.cover(said),
                "messages": [m.to_json() for m in gone],
            }
        )
        self._keep()

    def _image(self) -> bytes | None:
        """The database as bytes; the last copy again where a turn wrote nothing, so copies do not pile up. None for one
        that cannot be put back.
        """
        if not self.session.world.can_go_back:
            return None
        image = self.session.world.image()
        last = self._befores[-1].world if self._befores else None
        return last if image == last else image

    def _keep(self) -> None:
        talk = self.session
        metadata = self._metadata(len(talk.messages))
        if self._taken_back:
            metadata["taken_back"] = self._taken_back
        self.transcripts.keep(Dialogue(talk.id, tuple(talk.messages), metadata))

    def _metadata(self, end: int) -> dict[str, Any]:
        """What is known about the messages before `end`."""
        heard = heard_to_json({index: heard for index, heard in self.session.heard.items() if index < end})
        return {
            "source": "chat",
            "today": self.today.isoformat(),
            **({"guards": heard} if heard else {}),
            "seconds": {str(index): seconds for index, seconds in self._seconds.items() if index < end},
            **({"left_out": self.session.left_out} if self.session.left_out else {}),
            "model": {"name": self.model.name, **self.model.fingerprint},
            "passages": {
                str(index): [{"id": hit.passage.id, "sha256": hit.passage.sha256} for hit in hits]
                for index, hits in self.session.hits.items()
                if hits and index < end
            },
        }

    # --- what a turn did

    def _show_turn(self, start: int) -> None:
        talk = self.session
        records = {record.message: record for record in talk.calls}
        for index, message in enumerate(talk.messages[start:], start):
            if message.role == "user" and self.show:
                for hit in talk.hits.get(index, ()):
                    self.screen.line(_hit_line(hit), DIM)
            elif message.role == "assistant":
                self._show_guards(index, message.guard)
                self._show_reply(message)
                if index in records:
                    self._show_call(records[index])
        for call in talk.dropped[self._befores[-1].dropped :]:
            self.screen.line(f"  not run   {_call_words(call)}: one call a message", DIM)
        if talk.handover is not None:
            self.screen.line(f"(handed to {talk.handover.to or 'a person'}: {talk.handover.reason})", DIM)
        if talk.left_out:
            left_out = f"the model's window of {self.model.window} tokens is full"
            self.screen.line(f"({left_out}: the first {talk.left_out} messages are no longer read)", WRONG)
        if talk.messages[-1].role == "tool":
            self.screen.line(f"(no answer: the turn ended after {MAX_CALLS} calls)", DIM)

    def _show_guards(self, index: int, answered: str) -> None:
        """How each guard heard the message, and which has answered in the model's place."""
        if self.show:
            for name, heard in self.session.heard.get(index - 1, {}).items():
                self.screen.line(f"  guard     {name}  {heard.probability:.2f} (stands from {heard.limit:.2f})", DIM)
        if answered:
            self.screen.line(f"(the guard {answered} answers, not the model)", DIM)

    def _show_reply(self, message: Message) -> None:
        if message.note and self.show:
            self.screen.line(f"  heard     {message.note}", DIM)
        if message.withheld:
            self.screen.line(f"(what the model wrote told {message.withheld}, which is withheld)", DIM)
        if shown := shown_text(message.content):
            self.screen.say(shown)
        elif not message.calls:
            self.screen.line("(the agent said nothing)", DIM)
        if message.cut:
            self.screen.line(f"(cut off after {self.reply_tokens} tokens)", DIM)

    def _show_call(self, record: CallRecord) -> None:
        if self.show:
            self.screen.line(f"  call      {_call_words(record.call)}", DIM)
            if record.values and record.values != record.call.arguments:
                self.screen.line(f"  meaning   {_words(record.values)}", DIM)
            result = json.dumps(record.result, ensure_ascii=False)
            more = " ... (/context shows all)" if len(result) > RESULT_LIMIT else ""
            self.screen.line(f"  result    {result[:RESULT_LIMIT]}{more}", DIM)
        if record.failed:
            self.screen.line(f"  {record.call.name} broke: {record.where}   (/trace shows all)", WRONG)

    # --- looking inside

    def trace(self, rest: str = "") -> None:
        start = self._befores[-1].messages if self._befores else 0
        traces = [record.trace for record in self.session.calls if record.trace and record.message >= start]
        if traces:
            self.screen.line(traces[-1].rstrip())
        else:
            self.screen.line("no tool broke in the last turn", DIM)

    def context(self, rest: str = "") -> None:
        messages = self.session.messages
        if not messages:
            self.screen.line(self._renderer.system)
            self.screen.line("(the system text; nothing has been said yet)", DIM)
            return
        read = self.session.still_read()
        self.screen.line("".join(segment.text for segment in self._renderer.segments(read)))
        tokens = len(self._renderer.render(read).ids)
        self.screen.line(f"({tokens} tokens of {self.model.window})", DIM)

    def passages(self, rest: str) -> None:
        if not self.workspace.passages:
            self.screen.line("this project has no pages", DIM)
        elif not rest:
            self.screen.line("say for which words: /passages TEXT", WRONG)
        elif hits := self.workspace.search([rest])[0]:
            for hit in hits:
                self.screen.line(_hit_line(hit))
                self.screen.line(hit.passage.text, DIM)
        else:
            retriever = self.workspace.retriever
            scores = next(iter(retriever.scores([rest])))
            near = max(range(len(scores)), key=scores.__getitem__)
            best = f"the nearest is {retriever.passages[near].id} with {scores[near]:.2f}"
            self.screen.line(f"nothing reaches {retriever.threshold:.2f}; {best}", DIM)

    def world(self, rest: str = "") -> None:
        now, first = self.session.world.tables(), self._first
        if not now:
            self.screen.line("the world has no tables", DIM)
        for name, rows in now.items():
            old = first.get(name, [])
            new = list((Counter(rows) - Counter(old)).elements())
            gone = list((Counter(old) - Counter(rows)).elements())
            changed = f" ({len(new)} new or changed, {len(gone)} gone)" if new or gone else ""
            self.screen.line(f"{name}: {len(rows)} {'row' if len(rows) == 1 else 'rows'}{changed}", LOUD)
            if not changed:
                self._show_rows("   ", rows, 2)
            self._show_rows(" - ", gone, ROWS)
            self._show_rows(" + ", new, ROWS)

    def _show_rows(self, mark: str, rows: Sequence[tuple[tuple[str, Any], ...]], most: int) -> None:
        for row in rows[-most:]:
            self.screen.line(mark + _words(dict(row)), DIM)

    # --- corrections

    def heard(self, rest: str = "") -> None:
        for speaker in ("user", "agent"):
            if (message := self._last(speaker)) is not None:
                for line in how_heard(self.workspace.agent, self.session.reader, message):
                    self.screen.line(f"  {speaker:<9} {line}", DIM)

    def wrong(self, rest: str) -> None:
        """Keep what the last message of a speaker does, and hear like messages so from now on.

        Raises:
            DialogueError: nothing was said, or a label is none.
        """
        words = rest.replace(",", " ").split()
        speaker: Speaker = "agent" if words[:1] == ["agent"] else "user"
        labels = words[1:] if words[:1] in (["agent"], ["user"]) else words
        message = self._last(speaker)
        if message is None or not labels:
            fix = f"/wrong {speaker} {' '.join(LABELS[speaker][:2])}; or /wrong {speaker} {NOTHING}"
            raise DialogueError("say what the last message does", fix=fix)
        path = put_right(self.workspace.folder.reading_path, message, [] if labels == [NOTHING] else labels)
        self.workspace.hear_anew()
        self.session.reader = self.workspace.reader
        self.screen.line(f"heard so from now on; kept in {self._short(path)}", DIM)

    def _last(self, speaker: Speaker) -> Spoken | None:
        """The last message of a speaker with the one that it answers; None where there is none."""
        role, messages = "user" if speaker == "user" else "assistant", self.session.messages
        at = next((k for k in range(len(messages) - 1, -1, -1) if messages[k].role == role and messages[k].content), -1)
        before = [m.content for m in messages[: max(at, 0)] if m.role in ("user", "assistant") and m.role != role]
        return Spoken(speaker, messages[at].content, before[-1] if before else "") if at >= 0 else None

    def flag(self, rest: str) -> None:
        """Keep what the last reply should have said.

        Raises:
            DialogueError: there is nothing to correct, or no words to correct it with.
        """
        talk = self.session
        replies = [k for k, message in enumerate(talk.messages) if message.role == "assistant"]
        if not replies:
            raise DialogueError("there is no reply to flag yet")
        index = replies[-1]
        whole = Dialogue(talk.id, tuple(talk.messages), self._metadata(len(talk.messages)))
        right = correction(whole, index, rest, f"{talk.id}-flag-{self.counts['flags'] + 1}")
        self.counts["flags"] += 1
        path = self.workspace.folder.corrections_path / FLAGS
        keep(path, [right])
        self.screen.line(f"flagged; kept in {self._short(path)}", DIM)

    def _short(self, path: Path) -> str:
        here = Path.cwd()
        return str(path.relative_to(here) if path.is_relative_to(here) else path)


def _unknown(name: str) -> str:
    near = [known for known in COMMANDS if len(name) > 1 and known.startswith(name)]
    near = near or difflib.get_close_matches(name, COMMANDS, n=1, cutoff=0.5)
    return f"there is no command {name}" + (f"; did you mean {near[0]}?" if near else "; /help lists them")


def _hit_line(hit: Hit) -> str:
    return f"  found     {hit.passage.id}  {hit.score:.2f}  {_first_words(hit.passage.text)}"


def _first_words(text: str, most: int = 12) -> str:
    words = text.split()
    return " ".join(words[:most]) + (" ..." if len(words) > most else "")


def _call_words(call: ToolCall) -> str:
    inside = ", ".join(f"{name}={json.dumps(v, ensure_ascii=False)}" for name, v in call.arguments.items())
    return f"{call.name}({inside})"


def _words(values: Mapping[str, Any]) -> str:
    return " | ".join(f"{name} {value}" for name, value in values.items())
