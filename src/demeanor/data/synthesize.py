"""Dialogues by self-play: a simulated user with a goal talks to the flow as a policy, over the real tools.

Each dialogue is a pure function of (seed, number), so that any share of them can be made anywhere and made again.
"""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import Any

from demeanor.agent import Agent, Flow
from demeanor.agent.moves import UserMove
from demeanor.data.altered import beside, change, withhold
from demeanor.data.coverage import Coverage, acts_of
from demeanor.dialogue import Dialogue, Message
from demeanor.errors import ConfigError
from demeanor.models.scripted import ByteTokenizer
from demeanor.runtime.knowledge import AlteredPages
from demeanor.runtime.workspace import Workspace
from demeanor.simulation.play import Episode, play_policy
from demeanor.simulation.users.goal import Goal, GoalSampler, NoGoal, draw_register, draw_style
from demeanor.simulation.users.simulated import SimulatedUser
from demeanor.simulation.wording.nudges import Nudge
from demeanor.simulation.wording.project import Wording
from demeanor.simulation.wording.questions import Question

# How often each habit stands in a training set, per hundred. Digressions are many: policy answers need the practice.
HABITS: dict[str, int] = {
    "all_at_once": 7,
    "drip": 11,
    "some": 11,
    "changes_mind": 13,
    "digresses": 18,
    "nothing_available": 7,
    "lacks": 9,
    "off_topic": 4,
    "rude": 7,
    "hesitates": 6,
    "gives_up": 3,
    "asks_only": 4,
    "mistakes": 5,
    "fails": 2,
    "interrupts": 5,
    "recaps": 5,
}
# What a finished agent still fails at: questions in a row, questions that no page answers, orders of the day.
HARD_HABITS: dict[str, int] = {
    "digresses": 30,
    "lacks": 34,
    "asks_only": 8,
    "some": 8,
    "drip": 6,
    "changes_mind": 6,
    "rude": 4,
    "hesitates": 4,
}
MOST_QUESTIONS = 8
ASKED_TWICE = 0.1  # of users with questions, who ask their first one once more at the end: people forget
# Share of hard dialogues whose runtime tells the agent something that it has to pass on.
NUDGED = 0.35
# Openings are for reading messages that say much and for questions; a bare wish for the task is soon learned.
OPENING_HABITS: dict[str, int] = {"all_at_once": 28, "some": 24, "drip": 6, "asks_only": 24, "lacks": 18}
# Share of the flow's questions and searches that come after a wrong call (see play_policy).
SLIPS = 0.12
# Of users who ask what the pages lack: share whose question is one that a page would answer and that is withheld.
WITHHELD = 0.6
# Share of questions that no page answers for which passages are found that do not answer them; half where these
# questions are many, or an agent forgets to defer where nothing is found.
BESIDE, BESIDE_HARD = 0.75, 0.5
# Share of answers that come from a page with other figures than the real one, where it has figures.
CHANGED = 0.4
FIRST_DAY, CLOCK_DAYS = date(2026, 5, 4), 140
DAYS_TRIED = 60  # clocks on which somebody may want what nobody could want on the first one


@dataclass(frozen=True)
class Plan:
    """What the dialogues are made from.

    `habits`: how often each stands among them, where it is not the usual mix. `openings`: only the first message
    and the agent's turn on it, in a mix of their own: a new wording for a tenth of a dialogue's tokens. `hard`: users
    who ask many questions, much that no page answers, and a runtime that gives orders (wording/nudges.yaml).
    """

    workspace: Workspace
    bank: str = ""
    seed: int = 0
    openings: bool = False
    habits: Mapping[str, int] | None = None
    hard: bool = False


def sample_goal(plan: Plan, sampler: GoalSampler, questions: Mapping[str, Question], rng: random.Random) -> Goal:
    """A goal with its habit, register, typing style, clock and questions."""
    weights = plan.habits or (HARD_HABITS if plan.hard else OPENING_HABITS if plan.openings else HABITS)
    habit = rng.choices(list(weights), weights=list(weights.values()))[0]
    if not plan.workspace.agent.tasks():
        habit = _asking(habit, plan, questions)
    register = draw_register(rng, habit)
    today = FIRST_DAY + timedelta(days=rng.randrange(CLOCK_DAYS))
    asked = _questions(habit, questions, rng, MOST_QUESTIONS if plan.hard else 2)
    task = habit != "asks_only" and not (habit == "lacks" and rng.random() < 0.3)
    if not task or not plan.workspace.agent.tasks():
        return Goal(None, {}, habit, register, today, draw_style(rng), questions=asked)
    flow, habit = _flow(plan.workspace.agent, habit, rng)
    style = draw_style(rng)
    for left in reversed(range(DAYS_TRIED)):
        try:
            goal = sampler.sample(rng, flow, habit, register, today, style)
        except NoGoal:
            if not left:
                raise
            today = FIRST_DAY + timedelta(days=rng.randrange(CLOCK_DAYS))
        else:
            return replace(goal, questions=asked)
    raise AssertionError("a goal is found, or the error says why")


