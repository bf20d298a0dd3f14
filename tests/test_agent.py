"""agent.yaml: what is right becomes an Agent, and what is wrong is refused with line, field and the way out."""

from __future__ import annotations

import re
from datetime import date, time
from pathlib import Path

import jsonschema
import pytest

import demeanor
from demeanor.agent import Agent, Step, Voice, agent_schema, load_agent
from demeanor.agent.slotfile import EVERY_SLOT
from demeanor.agent.slots import KINDS
from demeanor.errors import ConfigError, ConfigErrors
from demeanor.project.yamlfile import read_yaml

ROOT = Path(__file__).parents[1]
TEMPLATES = Path(demeanor.__file__).parent / "templates"
GOOD = """\
name: Desk
persona: You are the desk of a library.
voice:
  traits: [calm]
  avoid: []
  max_words: 40
slots:
  begin: {type: date}
  end:
    type: date
    after: begin
  count:
    type: int
    min: 1
    max: 3
    optional: true
    cues: ["how many"]
  kind: {type: choice, choices: [novel, atlas]}
  reader: {type: text}
  card:
    type: code
    pattern: "[A-Z]{2}"
  copy:
    type: option
    of: find.copy
flows:
  lend:
    when: somebody wants a book
    steps:
      - acknowledge
      - ask: [begin, end]
      - call: find
      - present: find
        otherwise: begin
      - invite: copy
      - ask: reader
      - confirm: lend
      - call: lend
      - inform: lend
nudges: ["Today is {today}."]
"""


def load(folder: Path, text: str) -> Agent:
    file = folder / "agent.yaml"
    file.write_text(text, encoding="utf-8")
    return load_agent(file)


def refuse(folder: Path, old: str, new: str) -> ConfigError:
    assert GOOD.count(old) == 1, old
    with pytest.raises(ConfigError) as caught:
        load(folder, GOOD.replace(old, new))
    error = caught.value
    assert error.file == str(folder / "agent.yaml")
    assert error.fix or error.allowed or "did you mean" in str(error), "no way out"
    return error


def test_a_right_file_is_read_whole(tmp_path: Path) -> None:
    agent = load(tmp_path, GOOD)
    assert agent.slots["end"].after == "begin"
    assert agent.slots["count"].optional
    assert not agent.slots["begin"].optional
    assert agent.slots["copy"].source == ("find", "copy")
    assert agent.flows["lend"].steps[3] == Step("present", ("find",), otherwise=("begin",))
    assert agent.flows["lend"].slots() == ("begin", "end", "copy", "reader")
    assert agent.flows["lend"].tools() == ("find", "lend")
    assert agent.writes() == {"lend"}
    assert agent.nudge_text(date(2026, 6, 8)) == "Today is Monday 8 June 2026."


# What is planted: old text, new text, what the error says, its field. The line is the last one planted.
FAULTS: list[tuple[str, str, str, str]] = [
    ('["how many"]', '["how many", "how (many"]', "not a regular expression", "slots.count.cues.1"),
    ("optional: true", 'optional: "no"', "allowed: true, false", "slots.count.optional"),
    ("optional: true", "optional: 1", "expected true or false", "slots.count.optional"),
    ("min: 1", "min: 4", "a number up to max, 3", "slots.count.min"),
    ("after: begin", "after: end", "cannot come after itself", "slots.end.after"),
    ("begin: {type: date}", "begin: {type: date, after: end}", "wait for each other", "slots.begin.after"),
    ("min: 1", "choices: [one]", "a slot of type int has no such field", "slots.count.choices"),
    ("{type: date}", '{type: date, pattern: "x"}', "a slot of type date has no such field", "slots.begin.pattern"),
    ("{type: text}", "{type: text, max: 9}", "a slot of type text has no such field", "slots.reader.max"),
    ("of: find.copy", "of: .copy", "expected tool.field", "slots.copy.of"),
    ("name: Desk", "name: Desk\nname: Bench", "twice (first in line 1)", "name"),
    ("    min: 1", "    min: 1\n    min: 2", "twice (first in line 14)", "slots.count.min"),
    ("  kind: {", "  count: {", "twice (first in line 12)", "slots.count"),
    ("present: find", "present: [find, lend]", "present takes one name", "flows.lend.steps.3.present"),
    ("- confirm: lend", "- confirm: [lend, find]", "confirm takes one name", "flows.lend.steps.6.confirm"),
    ("- call: find", "- call: [find, lend]", "call takes one name", "flows.lend.steps.2.call"),
    ("- inform: lend", "- inform: [lend, find]", "inform takes one name", "flows.lend.steps.8.inform"),
    ("- invite: copy", "- invite: [copy, kind]", "invite takes one name", "flows.lend.steps.4.invite"),
    ("- invite: copy", "- invite: kind", "allowed: copy", "flows.lend.steps.4.invite"),
    ("- ask: reader", "- {ask: reader, otherwise: begin}", "ask has no otherwise", "flows.lend.steps.5.otherwise"),
    ("- acknowledge", "- acknowledge: lend", "acknowledge takes no name", "flows.lend.steps.0.acknowledge"),
    ("- acknowledge", "- handoff: desk", "nobody of that name takes over", "flows.lend.steps.0.handoff"),
    ("- acknowledge", "- acknowledge: desk", "acknowledge takes no name", "flows.lend.steps.0.acknowledge"),
    ("traits: [calm]", "traits: calm", "expected a list of text", "voice.traits"),
    ("traits: [calm]", "traits: {calm: very}", "expected a list of text", "voice.traits"),
    ("avoid: []", "avoid:", "expected a list of text", "voice.avoid"),
]


