"""How far a world lets somebody come with what they want: a flow's calls, tried in a world of their own.

What a flow requires is tried first. A tool that needs a yes is not tried: only what leads to it is.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from demeanor.agent import Agent, Flow
from demeanor.agent.conditions import holds, tools_of
from demeanor.agent.description import Step
from demeanor.agent.moves import brought_something, rows_of
from demeanor.agent.slots import plain
from demeanor.runtime.tools import Tool, World, call_tool


@dataclass
class Tried:
    """What came of it. `rows`: what there is to pick, or the one thing that was found; empty where nothing was.
    `results`: tool -> result; `refusal`: what a tool said no with, after which nothing was tried. `again`: the call
    that the flow would make again, because it has not come about; nothing was tried after it either.
    """

    rows: list[dict[str, Any]] = field(default_factory=list)
    results: dict[str, dict[str, Any]] = field(default_factory=dict)
    refusal: str = ""
    again: str = ""

    def refused(self) -> Iterator[str]:
        """The tools that said no."""
        return (tool for tool, result in self.results.items() if "error" in result)


class Course:
    """Tries out goals of one agent.

    Args:
        new_world: makes a fresh world for a clock; what is only tried must not use up what the next try needs.
    """

    def __init__(self, agent: Agent, tools: Mapping[str, Tool], new_world: Callable[[date], World]) -> None:
        self.agent, self.tools, self.new_world = agent, tools, new_world

    def steps(self, flow: Flow) -> list[Step]:
        """The steps of what a flow requires, then its own."""
        return [step for name in (*flow.requires, flow.name) for step in self.agent.flows[name].steps]

    def target(self, flow: Flow) -> str:
        """The tool whose result decides whether there is something to want: the first that brings options, else the
        flow's first; '' where it calls none.
        """
        offers = [self.agent.slots[step.of[0]].source for step in flow.steps if step.kind == "invite"]
        return next((source[0] for source in offers if source is not None), next(iter(flow.tools()), ""))

    @contextmanager
    def _started(self, facts: Mapping[str, Any], today: date) -> Iterator[World]:
        """A fresh world with what is verified of the user."""
        world = self.new_world(today)
        world.session.facts = dict(facts)
        try:
            yield world
        finally:
            world.close()

    def run(self, flow: Flow, values: Mapping[str, Any], facts: Mapping[str, Any], today: date) -> Tried:
        """Call what the flow calls, up to its target, with these values."""
        tried, target = Tried(), self.target(flow)
        if target not in self.tools:
            return tried
        with self._started(facts, today) as world:
            asked = {name for step in self.steps(flow) if step.kind == "ask" for name in step.of}
            told = {name: value for name, value in values.items() if name not in asked}
            for step in self.steps(flow):
                if not self._applies(step, values, tried):
                    continue
                if step.kind == "ask":
                    told |= {name: values[name] for name in step.of if name in values}
                if step.kind != "call":
                    continue
                if not self._called(step, told, tried, world) or target in tried.results:
                    break
        result = tried.results.get(target)
        if result is not None and not tried.refusal and not tried.again:
            rows = rows_of(result)
            tried.rows = rows if rows or not brought_something(result) else [dict(result)]
        return tried

    def never_served(
        self,
        flow: Flow,
        values: Mapping[str, Any],
        facts: Mapping[str, Any],
        today: date,
        tries: Sequence[Mapping[str, Any]],
    ) -> bool:
        """Whether a call that the flow makes again does not come about with these values, nor with any of `tries` in
        their place, one after the other.
        """
        with self._started(facts, today) as world:
            told, tried = dict(values), Tried()
            for step in self.steps(flow):
                if step.kind != "call" or not self._applies(step, told, tried):
                    continue
                self._called(step, told, tried, world)
                if self._came_about(step, told, tried):
                    continue
                for again in tries:
                    told |= again
                    self._called(step, told, tried, world)
                    if self._came_about(step, told, tried):
                        return False
                return step.retry is not None and step.retry.then is not None
        return False

    def confirms(self, flow: Flow, values: Mapping[str, Any], tried: Tried) -> bool:
        """Whether somebody with these values is asked for a yes, or may be."""
        return any(self._may_apply(step, values, tried) for step in self.steps(flow) if step.kind == "confirm")

    def every(self, flow: Flow) -> set[str]:
        """The details that the flow asks for on any of its branches."""
        return {name for step in self.steps(flow) for name in _asks(step)}

    def asked(self, flow: Flow, values: Mapping[str, Any], tried: Tried) -> set[str]:
        """What the flow asks somebody with these values for; what hangs on a result that was not tried may be asked."""
        told = dict(values)
        while True:
            asked = {n for s in self.steps(flow) if self._may_apply(s, told, tried) for n in _asks(s)}
            left = self.every(flow) - asked
            if not left & told.keys():
                return asked
            told = {n: v for n, v in told.items() if n not in left}  # nor do conditions see what nobody asks for

    def _may_apply(self, step: Step, values: Mapping[str, Any], tried: Tried) -> bool:
        unknown = step.when is not None and not tools_of(step.when) <= tried.results.keys()
        return unknown or self._applies(step, values, tried)

    def _applies(self, step: Step, values: Mapping[str, Any], tried: Tried) -> bool:
        return step.when is None or holds(step.when, Planned(values, tried.results), self.agent.slots)

    def _called(self, step: Step, values: Mapping[str, Any], tried: Tried, world: World) -> bool:
        """Whether one call of the flow went well; a write is not tried, and what follows it cannot be known."""
        (name,) = step.of
        if name in self.agent.writes() or name not in self.tools:
            return False
        tool = self.tools[name]
        arguments = {k: plain(v) for k, v in values.items() if k in tool.parameters}
        called = call_tool(tool, arguments, world, self.agent.slots)
        result = {"error": called.where} if called.failed else called.content
        tried.results[name] = result
        tried.refusal = f"{name}: {result['error']}" if "error" in result else ""
        bargains = step.retry is not None and step.retry.accept  # about what it brought: that is no end
        tried.again = "" if bargains or self._came_about(step, values, tried) else name
        return not tried.refusal and not tried.again

    def _came_about(self, step: Step, values: Mapping[str, Any], tried: Tried) -> bool:
        """Whether a call that was made need not be made again; what is never tried brings nothing that is known."""
        result = tried.results.get(step.of[0], {})
        return "error" not in result and (
            step.retry is None or step.retry.came_about(Planned(values, tried.results), self.agent.slots, result)
        )


def _asks(step: Step) -> tuple[str, ...]:
    """The details that a step asks for."""
    return step.of if step.kind in ("ask", "invite") else step.retry.ask if step.retry is not None else ()


@dataclass(frozen=True)
class Planned:
    """What a goal has, as conditions see it (`conditions.State`)."""

    values: Mapping[str, Any]
    results: Mapping[str, Mapping[str, Any]]

    def value(self, slot: str) -> object | None:
        return self.values.get(slot)

    def result(self, tool: str) -> Mapping[str, Any] | None:
        return self.results.get(tool)