def _asking(habit: str, plan: Plan, questions: Mapping[str, Question]) -> str:
    """The habit of a user of an agent without tasks: he asks what the pages answer, or what they do not.

    Raises:
        ConfigError: there is nothing to ask either.
    """
    kinds = {question.answerable for question in questions.values()}
    if not kinds:
        raise ConfigError(
            "there is nothing that users could want",
            file=plan.workspace.agent.file,
            field="flows",
            fix="write a flow, or questions about the pages (wording/questions.yaml); an agent that only talks learns "
            "from dialogues and scenarios that you write (docs/own-agent.md)",
        )
    return "lacks" if kinds == {False} or (habit == "lacks" and False in kinds) else "asks_only"


def _flow(agent: Agent, habit: str, rng: random.Random) -> tuple[str, str]:
    """A task by the flows' weights, and the habit of a user who needs it: one of the flow's own, or the one that was
    drawn where the flow gives occasion to it.
    """
    tasks = agent.tasks()
    flow = rng.choices(list(tasks.values()), weights=[task.weight for task in tasks.values()])[0]
    share = rng.random()
    for own, part in flow.habits.items():
        if share < part:
            return flow.name, own
        share -= part
    return flow.name, habit if suits(agent, flow, habit) else "some"


def suits(agent: Agent, flow: Flow, habit: str) -> bool:
    """Whether a flow gives occasion to a habit: a change of mind needs a question for a yes, nothing found needs a
    question to be asked again, a mistake a second try.
    """
    steps = [step for name in (*flow.requires, flow.name) for step in agent.flows[name].steps]
    confirms = any(step.kind == "confirm" for step in steps)
    if habit in ("changes_mind", "hesitates", "gives_up"):
        return confirms
    if habit == "interrupts":
        return bool(agent.asides(flow.name)) and any(step.kind == "ask" for step in steps)
    if habit == "nothing_available":
        return any(step.otherwise or (step.retry and not step.retry.accept) for step in flow.steps)
    if habit in ("mistakes", "fails"):
        limited = [step.retry.times for step in steps if step.retry is not None]
        return any(limited) if habit == "fails" else bool(limited) or any(step.otherwise for step in steps)
    return True


def _questions(habit: str, questions: Mapping[str, Question], rng: random.Random, most: int) -> tuple[str, ...]:
    answered = [q.id for q in questions.values() if q.answerable]
    silent = [q.id for q in questions.values() if not q.answerable]
    if habit in ("digresses", "asks_only") and answered:
        count = rng.choice((1, 1, 2)) if most == 2 or habit == "asks_only" else rng.randint(1, most)
        asked = rng.sample(answered, min(len(answered), count))
        return tuple(asked + asked[:1]) if rng.random() < ASKED_TWICE else tuple(asked)
    if habit == "lacks" and silent:
        return (rng.choice(silent),)
    return ()


