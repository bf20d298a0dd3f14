"""The pages stay true: fields, commands, links and headings are held against the code."""

from __future__ import annotations

import re
import shlex
from dataclasses import fields
from pathlib import Path

import click
import pytest

from demeanor.agent import STEP_KINDS, Agent, Flow, Voice
from demeanor.agent.guardfile import GuardFile
from demeanor.agent.slotfile import SLOT_TYPES, SlotFile
from demeanor.agent.topics import TOPICS
from demeanor.agent.withholdfile import WithholdFile
from demeanor.data.checks.labels import AGENT_ACTS, USER_ACTS
from demeanor.dialogue import OUTCOMES, ROLES
from demeanor.evaluation.measures import LENGTH, MEASURES
from demeanor.project import templates
from demeanor.simulation.scenario import POOLS
from demeanor.simulation.wording.user import REGISTERS
from demeanor.training.settings import Settings

ROOT = Path(__file__).parents[1]
PAGES = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").glob("*.md"), *(ROOT / "design").glob("*.md")])
DESIGN = sorted((ROOT / "design").glob("[0-9]*.md"))  # the contract and the glossary are no decisions


def text_of(page: Path) -> str:
    return page.read_text(encoding="utf-8")


def section(page: str, heading: str) -> str:
    found = re.search(rf"^## {heading}\n(.*?)(?=^## |\Z)", page, re.MULTILINE | re.DOTALL)
    assert found is not None, heading
    return found[1]


def fields_in(part: str) -> set[str]:
    """The names in the first column of a section's tables."""
    rows = re.findall(r"^\| (`.+?) \|", part, re.MULTILINE)
    return {name for row in rows for name in re.findall(r"`(\w+)`", row)}


# --- settings of training


def test_training_names_every_setting_and_no_other() -> None:
    assert fields_in(section(text_of(ROOT / "docs" / "training.md"), "Settings")) == readable(Settings)


# --- agent.yaml


def readable(kind: type, *without: str) -> set[str]:
    return {f.name for f in fields(kind)} - set(without)


@pytest.mark.parametrize(
    ("heading", "names"),
    [
        ("The agent", readable(Agent, "file", "sha256")),
        ("Voice", readable(Voice)),
        ("Slots", {field.alias or name for name, field in SlotFile.model_fields.items()}),
        ("Flows", readable(Flow, "name")),
        ("Guards", set(GuardFile.model_fields)),
        ("Withhold", set(WithholdFile.model_fields)),
        ("Steps", {*STEP_KINDS, "flow", "when", "otherwise", "retry", "optional", "more", "reason"}),
    ],
)
def test_agent_yaml_names_every_field_and_no_other(heading: str, names: set[str]) -> None:
    assert fields_in(section(text_of(ROOT / "docs" / "agent-yaml.md"), heading)) == names


def test_agent_yaml_gives_the_defaults_that_hold() -> None:
    page = text_of(ROOT / "docs" / "agent-yaml.md")
    bare = Agent(name="x", persona="x")
    for name in ("base_model", "when_unsure", "knowledge", "tools"):
        row = re.search(rf"^\| `{name}` \|.*$", page, re.MULTILINE)
        assert row is not None
        assert f"| `{getattr(bare, name)}` |" in row[0], name
    assert f"| `max_words` | whole number: longest reply | `{Voice().max_words}` |" in page
    kinds = next(line for line in page.splitlines() if line.startswith("| `type`"))
    assert set(re.findall(r"`(\w+)`", kinds)) == {"type", *SLOT_TYPES}


def test_the_other_closed_sets_are_told_as_they_are() -> None:
    page = text_of(ROOT / "docs" / "dialogues.md")
    for words in (OUTCOMES, REGISTERS, ROLES):
        assert all(f"`{word}`" in page for word in words)
    topics = re.findall(
        r"^\| `(\w+)` \| (.+) \|$", section(text_of(ROOT / "docs" / "guards.md"), "Topics"), re.MULTILINE
    )
    assert dict(topics) == TOPICS
    acts = section(text_of(ROOT / "design" / "0007-acts.md"), "Decision")
    user, _, agent = acts.partition("- Agent:")
    for part, closed in ((user, USER_ACTS), (agent, AGENT_ACTS)):
        told = {name.partition(":")[0] for name in re.findall(r"`([a-z_:A-Z]+)`", part)}
        assert told == set(closed)


# --- measures


