"""The sandbox: talk to the agent, see what it looked up, take turns back, say what it should have said.

It runs the same turn as evaluation and server (`conversation.run_turn`) on a private world. Before every turn
the world's database is copied, so that taking a turn back takes back what its tools wrote; Ctrl-C while the
agent works does the same. A transcript is on disk before its reply is shown, and a flagged reply is a
dialogue to learn from: the history as context, the right words as the one trained message.

Commands live in `COMMANDS`, one line each; the method of the same name on `Sandbox` is the command.
"""

from __future__ import annotations

import difflib
import json
import secrets
import sqlite3
import sys
import traceback
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, ExitStack, contextmanager, nullcontext, suppress
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime
from functools import wraps
from pathlib import Path
from typing import IO, Any

from demeanor.conversation import MAX_CALLS, CallRecord, Conversation, run_turn
from demeanor.dialogue import Dialogue, Message, ToolCall, dump_dialogues
from demeanor.errors import DemeanorError, DialogueError, RunError
from demeanor.knowledge import Hit
from demeanor.models.model import Model
from demeanor.project import Project, write_atomic
from demeanor.prompt import CALL_OPEN
from demeanor.tools import Tool, ToolRefused, World
from demeanor.workspace import Workspace

try:
    import fcntl
except ImportError:  # Windows: two chats that flag at the same moment are not kept apart there
    fcntl = None  # type: ignore[assignment]

TRANSCRIPTS = "transcripts.jsonl"
FLAGS = Path("corrections") / "flags.jsonl"
COMMANDS = {
    "/undo": "take back the last turn, and what its tools wrote",
    "/flag": "TEXT: the last reply should have said TEXT; kept as a dialogue to learn from",
    "/world": "the tables of the world, with what this conversation changed",
    "/passages": "TEXT: what retrieval finds for it",
    "/context": "exactly what the model reads",
    "/trace": "where the last broken tool broke",
    "/restart": "a new conversation in a fresh world",
    "/help": "this list",
    "/quit": "leave (so do Ctrl-C and Ctrl-D)",
}
DIM, LOUD, WRONG = "dim", "bold", "red"
RESULT_LIMIT = 600  # characters of a tool's result that are shown; /context shows all
ROWS = 5  # rows of a table that are shown


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
    max_new_tokens: int = 200,
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
        max_new_tokens: limit of one reply.

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
            run = stack.enter_context(workspace.project.new_run("chat", inputs, parents=parents))
            name, record = run.id, run.path / TRANSCRIPTS
        kept = Transcripts(record)
        sandbox = Sandbox(workspace, model, today, kept, screen, name, show, system, max_new_tokens)
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
    project, agent = workspace.project, workspace.agent
    paths = (project.agent_path, project.root / agent.tools, project.root / agent.knowledge)
    found = project.hash_inputs(*paths, project.schema_path, project.seed_path)
    prints = {f"model.{key}": value for key, value in model.fingerprint.items()}
    return found | prints | {"today": today.isoformat()}


# --- the screen ---------------------------------------------------------------------------------------------


class Screen:
    """Where lines come from and go to: colours, prompt, line editing on a terminal, bare text elsewhere."""

    def __init__(self, source: IO[str], out: IO[str], agent: str) -> None:
        self.source, self.out, self.agent = source, out, agent
        self.asks = source.isatty()
        self._console: Any = None
        if out.isatty():
            from rich.console import Console

            self._console = Console(file=out, highlight=False)
        if self.asks:
            with suppress(ImportError):
                import readline  # noqa: F401 - its import gives input() history and editing

    def line(self, text: str = "", style: str = "") -> None:
        """Print one text. It may be a model's or a tool's: an escape character in it has no power."""
        text = _writable(text)
        if self._console is None:
            self.out.write(text + "\n")
            self.out.flush()
            return
        from rich.text import Text

        self._console.print(Text(text.replace("\x1b", "\N{SYMBOL FOR ESCAPE}"), style=style))

    def say(self, text: str) -> None:
        """Print what the agent says."""
        if self._console is None:
            self.line(text)
        else:
            self.line(f"{self.agent}: {text}", LOUD)

    def ask(self) -> str | None:
        """The user's next line, None when there is none (end of input, Ctrl-C or Ctrl-D)."""
        try:
            line = self._read()
        except (EOFError, KeyboardInterrupt):
            line = ""
        if line:
            return _writable(line.rstrip("\r\n"))
        if self.asks:
            self.line()  # the prompt's line is still open
        return None

    def _read(self) -> str:
        if self.asks and self.source is sys.stdin and self.out is sys.stdout:
            return input("you: ") + "\n"
        if self.asks:
            self.out.write("you: ")
            self.out.flush()
        return self.source.readline()

    def busy(self) -> AbstractContextManager[Any]:
        """Shows, on a terminal, that the agent is at work."""
        if self._console is None:
            return nullcontext()
        words = f"{self.agent} is at work (Ctrl-C takes the turn back)"
        shown: AbstractContextManager[Any] = self._console.status(words)
        return shown


