"""Recorded trials, judged again by today's judge: nothing is generated, every call is run again in a fresh world."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from demeanor.evaluation.evaluate import Evaluator
from demeanor.evaluation.record import Record
from demeanor.evaluation.trial import Trial
from demeanor.models.scripted import ByteTokenizer
from demeanor.runtime.knowledge import Hit, Passage
from demeanor.simulation.play import Episode, note_acts
from demeanor.simulation.scenario import Scenario


def judge_again(evaluator: Evaluator, scenario: Scenario, record: Record) -> tuple[Trial | None, str]:
    """The trial with new verdicts; or None and the reason, where pages, tools or runtime are no longer what they were.

    A conversation that would have gone on differently says nothing about today's agent.
    """
    episode = evaluator.episode(scenario, evaluator.space.renderer(ByteTokenizer()), guarded=False)
    try:
        pages = scenario.pages.seen(evaluator.space.passages)
        planted = [scenario.inject.passage()] if scenario.inject else []
        differs = _replay(episode, record, {p.id: p for p in (*pages, *planted)}, scenario.goal.values)
        if differs:
            return None, differs
        note_acts(episode)
        return Trial(scenario, episode, evaluator.judge(scenario, episode)), ""
    finally:
        episode.session.world.close()


def _replay(episode: Episode, record: Record, passages: Mapping[str, Passage], values: Mapping[str, Any]) -> str:
    """Play the messages once more; '' or where the replay leaves the record."""
    session = episode.session
    for index, shown in record.passages.items():
        for said in shown:
            if said["id"] not in passages or passages[said["id"]].sha256 != said["sha256"]:
                return f"the passage {said['id']} shown in message {index} has changed"
        session.hits[index] = tuple(Hit(passages[said["id"]], 0.0) for said in shown)
    session.secrets.restore(session.agent, record.secrets, values)
    session.heard.update(record.heard)
    episode.moves.update(record.moves)
    episode.user.outcome, episode.user.fault = record.outcome, record.fault
    episode.over, episode.lost = True, record.lost
    for index, message in enumerate(record.messages):
        answered = session.messages[index] if index < len(session.messages) else None
        if answered is not None and (answered.role, answered.content) == (message.role, message.content):
            continue
        if answered is not None or message.role == "tool":
            return f"what the runtime answers in message {index} is another today"
        if message.role == "user":
            session.messages.append(message)
        else:
            if message.guard and message.guard not in session.agent.guards:
                return f"the guard {message.guard}, which answered in message {index}, is gone"
            session.repeat(message)
            if message.guard and session.messages[index].content != message.content:
                return f"what the guard {message.guard} says in message {index} is another today"
    return ""
