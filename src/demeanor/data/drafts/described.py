"""Drafts from agent.yaml alone: openings by `when`, answers by `ask`, phrases for choices, in the manner of one hand.

A wish that `when` tells in other words than the flow's name is put into sentences of that hand's general openings
(`wording/en/`). Each lands in the part from which its sentence came, so that no dialogue teaches a sentence that
practice or selection asks in.
"""

from __future__ import annotations

import random
import re
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import date

from demeanor.agent import Agent, Flow
from demeanor.agent.slots import Resolved, Slot, resolve
from demeanor.data.drafts.draft import VALUES, Draft
from demeanor.data.drafts.grammar import answers, people, said_of, statements, wishes
from demeanor.simulation.wording.general import GeneralBank, general_bank, task_of, told_first
from demeanor.simulation.wording.user import PARTS, REGISTERS, in_part, restyle
from demeanor.text import words

EACH = 8
"""Openings of a flow in a register: enough for each part to have some."""
GREETING = ("neutral", "formal", "colloquial")
"""Registers in which a plain statement behind a greeting is at home."""
ANY_DAY = date(2026, 5, 4)
MISTYPED = 2
_ARTICLE = re.compile(r"(?:the|an?|my|our|your)\s", re.IGNORECASE)


def described(agent: Agent, bank: str) -> Iterator[Draft]:
    """Drafts for one bank of an agent ("training", "exam"); other lines for each."""
    known = people([flow.when for flow in agent.tasks().values()])
    for flow in agent.tasks().values():
        yield from _openings(agent, flow, known, bank)
    if bank == "training":  # a question is turned round in one way only
        for slot in agent.slots.values():
            if slot.type not in ("option", "yes_no") and not slot.many:
                yield from (
                    Draft(f"inform.{slot.name}", "neutral", t, "agent.yaml, ask")
                    for t in answers(slot.ask, f"{{{slot.name}}}")
                )
    for slot in agent.slots.values():
        if slot.type == "choice":
            yield from _phrases(slot, bank)


def _openings(agent: Agent, flow: Flow, known: set[str], bank: str) -> Iterator[Draft]:
    said = said_of(flow.when, known)
    wanted = [wish for one in said for wish in wishes(one) if words(wish) != words(task_of(flow))]
    if bank == "training":
        own = [text for one in said for text in statements(one)]
        yield from (
            Draft(f"open.{flow.name}", r, line, "agent.yaml, when") for r, line in _stated(own, general_bank(bank))
        )
    if wanted:
        yield from (
            Draft(f"open.{flow.name}", r, line, "agent.yaml, when") for r, line in _framed(agent, flow, wanted, bank)
        )


def _stated(own: Sequence[str], bank: GeneralBank) -> Iterator[tuple[str, str]]:
    """Statements as first messages: plainly, and behind a greeting of each of a few registers."""
    for k, text in enumerate(own):
        yield "neutral", f"{text}."
        for register in GREETING:
            short = (line.rstrip(" ,.!?") for line in bank.lines["greet"].get(register, ()) if len(line.split()) < 4)
            greetings = [line for line in short if line[-1].isalpha()]
            if greetings:
                yield register, f"{greetings[k % len(greetings)]}, {text}."


def _framed(agent: Agent, flow: Flow, wanted: Sequence[str], bank: str) -> Iterator[tuple[str, str]]:
    """Wishes in general openings, half of them with the first details, as many as there is a place for."""
    told = ", ".join(told_first(agent, flow))
    keys = ("open", "open_with") if told else ("open",)
    for register in REGISTERS:
        made: list[str] = []
        for part, (low, high) in PARTS.items() if bank == "training" else [(bank, (0, 100))]:
            owed = round(EACH * (high - low) / 100)
            rng = random.Random(f"{flow.name}/{register}/{part}")
            lines = [
                line
                for key in keys
                for wish in wanted
                for line in general_bank(part).say(key, task=wish, value=told).get(register, ())
                if bank != "training" or in_part(line, (low, high))
            ]
            made += rng.sample(lines, min(owed, len(lines)))
        yield from ((register, line) for line in dict.fromkeys(made))


# ---------------------------------------------------------------------------------------------------- choices


def _phrases(slot: Slot, bank: str) -> Iterator[Draft]:
    """Ways to say each choice: as the question and the examples have it, with an article, mistyped, in figures."""
    one = replace(slot, many=False)
    said = [
        piece.strip(" .?!") for text in (slot.ask, *slot.examples) for piece in re.split(r",|\bor\b|\band\b|\?", text)
    ]
    known = {words(name) for value, names in slot.choices.items() for name in (value, *names)}
    for value, names in slot.choices.items():
        source = "ask" if bank == "training" else ""
        for text in filter(None, said if source else ()):
            got = resolve(one, text, ANY_DAY)
            if isinstance(got, Resolved) and got.value == value and len(text.split()) <= 4 and words(text) not in known:
                yield Draft(f"{VALUES}.{slot.name}={value}", "", text, "agent.yaml, ask and examples")
        yield from (
            Draft(f"{VALUES}.{slot.name}={value}", "", text, "agent.yaml, choices")
            for text in _forms((value, *names), bank)
        )


def _forms(names: Sequence[str], bank: str) -> Iterator[str]:
    rng = random.Random(f"{bank}/{names[0]}")
    spaced = [re.sub(r"[-_]", " ", name) for name in names]
    if bank == "training":
        yield from (f"the {name}" for name in spaced if not _ARTICLE.match(name))
    for style, count in (("typos", MISTYPED), ("l33t", 1)):
        tries = (restyle(rng.choice(spaced), style, rng, words=True) for _ in range(40))
        yield from list(dict.fromkeys(text for text in tries if text.lower() not in spaced))[:count]
