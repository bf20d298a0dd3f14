"""There is one turn: the sandbox, the evaluation, a session from Python and a replay read and write the same tokens."""

from __future__ import annotations

import io
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from conftest import TODAY
from demeanor.dialogue import Message, ToolCall, read_dialogues
from demeanor.evaluation import record
from demeanor.evaluation.again import judge_again
from demeanor.evaluation.evaluate import Evaluator
from demeanor.models.model import Completion, Request
from demeanor.models.scripted import ByteTokenizer, ScriptedModel
from demeanor.runtime.prompt import call_text
from demeanor.runtime.workspace import Workspace
from demeanor.serving.sandbox import run_chat
from demeanor.simulation.scenario import Scenario
from demeanor.simulation.users.goal import Goal

LINES = ("Hi, may I bring my dog?", "And please cancel my booking SV-1028.", "Yes, please.", "Thanks!")
REPLIES = (
    "<note>question</note>\nDogs are welcome for 15 euros a night.",
    "<note>request</note>\nShall I cancel booking SV-1028?",
    f"One moment.\n{call_text(ToolCall('cancel_booking', {'reference': 'SV-1028'}))}",
    "It is cancelled.",
    # Longer than a completion may be: it is cut at the same place everywhere.
    "You are welcome, and " + "so on, " * 60,
)

Ids = list[tuple[int, ...]]


class Recorder(ScriptedModel):
    """Keeps what it was asked and what it answered."""

    def __init__(self) -> None:
        super().__init__(REPLIES)
        self.read: Ids = []
        self.written: Ids = []

    def generate(
        self, requests: Sequence[Request], *, max_new_tokens: int, seed: int = 0, temperature: float = 0.0
    ) -> list[Completion]:
        found = super().generate(requests, max_new_tokens=max_new_tokens)
        self.read += [request.ids for request in requests]
        self.written += [completion.ids for completion in found]
        return found


def from_python(space: Workspace, model: Recorder, folder: Path) -> tuple[Message, ...]:
    renderer, world = space.renderer(model.tokenizer), space.new_world(TODAY)
    session = space.session(renderer, world, model=model, search=space.search)
    for line in LINES:
        session.say(line)
    return tuple(session.messages)


def in_the_sandbox(space: Workspace, model: Recorder, folder: Path) -> tuple[Message, ...]:
    lines = io.StringIO("".join(f"{line}\n" for line in LINES))
    kept = run_chat(space, model, today=TODAY, record=folder / "chat.jsonl", source=lines, out=io.StringIO())
    return next(iter(read_dialogues(kept))).messages


def in_an_evaluation(space: Workspace, model: Recorder, folder: Path) -> tuple[Message, ...]:
    scenario = Scenario("by-hand", Goal(None, {}, "written", "neutral", TODAY), lines=LINES)
    evaluator = Evaluator(space)
    trial = evaluator.run([scenario], model, space.renderer(model.tokenizer))[0]
    verdicts = trial.verdicts
    kept = record.from_json(record.to_json(scenario.id, trial.episode, verdicts.task, verdicts.faults))
    again, differs = judge_again(evaluator, scenario, kept)  # a replay without a model answers alike
    assert differs == ""
    assert again is not None
    assert again.episode.session.messages == trial.episode.session.messages
    return tuple(trial.episode.session.messages)


Way = Callable[[Workspace, Recorder, Path], tuple[Message, ...]]


@pytest.mark.parametrize("way", [in_the_sandbox, in_an_evaluation])
def test_every_way_reads_and_writes_the_same_tokens(workspace: Workspace, way: Way, tmp_path: Path) -> None:
    mine, theirs = Recorder(), Recorder()
    said = from_python(workspace, mine, tmp_path)
    heard = way(workspace, theirs, tmp_path)
    assert theirs.read == mine.read
    assert theirs.written == mine.written
    assert heard == said
    # The conversation has all of it: a page, a note, a write that was agreed to, a cut reply.
    assert "dog" in said[0].context.lower()
    assert said[1].note == "question"
    assert any(m.role == "tool" and '"status": "cancelled"' in m.content for m in said)
    assert said[-1].cut
    assert len(mine.written[-1]) == 180


def test_what_is_trained_is_what_was_read(workspace: Workspace, tmp_path: Path) -> None:
    """The rendered conversation begins with every prompt in turn: history only grows."""
    model = Recorder()
    messages = from_python(workspace, model, tmp_path)
    whole = workspace.renderer(ByteTokenizer()).render([replace(m, cut=False) for m in messages]).ids
    for read, written in zip(model.read, model.written, strict=True):
        assert whole[: len(read)] == read
        assert whole[len(read) : len(read) + len(written)] == written
