"""What the project's files say of each other: steps and tools, questions and pages, SQL and world, the pools.

Each file may be right by itself and still name what no other file has; then synthesis or the first
conversation would fail, far from the line that is wrong.
"""

from __future__ import annotations

import difflib
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

from demeanor.agent import Agent, Flow
from demeanor.agent.conditions import tools_of
from demeanor.agent.slots import Unresolved, resolve
from demeanor.data.checks.files import ANY_DAY, Files, from_error
from demeanor.data.checks.problem import Problem, Severity
from demeanor.errors import ConfigError
from demeanor.project.yamlfile import read_yaml
from demeanor.runtime.tools import Tool, World, facts_read, parameters_of, statements_in
from demeanor.runtime.withheld import check_withheld, page_of
from demeanor.simulation.scenario import POOLS, drifted

Lines = Mapping[tuple[str, ...], int]


def disagreements(files: Files) -> Iterator[Problem]:
    """All that the files say differently; what could not be read is left out."""
    if files.agent is None:
        return
    lines = read_yaml(files.agent.file)[1]
    for check in AGREEMENTS:
        for error in check(files, files.agent, lines):
            severity: Severity = "warning" if isinstance(error, _Doubt) else "error"
            yield from_error(error, check.__name__, files.project.root, severity)


class _Doubt(ConfigError):
    """Worth a look, and nothing that must fail."""


CLOCKS = [ANY_DAY.replace(month=month) for month in range(1, 13)]


def unknown_tools(files: Files, agent: Agent, lines: Lines) -> Iterator[ConfigError]:
    """A step or an option slot names a tool that tools.py does not have."""
    if files.tools is None:
        return
    named = [
        (step.of[0], path) for path, step in _steps(agent) if step.kind in ("call", "present", "confirm", "inform")
    ]
    named += [(s.source[0], ("slots", name, "of")) for name, s in agent.slots.items() if s.source]
    for tool, path in named:
        if tool not in files.tools:
            yield _at(agent, lines, path, "unknown tool", found=tool, allowed=list(files.tools))


def unread_examples(files: Files, agent: Agent, lines: Lines) -> Iterator[ConfigError]:
    """A slot does not read its own example: users would be asked back for what the project calls usual."""
    for name, slot in agent.slots.items():
        if slot.type == "option":
            continue
        for index, example in enumerate(slot.examples):
            # An example is said at some time of the year, of a day that is near then.
            tried = [resolve(slot, example, day, {slot.after: day} if slot.after else {}) for day in CLOCKS]
            got = tried[0]
            if isinstance(got, Unresolved) and all(isinstance(one, Unresolved) for one in tried):
                path = ("slots", name, "examples", str(index))
                fix = "write it as users say it, or give the slot another type"
                yield _at(
                    agent, lines, path, f"the slot does not read this: {got.reason}", _Doubt, found=example, fix=fix
                )


def early_steps(files: Files, agent: Agent, lines: Lines) -> Iterator[ConfigError]:
    """A step shows the result of a tool that no step before it calls."""
    for name, flow in agent.whole().items():
        called = {tool for first in flow.requires for tool in agent.flows[first].tools()}
        for step in flow.steps:
            called |= set(step.of) if step.kind == "call" else set()
            if step.kind in ("present", "inform") and step.of[0] not in called:
                path = ("flows", name, "steps", str(step.place))
                text, fix = "no step before calls this tool", f"add `- call: {step.of[0]}` before it"
                yield _at(agent, lines, path, text, found=step.of[0], fix=fix)