class Synthesizer:
    """Makes dialogues of a plan by number."""

    def __init__(self, plan: Plan) -> None:
        self.plan = plan
        self.space = plan.workspace
        self.wording = Wording(self.space)
        self.bank = self.wording.users(plan.bank)
        self.questions = self.wording.questions(plan.bank)
        self.sampler = GoalSampler(self.space.agent, self.bank, self.space.tools, self.space.new_world)
        self.renderer = self.space.renderer(ByteTokenizer())
        self.nudges = [n for n in self.wording.nudges(plan.bank) if n.says] if plan.hard else []
        self.passages = {p.id: p for p in self.space.passages if self.space.is_open(p.id)}

    def pages(self, goal: Goal, rng: random.Random) -> tuple[Goal, dict[str, Question], AlteredPages]:
        """The goal with its questions, and what the pages say to them in this dialogue."""
        if goal.habit == "lacks" and (not goal.questions or rng.random() < WITHHELD):
            answered = [q for q in self.questions.values() if q.answerable]
            if answered:
                chosen = rng.choice(answered)
                question, pages = withhold(chosen)
                pages = self._beside(pages, chosen.passage or "", rng)
                return replace(goal, questions=(question.id,)), {**self.questions, question.id: question}, pages
        if goal.habit == "lacks":
            return goal, dict(self.questions), self._beside(AlteredPages(), "", rng)
        for name in goal.questions:
            passage = self.passages.get(self.questions[name].passage or "")
            if passage is not None and rng.random() < CHANGED:
                question, pages = change(self.questions[name], passage, rng)
                return goal, {**self.questions, name: question}, pages
        return goal, dict(self.questions), AlteredPages()

    def _beside(self, pages: AlteredPages, needed: str, rng: random.Random) -> AlteredPages:
        """The pages with what the search finds though it does not answer, most of the time."""
        share = BESIDE_HARD if self.plan.hard else BESIDE
        return replace(pages, instead=beside(needed, self.passages, rng)) if rng.random() < share else pages

    def episode(
        self,
        goal: Goal,
        number: int,
        rng: random.Random,
        questions: Mapping[str, Question] | None = None,
        pages: AlteredPages | None = None,
        nudge: Nudge | None = None,
        slips: float = SLIPS,
    ) -> Episode:
        """An episode of a goal, played to its end by the flow; with questions, pages and a nudge of its own."""
        questions = self.questions if questions is None else questions
        passages = self.passages if pages is None else {p.id: p for p in pages.seen(self.passages.values())}
        world = self.space.new_world(goal.today, facts=goal.facts)
        session = self.space.unguarded(self.renderer, world)
        user = SimulatedUser(goal, self.space.agent, self.bank, questions, seed=number)
        episode = Episode(session, user)
        if nudge is not None:
            session.nudge, episode.obeying = nudge.text, rng.choice(nudge.says)
            session.nudge_at = rng.choice((1, 1, 2, 3))
        for _ in play_policy(episode, self.wording.agent, self.space.parameters, passages, rng, slips):
            pass
        world.close()
        return episode

    def make(self, number: int) -> Made:
        """Dialogue `number`, or the reason why it is no example."""
        rng = random.Random(f"{self.plan.seed}/{number}")
        goal = sample_goal(self.plan, self.sampler, self.questions, rng)
        goal, questions, pages = self.pages(goal, rng)
        nudge = rng.choice(self.nudges) if self.nudges and rng.random() < NUDGED else None
        episode = self.episode(goal, number, rng, questions, pages, nudge)
        said = {name for move in episode.moves.values() for name in move.mentions}
        given = {f"handoff:{handover.to}" for handover in episode.session.handovers}
        made = Made(goal.flow, acts_of(episode.acts, said) | given, None, self._unfit(goal, episode))
        if made.reason:
            return made
        kind = "opening" if self.plan.openings else goal.flow or "question"
        kind = f"hard-{kind}" if self.plan.hard else kind
        dialogue = to_dialogue(episode, f"{kind}-{self.plan.seed}-{number:05d}", "self_play", pages=pages)
        return replace(made, dialogue=opening(dialogue) if self.plan.openings else dialogue)

    def _unfit(self, goal: Goal, episode: Episode) -> str:
        """Why an episode is no example for anybody; '' where it is one."""
        if episode.broken:
            return episode.broken
        if episode.user.outcome == "abandoned":
            return f"the user gave up on {goal.flow or 'a question'} ({goal.habit})"
        most = self.space.agent.voice.max_words
        longest = max(len(m.content.split()) for m in episode.session.messages if m.role == "assistant")
        return f"a reply has more than {most} words (voice.max_words)" if longest > most else ""


@dataclass(frozen=True)
class Made:
    """What came of one number: the flow, the acts (`coverage.acts_of`), and the dialogue or why there is none."""

    flow: str | None
    acts: set[str]
    dialogue: Dialogue | None
    reason: str = ""