@pytest.mark.parametrize(("old", "new", "says", "field"), FAULTS, ids=[f[1].strip() for f in FAULTS])
def test_a_fault_is_refused_with_its_place(tmp_path: Path, old: str, new: str, says: str, field: str) -> None:
    error = refuse(tmp_path, old, new)
    assert says in str(error)
    line = GOOD[: GOOD.index(old)].count("\n") + new.count("\n") + 1
    assert (error.line, error.field) == (line, field)


def test_a_list_of_the_voice_holds_text_only(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="expected text") as caught:
        load(tmp_path, GOOD.replace("[calm]", "[calm, 007]"))
    assert (caught.value.line, caught.value.field, caught.value.found) == (4, "voice.traits.1", 7)
    assert caught.value.fix == 'quote it: "007"'


@pytest.mark.parametrize("text", ["name: &a [*a]\n", "a: &a {b: {c: *a}}\n", "&a [1, *a]\n"])
def test_an_anchor_that_holds_itself_is_refused(tmp_path: Path, text: str) -> None:
    file = tmp_path / "agent.yaml"
    file.write_text(text, encoding="utf-8")
    with pytest.raises(ConfigError, match="holds itself") as caught:
        read_yaml(file)
    assert caught.value.line == 1


def test_an_anchor_may_be_used_twice(tmp_path: Path) -> None:
    file = tmp_path / "a.yaml"
    file.write_text("a: &a [1]\nb: *a\nc: *a\n", encoding="utf-8")
    raw, lines = read_yaml(file)
    assert raw == {"a": [1], "b": [1], "c": [1]}
    assert lines[("c",)] == 3


def test_a_word_and_a_number_are_different_keys(tmp_path: Path) -> None:
    file = tmp_path / "a.yaml"
    file.write_text('1: a\n"1": b\n', encoding="utf-8")
    assert read_yaml(file)[0] == {1: "a", "1": "b"}


def test_every_type_names_its_own_fields() -> None:
    for kind in KINDS.values():
        assert not set(kind.fields) & set(EVERY_SLOT)


@pytest.mark.parametrize(
    ("phrase", "said", "found"),
    [
        ("can't", "I can’t do that.", True),
        ("sure", "Let me measure it.", False),
        ("as an AI", "As  an\u00a0ai, I …", True),
        ("!!!", "Lovely!!!", True),
        ("no worries", "No-worries at all", True),
        ("naïve", "That is naive.", True),
    ],
)
def test_a_phrase_to_avoid_is_one_phrase_in_any_spelling(phrase: str, said: str, found: bool) -> None:
    assert Voice(avoid=(phrase,)).avoided(said) == ([phrase] if found else [])


def test_all_that_is_wrong_is_told_at_once(tmp_path: Path) -> None:
    text = GOOD.replace("[calm]", "calm").replace("persona:", "person:") + "colour: blue\n"
    with pytest.raises(ConfigErrors) as caught:
        load(tmp_path, text)
    fields = {error.field for error in caught.value.errors}
    assert fields == {"voice.traits", "person", "colour", None}
    assert all(error.line for error in caught.value.errors)


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ("[calm]", "[calm, 12]", 'quote it: "12"'),
        ("[calm]", "[calm, 1e3]", 'quote it: "1e3"'),
        ("[calm]", "[calm, 2026-06-08]", 'quote it: "2026-06-08"'),
        ("[calm]", "[calm, true]", 'quote it: "true"'),
        ("slots:\n", "slots:\n  wish: {type: text, optional: yes}\n", "write true"),
        ("slots:\n", "slots:\n  wish: {type: int, min: 10:00}\n", "whole number"),
    ],
)
def test_what_yaml_takes_for_something_else_is_told_with_the_way_out(
    tmp_path: Path, old: str, new: str, says: str
) -> None:
    with pytest.raises(ConfigError, match=re.escape(says)):
        load(tmp_path, GOOD.replace(old, new))


def test_yes_no_and_times_are_text_where_text_is_meant(tmp_path: Path) -> None:
    more = "slots:\n  wish: {type: choice, choices: [yes, no, on]}\n  at: {type: time, min: 8:30, examples: [10:00]}\n"
    slots = load(tmp_path, GOOD.replace("slots:\n", more.replace("8:30", "08:30"))).slots
    assert list(slots["wish"].choices) == ["yes", "no", "on"]
    assert (slots["at"].min, slots["at"].examples) == (time(8, 30), ("10:00",))


def test_the_schema_accepts_what_the_reader_accepts(tmp_path: Path) -> None:
    validator = jsonschema.Draft202012Validator(agent_schema())
    for folder in (*TEMPLATES.iterdir(), *(ROOT / "trades").iterdir()):
        if (folder / "agent.yaml").is_file():
            raw, _ = read_yaml(folder / "agent.yaml")
            assert not list(validator.iter_errors(raw)), folder
    wrong = {"name": "A", "persona": "B", "colour": "blue", "flows": {"a": {"when": "c", "steps": ["fly"]}}}
    assert {tuple(error.path) for error in validator.iter_errors(wrong)} == {(), ("flows", "a", "steps", 0)}
