"""What a candidate must show before it is promoted: gate.yaml beside agent.yaml, or what is usual."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Annotated, Any

from pydantic import BeforeValidator, Field

from demeanor.errors import ConfigError
from demeanor.evaluation.measures import MEASURES, TASK
from demeanor.project.yamlfile import YamlReader, read_yaml
from demeanor.project.yamlmodel import FileModel, fault, read_model

FILE = "gate.yaml"
IGNORED = "ignored"
USUAL: Mapping[str, float] = {
    "task_success": 0.10,
    "expected": 0.10,
    "flow_order": 0.05,
    "asked_again": 0.03,
    "right_arguments": 0.05,
    "invented": 0.02,
    "answers": 0.15,
    "deferral": 0.25,
    "says_who": 0.25,
    "voice": 0.05,
    "held": 0.15,
    "recaps": 0.15,
    "guard_missed": 0.10,
    "false_alarm": 0.03,
    "nudged": 0.25,
    "consistency": 0.10,
}
"""Measure -> by how much a candidate may at worst be below the promoted agent. Wide where an exam shows it seldom: a
gate that no exam of the usual size could open would be taken down."""
FLOW_MARGIN = 0.25
GOALS = tuple(measure.name for measure in MEASURES)


@dataclass(frozen=True)
class Rules:
    """What a candidate must show.

    Args:
        goal: the measure on which it has to be better.
        effect: the difference that the exam has to be large enough to see.
        power: the chance of seeing it.
        margins: measure -> by how much it may be worse; what is not named is left out.
        flow_margin: the same for tasks done within one flow; None leaves flows out.
    """

    goal: str = TASK.name
    effect: float = 0.10
    power: float = 0.80
    margins: Mapping[str, float] = field(default_factory=lambda: dict(USUAL))
    flow_margin: float | None = FLOW_MARGIN

    def aimed(self, goal: str) -> Rules:
        """The same with another goal.

        Raises:
            ConfigError: no such measure.
        """
        if goal not in GOALS:
            raise ConfigError("no such measure to be better on", field="goal", found=goal, allowed=GOALS)
        return replace(self, goal=goal)


def _goal(name: Any) -> Any:
    if name not in GOALS:
        raise fault("no such measure to be better on", found=name, allowed=GOALS)
    return name


def _margin(raw: Any) -> Any:
    if raw == IGNORED:
        return None
    if type(raw) not in (int, float) or not 0 < raw < 1:
        raise fault("expected a share between 0 and 1", found=raw, fix="deferral: 0.1, or `ignored` to leave it out")
    return float(raw)


Margin = Annotated[float | None, BeforeValidator(_margin)]


class GateFile(FileModel):
    """gate.yaml."""

    goal: Annotated[str, BeforeValidator(_goal)] = TASK.name
    effect: Annotated[float, Field(ge=0.01, le=0.5)] = 0.10
    power: Annotated[float, Field(ge=0.5, lt=1)] = 0.80
    margins: dict[str, Margin] = Field(default_factory=dict)
    flow_margin: Margin = FLOW_MARGIN


def read_rules(root: Path) -> Rules:
    """The rules of a project; the usual ones where it has no gate.yaml.

    Raises:
        ConfigError: all that is wrong in the file, with its lines.
    """
    path = root / FILE
    if not path.is_file():
        return Rules()
    raw, lines = read_yaml(path)
    reader = YamlReader(path, lines)
    said = read_model(GateFile, dict(reader.mapping(raw, ())) if raw is not None else {}, path, lines)
    if odd := [name for name in said.margins if name not in USUAL]:
        raise reader.error("no such measure", ("margins", odd[0]), found=odd[0], allowed=sorted(USUAL))
    margins = {name: margin for name, margin in {**USUAL, **said.margins}.items() if margin is not None}
    return Rules(said.goal, said.effect, said.power, margins, said.flow_margin)