def _writable(text: str) -> str:
    """Text that any UTF-8 file can take: half characters become question marks."""
    return text.encode(errors="replace").decode()


# --- what is kept -------------------------------------------------------------------------------------------


class Transcripts:
    """The conversations of one chat in one file, written whole at every change."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._before = _lines_of(path) if path.is_file() else b""
        self._dialogues: dict[str, Dialogue] = {}

    def keep(self, dialogue: Dialogue) -> None:
        """Write a conversation as it stands now; one without messages is no dialogue and disappears.

        Raises:
            RunError: it cannot be written.
        """
        self._dialogues.pop(dialogue.id, None)
        if dialogue.messages:
            self._dialogues[dialogue.id] = dialogue
        write_atomic(self.path, self._before + _bytes(self._dialogues.values()))

    def __len__(self) -> int:
        return len(self._dialogues)


def add_flag(project: Project, dialogue: Dialogue) -> Path:
    """Add a corrected dialogue to the project's `corrections/flags.jsonl`, whole or not at all.

    Raises:
        RunError: it cannot be written.
    """
    path = project.root / FLAGS
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with _locked(path.with_name(f".{path.name}.lock")):
            before = _lines_of(path) if path.is_file() else b""
            write_atomic(path, before + _bytes([dialogue]))
    except OSError as error:
        raise RunError(f"cannot write: {error.strerror or error}", file=path) from error
    return path


def _bytes(dialogues: Iterable[Dialogue]) -> bytes:
    return dump_dialogues(dialogues).encode(errors="replace")


def _lines_of(path: Path) -> bytes:
    """What a JSONL file holds, ending with a line's end."""
    data = path.read_bytes()
    return data if not data or data.endswith(b"\n") else data + b"\n"


@contextmanager
def _locked(path: Path) -> Iterator[None]:
    """Alone with a file, as against other chats that flag into it."""
    with path.open("ab") as stream:
        if fcntl is not None:
            fcntl.flock(stream, fcntl.LOCK_EX)
        yield


# --- the sandbox --------------------------------------------------------------------------------------------


@dataclass
class Fault:
    """Where a tool broke: `where` in a line, `trace` the whole Python traceback."""

    where: str
    trace: str


