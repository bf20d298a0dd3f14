"""Trials on disk: what was said, meant, called and found, one JSON line a trial. Stages meet in these files."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from demeanor.agent.moves import UserMove
from demeanor.dialogue import Message
from demeanor.runtime.guards import Heard, heard_from_json, heard_to_json
from demeanor.simulation.play import Episode


@dataclass(frozen=True)
class Record:
    """One trial as it was kept.

    `moves` and `acts` by message index, `faults` likewise; `fault` is the user's own. `secrets`: placeholder -> whether
    it stood for the world's value. `heard`: user message -> guard -> how it was heard.
    `left_out`: so many of the first messages the model no longer read in the end, its window being full.
    """

    scenario: str
    task: bool | None
    messages: tuple[Message, ...]
    moves: Mapping[int, UserMove]
    acts: Mapping[int, tuple[str, ...]]
    faults: Mapping[int, list[str]]
    passages: Mapping[int, list[dict[str, str]]]
    outcome: str
    fault: str = ""
    lost: str = ""
    secrets: Mapping[str, bool] = field(default_factory=dict)
    heard: Mapping[int, Mapping[str, Heard]] = field(default_factory=dict)
    left_out: int = 0


def to_json(scenario: str, episode: Episode, task: bool | None, faults: Mapping[int, list[str]]) -> dict[str, Any]:
    """A trial as plain data."""
    passages = {
        k: [{"id": h.passage.id, "sha256": h.passage.sha256} for h in hits]
        for k, hits in episode.session.hits.items()
        if hits
    }
    return {
        "scenario": scenario,
        "task": task,
        "outcome": episode.user.outcome,
        "fault": episode.user.fault,
        "lost": episode.lost,
        "messages": [m.to_json() for m in episode.session.messages],
        "moves": {str(k): _move(m) for k, m in episode.moves.items()},
        "acts": {str(k): list(a) for k, a in episode.acts.items()},
        "faults": {str(k): f for k, f in faults.items()},
        "passages": {str(k): p for k, p in passages.items()},
        **({"secrets": secrets} if (secrets := _secrets(episode)) else {}),
        **({"heard": heard} if (heard := heard_to_json(episode.session.heard)) else {}),
        **({"left_out": episode.session.left_out} if episode.session.left_out else {}),
    }


def _secrets(episode: Episode) -> dict[str, bool]:
    session, goal = episode.session, getattr(episode.user, "goal", None)
    return session.secrets.right(session.agent, goal.values if goal else {}, session.world.today)


def from_json(raw: Mapping[str, Any]) -> Record:
    """The inverse of `to_json`."""
    messages = [Message.from_json(m) for m in raw["messages"]]
    return Record(
        raw["scenario"],
        raw["task"],
        tuple(messages),
        {int(k): _read_move(m) for k, m in raw["moves"].items()},
        {int(k): tuple(a) for k, a in raw["acts"].items()},
        {int(k): list(f) for k, f in raw["faults"].items()},
        {int(k): list(p) for k, p in raw["passages"].items()},
        raw["outcome"],
        raw.get("fault", ""),
        raw.get("lost", ""),
        dict(raw.get("secrets", {})),
        heard_from_json(raw.get("heard", {})),
        raw.get("left_out", 0),
    )


def _move(move: UserMove) -> dict[str, Any]:
    return {
        "acts": list(move.acts),
        "mentions": dict(move.mentions),
        "flow": move.flow,
        "question": move.question,
        "answerable": move.answerable,
    }


def _read_move(raw: Mapping[str, Any]) -> UserMove:
    return UserMove(tuple(raw["acts"]), raw["mentions"], raw["flow"], raw["question"], raw["answerable"])
