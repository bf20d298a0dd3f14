"""One fault planted in a good project a row: the error must name file, line, field and the way out."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import pytest

import demeanor
from demeanor.agent import load_agent
from demeanor.data.check import Problem, check_project
from demeanor.dialogue import read_dialogues
from demeanor.errors import ConfigError, DemeanorError, DialogueError
from demeanor.project import ProjectFolder
from demeanor.runtime.knowledge import read_passages
from demeanor.runtime.tools import fresh_world
from demeanor.runtime.workspace import Workspace
from demeanor.simulation.wording.project import Wording

QUESTION = "- {id: a, asks: {neutral: [b?]}}\n"
RIGHT = "cancellation#free-cancellation"
WRONG = "cancellation#free-cancelation"
HOTEL = Path(demeanor.__file__).parent / "templates" / "hotel"


@dataclass(frozen=True)
class Fault:
    """`old` is replaced by `new` in `file` (empty `old`: `new` is the whole file).

    What the error must then say: `says` is a part of its text, `at` a part of the line that it names ("" for
    none), `field` a part of the field.
    """

    name: str
    file: str
    old: str
    new: str
    says: str
    at: str = ""
    field: str | None = None


AGENT = [
    Fault("unknown field", "agent.yaml", "voice:\n", "vioce:\n", "did you mean 'voice'", "vioce:", "vioce"),
    Fault(
        "unknown voice field",
        "agent.yaml",
        "max_words: 60",
        "max_word: 60",
        "did you mean 'max_words'",
        "max_word:",
        "voice.max_word",
    ),
    Fault(
        "wrong type",
        "agent.yaml",
        "max_words: 60",
        "max_words: sixty",
        "whole number",
        "max_words",
        "voice.max_words",
    ),
    Fault("missing field", "agent.yaml", "persona: You", "# persona: You", "add `persona:`"),
    Fault(
        "unknown slot type",
        "agent.yaml",
        "type: people",
        "type: peopel",
        "did you mean 'people'",
        "type: peopel",
        "guests.type",
    ),
    Fault(
        "unknown slot in a step",
        "agent.yaml",
        "- ask: guests",
        "- ask: gests",
        "did you mean 'guests'",
        "- ask: gests",
        "steps.2",
    ),
    Fault(
        "unknown slot in otherwise",
        "agent.yaml",
        "otherwise: reference",
        "otherwise: ref",
        "reference",
        "- present: find",
        "steps",
    ),
    Fault(
        "bad regex",
        "agent.yaml",
        "SV-[0-9]{4}",
        "SV-[0-9{4}",
        "not a regular expression",
        "pattern:",
        "reference.pattern",
    ),
    Fault(
        "after no date",
        "agent.yaml",
        "after: check_in",
        "after: guests",
        "allowed: check_in",
        "after: guests",
        "check_out.after",
    ),
    Fault(
        "two kinds in a step",
        "agent.yaml",
        "- ask: guests",
        "- {ask: guests, invite: offer}",
        "exactly one thing",
        "- {ask",
        "steps.2",
    ),
    Fault(
        "unknown kind of step",
        "agent.yaml",
        "- ask: guests",
        "- aks: guests",
        "did you mean 'ask'",
        "- aks",
        "aks",
    ),
    Fault(
        "confirm without call",
        "agent.yaml",
        "      - call: cancel_booking\n",
        "",
        "add `- call: cancel_booking`",
        "- confirm: cancel",
        "steps",
    ),
    Fault(
        "tab indentation",
        "agent.yaml",
        "  max_words: 60",
        "\tmax_words: 60",
        "check indentation",
        "\tmax_words",
    ),
    Fault("a step without a name", "agent.yaml", "- ask: guests", "- ask", "ask: NAME", "- ask\n", "steps.2"),
    Fault(
        "bad condition",
        "agent.yaml",
        "- ask: guests",
        "- {ask: guests, when: known guests}",
        "SLOT is VALUE",
        "- {ask",
        "when",
    ),
    Fault(
        "code without pattern",
        "agent.yaml",
        'pattern: "SV-[0-9]{4}"',
        "optional: false",
        "pattern: 'AB-",
        "reference:",
        "reference",
    ),
    Fault(
        "option of nothing",
        "agent.yaml",
        "of: search_rooms.offer",
        "of: search_rooms",
        "of: search_rooms.offer",
        "of: search",
        "offer.of",
    ),
    Fault("an empty file", "agent.yaml", "", "", "expected a mapping"),
    Fault(
        "a cue that is no regex",
        "agent.yaml",
        "cues: [name]",
        'cues: [name, "na(me"]',
        "not a regular expression",
        '"na(me"',
        "guest_name.cues.1",
    ),
    Fault(
        "optional that is text",
        "agent.yaml",
        "optional: true",
        'optional: "no"',
        "write false",
        'optional: "no"',
        "view.optional",
    ),
    Fault("min above max", "agent.yaml", "min: 1", "min: 7", "up to max, 6", "min: 7", "guests.min"),
    Fault(
        "after itself",
        "agent.yaml",
        "after: check_in",
        "after: check_out",
        "cannot come after itself",
        "after: check_out",
        "check_out.after",
    ),
    Fault(
        "choices of a number",
        "agent.yaml",
        "min: 1",
        "choices: [one, two]",
        "type people has no such field",
        "choices: [one",
        "guests.choices",
    ),
    Fault(
        "a key twice",
        "agent.yaml",
        "  max_words: 60",
        "  max_words: 60\n  max_words: 90",
        "stands twice",
        "max_words: 90",
        "voice.max_words",
    ),
    Fault(
        "a call of two tools",
        "agent.yaml",
        "- call: search_rooms",
        "- call: [search_rooms, book_room]",
        "takes one name",
        "- call: [",
        "steps.4.call",
    ),
    Fault(
        "otherwise of a question",
        "agent.yaml",
        "- ask: guests",
        "- {ask: guests, otherwise: check_in}",
        "put it on the `present:` step",
        "- {ask: guests",
        "steps.2.otherwise",
    ),
    Fault(
        "acknowledge with a name",
        "agent.yaml",
        "- acknowledge",
        "- acknowledge: guests",
        "takes no name",
        "- acknowledge: guests",
        "acknowledge",
    ),
    Fault(
        "invite of no option",
        "agent.yaml",
        "- invite: offer",
        "- invite: hotel",
        "allowed: offer",
        "- invite: hotel",
        "steps.6.invite",
    ),
    Fault(
        "traits that are no list",
        "agent.yaml",
        "traits: [warm, professional, slightly eager to help]",
        "traits: warm",
        "expected a list of text",
        "traits: warm",
        "voice.traits",
    ),
    Fault(
        "an anchor that holds itself",
        "agent.yaml",
        "traits: [warm, professional, slightly eager to help]",
        "traits: &t [warm, *t]",
        "holds itself",
        "&t",
        "voice.traits",
    ),
]
TOOLS = [
    Fault("syntax error", "tools.py", "def search_rooms(", "def search_rooms((", "not valid Python", "MANY"),
    Fault(
        "raises when loaded",
        "tools.py",
        "from typing import Any\n",
        "from typing import Any\n\nX = 3 / 0\n",
        "ZeroDivisionError",
        "3 / 0",
    ),
    Fault(
        "no hint",
        "tools.py",
        "guests: int,\n    room_type",
        "guests,\n    room_type",
        "no type hint",
        "def search_rooms",
        "search_rooms.guests",
    ),
    Fault(
        "hint against the slot",
        "tools.py",
        "guests: int,\n    room_type",
        "guests: str,\n    room_type",
        "allowed: int",
        "def search_rooms",
        "guests",
    ),
    Fault(
        "documents no parameter",
        "tools.py",
        "        guests: number of guests\n",
        "        gests: number\n",
        "did you mean 'guests'",
        "def search_rooms",
        "gests",
    ),
]
OTHERS = [
    Fault("an empty page", "knowledge/pets.md", "", " \n", "write the policy here", "FIRST"),
    Fault(
        "a heading without text",
        "knowledge/new.md",
        "",
        "# New\n\n## One\n\n## Two\n\nText.\n",
        "heading without text",
        "## One",
    ),
    Fault(
        "the same heading twice",
        "knowledge/new.md",
        "",
        "# New\n\n## One\n\na\n\n## One\n\nb\n",
        "different headings",
        "LAST ## One",
    ),
    Fault("a page that is not UTF-8", "knowledge/new.md", "", "# New\n\ncaf\udce9\n", "save it as UTF-8", "caf"),
    Fault(
        "wording with an unknown slot",
        "wording/user.yaml",
        "",
        "affirm:\n  neutral: ['Yes, {colour}']\n",
        "allowed: check_in",
        "",
        "affirm.neutral",
    ),
    Fault(
        "wording that is no list",
        "wording/agent.yaml",
        "",
        "greet: Hello\n",
        "list of sentences",
        "",
        "greet",
    ),
    Fault(
        "a question without asks",
        "wording/questions.yaml",
        "",
        QUESTION + "- id: c\n",
        "add `asks:`",
        "- id: c",
    ),
    Fault(
        "an id of a question twice",
        "wording/questions.yaml",
        "",
        QUESTION + QUESTION,
        "stands twice",
        "LAST id: a",
        "id",
    ),
    Fault(
        "a part that no value has",
        "wording/user.yaml",
        "",
        "values:\n  check_in: ['the {check_in.dya}']\n",
        "did you mean 'check_in.day'",
        "check_in:",
        "values.check_in.0",
    ),
    Fault(
        "values that are no mapping",
        "wording/user.yaml",
        "",
        "values: [a, b]\n",
        "expected a mapping",
        "values:",
        "values",
    ),
    Fault(
        "a line that is none", "wording/user.yaml", "", "affirm: [Sure, ~]\n", "put it in quotes", "affirm:", "affirm.1"
    ),
    Fault("a key with a typo", "wording/user.yaml", "", "afirm: [Sure]\n", "did you mean 'affirm'", "afirm:", "afirm"),
    Fault("an act with a typo", "wording/agent.yaml", "", "gret: [Hi]\n", "did you mean 'greet'", "gret:", "gret"),
    Fault("wording that is not YAML", "wording/user.yaml", "", "affirm: [Yes\n", "check indentation", "EOF"),
    Fault(
        "seed with an error",
        "world/seed.sql",
        "INSERT INTO hotels (id, name)",
        "INSERT INTO hotles (id, name)",
        "no such table: hotles",
        "hotles",
    ),
    Fault(
        "seed against the schema",
        "world/seed.sql",
        "('standard', 2)",
        "(NULL, 'two', 3)",
        "same number of terms",
        "INSERT INTO capacities",
    ),
    Fault(
        "schema with an error",
        "world/schema.sql",
        "CREATE TABLE hotels (",
        "CREATE TABEL hotels (",
        "syntax error",
        "TABEL",
    ),
    Fault("no seed", "world/seed.sql", "", "DELETE", "an empty file will do"),
]


def line(*messages: dict[str, Any]) -> str:
    return json.dumps({"id": "a", "messages": messages}) + "\n"


def calling(**function: str) -> dict[str, Any]:
    return {"role": "assistant", "tool_calls": [{"id": "c", "function": {"name": "f", **function}}]}


LOST = line({"role": "user", "content": "a"}, {"role": "tool", "content": "b", "tool_call_id": "c"})
BOT = line({"role": "bot", "content": "a"})
FILE = "dialogues/a.jsonl"
DIALOGUES = [
    Fault("not JSON", FILE, "", '{"id": "a", "messages": [}\n', "one JSON object a line", "FIRST"),
    Fault("a result without a call", FILE, "", "\n" + LOST, "without a call", "role", "messages[1]"),
    Fault("a call without a result", FILE, "", line(calling()), "has no result", "role", "messages"),
    Fault("an unknown role", FILE, "", BOT, "allowed: user, assistant, tool", "role", "messages[0].role"),
    Fault(
        "metadata that is text",
        FILE,
        "",
        '{"messages": [{"role": "user", "content": "a"}], "metadata": "b"}\n',
        "must be an object",
        "role",
        "metadata",
    ),
    Fault(
        "calls that are no list",
        FILE,
        "",
        line({"role": "assistant", "tool_calls": {"id": "c"}}),
        "must be a list",
        "role",
        "messages[0].tool_calls",
    ),
    Fault(
        "a call that is no object",
        FILE,
        "",
        line({"role": "assistant", "tool_calls": ["c"]}),
        "must be an object",
        "role",
        "messages[0].tool_calls[0]",
    ),
    Fault(
        "two calls with one id",
        FILE,
        "",
        line({"role": "assistant", "tool_calls": calling()["tool_calls"] * 2}),
        "the same id",
        "role",
        "messages[0].tool_calls[1].id",
    ),
    Fault("broken arguments", FILE, "", line(calling(arguments="{a")), "not JSON", "role", "arguments"),
]
READ_ALONE = [*AGENT, *TOOLS, *OTHERS, *DIALOGUES]

# Right for every file alone, and wrong beside the others: only the check of the whole project sees it.
TOGETHER = [
    Fault(
        "a step calls no tool",
        "agent.yaml",
        "- call: search_rooms",
        "- call: find_rooms",
        "did you mean",
        "- call: find_rooms",
        "steps.4",
    ),
    Fault(
        "a result before its call",
        "agent.yaml",
        "      - call: find_booking\n",
        "",
        "`- call: find_booking`",
        "- present: find",
        "steps.2",
    ),
    Fault(
        "an argument nobody asks for",
        "agent.yaml",
        "      - ask: room_type\n",
        "",
        "`- ask: room_type`",
        "- call: search",
        "steps.3",
    ),
    Fault(
        "options of no tool",
        "agent.yaml",
        "of: search_rooms.offer",
        "of: search_room.offer",
        "did you mean 'search_rooms'",
        "of: search_room.",
        "offer.of",
    ),
    Fault(
        "SQL with an unknown column",
        "agent.yaml",
        "WHERE reference = :reference",
        "WHERE ref = :reference",
        "no such column: ref",
        "done: SELECT",
        "done",
    ),
    Fault(
        "SQL with an unknown parameter",
        "agent.yaml",
        "WHERE reference = :reference",
        "WHERE reference = :booking",
        "allowed: check_in",
        "done: SELECT",
        "done",
    ),
    Fault(
        "no folder of pages",
        "agent.yaml",
        "knowledge: knowledge",
        "knowledge: pages",
        "create it",
        "",
        "knowledge",
    ),
    Fault(
        "a question about no page",
        "wording/questions.yaml",
        f"passage: {RIGHT}",
        f"passage: {WRONG}",
        f"near: {RIGHT}",
        f"passage: {WRONG}",
        "passage",
    ),
]


@pytest.fixture
def project(tmp_path: Path) -> ProjectFolder:
    """The hotel with the first of its dialogues: thousands more would only be read again for every fault."""
    shutil.copytree(HOTEL, tmp_path / "hotel", ignore=shutil.ignore_patterns("__pycache__"))
    project = ProjectFolder(tmp_path / "hotel")
    for file in project.dialogues_path.glob("*.jsonl"):
        file.write_bytes(b"".join(file.read_bytes().splitlines(keepends=True)[:40]))
    return project


def plant(project: ProjectFolder, fault: Fault) -> None:
    path = project.root / fault.file
    path.parent.mkdir(exist_ok=True)
    text = fault.new
    if fault.old:
        before = path.read_text(encoding="utf-8")
        assert fault.old in before, f"the template no longer has {fault.old!r}"
        text = before.replace(fault.old, fault.new, 1)
    if text == "DELETE":
        path.unlink()
    else:
        path.write_bytes(text.encode("utf-8", "surrogateescape"))


def line_of(project: ProjectFolder, fault: Fault) -> int | None:
    """The line that the error must name; None where there is no line to name."""
    if fault.at in ("", "FIRST"):
        return 1 if fault.at else None
    data = (project.root / fault.file).read_bytes().decode("utf-8", "surrogateescape")
    lines = data.splitlines(keepends=True)
    wanted = fault.at.removeprefix("LAST ")
    found = [number for number, line in enumerate(lines, 1) if wanted in line]
    if fault.at == "EOF":
        return len(lines) + 1
    return found[-1 if fault.at.startswith("LAST ") else 0] if found else None


def read(project: ProjectFolder, file: str) -> None:
    """Read a file the way a command does."""
    if file.startswith("dialogues"):
        list(read_dialogues(project.root / file))
    elif file.startswith("knowledge"):
        read_passages(project.knowledge_path)
    elif file.startswith("world"):
        fresh_world(project.schema_path, project.seed_path, "", date(2026, 6, 8))
    elif file == "agent.yaml":
        load_agent(project.agent_path)
    else:
        space = Workspace.load(project)
        readers: dict[str, Callable[[], Any]] = {
            "wording/user.yaml": Wording(space).users,
            "wording/agent.yaml": lambda: Wording(space).agent,
            "wording/questions.yaml": Wording(space).questions,
        }
        if file in readers:
            readers[file]()


def ids(fault: Fault) -> str:
    return fault.name.replace(" ", "-")


@pytest.mark.parametrize("fault", READ_ALONE, ids=ids)
def test_the_reader_names_the_place_and_the_way_out(project: ProjectFolder, fault: Fault) -> None:
    plant(project, fault)
    with pytest.raises(DemeanorError) as caught:
        read(project, fault.file)
    error = caught.value
    assert isinstance(error, DialogueError if fault.file.startswith("dialogues") else ConfigError)
    assert error.file == str(project.root / fault.file)
    assert fault.says in str(error)
    assert fault.field is None or fault.field in str(error.field)
    if fault.at and fault.at != "MANY":
        assert error.line == line_of(project, fault)


@pytest.mark.parametrize("fault", [*READ_ALONE, *TOGETHER], ids=ids)
def test_the_check_names_it_as_well(project: ProjectFolder, fault: Fault) -> None:
    plant(project, fault)
    found = [p for p in check_project(project).problems if p.where.file == fault.file and fault.says in str(p)]
    assert found, [str(p) for p in check_project(project).problems]
    problem = found[0]
    assert fault.field is None or fault.field in str(problem.where.field)
    if fault.at and fault.at != "MANY":
        assert problem.where.line == line_of(project, fault)


def test_the_check_finds_faults_of_every_file_at_once(project: ProjectFolder) -> None:
    faults = [fault for fault in (*OTHERS, *DIALOGUES) if fault.name != "no seed"]
    one_a_file = {fault.file: fault for fault in reversed(faults)}
    one_a_file["tools.py"] = TOOLS[1]
    one_a_file.pop("world/schema.sql")  # a broken schema hides its seed, and nothing else
    for fault in one_a_file.values():
        plant(project, fault)
    problems: list[Problem] = check_project(project).problems
    assert {p.where.file for p in problems if p.severity == "error"} >= set(one_a_file)


def test_every_broken_page_is_named(project: ProjectFolder) -> None:
    for name in ("pets", "parking"):
        (project.knowledge_path / f"{name}.md").write_text("\n", encoding="utf-8")
    files = [p.where.file for p in check_project(project).errors if p.check == "pages"]
    assert files == ["knowledge/parking.md", "knowledge/pets.md"]


def test_a_broken_agent_does_not_hide_the_rest(project: ProjectFolder) -> None:
    plant(project, AGENT[0])
    plant(project, TOOLS[1])
    plant(project, OTHERS[0])
    files = [p.where.file for p in check_project(project).errors]
    assert files == ["agent.yaml", "tools.py", "knowledge/pets.md"]


UNFORESEEN = [
    ("wording/user.yaml", "values: [a, b]\n"),
    ("wording/user.yaml", "inform: [a]\n"),
    ("wording/user.yaml", "values: {guests: 3}\n"),
    ("wording/questions.yaml", "- {id: a, asks: {neutral: 3}}\n"),
    ("wording/questions.yaml", "- {id: a, passage: [b], asks: {neutral: [c]}}\n"),
    ("scenarios/exam/a.yaml", "- {id: a, habit: [b]}\n- 3\n"),
    ("scenarios/exam/a.yaml", "a: &a [*a]\n"),
    ("agent.yaml", "name: &a [*a]\n"),
    ("tools.py", "import sys\nsys.exit(3)\n"),
]


@pytest.mark.parametrize(("file", "text"), UNFORESEEN)
def test_the_check_itself_never_breaks(project: ProjectFolder, file: str, text: str) -> None:
    path = project.root / file
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    assert file in {p.where.file for p in check_project(project).errors}
