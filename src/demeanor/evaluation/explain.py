"""What tuning did to the model, measured on dialogues that nobody trained on.

The agent's flow plays fresh dialogues with wording of the selection pool, so the right reply is known everywhere. Base
and tuned model then say how likely they find it, beside the base model's own reply to the same and a reply in a voice
that is to be avoided; how much likelier it is for what the user has said; how near what they would write comes to the
voice's own lines; and how well they still predict ordinary prose. One model is loaded: the base is the tuned one with
its adapter switched off, in the arithmetic of training.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

import torch

from demeanor.data.synthesize import Plan, synthesize
from demeanor.dialogue import Dialogue, Message
from demeanor.evaluation.explanation import Effect, Explanation, TokenView
from demeanor.evaluation.statistics import paired_difference
from demeanor.models.model import Request
from demeanor.runtime.arm import Arm, load_arm
from demeanor.runtime.knowledge.dense import Dense, can_encode
from demeanor.runtime.prompt import Renderer, parse_note, parse_reply
from demeanor.runtime.workspace import Workspace
from demeanor.simulation.wording.project import Wording
from demeanor.training.config import Example, TrainConfig
from demeanor.training.examples import with_context
from demeanor.training.general import prose, questions
from demeanor.training.lora import prepare_model
from demeanor.training.objective import Objective

SEED = 77
MOST_TOKENS = 120  # of a reply that a model writes here
NOTHING = "..."


@dataclass(frozen=True)
class Case:
    """A reply of a fresh dialogue: what was said before, the right reply, and a detail of earlier messages that it uses
    (its words; '' where it uses none)."""

    name: str
    before: tuple[Message, ...]
    right: Message
    detail: str = ""


def explain(
    space: Workspace,
    name: str,
    count: int = 24,
    *,
    engine: str = "auto",
    on_step: Callable[[str], None] = lambda w: None,
) -> Explanation:
    """Measure what the training run `name` changed, on `count` fresh dialogues.

    Raises:
        RunError: no such run, or it holds no adapter.
    """
    on_step("playing fresh dialogues")
    cases = [case for d in synthesize(Plan(space, "selection", seed=SEED), count) for case in cases_of(space, d)]
    written: dict[str, list[str]] = {}
    for arm_name in ("base", name):
        arm = load_arm(space, arm_name, engine=engine)
        on_step(f"{arm.label} writes its own replies")
        written["base" if arm_name == "base" else "tuned"] = _write(arm, cases)
    renderer, run = arm.renderer, arm.run
    del arm
    scorer = Scorer(space, space.folder.run(run).path / "adapter", renderer)
    weighed = []
    for number, (case, own) in enumerate(zip(cases, written["base"], strict=True), 1):
        on_step(f"weighing replies: {number} of {len(cases)}")
        weighed.append(_weigh(scorer, case, own, next(iter(space.agent.voice.avoid), "")))
    on_step("weighing ordinary prose")
    found = Explanation(run)
    found.effects += _likelihood(weighed, next(iter(space.agent.voice.avoid), ""))
    found.effects += _priority(weighed)
    found.effects += _style(space, cases, written)
    found.effects += _retention(scorer)
    found.shown = [_shown(scorer, w, own) for w, own in zip(weighed, written["base"], strict=True)]
    return found


# ---------------------------------------------------------------------------------------------------- cases


def cases_of(space: Workspace, dialogue: Dialogue) -> Iterator[Case]:
    """The last reply in words, and the last call that uses something said before the user's last message."""
    texts = [m.content for m in dialogue.messages if m.role == "user"]
    found = iter(space.search_unseen(texts))
    hits = [next(found) if m.role == "user" else [] for m in dialogue.messages]
    messages = with_context(space, dialogue, hits, {p.id: p for p in space.passages})
    replies = [k for k, m in enumerate(messages) if m.role == "assistant" and m.weight == 1]
    spoken = [k for k in replies if messages[k].content and not messages[k].calls and messages[k - 1].role == "user"]
    calling = [k for k in replies if messages[k].calls and _detail(messages, k)]
    for kind, where in (("said", spoken[-1:]), ("called", calling[-1:])):
        for k in where:
            before = tuple(replace(m, weight=0) if m.role == "assistant" else m for m in messages[:k])
            yield Case(f"{dialogue.id}/{kind}", before, messages[k], _detail(messages, k))


