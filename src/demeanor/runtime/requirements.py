"""What flows demand of the order of calls, held by code: what has to be through first, and how often a call may fail.

It sees calls with their results, and what the agent noted. What the model believes does not count.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from demeanor.agent import Agent
from demeanor.agent.conditions import holds
from demeanor.agent.description import Retry, Step
from demeanor.agent.moves import brought_something
from demeanor.agent.slots import Resolved, resolve
from demeanor.runtime.calls import CallRecord


class Requirements:
    """At one point of a conversation; also what conditions are held against there (`conditions.State`).

    Args:
        noted: slot -> the user's words, as the agent wrote them down.
        calls: what was called up to now.
    """

    def __init__(self, agent: Agent, noted: Mapping[str, str], calls: Sequence[CallRecord], today: date) -> None:
        self._agent, self._noted, self._calls, self._today = agent, noted, calls, today

    def value(self, slot: str) -> object | None:
        """See `conditions.State`."""
        words = self._noted.get(slot)
        if words is None:
            return None
        got = resolve(self._agent.slots[slot], words, self._today)
        return got.value if isinstance(got, Resolved) else words

    def result(self, tool: str) -> Mapping[str, Any] | None:
        """See `conditions.State`."""
        return next((c.result for c in reversed(self._calls) if c.call.name == tool and not c.refused), None)

    def came_about(self, retry: Retry | None, record: CallRecord) -> bool:
        """Whether a call did what its flow wants of it."""
        if record.refused:
            return False
        if retry is not None and retry.until is not None:
            return holds(retry.until, self, self._agent.slots)
        return brought_something(record.result)

    def lacking(self, tool: str) -> str:
        """The first flow that has to be through before a tool runs and is not; '' when none is missing."""
        for name in self._agent.required_for(tool):
            calls = [step for step in self._agent.flows[name].steps if step.kind == "call"]
            if calls and not self._through(calls[-1]):
                return name
        return ""

    def _through(self, step: Step) -> bool:
        newest = next((c for c in reversed(self._calls) if c.call.name == step.of[0] and not c.refused), None)
        return newest is not None and self.came_about(step.retry, newest)

    def last_try(self, tool: str) -> Step | None:
        """What follows where a tool has failed as often as it may; None while it may still be tried."""
        for retry in self._agent.retries(tool):
            failed = [c for c in self._calls if c.call.name == tool and not c.refused and not self.came_about(retry, c)]
            if retry.then is not None and len(failed) >= retry.times:
                return retry.then
        return None
