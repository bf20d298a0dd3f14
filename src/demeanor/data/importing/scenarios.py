"""Tests of other tools as scenarios: Rasa's end-to-end tests (YAML with `test_cases`), tau-bench's tasks (a JSON list).

Only what means the same here is taken: what the user says, and of what is asserted what stands in replies, calls and
details. Everything else is named, so that nobody believes it is still tested.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from pathlib import Path
from typing import Any, Literal

from demeanor.data.importing.files import rows
from demeanor.data.importing.pieces import Row
from demeanor.data.importing.stories import is_training
from demeanor.errors import ConfigError
from demeanor.project.yamlfile import read_yaml
from demeanor.runtime.workspace import Workspace
from demeanor.simulation.scenario import Expectation, Scenario
from demeanor.simulation.users.goal import SCRIPTED, Goal


@dataclass
class Imported:
    """The scenarios, and what could not be taken over: (test case, what)."""

    scenarios: list[Scenario] = field(default_factory=list)
    left_out: list[tuple[str, str]] = field(default_factory=list)


def kind_of(file: Path) -> Literal["page", "tests", "conversations"]:
    """What a file is for: dialogues on a page, tests of another tool, or conversations of any form."""
    if file.suffix == ".md":
        return "page"
    if file.suffix in (".yml", ".yaml"):
        return "conversations" if is_training(file) else "tests"
    if file.suffix == ".json":
        first = next((row for row in rows(file) if isinstance(row, Row)), None)
        if first is not None and ("user_scenario" in first.value or {"instruction", "actions"} <= set(first.value)):
            return "tests"
    return "conversations"


def import_rasa(space: Workspace, file: Path, today: date) -> Imported:
    """Rasa end-to-end tests as scripted scenarios.

    Args:
        today: the clock of all of them; Rasa's tests have none.

    Raises:
        ConfigError: no such file, or it holds no test cases.
    """
    raw, lines = read_yaml(file, all_text=True)  # a user's bare yes or 1 is what the user says
    cases = raw.get("test_cases") if isinstance(raw, dict) else None
    if not isinstance(cases, list) or not cases:
        raise ConfigError("no test cases here", file=file, fix="a Rasa end-to-end test has a list test_cases")
    out, seen = Imported(), set[str]()
    out.left_out += [("the file", str(key)) for key in raw if key not in ("test_cases", "fixtures")]
    for number, case in enumerate(cases):
        if not isinstance(case, dict):
            line = lines.get(("test_cases", str(number)))
            raise ConfigError("a test case is a mapping", file=file, line=line, found=case, fix="- test_case: NAME")
        name = _free_name(str(case.get("test_case", f"case {number + 1}")), seen)
        left = [f"fixture {f}" for f in case.get("fixtures") or []]
        left += [f"{key}: {case[key]}" for key in case if key not in ("test_case", "fixtures", "steps")]
        said, expectations = [], list[Expectation]()
        for step in case.get("steps") or []:
            if not isinstance(step, dict):
                left.append(f"step {step}")
                continue
            if isinstance(step.get("user"), str):
                said.append(step["user"])
            elif "user" in step:
                left.append(f"user: {step['user']}")
            left += ["metadata of a step"] if step.get("metadata") else []
            for found in _expectations(space, step):
                if isinstance(found, Expectation):
                    expectations.append(found)
                else:
                    left.append(found)
        if said:
            goal = Goal(None, {}, SCRIPTED, "neutral", today)
            kept = tuple(e for k, e in enumerate(expectations) if e not in expectations[:k])
            out.scenarios.append(Scenario(name, goal, agent=space.agent.sha256[:12], lines=tuple(said), expect=kept))
        else:
            left.append("the whole case: the user says nothing")
        out.left_out += [(name, what) for what in left]
    return out


def import_tau(space: Workspace, file: Path, today: date, played_by: str) -> Imported:
    """Tasks in the form of tau-bench or tau2-bench as scenarios whose user is played by an endpoint.

    What must be called and what must be said is taken; the expected actions are a database's state there, and here a
    call with these arguments, so a task with another way to the same state needs its `world` written by hand.

    Args:
        played_by: the endpoint.

    Raises:
        ConfigError: no list of tasks.
    """
    try:
        tasks = json.loads(file.read_text(encoding="utf-8-sig"))
    except (OSError, ValueError, RecursionError) as error:
        raise ConfigError(f"not JSON: {error}", file=file) from error
    if not isinstance(tasks, list) or not tasks:
        raise ConfigError("no tasks here", file=file, fix="a list of objects with `instruction` or `user_scenario`")
    out, seen = Imported(), set[str]()
    for number, task in enumerate(tasks):
        name = _free_name(f"task-{task.get('id', number)}", seen)
        told = _told(task)
        if not told:
            out.left_out.append((name, "the whole task: nobody says what the user wants"))
            continue
        criteria = task.get("evaluation_criteria") or task
        expectations = list[Expectation]()
        for action in criteria.get("actions") or ():
            tool, arguments = str(action.get("name")), action.get("kwargs") or action.get("arguments") or {}
            if tool in space.tools:
                expectations.append(Expectation("calls", [{"tool": tool, "arguments": dict(arguments)}]))
            else:
                out.left_out.append((name, f"action: {tool}"))
        for text in criteria.get("outputs") or criteria.get("communicate_info") or ():
            expectations.append(Expectation("says", [str(text)]))
        out.left_out += [(name, f"assertion: {text}") for text in criteria.get("nl_assertions") or ()]
        goal = Goal(None, {}, SCRIPTED, "neutral", today)
        scenario = Scenario(name, goal, agent=space.agent.sha256[:12], played_by=played_by, told=told)
        out.scenarios.append(replace(scenario, expect=tuple(expectations)))
    return out


def _told(task: Mapping[str, Any]) -> str:
    """What the person wants and knows, in the task's own words."""
    scenario = task.get("user_scenario") or {}
    written = task.get("instruction") or scenario.get("instructions") or ""
    if isinstance(written, Mapping):
        parts = ("reason_for_call", "task_instructions", "known_info", "unknown_info")
        written = "\n".join(str(written[part]) for part in parts if written.get(part))
    return str(written).strip()