def _detail(messages: Sequence[Message], index: int) -> str:
    """Words of an argument of the call at `index` that stand in a user message before the last one, in no later."""
    users = [m.content for m in messages[:index] if m.role == "user"]
    for call in messages[index].calls:
        for value in map(str, call.arguments.values()):
            if any(value in text for text in users[:-1]) and value not in users[-1]:
                return value
    return ""


def _write(arm: Arm, cases: Sequence[Case]) -> list[str]:
    requests = [Request(arm.renderer.render(list(c.before)).ids, c.name) for c in cases]
    replies = arm.model.generate(requests, max_new_tokens=MOST_TOKENS)
    arm.model.forget([r.conversation for r in requests])
    return [reply.text for reply in replies]


# ---------------------------------------------------------------------------------------------------- scoring


class Scorer:
    """Log-probabilities of replies under the tuned model and, with its adapter switched off, under the base."""

    def __init__(self, space: Workspace, adapter: Any, renderer: Renderer) -> None:
        config = TrainConfig(stop_ids=renderer.stop_ids)
        self.model = prepare_model(space.base_weights(), config, adapter).eval()
        self.renderer = renderer
        self._objective = Objective(self.model, precision=config.precision, token_budget=None, share=True)

    def example(self, name: str, before: Sequence[Message], reply: Message | str) -> Example:
        """The conversation with one reply whose tokens are weighed; text is taken as the model wrote it."""
        if isinstance(reply, str):
            note, rest = parse_note(reply)
            text, calls, _ = parse_reply(rest)
            reply = Message("assistant", text, tuple(calls[:1]), note=note)
        rendered = self.renderer.render([*before, replace(reply, weight=1)])
        return Example(name, rendered.ids, rendered.trained)

    def weigh(self, examples: Sequence[Example]) -> dict[str, list[list[float]]]:
        """'base' and 'tuned' -> the log-probability of every weighed token, in nats."""
        sides: dict[str, AbstractContextManager[Any]] = {"tuned": nullcontext(), "base": self.model.disable_adapter()}
        found = {}
        for side, switched in sides.items():
            with switched, torch.no_grad():
                found[side] = [[-x for x in losses] for losses in self._objective.token_losses(examples)]
        return found


def _finding(
    name: str, label: str, unit: str, weighed: Sequence[Weighed], value: Callable[[Weighed, str], float]
) -> Effect:
    """A figure over weighed replies; `value` takes one of them and 'base' or 'tuned'."""
    return _compared(name, label, unit, {side: [value(w, side) for w in weighed] for side in ("base", "tuned")})


def _compared(name: str, label: str, unit: str, values: Mapping[str, Sequence[float]]) -> Effect:
    base, tuned = list(values["base"]), list(values["tuned"])
    means = [sum(v) / len(v) if v else None for v in (base, tuned)]
    return Effect(name, label, unit, means[0], means[1], paired_difference(tuned, base, seed=0))


@dataclass(frozen=True)
class Weighed:
    """A case with the log-probabilities of its replies: kind ("right", "own", "off_voice", "last_message", "detail") ->
    'base' and 'tuned' -> a value for each weighed token, in nats. The last two are the right reply's where the user's
    last message, or the detail, is missing.
    """

    case: Case
    of: Mapping[str, Mapping[str, Sequence[float]]]

    def mean(self, kind: str, side: str) -> float:
        return sum(self.of[kind][side]) / len(self.of[kind][side])

    def total(self, kind: str, side: str) -> float:
        return sum(self.of[kind][side])


def _weigh(scorer: Scorer, case: Case, own: str, phrase: str) -> Weighed:
    """All replies of a case. Those behind the same messages go together: what they share is computed once."""
    here = {"right": scorer.example("right", case.before, case.right)}
    if own.strip():
        here["own"] = scorer.example("own", case.before, own)
    if phrase and case.right.content:
        off = replace(case.right, content=f"{phrase.capitalize()}. {case.right.content}")
        here["off_voice"] = scorer.example("off_voice", case.before, off)
    groups = [here]
    if case.before and case.before[-1].role == "user":
        groups.append({"last_message": scorer.example("last_message", _without_last(case), case.right)})
    if case.detail:
        groups.append({"detail": scorer.example("detail", _without_detail(case), case.right)})
    found: dict[str, dict[str, list[float]]] = {}
    for group in groups:
        sides = scorer.weigh(list(group.values()))
        found |= {kind: {side: rows[k] for side, rows in sides.items()} for k, kind in enumerate(group)}
    return Weighed(case, found)


