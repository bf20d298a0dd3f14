"""Wording: what is said means what is meant, parts of a bank share no wording, the agent has words for all it does."""

from __future__ import annotations

import itertools
import random
from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from conftest import TODAY
from demeanor.agent.slots import Resolved, Slot, dates_in, resolve
from demeanor.data.synthesize import Plan, Synthesizer, sample_goal
from demeanor.errors import ConfigError
from demeanor.runtime.workspace import Workspace
from demeanor.simulation.users.goal import Goal
from demeanor.simulation.wording.agent import AgentBank
from demeanor.simulation.wording.defaults import agent_lines, user_lines
from demeanor.simulation.wording.project import Wording
from demeanor.simulation.wording.questions import load_questions
from demeanor.simulation.wording.user import (
    PARTS,
    SMALLEST_SPLIT,
    STYLES,
    UserBank,
    in_part,
    own_words,
    part_names,
    parts,
    placeholders,
    restyle,
)

GOALS = 300


# ------------------------------------------------------------------------------- what is said is what is meant


@pytest.fixture(scope="module")
def maker(workspace: Workspace) -> Synthesizer:
    return Synthesizer(Plan(workspace, seed=11))


@pytest.fixture(scope="module")
def goals(maker: Synthesizer) -> list[Goal]:
    numbers = itertools.count()
    drawn = (sample_goal(maker.plan, maker.sampler, maker.questions, random.Random(f"wording/{k}")) for k in numbers)
    return list(itertools.islice((goal for goal in drawn if goal.values), GOALS))


def sayings(bank: UserBank, goal: Goal, rng: random.Random) -> Iterator[tuple[str, Mapping[str, str]]]:
    """One message for every way to tell some of the goal's values, with the words that carried each."""
    for key in bank.messages:
        kind, _, of = key.partition(".")
        if kind not in ("inform", "correct") or not all(name in goal.values for name in of.split("+")):
            continue
        templates = [t for t in bank.templates(key, goal.register) if place_values(t) <= set(goal.values)]
        if templates:
            said = bank.say(rng.choice(templates), goal.values, goal.today, rng, goal.style, goal.say)
            yield said.text, said.mentions


def place_values(template: str) -> set[str]:
    return {name for place in placeholders(template) for name in place.split("+")}


def test_every_phrase_means_exactly_the_values_of_the_goal(workspace: Workspace, goals: list[Goal]) -> None:
    bank, slots, checked = Wording(workspace).users(), workspace.agent.slots, 0
    for number, goal in enumerate(goals):
        for text, mentions in sayings(bank, goal, random.Random(number)):
            known = {k: v for k, v in goal.values.items() if k not in mentions}
            for name in sorted(mentions, key=list(slots).index):
                got = resolve(slots[name], mentions[name], goal.today, known)
                assert isinstance(got, Resolved), (goal.today, name, mentions[name])
                wanted = goal.values[name]
                assert got.value == wanted or same_name(slots[name], got.value, wanted), (text, name, goal.today)
                assert mentions[name] in text
                known[name] = got.value
                checked += 1
    assert len(goals) == GOALS
    assert checked > 5 * GOALS


def same_name(slot: Slot, one: Any, other: Any) -> bool:
    return slot.type == "text" and str(one).lower() == str(other).lower()


def test_a_fixed_phrase_is_said_as_it_is(workspace: Workspace) -> None:
    bank = Wording(workspace).users()
    values = {"guests": 2}
    said = bank.say("For {guests}.", values, TODAY, random.Random(0), fixed={"guests": "me and my twin"})
    assert (said.text, said.mentions) == ("For me and my twin.", {"guests": "me and my twin"})


@pytest.mark.parametrize("style", STYLES)
@pytest.mark.parametrize(
    "template", ["{guest_name}", "{guest_name}, please.", "The name should be {guest_name}, thanks."]
)
def test_no_style_touches_a_name(workspace: Workspace, style: str, template: str) -> None:
    bank = Wording(workspace).users()
    names = ["van der Aa", "Le Thu Ha", "O'Hara McDonald", "Ana-María de la Cruz", "bell hooks", "Xochitl Eeoae"]
    for number, name in enumerate(names * 20):
        rng, fixed = random.Random(number), {"guest_name": name}
        said = bank.say(template, {"guest_name": name}, TODAY, rng, style, fixed)
        assert name in said.text
        assert said.mentions == {"guest_name": name}


