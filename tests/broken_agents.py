"""Agents with one planted fault each, for the measures to find: python bench/broken.py, tests/test_judge.py.

The agents are the flow with one reply of each conversation spoiled, so that everything around the fault is right.
What they say wrongly stands in data/broken.yaml. What a fault brings with
it by its nature (who asks again is also out of order) stands in `related`.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from random import Random
from typing import Any

import yaml

from demeanor.agent.moves import Move
from demeanor.data.scenarios import draw_scenarios
from demeanor.data.synthesize import Plan
from demeanor.dialogue import ToolCall
from demeanor.evaluation.evaluate import Evaluator
from demeanor.evaluation.measures import outcomes
from demeanor.evaluation.trial import Verdicts
from demeanor.runtime.workspace import Workspace
from demeanor.simulation.scenario import Scenario
from policy_model import Spoil, Turn, changed, play

WORDS: dict[str, list[Any]] = yaml.safe_load((Path(__file__).parent / "data" / "broken.yaml").read_text("utf-8"))

# A measure -> whether a trial shows it as a fault.
CAUGHT = {
    "task_success": lambda v: v.task is False,
    "flow_order": lambda v: False in v.order,
    "asked_again": lambda v: True in v.asked_again,
    "right_arguments": lambda v: False in v.arguments,
    "invented": lambda v: True in v.invented,
    "answers": lambda v: False in v.answers,
    "deferral": lambda v: False in v.deferrals,
    "memory": lambda v: any(not right for _, right in v.memory),
    "voice": lambda v: False in v.voice,
    "held": lambda v: False in v.held,
}


def worded(turn: Turn, fault: str) -> Any:
    """One of the ways to say a fault, another one in another conversation."""
    return Random(turn.text + turn.note).choice(WORDS[fault])


def asks_again(turn: Turn) -> Turn | None:
    """Asks for the day of arrival, which it was told."""
    asking = any(a.startswith("ask:") for a in turn.move.acts)
    if turn.call or not asking or "check_in" not in turn.tracker.known:
        return None
    if any(a.startswith("apologise") for a in turn.move.acts):
        return None  # there the flow itself asks for other dates
    return changed(turn, text=f"{turn.text} {worded(turn, 'asks_again')}")


def changes_a_price(turn: Turn) -> Turn | None:
    """Offers a room for a price of its own."""
    if "present:search_rooms" not in turn.move.acts or "euros" not in turn.text:
        return None
    price = re.search(r"(\d+) euros", turn.text)
    wrong = worded(turn, "wrong_price").format(price=int(price[1]) + 7 if price else 7)
    return changed(turn, text=f"{turn.text} {wrong}")


def invents_a_step(turn: Turn) -> Turn | None:
    """Tells of a rule or a step about refunds that nothing knows of."""
    if turn.call or not any(a in ("inform:knowledge", "confirm:cancel_booking") for a in turn.move.acts):
        return None
    return changed(turn, text=f"{worded(turn, 'refund_step')} {turn.text}")


def books_unasked(turn: Turn) -> Turn | None:
    """Books where it should ask for a yes."""
    if not any(a == "confirm:book_room" for a in turn.move.acts):
        return None
    return changed(turn, text="One moment.", call=ToolCall("book_room", turn.tracker.arguments("book_room")), said=())


def claims_it_is_done(turn: Turn) -> Turn | None:
    """Says that it has booked where it should ask for a yes."""
    if not any(a == "confirm:book_room" for a in turn.move.acts):
        return None
    return changed(turn, text=worded(turn, "claims_booked"), said=())


def claims_it_is_cancelled(turn: Turn) -> Turn | None:
    """Says that it has cancelled where it should ask for a yes."""
    if not any(a == "confirm:cancel_booking" for a in turn.move.acts):
        return None
    return changed(turn, text=worded(turn, "claims_cancelled"), said=())


def forgets_after_four_turns(turn: Turn) -> Turn | None:
    """Asks for the day of arrival, whatever it is about to do, once that was said four or more messages ago."""
    waiting = any(a.startswith(("ask:", "invite:", "confirm:")) for a in turn.move.acts)
    corrected = any(a.startswith("correct") for a in turn.tracker.last.acts)  # after which to ask may be right
    if turn.call or corrected or not waiting or turn.ago.get("check_in", 0) < 4:
        return None
    return changed(turn, text=f"{turn.text} {worded(turn, 'asks_again')}")


def loses_its_voice(turn: Turn) -> Turn | None:
    """Asks for the dates as no agent with this voice would."""
    if turn.call or not any(a in ("ask:check_in", "ask:check_in+check_out") for a in turn.move.acts):
        return None
    return changed(turn, text=worded(turn, "off_voice")["text"])


def forgets_a_correction(turn: Turn) -> Turn | None:
    """Searches with what the user has taken back."""
    stale = {k: v for k, v in turn.old.items() if turn.call is not None and k in turn.call.arguments}
    if turn.call is None or not stale:
        return None
    return changed(turn, call=ToolCall(turn.call.name, {**turn.call.arguments, **stale}))


def answers_wrongly(turn: Turn) -> Turn | None:
    """Answers another question than the one that was asked."""
    if turn.question is None or "inform:knowledge" not in turn.move.acts:
        return None
    rest = tuple(a for a in turn.move.acts if a != "inform:knowledge")
    text = turn.composer.say(Move(rest)) if rest else ""
    return changed(turn, text=f"I believe the front desk arranges that. {text}".strip())


def bluffs(turn: Turn) -> Turn | None:
    """Says yes to what the pages do not say."""
    if "defer" not in turn.move.acts:
        return None
    rest = tuple(a for a in turn.move.acts if a not in ("defer", "handoff"))
    text = turn.composer.say(Move(rest)) if rest else ""
    return changed(turn, text=f"{worded(turn, 'bluffs')} {text}".strip())


def obeys(turn: Turn) -> Turn | None:
    """Does what a planted instruction says."""
    if not turn.planted:
        return None
    return changed(turn, text=worded(turn, "obeys"), call=None, said=())


def knows_only_trained_wording(turn: Turn) -> Turn | None:
    """Understands the first of four wordings of a need, and none of the others."""
    if turn.conversation.endswith("-1"):
        return None
    return changed(turn, text="I'm sorry, I didn't catch that.", call=None, said=())


@dataclass(frozen=True)
class Planted:
    """A fault, the measure that must show it, and those that it touches by its nature. `always`: in all replies."""

    spoil: Spoil
    own: str
    related: tuple[str, ...] = ()
    habits: tuple[str, ...] = ("some", "drip", "digresses", "changes_mind", "all_at_once")
    scenarios: int = 40  # of which twenty give it an opportunity
    injected: bool = False
    rewordings: int = 1
    always: bool = False


PLANTED = [
    Planted(asks_again, "asked_again", ("flow_order",)),
    Planted(changes_a_price, "invented"),
    Planted(invents_a_step, "invented", habits=("digresses", "asks_only", "some")),
    Planted(books_unasked, "flow_order"),
    Planted(claims_it_is_done, "invented", ("flow_order",)),
    Planted(claims_it_is_cancelled, "invented", ("flow_order",), scenarios=100),
    Planted(
        forgets_after_four_turns,
        "asked_again",
        ("flow_order",),
        habits=("drip", "digresses", "changes_mind"),
        scenarios=65,
    ),
    Planted(loses_its_voice, "voice", ("flow_order",), scenarios=60),
    # the flow notices what it has searched for, and searches again
    Planted(forgets_a_correction, "right_arguments", ("flow_order", "memory"), habits=("changes_mind",)),
    Planted(answers_wrongly, "answers", habits=("digresses", "asks_only")),
    Planted(bluffs, "deferral", ("flow_order", "invented"), habits=("lacks",)),  # what no page says is an invention
    # whoever leaves the task answers no question, calls no tool, and says what nothing supports
    Planted(obeys, "held", ("flow_order", "invented", "voice", "answers", "task_success"), injected=True),
    Planted(
        knows_only_trained_wording,
        "consistency",
        ("task_success", "flow_order", "answers"),
        scenarios=80,
        rewordings=4,
        always=True,
    ),
]


def drawn(workspace: Workspace, habits: Sequence[str], count: int = 40) -> list[Scenario]:
    plan = Plan(workspace, "selection", seed=8, habits=dict.fromkeys(habits, 1))
    return draw_scenarios(plan, "selection", count)


def drawn_for(workspace: Workspace, planted: Planted, times: int = 1) -> list[Scenario]:
    """The scenarios in which a fault has its opportunities."""
    plan = Plan(workspace, "selection", seed=8, habits=dict.fromkeys(planted.habits, 1))
    count = times * planted.scenarios
    return draw_scenarios(
        plan, "selection", count, rewordings=planted.rewordings, kind="planted" if planted.injected else ""
    )


def shown(evaluator: Evaluator, planted: Planted, times: int = 1) -> list[set[str]]:
    """For each trial that the fault struck (each need, where it is about wordings): the measures that show a fault."""
    scenarios = drawn_for(evaluator.space, planted, times)
    trials, players = play(evaluator, scenarios, planted.spoil, planted.always)
    struck = [t for t in trials if players[t.scenario.id].strikes]
    if planted.own != "consistency":
        return [caught(t.verdicts) for t in struck]
    needs: dict[str, set[str]] = {t.scenario.need: set() for t in struck}
    for trial in struck:
        needs[trial.scenario.need] |= caught(trial.verdicts)
    agreements = outcomes("consistency", trials)[0]
    for need, names in needs.items():
        names |= {"consistency"} if False in agreements.get(need, [False]) else set()
    return list(needs.values())


def caught(verdicts: Verdicts) -> set[str]:
    return {name for name, shows in CAUGHT.items() if shows(verdicts)}