@dataclass(frozen=True)
class Before:
    """What a turn is taken back to: the number of messages and of dropped calls, and the database."""

    messages: int
    dropped: int
    world: bytes


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
    max_new_tokens: int = 200
    counts: Counter[str] = field(default_factory=Counter)

    def __post_init__(self) -> None:
        self._renderer = self.workspace.renderer(self.model.tokenizer, self.system)
        self._faults: list[Fault] = []
        self._tools = {name: _watched(tool, self._faults) for name, tool in self.workspace.tools.items()}
        self._number = 0
        self._start()

    def _start(self) -> None:
        """A new conversation in a fresh world."""
        self._number += 1
        world = self.workspace.new_world(self.today)
        agent, id = self.workspace.agent, f"{self.name}-{self._number}"
        self.conversation = Conversation(agent, self._renderer, self._tools, world, id)
        self._faults.clear()
        self._befores: list[Before] = []
        self._taken_back: list[dict[str, Any]] = []
        self._first = world.db.serialize()

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
        self.model.forget([self.conversation.id])
        self.conversation.world.db.close()
        self._start()
        self.screen.line("a new conversation, in a fresh world", DIM)

    # --- a turn, and back

    def say(self, text: str) -> None:
        """One turn. Ctrl-C, or a model that fails, takes it back."""
        talk = self.conversation
        self._befores.append(Before(len(talk.messages), len(talk.dropped), self._image()))
        self._faults.clear()
        try:
            with self.screen.busy():
                talk.user(text, self.workspace.search([text])[0])
                run_turn([talk], self.model, max_new_tokens=self.max_new_tokens)
        except KeyboardInterrupt:
            self._take_back("cancelled", text)
            self.screen.line("(cancelled; the turn is taken back)", DIM)
            return
        except BaseException:
            self._take_back("failed", text)
            raise
        self.counts["turns"] += 1
        try:
            self._keep()
        finally:
            self._show_turn(self._befores[-1].messages)

    def undo(self, rest: str = "") -> None:
        if not self._befores:
            self.screen.line("there is no turn to take back", WRONG)
            return
        said = self.conversation.messages[self._befores[-1].messages].content
        self._take_back("undo", said)
        self.screen.line(f"taken back: {_first_words(said)}", DIM)

    def _take_back(self, why: str, said: str) -> None:
        """Messages, calls and world become what they were before the last turn; the transcript remembers."""
        before, talk = self._befores.pop(), self.conversation
        gone = talk.messages[before.messages :]
        if gone:
            talk.undo()
        del talk.dropped[before.dropped :]
        _restore(talk.world, before.world)
        if why != "undo":
            self.model.forget([talk.id])  # what it kept may be half computed
        self.counts[why] += 1
        self._taken_back.append(
            {"why": why, "at": before.messages, "said": said, "messages": [m.to_json() for m in gone]}
        )
        self._keep()

    def _image(self) -> bytes:
        """The database as bytes; the last copy again where a turn wrote nothing, so copies do not pile up."""
        image = self.conversation.world.db.serialize()
        last = self._befores[-1].world if self._befores else self._first
        return last if image == last else image

    def _keep(self) -> None:
        talk = self.conversation
        metadata = self._metadata(len(talk.messages))
        if self._taken_back:
            metadata["taken_back"] = self._taken_back
        self.transcripts.keep(Dialogue(talk.id, tuple(talk.messages), metadata))

    def _metadata(self, end: int) -> dict[str, Any]:
        """What is known about the messages before `end`."""
        return {
            "source": "chat",
            "today": self.today.isoformat(),
            "model": {"name": self.model.name, **self.model.fingerprint},
            "passages": {
                str(index): [{"id": hit.passage.id, "sha256": hit.passage.sha256} for hit in hits]
                for index, hits in self.conversation.hits.items()
                if hits and index < end
            },
        }

    # --- what a turn did

    def _show_turn(self, start: int) -> None:
        talk = self.conversation
        records = {record.message: record for record in talk.calls}
        faults = iter(list(self._faults))
        for index, message in enumerate(talk.messages[start:], start):
            if message.role == "user" and self.show:
                for hit in talk.hits.get(index, ()):
                    self.screen.line(_hit_line(hit), DIM)
            elif message.role == "assistant":
                self._show_reply(message)
                if index in records:
                    self._show_call(records[index], faults)
        for call in talk.dropped[self._befores[-1].dropped :]:
            self.screen.line(f"  not run   {_call_words(call)}: one call a message", DIM)
        if talk.messages[-1].role == "tool":
            self.screen.line(f"(no answer: the turn ended after {MAX_CALLS} calls)", DIM)

    def _show_reply(self, message: Message) -> None:
        if message.note and self.show:
            self.screen.line(f"  heard     {message.note}", DIM)
        if message.content:
            self.screen.say(message.content)
        elif not message.calls:
            self.screen.line("(the agent said nothing)", DIM)
        if message.cut:
            self.screen.line(f"(cut off after {self.max_new_tokens} tokens)", DIM)

    def _show_call(self, record: CallRecord, faults: Iterator[Fault]) -> None:
        if self.show:
            self.screen.line(f"  call      {_call_words(record.call)}", DIM)
            if record.values and record.values != record.call.arguments:
                self.screen.line(f"  meaning   {_words(record.values)}", DIM)
            result = json.dumps(record.result, ensure_ascii=False)
            more = " ... (/context shows all)" if len(result) > RESULT_LIMIT else ""
            self.screen.line(f"  result    {result[:RESULT_LIMIT]}{more}", DIM)
        if record.failed:
            fault = next(faults, None)
            where = f"{fault.where}   (/trace shows all)" if fault else "its transaction could not be kept"
            self.screen.line(f"  {record.call.name} broke: {where}", WRONG)

    # --- looking inside

    def trace(self, rest: str = "") -> None:
        if self._faults:
            self.screen.line(self._faults[-1].trace.rstrip())
        else:
            self.screen.line("no tool broke in the last turn", DIM)

    def context(self, rest: str = "") -> None:
        messages = self.conversation.messages
        if not messages:
            self.screen.line(self._renderer.system)
            self.screen.line("(the system text; nothing has been said yet)", DIM)
            return
        self.screen.line("".join(segment.text for segment in self._renderer.segments(messages)))
        tokens = len(self._renderer.render(messages).ids)
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
        now, first = _tables(self.conversation.world.db.serialize()), _tables(self._first)
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

    def flag(self, rest: str) -> None:
        """Keep what the last reply should have said.

        Raises:
            DialogueError: there is nothing to correct, or no words to correct it with.
        """
        talk = self.conversation
        replies = [k for k, message in enumerate(talk.messages) if message.role == "assistant"]
        if not replies:
            raise DialogueError("there is no reply to flag yet")
        if not rest:
            raise DialogueError("say what the reply should have been", fix="/flag TEXT")
        if CALL_OPEN in rest:
            raise DialogueError("a flag corrects words; a call would need a result, too", found=rest)
        self.counts["flags"] += 1
        path = add_flag(self.workspace.project, self._corrected(replies[-1], rest))
        self.screen.line(f"flagged; kept in {self._short(path)}", DIM)

    def _corrected(self, index: int, right: str) -> Dialogue:
        """The history up to message `index` as context, and the right words in its place, trained."""
        talk = self.conversation
        history = [replace(m, weight=0) if m.role == "assistant" else m for m in talk.messages[:index]]
        lineage = {"of": talk.id, "message": index, "said": talk.messages[index].content}
        if talk.messages[index].calls:
            lineage["called"] = [_call_words(call) for call in talk.messages[index].calls]
        metadata = self._metadata(index) | {"lineage": lineage}
        name = f"{talk.id}-flag-{self.counts['flags']}"
        return Dialogue(name, (*history, Message("assistant", right, note=talk.messages[index].note)), metadata)

    def _short(self, path: Path) -> str:
        here = Path.cwd()
        return str(path.relative_to(here) if path.is_relative_to(here) else path)