def _likelihood(weighed: Sequence[Weighed], phrase: str) -> list[Effect]:
    """How likely both find the right replies, the base model's own, and the right words in a voice to avoid."""
    others = [w for w in weighed if "own" in w.of]
    off = [w for w in weighed if "off_voice" in w.of]
    rows = [_finding("right", "The right reply", "nats a token", weighed, lambda w, s: w.mean("right", s))]
    if others:
        name = "The base model's own reply"
        rows.append(_finding("own", name, "nats a token", others, lambda w, s: w.mean("own", s)))
        name = "The right reply is likelier than that one"
        better = _finding(
            "preferred", name, "share of replies", others, lambda w, s: float(w.mean("right", s) > w.mean("own", s))
        )
        rows.append(better)
    if off:
        name = f"What '{phrase}' in front of it costs"
        cost = _finding(
            "off_voice", name, "nats a reply", off, lambda w, s: w.total("right", s) - w.total("off_voice", s)
        )
        rows.append(cost)
    return rows


def _priority(weighed: Sequence[Weighed]) -> list[Effect]:
    """How much of the right reply's likelihood rests on the user's last message, and on one detail said before it."""
    rows = []
    for kind, label in (
        ("last_message", "Lost without the user's last message"),
        ("detail", "Lost without one detail said earlier"),
    ):
        if chosen := [w for w in weighed if kind in w.of]:
            lost = partial(_lost, kind)
            rows.append(_finding(kind, label, "nats a reply", chosen, lost))
    return rows


def _lost(kind: str, weighed: Weighed, side: str) -> float:
    return weighed.total("right", side) - weighed.total(kind, side)


def _without_last(case: Case) -> list[Message]:
    return [*case.before[:-1], replace(case.before[-1], content=NOTHING)]


def _without_detail(case: Case) -> list[Message]:
    """The detail is gone from what the user said and from what the agent noted of it."""
    return [
        replace(m, content=m.content.replace(case.detail, NOTHING), note=m.note.replace(case.detail, NOTHING))
        for m in case.before
    ]


def _style(space: Workspace, cases: Sequence[Case], written: Mapping[str, Sequence[str]]) -> list[Effect]:
    """How far replies in words lie from the nearest line of the voice: 0 the same, 1 unlike."""
    if not can_encode():
        return []
    voice = Dense(Wording(space).lines())
    distances: dict[str, list[float]] = {"base": [], "tuned": []}
    texts = {side: [parse_reply(parse_note(t)[1])[0] for t in replies] for side, replies in written.items()}
    both = [k for k, c in enumerate(cases) if not c.right.calls and texts["base"][k] and texts["tuned"][k]]
    for side, rows in distances.items():
        rows += [1 - max(row) for row in voice.similarities([texts[side][k] for k in both])]
    return [_compared("style", "Distance to the voice's lines", "1 - cosine", distances)] if both else []


def _retention(scorer: Scorer) -> list[Effect]:
    rows = []
    texts = (("general", "Ordinary prose", prose), ("questions", "Answers to general questions", questions))
    for name, label, read in texts:
        if examples := read(scorer.renderer.tokenizer):
            found = scorer.weigh(examples)
            values = {side: [sum(row) / len(row) for row in weighed] for side, weighed in found.items()}
            rows.append(_compared(name, label, "nats a token", values))
    return rows


def _shown(scorer: Scorer, weighed: Weighed, own: str) -> TokenView:
    case, right = weighed.case, weighed.of["right"]
    example = scorer.example("right", case.before, case.right)
    ids = [i for i, trained in zip(example.ids, example.trained, strict=True) if trained]
    texts = [scorer.renderer.tokenizer.decode([i], skip_special_tokens=False) for i in ids]
    user = next((m.content for m in reversed(case.before) if m.role == "user"), "")
    return TokenView(case.name, user, own.strip(), tuple(zip(texts, right["base"], right["tuned"], strict=True)))