@given(st.text(alphabet="abcdefgh ABC'3-", max_size=40), st.sampled_from(STYLES), st.integers(0, 99))
def test_a_style_changes_only_the_case_of_a_phrase_with_a_value(text: str, style: str, seed: int) -> None:
    assert restyle(text, style, random.Random(seed), words=False).lower() == text.lower()


def test_the_names_of_parts_are_those_that_values_have(workspace: Workspace) -> None:
    samples: dict[str, Any] = {"date": TODAY, "int": 3, "people": 3}
    slots = workspace.agent.slots
    values = {name: samples.get(slot.type, "SV-1042") for name, slot in slots.items()}
    values["check_out"] = TODAY + timedelta(days=2)
    known = parts(slots, values)
    assert set(known) == {part for slot in slots.values() for part in part_names(slot)}


# ------------------------------------------------------------------------------- the parts of a bank


def split_lists(workspace: Workspace, whole: UserBank) -> Iterator[tuple[str, str, set[str]]]:
    for key, bank in whole.messages.items():
        for register, lines in bank.items():
            worded = {line for line in lines if own_words(line) >= 2}
            if len(lines) >= SMALLEST_SPLIT and worded:
                yield key, register, worded


def test_the_parts_of_long_lists_share_no_wording(workspace: Workspace) -> None:
    whole = Wording(workspace).users()
    banks = {part: Wording(workspace).users(part) for part in PARTS}
    seen = 0
    for key, register, worded in split_lists(workspace, whole):
        everywhere = {t for name, lines in whole.messages[key].items() if len(lines) < SMALLEST_SPLIT for t in lines}
        for part, bank in banks.items():
            said = set(bank.templates(key, register)) & worded - everywhere
            assert all(in_part(line, PARTS[part]) for line in said), (key, register, part)
            seen += len(said)
        for one, other in itertools.combinations(banks.values(), 2):
            shared = set(one.templates(key, register)) & set(other.templates(key, register))
            assert not shared & worded - everywhere, (key, register)
    assert seen > 500


def test_the_parts_together_are_the_whole(workspace: Workspace) -> None:
    whole = Wording(workspace).users()
    banks = [Wording(workspace).users(part) for part in PARTS]
    for key, register, worded in split_lists(workspace, whole):
        assert worded <= {line for bank in banks for line in bank.messages[key].get(register, ())}, (key, register)


def test_every_part_can_say_everything(workspace: Workspace) -> None:
    whole = Wording(workspace).users()
    for part in PARTS:
        bank = Wording(workspace).users(part)
        assert set(bank.messages) == set(whole.messages)
        assert bank.values == whole.values
        assert all(bank.templates(key, register) for key, found in whole.messages.items() for register in found)


def test_shares_cover_every_hash_once() -> None:
    texts = [f"line {k}" for k in range(500)]
    assert all(sum(in_part(text, share) for share in PARTS.values()) == 1 for text in texts)


# ------------------------------------------------------------------------------- what the agent says

SILENT = {"handoff"}  # spoken with the deferral before it


def test_the_agent_has_words_for_every_move(maker: Synthesizer) -> None:
    kinds: set[str] = set()
    for number in range(60):
        rng = random.Random(f"moves/{number}")
        episode = maker.episode(sample_goal(maker.plan, maker.sampler, maker.questions, rng), number, rng)
        assert not episode.broken
        for index, acts in episode.acts.items():
            message = episode.session.messages[index]
            assert "{" not in message.content, (acts, message.content)
            assert "}" not in message.content, (acts, message.content)
            assert message.content.strip() or set(acts) <= SILENT or message.calls, acts
            kinds |= {act.partition(":")[0] for act in acts}
    assert kinds >= {
        "acknowledge",
        "ask",
        "call",
        "present",
        "invite",
        "confirm",
        "inform",
        "apologise",
        "defer",
        "refuse",
    }


def test_a_sentence_without_its_values_is_not_said(workspace: Workspace, tmp_path: Path) -> None:
    bank = AgentBank(workspace.agent, {"inform": {"a": ["It is {total}.", "It is done."]}}, tmp_path / "agent.yaml")
    assert bank.keys() == ("inform.a",)
    assert {bank.pick("inform.a", {}, random.Random(k)) for k in range(20)} == {"It is done."}
    assert bank.pick("inform.b", {}, random.Random(0)) == ""


# ------------------------------------------------------------------------------- faults of the files