def unasked_arguments(files: Files, agent: Agent, lines: Lines) -> Iterator[ConfigError]:
    """A call needs what its flow never asks for."""
    for name, flow in agent.whole().items():
        first = [step for required in flow.requires for step in agent.flows[required].steps]
        for index, tool in _calls(flow, files.tools or {}):
            place = str(flow.steps[index].place)
            before = [*first, *flow.steps[: index + 1]]
            asked = {n for step in before if step.kind in ("ask", "invite") for n in step.of}
            asked |= {n for step in before if step.retry is not None for n in step.retry.ask}
            for parameter in tool.parameters.values():
                if parameter.required and parameter.slot is None and parameter.name not in asked:
                    text = f"{tool.name!r} needs {parameter.name!r}, which is no slot: self-play cannot say it"
                    path, fix = ("flows", name, "steps", place), "write the dialogues of this flow by hand"
                    yield _at(agent, lines, path, text, _Doubt, fix=fix)
                elif parameter.required and parameter.name not in asked:
                    text = f"{tool.name!r} needs {parameter.name!r}, which the flow does not ask for before"
                    path = ("flows", name, "steps", place)
                    yield _at(agent, lines, path, text, _Doubt, fix=f"add `- ask: {parameter.name}` before it")


def broken_sql(files: Files, agent: Agent, lines: Lines) -> Iterator[ConfigError]:
    """SQL of a flow does not compile against the world, or takes parameters that nobody gives."""
    if files.world is None:
        return
    for flow in agent.flows.values():
        for field, sql in (("done", flow.done), ("goals", flow.goals)):
            path, asked = ("flows", flow.name, field), parameters_of(sql)
            if wrong := _fails(files.world, sql):
                yield _at(agent, lines, path, wrong, found=sql, fix="try it on the tables of world/schema.sql")
            known = {"today", *((*agent.slots, *agent.facts) if field == "done" else ())}
            keys = {f"picked_{slot.source[1]}" for slot in agent.slots.values() if slot.source is not None}
            for name in sorted(set(asked) - known):
                if field == "goals" or not name.startswith("picked_"):
                    yield _at(agent, lines, path, "unknown SQL parameter", found=name, allowed=sorted(known))
                elif name in keys:
                    text, fix = "this field names a row anew at every call", "take fields that users see: picked_FIELD"
                    yield _at(agent, lines, path, text, found=name, fix=fix)


def unknown_withheld(files: Files, agent: Agent, lines: Lines) -> Iterator[ConfigError]:
    """`withhold:` names pages, tools or facts that are not there, or its SQL does not fit the world."""
    tools = files.tools if files.tools is not None else _tools_of_withhold(agent)
    for error in check_withheld(agent, {page_of(name) for name in files.passages}, tools):
        path = tuple(str(error.field).split("."))
        yield _at(agent, lines, path, error.message, found=error.found, allowed=error.allowed)
    for name, kept in agent.withhold.items():
        path = ("withhold", name, "until")
        if kept.until and files.world is None:
            fix = "world/schema.sql, or a condition on a tool's result"
            yield _at(agent, lines, path, "there is no database to ask", found=kept.until, fix=fix)
        elif kept.until and files.world is not None and (wrong := _fails(files.world, kept.until)):
            yield _at(agent, lines, path, wrong, found=kept.until, fix="try it on the tables of world/schema.sql")


def _tools_of_withhold(agent: Agent) -> set[str]:
    kept = (one.condition for one in agent.withhold.values())
    return {tool for condition in kept if condition is not None for tool in tools_of(condition)}


def broken_statements(files: Files, agent: Agent, lines: Lines) -> Iterator[ConfigError]:
    """SQL of tools.py does not compile against the world, or lacks a value."""
    path = files.project.root / agent.tools
    if files.world is None or not files.tools or not path.is_file():
        return
    for one in statements_in(path):
        place: dict[str, Any] = {"file": path, "line": one.line, "found": " ".join(one.sql.split())[:100]}
        asked = parameters_of(one.sql)
        if wrong := _fails(files.world, one.sql):
            fix = "values have names, :name, given as name=value" if "?" in one.sql else "look at world/schema.sql"
            yield ConfigError(wrong, **place, fix=fix)
        elif one.given is not None and (lacking := [name for name in asked if name not in one.given]):
            yield ConfigError(f"no value is given for :{lacking[0]}", **place, fix=f"world.sql(..., {lacking[0]}=...)")