def test_evaluation_tells_every_measure_as_it_is_counted() -> None:
    part = section(text_of(ROOT / "docs" / "evaluation.md"), "Measures").lstrip().partition("\n\n")[0]
    head, _, *rows = part.splitlines()
    assert head == "| measure | what is judged | one observation |"
    assert rows == [f"| {m.label} | {m.counted} | {m.unit} |" for m in (*MEASURES, LENGTH)]
    assert all(m.label and m.counted and m.unit for m in MEASURES)


# --- commands


def commands() -> list[tuple[str, str]]:
    """(page, command line) of every `demeanor ...` in a code block or between backticks."""
    found = []
    for page in PAGES:
        text = text_of(page)
        for block in re.findall(r"^```[^\n]*\n(.*?)^```", text, re.MULTILINE | re.DOTALL):
            found += [(page.name, line) for line in re.findall(r"^(?:\$ )?(demeanor .+)$", block, re.MULTILINE)]
        found += [(page.name, line) for line in re.findall(r"`(demeanor [^`\n]+)`", text)]
    return found


@pytest.mark.parametrize(("page", "line"), commands())
def test_every_command_in_the_pages_can_be_parsed(page: str, line: str) -> None:
    from demeanor.cli import main

    # Behind two spaces and in front of && or # stand explanations and further commands.
    words = shlex.split(re.split(r"\s{2,}|\s&&|\s\|", line)[0], comments=True)[1:]
    words = [word for word in words if word not in ("...", "…")]
    command: click.Command = main
    context = click.Context(main, info_name="demeanor")
    while words and isinstance(command, click.Group):
        if words[0].startswith("-"):
            assert words[0] in {opt for p in command.params for opt in p.opts} | {"--help", "-h"}, line
            return
        found = command.get_command(context, words[0])
        assert found is not None, f"{page}: no such command: {line}"
        command, words = found, words[1:]
    options = {opt: p for p in command.params if isinstance(p, click.Option) for opt in (*p.opts, *p.secondary_opts)}
    given = [word for word in words if word.startswith("-")]
    assert [opt for opt in given if opt.partition("=")[0] not in (*options, "--help", "-h")] == [], f"{page}: {line}"


def test_commands_name_pools_and_templates_that_exist() -> None:
    for page, line in commands():
        for option, allowed in (("--template", templates()), ("--scenarios", POOLS), ("--pool", POOLS)):
            for value in re.findall(rf"{option} ([\w-]+)", line):
                assert value in allowed or value.isupper(), f"{page}: {line}"


def test_there_are_commands_to_check() -> None:
    assert len(commands()) > 10


def test_every_make_target_in_the_pages_exists() -> None:
    targets = set(re.findall(r"^([a-z-]+):", text_of(ROOT / "Makefile"), re.MULTILINE))
    for page in PAGES:
        named = re.findall(r"(?:^ {4}|^\$ |^|`)make ([a-z][a-z-]*)", text_of(page), re.MULTILINE)
        assert set(named) <= targets, page.name
    assert "make test" in text_of(ROOT / ".ci" / "run")


# --- links and headings


def slug(heading: str) -> str:
    return re.sub(r"[^\w\- ]", "", heading.lower()).strip().replace(" ", "-")


@pytest.mark.parametrize("page", PAGES, ids=lambda p: p.name)
def test_every_relative_link_resolves(page: Path) -> None:
    text = re.sub(r"^```.*?^```", "", text_of(page), flags=re.MULTILINE | re.DOTALL)
    for target in re.findall(r"\]\(([^)\s]+)\)", text):
        if re.match(r"[a-z]+:", target):
            continue
        name, _, anchor = target.partition("#")
        there = (page.parent / name) if name else page
        assert there.exists(), f"{page.name}: {target}"
        if anchor and there.suffix == ".md":
            headings = re.findall(r"^#+ (.+)$", text_of(there), re.MULTILINE)
            assert anchor in {slug(heading) for heading in headings}, f"{page.name}: {target}"


@pytest.mark.parametrize("page", DESIGN, ids=lambda p: p.name)
def test_a_design_page_has_its_three_headings(page: Path) -> None:
    text = text_of(page)
    assert re.fullmatch(r"\d{4}-[a-z0-9-]+\.md", page.name)
    assert re.match(rf"# {page.name[:4]} \S", text)
    assert re.findall(r"^## (.+)$", text, re.MULTILINE) == ["Decision", "Reasons", "Rejected"]


def test_design_numbers_stand_once() -> None:
    numbers = [page.name[:4] for page in DESIGN]
    assert len(numbers) == len(set(numbers))
