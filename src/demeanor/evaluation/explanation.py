"""What `explain` found: figures for base and tuned model, and replies to look at token by token."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from typing import Any

from demeanor.evaluation.statistics import Difference


@dataclass(frozen=True)
class Effect:
    """One figure for base and tuned model; `difference` is tuned - base over `difference.n` replies."""

    name: str
    label: str
    unit: str
    base: float | None
    tuned: float | None
    difference: Difference


@dataclass(frozen=True)
class TokenView:
    """A right reply token by token: text, log-probability under base and tuned, in nats; and what the base wrote."""

    name: str
    user: str
    own: str
    tokens: tuple[tuple[str, float, float], ...]


@dataclass
class Explanation:
    """What was found of a training run, and the replies to look at."""

    run: str
    effects: list[Effect] = field(default_factory=list)
    shown: list[TokenView] = field(default_factory=list)

    def to_json(self, shown: bool = True) -> dict[str, Any]:
        """Plain data; without `shown`, the figures alone."""
        effects = [{**asdict(effect), "difference": effect.difference._asdict()} for effect in self.effects]
        views = {"shown": [asdict(view) for view in self.shown]} if shown else {}
        return {"run": self.run, "effects": effects, **views}
