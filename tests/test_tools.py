"""Tools against a real SQLite database: what is loaded, refused and undone, with faults planted."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path

import pytest

from demeanor.agent.slots import Slot
from demeanor.errors import ConfigError
from demeanor.runtime.tools import Tool, World, call_tool, fresh_world, load_tools

TODAY = date(2026, 6, 8)
SLOTS = {
    "check_in": Slot("check_in", "date", begins=True),
    "check_out": Slot("check_out", "date", after="check_in"),
    "guests": Slot("guests", "people", min=1, max=6),
    "view": Slot("view", "choice", optional=True, choices={"sea": (), "garden": ()}),
}
TOOLS = '''
from __future__ import annotations
from dataclasses import dataclass
from datetime import date
from typing import Any, Literal
from demeanor.runtime.tools import ToolRefused, World

@dataclass
class Note:
    text: str

def helper(text: str) -> str:
    return text

def stay(world: World, check_out: date, check_in: date, guests: int = 2, view: str | None = None) -> Any:
    """Say the stay back.

    Args:
        check_out: day of departure
        check_in (date): day of arrival,
            as the guest said it
        guests: how many
    """
    return {"nights": (check_out - check_in).days, "guests": guests, "view": view, "today": str(world.today)}

def write(world: World, text: str, fate: Literal["keep", "refuse", "break", "list", "odd"]) -> Any:
    """Write a row, then meet the fate."""
    world.sql("INSERT INTO notes (text) VALUES (:text)", text=text)
    if fate == "refuse":
        raise ToolRefused("No, on purpose.")
    if fate == "break":
        raise RuntimeError("password=hunter2")
    return {"keep": {"text": text}, "list": [text], "odd": {"world": world}}[fate]

def plain(world: World, day: date, count: int, share: float = 0.5, loud: bool = False) -> dict[str, Any]:
    """Take values that are no slots."""
    return {"day": day.isoformat(), "count": count, "share": share, "loud": loud}
'''


@pytest.fixture
def tools(tmp_path: Path) -> dict[str, Tool]:
    return load(tmp_path, TOOLS)


@pytest.fixture
def world(tmp_path: Path) -> World:
    schema, seed = tmp_path / "notes.sql", tmp_path / "none.sql"
    schema.write_text("CREATE TABLE notes (text TEXT);")
    seed.touch()
    return fresh_world(schema, seed, "", TODAY)


def load(folder: Path, source: str) -> dict[str, Tool]:
    path = folder / "tools.py"
    path.write_text(source, encoding="utf-8")
    return load_tools(path, SLOTS)


def rows(world: World) -> list[str]:
    world.db.rollback()  # whatever was left open does not count
    return [text for (text,) in world.sql("SELECT text FROM notes")]


# --- loading ---


def test_only_public_functions_of_the_file_that_take_the_world_are_tools(tools: dict[str, Tool]) -> None:
    assert list(tools) == ["stay", "write", "plain"]


def test_the_schema_says_words_for_slots_and_values_for_the_rest(tools: dict[str, Tool]) -> None:
    function = tools["stay"].schema()["function"]
    assert function["description"] == "Say the stay back."
    assert function["parameters"]["required"] == ["check_out", "check_in"]
    properties = function["parameters"]["properties"]
    assert properties["guests"] == {"type": "string", "description": "how many"}
    assert properties["check_in"]["description"] == "day of arrival, as the guest said it"
    plain = tools["plain"].schema()["function"]["parameters"]["properties"]
    assert [plain[name]["type"] for name in ("day", "count", "share", "loud")] == [
        "string", "integer", "number", "boolean",
    ]  # fmt: skip
    fates = tools["write"].schema()["function"]["parameters"]["properties"]["fate"]["enum"]
    assert fates == ["keep", "refuse", "break", "list", "odd"]


def test_the_compact_schema_is_short_and_is_json(tools: dict[str, Tool]) -> None:
    compact = tools["stay"].compact_schema()
    assert compact["parameters"]["guests"] == "how many, optional"
    assert compact["parameters"]["view"] == "str, optional"
    assert len(json.dumps(compact)) < len(json.dumps(tools["stay"].schema())) / 1.5


def test_an_edited_file_is_read_anew_and_leaves_nothing_behind(tmp_path: Path) -> None:
    load(tmp_path, TOOLS)
    assert list(load(tmp_path, TOOLS.replace("def plain", "def other"))) == ["stay", "write", "other"]
    assert [path.name for path in tmp_path.iterdir()] == ["tools.py"]


HEAD = "from datetime import date\n"
FAULTS = {
    "syntax": ("def x(world:\n", "not valid Python", 1, None),
    "import": ("import json\nimport no_such_module_at_all\n", "No module named", 2, None),
    "raises": ("a = 1\n\nb = a / 0\n", "ZeroDivisionError", 3, None),
    "empty": ("def x(text: str) -> str:\n    return text\n", "no tool found", None, None),
    "no docstring": ("def x(world, text: str):\n    return {}\n", "no docstring", 1, "x"),
    "no hint": ('def x(world, text):\n    """Do."""\n', "no type hint", 1, "x.text"),
    "bad type": ('def x(world, text: range):\n    """Do."""\n', "unsupported type", 1, "x.text"),
    "no form": ('class A: pass\n\ndef x(world, text: A):\n    """Do."""\n', "unsupported type", 3, "x.text"),
    "bare SQL": (
        'def x(world, text: str):\n    """Do."""\n    world.db.execute("SELECT ?", (text,))\n',
        r"world.sql\('SELECT :text', text=text\)", 3, None,
    ),
    "unknown hint": ('def x(world, text: "Nope"):\n    """Do."""\n', "cannot be read", 1, "x"),
    "kwargs": ('def x(world, **more: str):\n    """Do."""\n', "names each", 1, "x.more"),
    "yields": ('def x(world):\n    """Do."""\n    yield {}\n', "returns its result", 1, "x"),
    "slot type": (HEAD + 'def x(world, check_in: str):\n    """Do."""\n', "receives date", 2, "x.check_in"),
    "stale Args": (
        'def x(world, text: str):\n    """Do.\n\n    Args:\n        txt: a text\n    """\n',
        "names no parameter", 1, "x.txt",
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", FAULTS)
def test_a_faulty_file_is_named_with_line_and_field(tmp_path: Path, name: str) -> None:
    source, message, line, field = FAULTS[name]
    with pytest.raises(ConfigError, match=message) as caught:
        load(tmp_path, source)
    assert (caught.value.file, caught.value.line, caught.value.field) == (
        str(tmp_path / "tools.py"),
        line,
        field,
    )


def test_a_missing_file_is_a_config_error(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="cannot read"):
        load_tools(tmp_path / "tools.py", SLOTS)


# --- calling ---


def test_words_become_values_whatever_the_order(tools: dict[str, Tool], world: World) -> None:
    words = {"check_out": "12 to 15 June", "check_in": "12 to 15 June", "guests": "a party of three"}
    result = call_tool(tools["stay"], words, world, SLOTS)
    assert result.content == {"nights": 3, "guests": 3, "view": None, "today": "2026-06-08"}
    assert result.arguments == {"check_in": "2026-06-12", "check_out": "2026-06-15", "guests": 3}
    assert result.ok
    assert not result.failed


def test_nothing_given_for_an_optional_argument_means_its_default(tools: dict[str, Tool], world: World) -> None:
    words = {"check_in": "12 June", "check_out": "13 June", "guests": " ", "view": None}
    assert call_tool(tools["stay"], words, world, SLOTS).content["guests"] == 2


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ({"check_in": "soonish", "check_out": "15 June"}, "needs check_in;"),
        ({"check_in": "12 June", "check_out": "15 June", "guests": "a busload"}, "needs guests;"),
        ({"check_in": "12 June", "check_out": "15 June", "view": "mountain"}, "needs view;"),
        ({"check_in": ["12 June"], "check_out": {"day": 15}}, "needs check_out;"),
        ({"check_in": "12 June"}, "needs check_out"),
        ({"check_in": "12 June", "check_out": "15 June", "colour": "blue"}, "does not take colour"),
        (["12 June"], "must be an object"),
        ({}, "needs check_out and check_in"),
    ],
)
def test_what_the_model_did_wrong_is_answered_in_a_sentence(
    tools: dict[str, Tool], world: World, arguments: dict[str, object], said: str
) -> None:
    result = call_tool(tools["stay"], arguments, world, SLOTS)
    assert said in result.content["error"]
    assert not result.failed


def test_what_was_understood_before_the_fault_is_kept(tools: dict[str, Tool], world: World) -> None:
    words = {"check_in": "12 June", "check_out": "15 June", "guests": "a busload"}
    result = call_tool(tools["stay"], words, world, SLOTS)
    assert result.arguments == {"check_in": "2026-06-12", "check_out": "2026-06-15"}


def test_values_that_are_no_slots_are_read_from_json_or_text(tools: dict[str, Tool], world: World) -> None:
    given = {"day": "2026-06-12", "count": "3", "share": 1, "loud": "yes"}
    content = call_tool(tools["plain"], given, world, SLOTS).content
    assert content == {"day": "2026-06-12", "count": 3, "share": 1.0, "loud": True}
    for name, bad in {"day": "friday", "count": "3.5", "share": "half", "loud": "maybe"}.items():
        sentence = call_tool(tools["plain"], {**given, name: bad}, world, SLOTS).content["error"]
        assert sentence.startswith(f"{name}: '{bad}' is not")
    assert (
        "[3] is not a whole number" in call_tool(tools["plain"], {**given, "count": [3]}, world, SLOTS).content["error"]
    )


def test_a_call_is_kept_whole_or_undone_whole(tools: dict[str, Tool], world: World) -> None:
    fates = ["refuse", "break", "odd", "list", "keep"]
    results = {f: call_tool(tools["write"], {"text": f, "fate": f}, world, SLOTS) for f in fates}
    assert rows(world) == ["list", "keep"]
    assert [f for f in fates if results[f].failed] == ["break", "odd"]
    assert results["list"].content == {"result": ["list"]}
    assert "write returned what JSON lacks: a value of type Connection" in results["odd"].trace
    assert results["refuse"].content == {"error": "No, on purpose."}
    assert "not one of" in call_tool(tools["write"], {"text": "x", "fate": "jump"}, world, SLOTS).content["error"]


def test_a_broken_tool_says_so_without_giving_its_secrets_to_the_model(tools: dict[str, Tool], world: World) -> None:
    result = call_tool(tools["write"], {"text": "x", "fate": "break"}, world, SLOTS)
    assert result.content["error"].startswith("the tool is down: write")
    assert "hunter2" not in result.content["error"]
    assert "hunter2" in result.trace
    assert result.where == "tools.py:32: RuntimeError: password=hunter2"


def test_a_missing_table_is_a_tool_that_is_down(tools: dict[str, Tool], world: World) -> None:
    world.sql("DROP TABLE notes")
    world.db.commit()
    result = call_tool(tools["write"], {"text": "x", "fate": "keep"}, world, SLOTS)
    assert result.failed
    assert "OperationalError" in result.content["error"]


# --- worlds ---


@pytest.fixture
def scripts(tmp_path: Path) -> tuple[Path, Path]:
    schema, seed = tmp_path / "schema.sql", tmp_path / "seed.sql"
    schema.write_text("-- a comment; with a semicolon\nCREATE TABLE notes (\n  text TEXT UNIQUE\n);\n")
    seed.write_text("\nINSERT INTO notes VALUES ('a;b');\n\nINSERT INTO notes VALUES ('c')")
    return schema, seed


def test_each_world_is_its_own(scripts: tuple[Path, Path]) -> None:
    first = fresh_world(*scripts, "", TODAY)
    first.sql("DELETE FROM notes")
    first.db.commit()
    second = fresh_world(*scripts, "INSERT INTO notes VALUES ('d');", TODAY)
    assert (rows(first), sorted(rows(second))) == ([], ["a;b", "c", "d"])
    assert second.today == TODAY


def test_an_edited_seed_is_not_served_from_the_cache(scripts: tuple[Path, Path]) -> None:
    fresh_world(*scripts, "", TODAY)
    scripts[1].write_text("INSERT INTO notes VALUES ('new');")
    assert rows(fresh_world(*scripts, "", TODAY)) == ["new"]


def test_a_failing_statement_is_named_by_file_and_line(scripts: tuple[Path, Path]) -> None:
    with pytest.raises(ConfigError) as caught:
        fresh_world(*scripts, "DELETE FROM notes;\nDELETE FROM nowhere;", TODAY)
    assert (caught.value.field, caught.value.line) == ("extra_sql", 2)
    scripts[1].write_text("-- seed\n\nINSERT INTO notes VALUES ('a');\nINSERT INTO\n  nowhere VALUES (1);\n")
    with pytest.raises(ConfigError, match="nowhere") as caught:
        fresh_world(*scripts, "", TODAY)
    assert (caught.value.file, caught.value.line) == (str(scripts[1]), 4)


def test_a_project_without_a_database_has_an_empty_one(tmp_path: Path) -> None:
    assert fresh_world(tmp_path / "schema.sql", tmp_path / "seed.sql", "", TODAY).tables() == {}
    (tmp_path / "seed.sql").write_text("INSERT INTO notes VALUES ('a');")
    with pytest.raises(ConfigError, match=r"no schema\.sql beside it"):
        fresh_world(tmp_path / "schema.sql", tmp_path / "seed.sql", "", TODAY)
