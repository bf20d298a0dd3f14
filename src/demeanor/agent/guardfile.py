"""The guards of agent.yaml: messages that the agent must not handle by itself, as people describe them."""

from __future__ import annotations

from typing import Literal

from pydantic import ValidationInfo, model_validator

from demeanor.agent.description import Guard
from demeanor.agent.topics import TOPICS
from demeanor.project.yamlmodel import FileModel, Text, Texts, fault

LEAST_SIGNS = 5
NOBODY = "none"
"""What a scenario writes where no guard ought to stand; no guard can be called so."""


class GuardFile(FileModel):
    """One guard: what it recognises, and what happens then."""

    when: Text
    topic: Text | None = None
    signs: Texts = ()
    not_signs: Texts = ()
    miss: Literal["rare"] | None = None
    false_alarm: Literal["rare"] | None = None
    say: Text
    handoff: Text | None = None
    every_time: bool = True

    @model_validator(mode="after")
    def recognises_something(self) -> GuardFile:
        """It has a ready-made topic, or enough signs to learn from, and avoids one error before the other."""
        if self.topic is None and not self.signs:
            fix = "topic: NAME, or signs: [five messages or more that ought to be recognised]"
            raise fault("a guard that recognises nothing", allowed=list(TOPICS), fix=fix)
        if self.topic is not None and self.topic not in TOPICS:
            fix = "give messages of your own as `signs:`"
            near = {"fix": fix} if not _near(self.topic) else {}
            raise fault("unknown topic", at=("topic",), found=self.topic, allowed=list(TOPICS), **near)
        if self.signs and len(self.signs) < LEAST_SIGNS:
            text = f"too few signs to learn from: at least {LEAST_SIGNS}"
            fix = "write more messages that ought to be recognised, each in other words"
            raise fault(text, at=("signs",), found=f"{len(self.signs)}", fix=fix)
        if self.not_signs and not self.signs:
            text = "`not_signs` say what `signs` do not mean, and there are none"
            raise fault(text, at=("not_signs",), fix="add `signs:`")
        if both := {*self.signs} & {*self.not_signs}:
            fix = "take it out of one of the two"
            raise fault("a sign that is none", at=("not_signs",), found=next(iter(both)), fix=fix)
        if self.miss is not None and self.false_alarm is not None:
            text = "a threshold avoids one of two errors"
            raise fault(text, at=("miss",), allowed=("miss: rare", "false_alarm: rare"), fix="take one of them out")
        return self

    @model_validator(mode="after")
    def somebody_takes_over(self, info: ValidationInfo) -> GuardFile:
        """Who it hands over to is named under `handoffs` (context: `handoffs`)."""
        handoffs = (info.context or {}).get("handoffs") or {}
        if self.handoff is not None and self.handoff not in handoffs:
            text, fix = "nobody of that name takes over", f"handoffs: {{{self.handoff}: what it is for}}"
            raise fault(text, at=("handoff",), found=self.handoff, allowed=list(handoffs), fix=fix)
        return self

    def guard(self, name: str) -> Guard:
        """What the runtime holds."""
        return Guard(
            name,
            self.when,
            self.say,
            self.topic or "",
            self.signs,
            self.not_signs,
            "miss" if self.miss is not None else "false_alarm",
            self.handoff or "",
            self.every_time,
        )


def _near(topic: str) -> bool:
    from difflib import get_close_matches

    return bool(get_close_matches(topic, TOPICS, n=1))
