"""Lines for the reader from self-play: every simulated message comes with what it does, for certain.

    python -m demeanor.data.lines PROJECT --into FOLDER

appends to `sim-agent.jsonl` and `sim-user.jsonl`, as `demeanor.reading.learn` reads them; the trade is called as the
folder.
"""

from __future__ import annotations

import json
import random
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import click

from demeanor.agent import Agent
from demeanor.agent.moves import UserMove
from demeanor.data.synthesize import Plan, Synthesizer, sample_goal
from demeanor.project import ProjectFolder
from demeanor.reading.labels import LABELS
from demeanor.runtime.workspace import Workspace
from demeanor.simulation.play import Episode
from demeanor.simulation.wording.meaning import meaning_of

# The acts of simulated users in the labels of the reader. What is not here says nothing that a label means.
USER: Mapping[str, tuple[str, ...]] = {
    "request:off_topic": ("off_topic",),
    "request:recap": ("question",),
    "unclear": ("hesitate",),
    "digress": ("question",),
    **{label: (label,) for label in LABELS["user"]},
}

# Habits that every flow allows, whatever its world holds.
ANYWHERE = ("all_at_once", "drip", "some", "digresses", "lacks", "off_topic", "rude", "hesitates", "asks_only")


def lines_of(episode: Episode) -> Iterator[tuple[str, dict[str, Any]]]:
    """("agent" or "user", row) of every message that says something."""
    agent, before = episode.session.agent, {"user": "", "assistant": ""}
    for index, message in enumerate(episode.session.messages):
        if message.role not in before or not message.content:
            continue
        row: dict[str, Any] = {
            "before": before["user" if message.role == "assistant" else "assistant"],
            "text": message.content,
        }
        if message.role == "assistant" and message.weight and not message.calls and index in episode.acts:
            yield "agent", row | agent_row(agent, episode.acts[index])
        elif message.role == "user" and index in episode.moves:
            yield "user", row | user_row(agent, episode.moves[index], message.content)
        before[message.role] = message.content


def agent_row(agent: Agent, acts: tuple[str, ...]) -> dict[str, Any]:
    """Labels, slots and tool of an agent's message."""
    meanings = [meaning_of(agent, act) for act in acts]
    slots, tools = [s for m in meanings for s in m.slots], {t for m in meanings for t in m.tools}
    row: dict[str, Any] = {"acts": sorted({label for m in meanings for label in m.labels})}
    row |= {"slots": slots} if slots else {}
    return row | ({"tool": tools.pop()} if len(tools) == 1 else {})


def user_row(agent: Agent, move: UserMove, text: str) -> dict[str, Any]:
    """Labels, told words and corrected slots of a user's message."""
    labels, corrected = set[str](), list[str]()
    for act in move.acts:
        kind, _, of = act.partition(":")
        labels |= {*(USER.get(act) or USER.get(kind, ()))}
        corrected += of.split("+") if kind == "correct" and of else []
    told = {name: words for name, words in move.mentions.items() if words in text}
    labels |= {"inform"} if told and "correct" not in labels else set()
    row: dict[str, Any] = {"acts": sorted(labels)} | ({"told": told} if told else {})
    return row | ({"corrects": corrected} if corrected else {})


@click.command()
@click.argument("project", type=click.Path(path_type=Path, exists=True, file_okay=False))
@click.option("--into", type=click.Path(path_type=Path, file_okay=False), required=True)
@click.option("--dialogues", default=60, show_default=True)
@click.option("--seed", default=0, show_default=True)
def main(project: Path, into: Path, dialogues: int, seed: int) -> None:
    """Write the lines of some simulated dialogues of PROJECT."""
    plan = Plan(Workspace.load(ProjectFolder(project)), seed=seed, habits=dict.fromkeys(ANYWHERE, 1))
    maker, rows = Synthesizer(plan), {"agent": list[str](), "user": list[str]()}
    for number in range(dialogues):
        rng = random.Random(f"{seed} {number}")
        goal, questions, pages = maker.pages(sample_goal(plan, maker.sampler, maker.questions, rng), rng)
        episode = maker.episode(goal, number, rng, questions, pages)
        for kind, row in () if episode.broken else lines_of(episode):
            rows[kind].append(json.dumps({"trade": project.name, **row}, ensure_ascii=False))
    into.mkdir(parents=True, exist_ok=True)
    for kind, found in rows.items():
        with (into / f"sim-{kind}.jsonl").open("a", encoding="utf-8") as file:
            file.writelines(f"{line}\n" for line in dict.fromkeys(found))
    click.echo(f"{project.name}: {len({*rows['agent']})} lines of the agent, {len({*rows['user']})} of users")


if __name__ == "__main__":
    main()