def _unknown(name: str) -> str:
    near = [known for known in COMMANDS if len(name) > 1 and known.startswith(name)]
    near = near or difflib.get_close_matches(name, COMMANDS, n=1, cutoff=0.5)
    return f"there is no command {name}" + (f"; did you mean {near[0]}?" if near else "; /help lists them")


# --- tools and worlds, watched ------------------------------------------------------------------------------


def _watched(tool: Tool, faults: list[Fault]) -> Tool:
    """The same tool; where it breaks, the place is noted, which the model must not read and a person must."""

    @wraps(tool.function)
    def function(*args: Any, **values: Any) -> Any:
        try:
            content = tool.function(*args, **values)
            if not isinstance(content, dict):
                raise TypeError(f"it returned {type(content).__name__}; a tool returns a dict")
            json.dumps(content)
            return content
        except ToolRefused:
            raise
        except Exception as error:
            faults.append(Fault(_place(tool, error), traceback.format_exc()))
            raise

    return replace(tool, function=function)


def _place(tool: Tool, error: Exception) -> str:
    """The last line of the user's own file that took part: there the mending begins."""
    file = tool.function.__code__.co_filename
    lines = [row.lineno for row in traceback.extract_tb(error.__traceback__) if row.filename == file]
    line = lines[-1] if lines else tool.function.__code__.co_firstlineno
    return f"{Path(file).name}:{line}: {type(error).__name__}: {error}"


def _restore(world: World, image: bytes) -> None:
    """Give the world the database of `image`.

    A new connection takes the old one's place: filling the old one anew crashes where a cursor was left open.
    """
    old = world.db
    db = _open(image)
    db.execute(f"PRAGMA foreign_keys = {old.execute('PRAGMA foreign_keys').fetchone()[0]}")
    db.row_factory = old.row_factory
    world.db = db
    old.close()


def _open(image: bytes) -> sqlite3.Connection:
    db = sqlite3.connect(":memory:", check_same_thread=False)
    db.deserialize(image)
    return db


def _tables(image: bytes) -> dict[str, list[tuple[tuple[str, Any], ...]]]:
    """Every table with its rows as (column, value) pairs, read from a copy: no tool's settings interfere."""
    db = _open(image)
    named = "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%'"
    found = {}
    for (name,) in db.execute(named).fetchall():
        quoted = name.replace('"', '""')
        cursor = db.execute(f'SELECT * FROM "{quoted}"')
        columns = [column[0] for column in cursor.description]
        found[name] = [tuple(zip(columns, row, strict=True)) for row in cursor]
    db.close()
    return found


# --- words --------------------------------------------------------------------------------------------------


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