def unknown_facts(files: Files, agent: Agent, lines: Lines) -> Iterator[ConfigError]:
    """A tool reads a fact, or `goals` gives a column, that agent.yaml does not name."""
    path = files.project.root / agent.tools
    for line, name in facts_read(path) if files.tools and path.is_file() else ():
        if name not in agent.facts:
            allowed = list(agent.facts) or "none; agent.yaml names them in `facts:`"
            yield ConfigError("unknown fact", file=path, line=line, found=name, allowed=allowed)
    for flow in agent.flows.values():
        if flow.goals and files.world is not None and not _fails(files.world, flow.goals):
            known = [*agent.slots, *agent.facts]
            for name in _columns(files.world, flow.goals):
                if name not in known:
                    where, text = ("flows", flow.name, "goals"), "this column is no slot and no fact"
                    yield _at(agent, lines, where, text, _Doubt, found=name, allowed=known)


def unread_files(files: Files, agent: Agent, lines: Lines) -> Iterator[ConfigError]:
    """Files in scenarios/, wording/ and knowledge/ that nobody reads."""
    project, banks = files.project, ("user.yaml", "agent.yaml", "questions.yaml", "nudges.yaml")
    places: list[tuple[Path, Callable[[Path], bool], str]] = [
        (
            project.scenarios_path,
            lambda p: p.suffix == ".yaml" and p.parts[0] in POOLS,
            f"*.yaml in {', '.join(POOLS)}",
        ),
        (
            project.wording_path,
            lambda p: p.name in (*banks, "drafts.yaml"),
            f"files there are called {', '.join(banks)}",
        ),
        (project.root / agent.knowledge, lambda p: p.suffix == ".md", "pages are Markdown, *.md"),
    ]
    for folder, is_read, fix in places:
        for path in sorted(folder.rglob("*")) if folder.is_dir() else ():
            inside = path.relative_to(folder)
            hidden = any(part.startswith(".") for part in inside.parts) or inside.name.endswith("schema.json")
            if path.is_file() and not hidden and not is_read(inside):
                yield _Doubt("this file is not read", file=path, fix=fix)


def missing_passages(files: Files, agent: Agent, lines: Lines) -> Iterator[ConfigError]:
    """A question leans on a passage that no page has."""
    for file, questions in files.questions.items():
        for index, one in enumerate(questions.values()):
            if one.passage is not None and str(one.passage) not in files.passages:
                close = difflib.get_close_matches(str(one.passage), files.passages, n=3)
                fix = f"near: {', '.join(close)}" if close else "page#heading, as in pets#fees"
                line = read_yaml(file)[1].get((str(index), "passage"))
                place: dict[str, Any] = {"file": file, "line": line, "field": f"{one.id}.passage"}
                yield ConfigError("no page has this passage", **place, found=one.passage, fix=fix)


def pools_overlap(files: Files, agent: Agent, lines: Lines) -> Iterator[ConfigError]:
    """An id stands twice, or one need stands in two pools."""
    ids: dict[str, str] = {}
    needs: dict[str, tuple[str, str]] = {}
    for pool, scenarios in files.scenarios.items():
        folder = files.project.scenarios_path / pool
        for one in scenarios:
            if one.id in ids:
                text, fix = f"this id stands in {ids[one.id]} already", "give it another id"
                yield ConfigError(text, file=folder, field="id", found=one.id, fix=fix)
            ids[one.id] = pool
            need = repr((one.goal.flow, sorted(one.goal.values.items(), key=str), one.goal.today))
            other, first = needs.setdefault(need, (pool, one.id))
            if one.goal.values and other != pool:
                text = f"{one.id!r} is the need of {first!r} in {other}; pools are disjoint"
                yield _Doubt(text, file=folder, field="goal", fix="make one of the pools with another seed")


def old_scenarios(files: Files, agent: Agent, lines: Lines) -> Iterator[ConfigError]:
    """Scenarios that were written for another agent.yaml."""
    for pool, scenarios in files.scenarios.items():
        old = drifted(scenarios, agent)
        if old:
            text = f"{len(old)} scenarios were written for another agent.yaml, first {old[0]!r}"
            fix = "see that they still fit, or make them anew"
            yield _Doubt(text, file=files.project.scenarios_path / pool, field="agent", fix=fix)


