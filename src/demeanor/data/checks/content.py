"""What only dialogues together say wrong, and what nobody should have said: near repeats, openings, contradictions,
exams that were seen, orders to the machine, and what programs put around a message.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import replace

from demeanor.data.checks.problem import Finding, Known, Placed, Problem, trained
from demeanor.data.importing.clean import HTML, QUOTE, clean
from demeanor.data.nearness import near_pairs
from demeanor.data.private import SECRET
from demeanor.dialogue import Dialogue
from demeanor.text import sentences, words

NEAR = 0.8
"""Share of word triples from which two dialogues are nearly the same."""
OPENING = 0.1
"""Share of the dialogues that may begin with the same words, where there are many."""
FEW = 50
"""Dialogues below which equal openings say nothing."""
SHORT = 4
"""Words of a message below which it is no opening of its own, and no question that is understood alone."""
_ORDER = re.compile(
    r"\b(?:ignore|disregard|forget|override)\b[^.?!]{0,40}\b(?:previous|prior|above|earlier|all|your|these)\b[^.?!]{0,30}"
    r"\b(?:instructions?|prompts?|rules?|guidelines?|directions?)\b"
    r"|\b(?:system prompt|developer mode|jailbreak|you are now (?:an?|in)\b|new instructions\s*:)"
    r"|\b(?:reveal|print|repeat|show)\b[^.?!]{0,30}\b(?:your|the) (?:instructions|system|prompt)\b",
    re.IGNORECASE,
)
_FIGURE = re.compile(r"\d+(?:[.,:]\d+)*")
_NOT = re.compile(r"\b(?:not|no|never|cannot|without)\b|n['’]t\b", re.IGNORECASE)


def injected_instructions(dialogue: Dialogue, known: Known) -> Iterator[Finding]:
    """Somebody gives orders to the machine: in a message, or in what a tool returns."""
    for index, message in enumerate(dialogue.messages):
        if message.role != "assistant" and (found := _ORDER.search(message.content)) is not None:
            text = f"an order to the machine in a {'result' if message.role == 'tool' else 'message'}: {found[0]!r}"
            yield Finding("warning", index, text, "see that the reply does not follow it, or drop the dialogue")


def told_secrets(dialogue: Dialogue, known: Known) -> Iterator[Finding]:
    """A password or another secret that stands in the text."""
    for index, message in enumerate(dialogue.messages):
        found = SECRET.search(message.content) if message.role != "tool" else None
        if found is not None and not found["value"].startswith("[") and any(s.isdigit() for s in found["value"]):
            fix = "replace it by a placeholder: demeanor check --fix, or a slot with secret: true"
            yield Finding("warning", index, f"a secret in the text: {found[0].split()[0]} ...", fix)


def around_the_reply(dialogue: Dialogue, known: Known) -> Iterator[Finding]:
    """A trained reply holds HTML or the mail that it answers: the agent would say it to customers."""
    for index, message in trained(dialogue):
        for name in clean(message.content).cut:
            if name in (HTML, QUOTE):
                what = "HTML" if name == HTML else "a quoted mail"
                yield Finding("warning", index, f"a trained reply holds {what}", "demeanor check --fix takes it out")


# ---------------------------------------------------------------------- of all dialogues


def near_text(placed: Sequence[Placed], known: Known) -> Iterator[Problem]:
    """Nearly the same messages as an earlier dialogue; from self-play that is how it is made."""
    told = [item for item in placed if item.dialogue.metadata.get("source") != "self_play"]
    if len(told) < 2:
        return
    texts = [_taught(item.dialogue) for item in told]
    for earlier, later, share in near_pairs(texts, NEAR):
        if words(texts[earlier]) != words(texts[later]):  # the same is told by same_text
            first = told[earlier]
            text = f"is {share:.0%} the same as {first.dialogue.id!r} ({first.where.file}:{first.where.line})"
            yield Problem("warning", told[later].where, text, "keep the better one of the two", "near_text")


def _taught(dialogue: Dialogue) -> str:
    """What is said; where a history is there only to be read, as before a correction, only what is trained."""
    said = [m for m in dialogue.messages if m.role != "tool"]
    history = any(m.role == "assistant" and m.weight == 0 for m in said)
    return "\n".join(m.content for m in said if not history or (m.role == "assistant" and m.weight == 1))


def same_opening(placed: Sequence[Placed], known: Known) -> Iterator[Problem]:
    """One opening stands in many dialogues, so that an agent learns it by heart."""
    openings: dict[str, list[Placed]] = defaultdict(list)
    for item in placed:
        said = words(item.dialogue.messages[0].content)
        if len(said.split()) >= SHORT:
            openings[said].append(item)
    for same in openings.values():
        if len(placed) >= FEW and len(same) > OPENING * len(placed):
            text = f"{len(same)} dialogues begin with the same words as this one"
            yield Problem("warning", same[0].where, text, "keep a few of them, or word them anew", "same_opening")


def other_facts(placed: Sequence[Placed], known: Known) -> Iterator[Problem]:
    """The same question, answered without a look, in the same words but for a figure or a "not"."""
    told: dict[tuple[str, str], tuple[Placed, int, str]] = {}
    for item in placed:
        for index, sentence in _facts(item.dialogue):
            asked = words(item.dialogue.messages[index - 1].content)
            frame = words(_NOT.sub(" ", _FIGURE.sub(" ", sentence)))
            first, _, other = told.setdefault((asked, frame), (item, index, sentence))
            if first is not item and _says(other) != _says(sentence):
                where = replace(item.where, message=index)
                text = f"says {sentence.strip()!r}, where {first.dialogue.id!r} says {other.strip()!r}"
                yield Problem("warning", where, text, "see which one holds, and mend the other", "other_facts")


def _facts(dialogue: Dialogue) -> Iterator[tuple[int, str]]:
    """Sentences of replies to a question that can be understood alone; what a tool told differs by right."""
    looked = next((k for k, m in enumerate(dialogue.messages) if m.role == "tool"), len(dialogue.messages))
    for index, message in trained(dialogue.upto(looked)):
        before = dialogue.messages[index - 1] if index else None
        asked = before.content if before is not None and before.role == "user" and not message.calls else ""
        if "?" in asked and len(words(asked).split()) >= SHORT:
            yield from ((index, one) for one in sentences(message.content) if not one.rstrip().endswith("?"))


def _says(sentence: str) -> tuple[tuple[str, ...], bool]:
    return tuple(_FIGURE.findall(sentence)), bool(_NOT.search(sentence))


def seen_exam(placed: Sequence[Placed], known: Known) -> Iterator[Problem]:
    """A dialogue has the wording of an exam, or is a conversation of it."""
    lines: dict[str, str] = {}
    for one in known.scenarios.get("exam", ()):
        for line in one.lines:
            if len(words(line).split()) >= SHORT:
                lines.setdefault(words(line), f"exam/{one.id}")
    names = {one.id for one in known.scenarios.get("exam", ())}
    for item in placed:
        for index, message in enumerate(item.dialogue.messages):
            if message.role == "user" and (where := lines.get(words(message.content))):
                text = f"a message stands word for word in {where}"
                yield Problem("warning", replace(item.where, message=index), text, _APART, "seen_exam")
        if item.dialogue.id in names:
            text = f"it is a conversation of the scenario {item.dialogue.id!r}"
            yield Problem("warning", item.where, text, _APART, "seen_exam")


_APART = "take the dialogue out: what is trained on proves nothing"