def _expectations(space: Workspace, step: Mapping[str, Any]) -> Iterator[Expectation | str]:
    """What a step asserts, or in words what of it has no like here."""
    for key, value in step.items():
        if key in ("user", "metadata"):
            continue
        if key == "bot":
            yield Expectation("says", [str(value).strip()])
        elif key == "slot_was_set":
            yield from _slots(space, value)
        elif key == "assertions":
            for assertion in value or []:
                for kind, told in assertion.items():
                    yield from _asserted(space, kind, told)
        else:
            yield f"{key}: {value}"


def _asserted(space: Workspace, kind: str, told: Any) -> Iterator[Expectation | str]:
    if kind == "slot_was_set":
        yield from _slots(space, told)
    elif kind == "action_executed":
        tool = str(told).removeprefix("action_")
        yield Expectation("calls", [{"tool": tool}]) if tool in space.tools else f"{kind}: {told}"
    elif kind in ("bot_uttered", "bot_did_not_utter") and isinstance(told, Mapping):
        for part, value in told.items():
            if part != "text_matches":
                yield f"{kind}.{part}: {value}"
            elif kind == "bot_uttered":
                yield Expectation("matches", str(value))
            else:
                yield Expectation("never_says", [str(value)])
    elif kind == "generative_response_is_grounded":
        yield Expectation("grounded", True)
    else:
        yield f"{kind}: {told}"


def _slots(space: Workspace, told: Any) -> Iterator[Expectation | str]:
    """`- name: value`, `- name` or `- {name: ..., value: ...}`."""
    for item in told if isinstance(told, list) else [told]:
        pairs = item if isinstance(item, Mapping) else {str(item): None}
        if "name" in pairs:
            pairs = {str(pairs["name"]): pairs.get("value")}
        for name, value in pairs.items():
            if isinstance(value, str) and re.fullmatch(r"-?\d{1,9}", value):
                value = int(value)
            known = name in space.agent.slots and value is not None
            yield Expectation("remembers", {name: value}) if known else f"slot_was_set: {name}"


def _free_name(title: str, seen: set[str]) -> str:
    name = base = re.sub(r"\W+", "-", title.lower()).strip("-") or "case"
    number = 2
    while name in seen:
        name, number = f"{base}-{number}", number + 1
    seen.add(name)
    return name