def impossible_expectations(files: Files, agent: Agent, lines: Lines) -> Iterator[ConfigError]:
    """A scenario expects something of a tool that is not there, or of the database by SQL that does not compile."""
    for pool, scenarios in files.scenarios.items():
        place: dict[str, Any] = {"file": files.project.scenarios_path / pool}
        for one, expected in ((s, e) for s in scenarios for e in s.expect):
            where = f"{one.id}.expect.{expected.kind}"
            for tool in expected.tools():
                if files.tools is not None and tool not in files.tools:
                    yield ConfigError("unknown tool", **place, field=where, found=tool, allowed=list(files.tools))
            for tool, name in expected.arguments():
                taken = list(files.tools[tool].parameters) if files.tools and tool in files.tools else [name]
                if name not in taken:
                    yield ConfigError(f"{tool} has no such argument", **place, field=where, found=name, allowed=taken)
            if expected.kind == "world" and files.world is not None:
                sql, fix = expected.value["sql"], "try it on the tables of world/schema.sql"
                if wrong := _fails(files.world, sql):
                    yield ConfigError(wrong, **place, field=where, found=sql, fix=fix)


def altered_names(files: Files, agent: Agent, lines: Lines) -> Iterator[ConfigError]:
    """A scenario changes a page, or the answer to a question, that is not there."""
    questions = {name for asked in files.questions.values() for name in asked}
    for pool, scenarios in files.scenarios.items():
        place: dict[str, Any] = {"file": files.project.scenarios_path / pool}
        for one in scenarios:
            for name in (*one.pages.withheld, *one.pages.changed):
                if name not in files.passages:
                    close = difflib.get_close_matches(name, files.passages, n=3)
                    fix = f"near: {', '.join(close)}" if close else "page#heading, as in pets#fees"
                    text = "no page has this passage"
                    yield ConfigError(text, **place, field=f"{one.id}.pages", found=name, fix=fix)
            for name in one.answers:
                if name not in questions or one.goal.questions.count(name) == 0:
                    text, fix = "no question of this scenario", "name one of its `questions`"
                    yield ConfigError(text, **place, field=f"{one.id}.answers", found=name, fix=fix)


AGREEMENTS: tuple[Callable[[Files, Agent, Lines], Iterator[ConfigError]], ...] = (
    unknown_tools,
    unread_examples,
    early_steps,
    unasked_arguments,
    broken_sql,
    unknown_withheld,
    broken_statements,
    unknown_facts,
    unread_files,
    missing_passages,
    pools_overlap,
    impossible_expectations,
    altered_names,
    old_scenarios,
)


def _at(
    agent: Agent,
    lines: Lines,
    path: tuple[str, ...],
    message: str,
    kind: type[ConfigError] = ConfigError,
    **more: Any,
) -> ConfigError:
    """A complaint about a place in agent.yaml."""
    return kind(message, file=agent.file, line=lines.get(path), field=".".join(path), **more)


def _steps(agent: Agent) -> Iterator[tuple[tuple[str, ...], Any]]:
    for name, flow in agent.flows.items():
        for step in flow.steps:
            yield ("flows", name, "steps", str(step.place)), step


def _calls(flow: Flow, tools: Mapping[str, Tool]) -> Iterator[tuple[int, Tool]]:
    for index, step in enumerate(flow.steps):
        if step.kind == "call" and step.of[0] in tools:
            yield index, tools[step.of[0]]


def _fails(world: World, sql: str) -> str:
    """What the database says against a statement, which is not run; '' for nothing."""
    from sqlalchemy.exc import DBAPIError

    try:
        if sql:
            world.sql(f"EXPLAIN {sql}", **dict.fromkeys(parameters_of(sql)))
    except DBAPIError as error:
        return str(error.orig)
    finally:
        world.db.rollback()
    return ""


def _columns(world: World, sql: str) -> list[str]:
    """The names of the columns that a query gives."""
    try:
        return list(world.sql(sql, **dict.fromkeys(parameters_of(sql))).keys())
    finally:
        world.db.rollback()
