"""Drafts by a model behind a server, in registers: it is told what the key is about, and what it writes is read back.

It is asked for each bank by itself, and never shown a line of the other one.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from demeanor.agent import Agent
from demeanor.agent.slots import Slot
from demeanor.data.drafts.draft import VALUES, Draft
from demeanor.models.model import Model, Request
from demeanor.simulation.wording.general import told_first
from demeanor.simulation.wording.user import REGISTERS

MANNERS = {
    "neutral": "plain and friendly",
    "formal": "formal and polite, in whole sentences",
    "colloquial": "chatty, as to a friend, with contractions",
    "terse": "as few words as will do",
    "broken": "English learned late: grammar wrong, meaning clear",
    "rude": "impatient and cross, without slurs",
}
MOST_TOKENS = 800
WARM = 1.0  # temperature: what is wanted is variety, and what comes is read back
INSTRUCTION = """You write what customers type to the assistant of a business. The assistant: {persona}

{task}
Manner: {manner}.
{places}Tell no other detail: no numbers, days, times, names or places. Every message as a different person would
type it, none like another. One message a line, {count} lines, nothing else."""
OPENS = "The customer has just begun, and this is so: {when}. Write the customer's first message, {count} times.\n"
ANSWERS = 'The assistant has asked: "{ask}" Write the customer\'s answer, {count} times.\n'
CASE = (
    'The assistant has asked: "{ask}" The customer means {which}. Write the answer, {count} times, in words of the '
    "case, without a plain yes or no."
)
PHRASES = (
    'The assistant has asked: "{ask}" Write other words in which customers name "{value}", {count} times, at most five '
    "words each."
)
HOLDS = "Where a message tells one of these, its place stands there in braces and no value: {places}.\n"
OWES = "In each message the detail stands as its place, in braces: {places}.\n"
_BULLET = re.compile(r"^\s*(?:[-*•]|\d{1,2}[.)])\s+")


@dataclass(frozen=True)
class Wanted:
    """What a model is asked for: lines of one key in one register."""

    key: str
    register: str
    prompt: str


def wanted(agent: Agent, count: int) -> Iterator[Wanted]:
    """All that is particular to an agent: its openings, its choices, answers about them, yes and no of its own case."""
    for flow in agent.tasks().values():
        names = [re.sub(r".*\{|\}.*", "", piece) for piece in told_first(agent, flow)]
        task = OPENS.format(when=flow.when, count=count)
        for register in REGISTERS:
            yield Wanted(f"open.{flow.name}", register, _prompt(agent, task, register, names, HOLDS, count))
    for slot in agent.slots.values():
        if slot.type == "choice" and not slot.many:
            yield from _of_choice(agent, slot, count)
        if slot.type == "yes_no" and slot.ask:
            for which in ("yes", "no"):
                task = CASE.format(ask=slot.ask, which=which, count=count)
                key = f"inform.{slot.name}.{which}"
                yield from (Wanted(key, r, _prompt(agent, task, r, [], "", count)) for r in REGISTERS)


def _of_choice(agent: Agent, slot: Slot, count: int) -> Iterator[Wanted]:
    task = ANSWERS.format(ask=slot.ask, count=count)
    for register in REGISTERS:
        yield Wanted(f"inform.{slot.name}", register, _prompt(agent, task, register, [slot.name], OWES, count))
    for value in slot.choices:
        task = PHRASES.format(ask=slot.ask, value=value, count=count)
        yield Wanted(f"{VALUES}.{slot.name}={value}", "", _prompt(agent, task, "colloquial", [], "", count))


def _prompt(agent: Agent, task: str, register: str, names: list[str], says: str, count: int) -> str:
    places = says.format(places=", ".join(f"{{{name}}}" for name in names)) if names else ""
    return INSTRUCTION.format(
        persona=agent.persona, task=task.strip(), manner=MANNERS[register], places=places, count=count
    )


def served(agent: Agent, model: Model, bank: str, count: int) -> Iterator[Draft]:
    """Drafts by a model that takes messages.

    Raises:
        ModelError: the server gives no answer.
    """
    asked = list(wanted(agent, count))
    requests = [Request(_rendered(model, one.prompt), f"wording-{bank}-{k}") for k, one in enumerate(asked)]
    seed = sum(bank.encode())
    replies = model.generate(requests, max_new_tokens=MOST_TOKENS, seed=seed, temperature=WARM)
    for one, reply in zip(asked, replies, strict=True):
        lines = reply.text.strip().splitlines()
        for line in lines[:-1] if reply.cut else lines:
            if text := _BULLET.sub("", line).strip().strip('"').strip():
                yield Draft(one.key, one.register, text, model.name)


def _rendered(model: Model, prompt: str) -> tuple[int, ...]:
    return tuple(model.tokenizer.apply_chat_template([{"role": "user", "content": prompt}], True, True))
