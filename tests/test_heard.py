"""What an agent's message does, in any trade, and only where the reader is sure."""

from __future__ import annotations

from collections import Counter

from demeanor.agent import Agent, Flow
from demeanor.agent.description import Step
from demeanor.agent.slots import Slot
from demeanor.reading.acts import Turn, acts_of
from demeanor.reading.learn.lines import FOLDER, Line, Trade, read_lines, read_trades
from demeanor.reading.learned import LearnedReader
from demeanor.reading.reader import Reading, Spoken

KNOWN = {"ask", "confirm", "invite", "defer", "handoff", "refuse", "apologise", "close", "more"}
TRADES = read_trades(sorted(FOLDER.glob("*trades.yaml")))
LINES = read_lines([FOLDER / "i-agent.jsonl"], TRADES)  # a hand that taught nothing


def agent_of(trade: Trade) -> Agent:
    """An agent that has the trade's slots, and confirms each of its tools."""
    steps = tuple(Step(kind, (tool,)) for tool in trade.tools for kind in ("confirm", "call"))  # type: ignore[arg-type]
    return Agent("An agent", "You are an agent.", slots=trade.slots, flows={"all": Flow("all", "always", steps)})


AGENTS = {name: (agent_of(trade), LearnedReader(trade.slots, trade.tools)) for name, trade in TRADES.items()}


def labels(acts: tuple[str, ...]) -> set[str]:
    kinds = {act.partition(":")[0] for act in acts}
    return {"more" if kind == "anything_else" else kind for kind in kinds} & KNOWN


def owed(line: Line) -> set[str]:
    return {act.partition(".")[2] for act in line.acts} & KNOWN


def test_most_of_what_is_there_is_heard_and_nearly_all_that_is_heard_is_there() -> None:
    counts = Counter[str]()
    for line in LINES[:300]:
        agent, reader = AGENTS[line.trade]
        found = labels(acts_of(agent, reader, line.text, Turn(line.before)))
        counts["right"] += len(found & owed(line))
        counts["said"] += len(found)
        counts["owed"] += len(owed(line))
    assert counts["owed"] > 200
    assert counts["right"] >= 0.8 * counts["owed"], counts
    assert counts["right"] >= 0.9 * counts["said"], counts


class Doubting:
    """A reader that hears an apology and is sure of nothing."""

    def read(self, messages: list[Spoken]) -> list[Reading]:
        found = Reading({"apologise": 0.6}, found=frozenset({"apologise"}), unsure=frozenset({"apologise"}))
        return [found for _ in messages]


def test_what_is_not_sure_is_not_heard() -> None:
    agent, _ = AGENTS["parcel"]
    assert acts_of(agent, Doubting(), "Hm.", Turn()) == ()  # type: ignore[arg-type]


class Credulous:
    """A reader that surely hears an apology in everything."""

    def read(self, messages: list[Spoken]) -> list[Reading]:
        return [Reading({"apologise": 1.0}, found=frozenset({"apologise"})) for _ in messages]


def test_what_only_says_again_what_it_answers_does_nothing() -> None:
    agent, _ = AGENTS["parcel"]
    before = "need to cancel, the code starts with SV-10"
    assert acts_of(agent, Credulous(), "need to cancel", Turn(before)) == ()  # type: ignore[arg-type]
    assert acts_of(agent, Credulous(), "To cancel?", Turn(before)) == ("apologise",)  # type: ignore[arg-type]


class Asking:
    """A reader that surely hears a question for a yes, and an offer as likely as given."""

    def __init__(self, offer: float) -> None:
        self.offer = offer

    def read(self, messages: list[Spoken]) -> list[Reading]:
        acts = {"confirm": 1.0, "invite": self.offer}
        return [Reading(acts, found=frozenset({"confirm"}), tools={"book": 1.0}) for _ in messages]


def test_a_yes_to_a_row_is_a_choice_only_where_it_may_be_an_offer() -> None:
    """ "The 9:30 is free, shall I book it?" picks; "9:30 with Jo, under Ana: shall I book it?" agrees."""
    time = Slot("time", "option", source=("find", "key"))
    agent = Agent(
        "A", "You are A.", slots={"time": time}, flows={"all": Flow("all", "always", (Step("confirm", ("book",)),))}
    )
    seen = Turn("", (), {"times": [{"key": "a", "at": "9:30", "who": "Jo"}]}, "find")
    said = "9:30 with Jo. Shall I book it?"
    assert acts_of(agent, Asking(0.5), said, seen) == ("present:find", "invite:time")  # type: ignore[arg-type]
    assert acts_of(agent, Asking(0.0), said, seen) == ("present:find", "confirm:book")  # type: ignore[arg-type]