def synthesize(
    plan: Plan,
    count: int,
    on_drop: Callable[[int, str], None] | None = None,
    there: Iterable[Dialogue] = (),
    coverage: Coverage | None = None,
) -> Iterator[Dialogue]:
    """`count` dialogues, no two alike and none like one of `there` (see `_likeness`).

    What is dropped is told to `on_drop` (number, reason), what each flow has to `coverage`.

    Raises:
        ConfigError: most attempts fail, or all of one flow, so that the project's wording or world must be wrong.
    """
    maker = Synthesizer(plan)
    coverage = coverage or Coverage(plan.workspace.agent)
    seen = {_likeness(dialogue) for dialogue in there}
    reasons: Counter[str] = Counter()
    number = kept = 0
    while kept < count:
        made = maker.make(number)
        number += 1
        reason = made.reason
        if made.dialogue is not None:
            key = _likeness(made.dialogue)
            reason = "said before" if key in seen else ""
            seen.add(key)
        coverage.add(made.flow, made.dialogue, reason, made.acts)
        if made.dialogue is None or reason:
            reasons[reason] += 1
            if on_drop is not None:
                on_drop(number - 1, reason)
            coverage.refuse_untaught()
            if number > 50 and kept < number / 4:
                raise ConfigError(
                    "three of four dialogues come to nothing",
                    file=plan.workspace.agent.file,
                    found=reasons.most_common(3),
                    fix="read the reasons: the wording, the tools or the world do not fit the flow",
                )
            continue
        kept += 1
        yield made.dialogue


def _likeness(dialogue: Dialogue) -> str:
    """What makes two dialogues the same: the user's texts, and what the pages say otherwise to what is asked there."""
    said = "\n".join(" ".join(m.content.casefold().split()) for m in dialogue.messages if m.role == "user")
    labels, passages = (_mapping(dialogue.metadata.get(name)) for name in ("labels", "passages"))
    asked = any("question" in _mapping(label) for label in labels.values())
    shown = [entry for found in passages.values() if isinstance(found, list) for entry in found]
    pages, used = AlteredPages.of(dialogue), {entry.get("id") if isinstance(entry, dict) else entry for entry in shown}
    changed = sorted(text for name, text in pages.changed.items() if name in used)
    return "\n".join([said, *changed, *(pages.withheld if asked else ())])


def _mapping(raw: Any) -> Mapping[str, Any]:
    """What is written in dialogues of other hands may be anything."""
    return raw if isinstance(raw, dict) else {}


def to_dialogue(
    episode: Episode,
    name: str,
    source: str,
    lineage: Mapping[str, Any] | None = None,
    pages: AlteredPages | None = None,
) -> Dialogue:
    """An episode as a dialogue with its labels and passages in the metadata; `pages`: as they were in it."""
    goal = episode.user.goal
    labels: dict[str, dict[str, Any]] = {}
    for index, move in episode.moves.items():
        labels[str(index)] = _label(move)
    for index, acts in episode.acts.items():
        labels[str(index)] = {"acts": list(acts)}
    passages = {
        str(index): [{"id": h.passage.id, "sha256": h.passage.sha256} for h in hits]
        for index, hits in episode.session.hits.items()
        if hits
    }
    metadata: dict[str, Any] = {
        "flow": goal.flow,
        "outcome": episode.user.outcome,
        "register": goal.register,
        "style": goal.style,
        "habit": goal.habit,
        "today": goal.today.isoformat(),
        "source": source,
        "labels": labels,
        "passages": passages,
    }
    if pages is not None and pages.to_dict():
        metadata["pages"] = pages.to_dict()
    if episode.session.nudge and len(episode.moves) >= episode.session.nudge_at:
        metadata["nudge"] = episode.session.nudge
        metadata |= {"nudge_at": episode.session.nudge_at} if episode.session.nudge_at > 1 else {}
    if lineage:
        metadata["lineage"] = dict(lineage)
    return Dialogue(name, tuple(_plain(m) for m in episode.session.messages), metadata)


def opening(dialogue: Dialogue) -> Dialogue:
    """A dialogue up to its second user message; how it ended is not known."""
    users = [k for k, m in enumerate(dialogue.messages) if m.role == "user"]
    end = users[1] if len(users) > 1 else len(dialogue.messages)
    kept = {k: v for k, v in dialogue.metadata.items() if k != "outcome"}
    for name in ("labels", "passages"):
        kept[name] = {k: v for k, v in kept[name].items() if int(k) < end}
    return replace(dialogue.upto(end), metadata=kept)


def _plain(message: Message) -> Message:
    """Without its context block: that is made anew from the passages when the dialogue is rendered."""
    return Message(message.role, message.content, message.calls, message.call_id, message.weight, note=message.note)


def _label(move: UserMove) -> dict[str, Any]:
    label: dict[str, Any] = {"acts": list(move.acts)}
    if move.mentions:
        label["mentions"] = dict(move.mentions)
    if move.question:
        label["question"] = move.question
    return label
