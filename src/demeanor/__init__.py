"""Teach a language model how to behave in conversation, and prove that it does.

    from demeanor import Project

    project = Project.open("bookease")           # or Project.init("shop", template="blank")
    run = project.train(limit=400)
    print(run.session().say("Is anything free on Friday?").text)
    print(project.evaluate(run).scorecard["task_success"])

These names are the library; everything else is private by place and may change. The core is synchronous. Each name is
loaded when it is first used, so that `import demeanor` costs nothing.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

from demeanor.version import __version__ as __version__

if TYPE_CHECKING:
    from demeanor.agent import Agent
    from demeanor.commands.project import Project, Run
    from demeanor.dialogue import Dialogue, Message
    from demeanor.errors import ConfigError, DemeanorError, DialogueError, FingerprintError, ModelError, RunError
    from demeanor.evaluation.compare import Comparison
    from demeanor.evaluation.scorecard import Figure, Measure, Scorecard
    from demeanor.runtime.session import Reply, Session
    from demeanor.runtime.tools import Tool, ToolRefused, World, tool

__all__ = [
    "Agent",
    "Comparison",
    "ConfigError",
    "DemeanorError",
    "Dialogue",
    "DialogueError",
    "Figure",
    "FingerprintError",
    "Measure",
    "Message",
    "ModelError",
    "Project",
    "Reply",
    "Run",
    "RunError",
    "Scorecard",
    "Session",
    "Tool",
    "ToolRefused",
    "World",
    "tool",
]

_PLACES = {
    "demeanor.agent": ("Agent",),
    "demeanor.commands.project": ("Project", "Run"),
    "demeanor.dialogue": ("Dialogue", "Message"),
    "demeanor.errors": ("ConfigError", "DemeanorError", "DialogueError", "FingerprintError", "ModelError", "RunError"),
    "demeanor.evaluation.compare": ("Comparison",),
    "demeanor.evaluation.scorecard": ("Figure", "Measure", "Scorecard"),
    "demeanor.runtime.session": ("Reply", "Session"),
    "demeanor.runtime.tools": ("Tool", "ToolRefused", "World", "tool"),
}
_PLACE = {name: module for module, names in _PLACES.items() for name in names}


def __getattr__(name: str) -> object:
    if name not in _PLACE:
        raise AttributeError(f"module 'demeanor' has no attribute {name!r}")
    return getattr(import_module(_PLACE[name]), name)


def __dir__() -> list[str]:
    return sorted([*__all__, "__version__"])