BANK_FAULTS: list[tuple[str, str, int, str]] = [
    ("values: [a, b]\n", "expected a mapping", 1, "values"),
    ("values: text\n", "expected a mapping", 1, "values"),
    ("inform: [a]\n", "expected a mapping", 1, "inform"),
    ("values:\n  guests: 3\n", "list of sentences", 2, "values.guests"),
    ("values:\n  gests: [a]\n", "did you mean 'guests'", 2, "values.gests"),
    ("values:\n  check_in: [now, 'on {check_in.dya}']\n", "did you mean 'check_in.day'", 2, "values.check_in.1"),
    ("values:\n  check_in: ['{check_in}']\n", "no value has this part", 2, "values.check_in.0"),
    ("values:\n  check_in: ['{check_in.gap} days']\n", "no value has this part", 2, "values.check_in.0"),
    ("values:\n  guests=2: ['{guests.wrd}']\n", "did you mean 'guests.word'", 2, "values.guests=2.0"),
    ("values:\n  check_in+check_out: ['{chek_in.day}']\n", "'check_in.day'", 2, "values.check_in+check_out.0"),
    ("affirm:\n  neutral: Yes\n", "list of sentences", 2, "affirm.neutral"),
    ("affirm:\n  neutral: ['Yes.', ~]\n", "put it in quotes", 2, "affirm.neutral.1"),
    ("affirm:\n  neutral:\n    - 'Yes.'\n    - {a: b}\n", "put it in quotes", 4, "affirm.neutral.1"),
    ("affirm:\n  neutral: ['{gests}']\n", "did you mean 'guests'", 2, "affirm.neutral"),
    ("affirm: ['Yes']\ndeny: ['No']\naffirm: ['Sure']\n", "stands twice", 3, "affirm"),
]


@pytest.mark.parametrize(("text", "says", "line", "field"), BANK_FAULTS)
def test_a_fault_of_a_bank_is_refused_with_its_place(
    workspace: Workspace, tmp_path: Path, text: str, says: str, line: int, field: str
) -> None:
    file = tmp_path / "user.yaml"
    file.write_text(text, encoding="utf-8")
    with pytest.raises(ConfigError) as caught:
        UserBank(workspace.agent, user_lines(workspace.agent, file), file)
    assert says in str(caught.value)
    assert (caught.value.file, caught.value.line, caught.value.field) == (str(file), line, field)


def test_an_option_is_named_by_the_fields_of_its_row(workspace: Workspace, tmp_path: Path) -> None:
    lines = {"values": {"offer.hotel": ["the one at {hotel}"], "check_out": ["{check_out.gap_word} nights"]}}
    assert UserBank(workspace.agent, lines, tmp_path / "user.yaml").values == lines["values"]


@pytest.mark.parametrize(
    ("text", "field"),
    [("- {id: a, asks: {neutral: b?}}\n", "0.asks.neutral"), ("- {id: a, passage: [b], asks: {}}\n", "0.passage")],
)
def test_a_fault_of_a_question_is_refused(tmp_path: Path, text: str, field: str) -> None:
    file = tmp_path / "questions.yaml"
    file.write_text(text, encoding="utf-8")
    with pytest.raises(ConfigError) as caught:
        load_questions(file)
    assert (caught.value.line, caught.value.field) == (1, field)


# ------------------------------------------------------------------------------- the verb "may" is no month

MAY: list[tuple[str, list[tuple[int, int]]]] = [
    ("one may I book", []),
    ("Which one may we take?", []),
    ("may one pay in cash?", []),
    ("the second one may be better", []),
    ("the first of may", [(1, 5)]),
    ("the first of may I think", [(1, 5)]),
    ("on 12 may we arrive", [(12, 5)]),
    ("12th may i come", [(12, 5)]),
    ("from the ten may we stay", [(10, 5)]),
    ("the twelfth may we arrive", [(12, 5)]),
    ("1 May I arrive", [(1, 5)]),
    ("One May", [(1, 5)]),
    ("two of us may come on 3 may", [(3, 5)]),
    ("12 to 15 may", [(12, 5), (15, 5)]),
]


@pytest.mark.parametrize(("text", "days"), MAY)
def test_the_verb_may_is_no_month(text: str, days: list[tuple[int, int]]) -> None:
    assert [(day.day, day.month) for day in dates_in(text, date(2026, 10, 8))] == days


def test_plain_lines_say_nothing_that_the_voice_avoids(workspace: Workspace, tmp_path: Path) -> None:
    voice = replace(workspace.agent.voice, avoid=("no problem", "i'm afraid"))
    lines = agent_lines(replace(workspace.agent, voice=voice), workspace.tools, tmp_path / "none.yaml")
    assert all(lines[key] for key in ("corrected", "refuse"))
    assert not [line for said in lines.values() for line in said if voice.avoided(line)]
