"""Dialogues by self-play: each one good, all kinds of them, no two alike, and none that gives the exam away."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from datetime import date, timedelta
from itertools import combinations, pairwise

import pytest

from demeanor.commands.writing import write_dialogues
from demeanor.data.check import check_project
from demeanor.data.scenarios import draw_scenarios, need_key
from demeanor.data.synthesize import HABITS, OPENING_HABITS, Plan, Synthesizer, suits, synthesize
from demeanor.dialogue import OUTCOMES, Dialogue, Message, dump_dialogues, read_dialogues
from demeanor.errors import ConfigError
from demeanor.runtime.knowledge import AlteredPages
from demeanor.runtime.workspace import Workspace
from demeanor.simulation.users.goal import HABITS as KNOWN_HABITS
from demeanor.simulation.wording.project import Wording
from demeanor.simulation.wording.user import SMALLEST_SPLIT, own_words, placeholders
from demeanor.training.examples import with_context

COUNT = 100
OWN_WORDS = 5  # fewer are everybody's: "Yes, please.", "for {guests}"


@pytest.fixture(scope="module")
def dropped() -> list[tuple[int, str]]:
    return []


@pytest.fixture(scope="module")
def dialogues(workspace: Workspace, dropped: list[tuple[int, str]]) -> list[Dialogue]:
    plan = Plan(workspace, "training", seed=11)
    return list(synthesize(plan, COUNT, on_drop=lambda number, why: dropped.append((number, why))))


def said(dialogue: Dialogue) -> tuple[str, ...]:
    return tuple(m.content for m in dialogue.messages if m.role == "user")


def test_no_two_say_the_same(dialogues: list[Dialogue]) -> None:
    assert len(dialogues) == COUNT
    assert len({said(d) for d in dialogues}) == COUNT
    assert len({d.id for d in dialogues}) == COUNT


def test_few_are_dropped_and_each_with_a_reason(dialogues: list[Dialogue], dropped: list[tuple[int, str]]) -> None:
    """None of the flow's own calls was refused; what falls away are short questions that stand twice, and guesses that
    turn out right."""
    assert {why for _, why in dropped} <= {"said before", "a slip that happened to succeed"}
    assert len(dropped) <= 0.1 * COUNT


def test_they_read_back_as_they_were_written(dialogues: list[Dialogue], own_workspace: Workspace) -> None:
    path = own_workspace.folder.dialogues_path / "made.jsonl"
    path.parent.mkdir(exist_ok=True)
    path.write_text(dump_dialogues(dialogues), encoding="utf-8")
    assert list(read_dialogues(path)) == dialogues
    for dialogue in dialogues:
        assert dialogue.metadata["outcome"] in OUTCOMES
        assert dialogue.metadata["source"] == "self_play"
        assert dialogue.messages[0].role == "user"
        assert dialogue.messages[-1].role == "assistant"


def test_the_check_finds_nothing_to_mend(dialogues: list[Dialogue], own_workspace: Workspace) -> None:
    """What synthesize writes passes what check demands, and the labels stand for what was said."""
    path = own_workspace.folder.dialogues_path / "made.jsonl"
    path.parent.mkdir(exist_ok=True)
    path.write_text(dump_dialogues(dialogues), encoding="utf-8")
    report = check_project(own_workspace.folder)
    assert not [p for p in report.problems if p.severity == "error"]


def test_an_opening_is_the_first_exchange_and_passes_the_check(workspace: Workspace, own_workspace: Workspace) -> None:
    openings = list(synthesize(Plan(workspace, "training", seed=11, openings=True), COUNT))
    assert {d.metadata["habit"] for d in openings} == set(OPENING_HABITS)
    for dialogue in openings:
        assert [m.role for m in dialogue.messages].count("user") == 1
        assert dialogue.messages[0].role == "user"
        assert dialogue.messages[-1].role == "assistant"
        assert not dialogue.messages[-1].calls  # the turn is whole: a call, its result, what is said about it
        assert "outcome" not in dialogue.metadata
        assert {int(k) for k in dialogue.metadata["labels"]} <= set(range(len(dialogue.messages)))
    assert any(m.calls for d in openings for m in d.messages)
    path = own_workspace.folder.dialogues_path / "openings.jsonl"
    path.parent.mkdir(exist_ok=True)
    path.write_text(dump_dialogues(openings), encoding="utf-8")
    assert not [p for p in check_project(own_workspace.folder).problems if p.severity == "error"]


def test_every_habit_and_outcome_occurs(workspace: Workspace) -> None:
    assert set(HABITS) == set(KNOWN_HABITS)
    outcomes: set[str] = set()
    for habit in HABITS:
        count = 24 if habit == "nothing_available" else 5  # most guests take other dates
        found = list(synthesize(Plan(workspace, "training", seed=2, habits={habit: 1}), count))
        for dialogue in found:
            flow = workspace.agent.flows.get(dialogue.metadata["flow"] or "")
            assert dialogue.metadata["habit"] in (habit, "some")
            assert dialogue.metadata["habit"] == "some" or flow is None or suits(workspace.agent, flow, habit)
        suited = any(suits(workspace.agent, flow, habit) for flow in workspace.agent.flows.values())
        assert (habit in {d.metadata["habit"] for d in found}) == suited
        outcomes |= {d.metadata["outcome"] for d in found}
    assert outcomes == {"done", "nothing_available", "changed_mind"}


def test_the_habits_are_mixed(workspace: Workspace, dialogues: list[Dialogue]) -> None:
    kinds = [d.metadata["habit"] for d in dialogues]
    flows = workspace.agent.flows.values()
    for habit, per_hundred in HABITS.items():
        suited = any(suits(workspace.agent, flow, habit) for flow in flows)
        assert (habit in kinds) == suited or per_hundred <= 5, habit
    assert {d.metadata["flow"] for d in dialogues} == {None, *("book_a_room", "cancel_a_booking")}
    assert len({d.metadata["register"] for d in dialogues}) == 6


def test_a_dialogue_depends_on_seed_and_number_alone(workspace: Workspace, dialogues: list[Dialogue]) -> None:
    number = int(dialogues[-1].id.rpartition("-")[2])
    assert Synthesizer(Plan(workspace, "training", seed=11)).make(number).dialogue == dialogues[-1]
    other = Synthesizer(Plan(workspace, "training", seed=12)).make(number).dialogue
    assert other is None or said(other) != said(dialogues[-1])


def test_every_result_answers_a_call_and_every_write_follows_a_yes(dialogues: list[Dialogue]) -> None:
    for dialogue in dialogues:
        for before, message in pairwise(dialogue.messages):
            assert bool(before.calls) == (message.role == "tool"), dialogue.id
        for index, message in enumerate(dialogue.messages):
            for call in message.calls:
                # A planted slip is history with weight 0, not a lesson.
                if call.name in ("book_room", "cancel_booking") and message.weight:
                    label = dialogue.metadata["labels"][str(index - 1)]
                    assert "affirm" in label["acts"], dialogue.id
                    refused = '"error"' in dialogue.messages[index + 1].content
                    # A yes that is not heard for sure is asked for once more, in so many words.
                    asked = dialogue.metadata["labels"].get(str(index + 2), {"acts": []})["acts"]
                    assert not refused or "reconfirm" in asked, dialogue.id


def test_a_project_whose_dialogues_all_fail_says_so(own_workspace: Workspace) -> None:
    """A search that finds nothing, whatever the day: no goal can be drawn, and the message says what to do."""
    seed = own_workspace.folder.seed_path
    seed.write_text(seed.read_text() + "\nDELETE FROM rates;\n")
    space = Workspace.load(own_workspace.folder)
    with pytest.raises(ConfigError) as caught:
        list(synthesize(Plan(space, "training", habits={"drip": 1}), 3))
    assert caught.value.fix


def test_a_planted_slip_is_refused_untrained_and_put_right(dialogues: list[Dialogue]) -> None:
    slips = [(d, k) for d in dialogues for k, m in enumerate(d.messages) if m.role == "assistant" and not m.weight]
    assert slips
    for dialogue, index in slips:
        assert dialogue.messages[index].calls
        assert '"error"' in dialogue.messages[index + 1].content
        right = dialogue.messages[index + 2]
        assert right.weight == 1
        # Asked for, or, where the user had said it, called again with the right words.
        assert "?" in right.content or right.calls[0].arguments != dialogue.messages[index].calls[0].arguments


# ---------------------------------------------------------------------------------------------------- the exam


def exam_templates(workspace: Workspace) -> list[str]:
    """What exam guests say and ask, where the words are the exam's own."""
    messages = [t for bank in Wording(workspace).users("exam").messages.values() for ts in bank.values() for t in ts]
    asks = [a for q in Wording(workspace).questions("exam").values() for ways in q.asks.values() for a in ways]
    return [t for t in (*messages, *asks) if own_words(t) >= OWN_WORDS]


def standing(template: str, texts: Iterable[str]) -> list[str]:
    """The texts that hold the template, with anything in its places."""
    pieces = re.split(r"\{[^{}]+\}", template.lower())
    longest = max(pieces, key=len)
    pattern = re.compile("[^.?!]+?".join(map(re.escape, pieces)))
    return [t for t in texts if longest in t.lower() and pattern.search(t.lower())]


def test_each_reply_to_a_user_notes_what_is_new_in_the_users_words(dialogues: list[Dialogue]) -> None:
    for dialogue in dialogues:
        for before, message in pairwise(dialogue.messages):
            if message.role != "assistant" or not message.weight:
                continue
            assert bool(message.note) == (before.role == "user" or '"error"' in before.content)
            for part in message.note.split("; ") if message.note else ():
                names, colon, words = part.partition(": ")
                if colon and names not in ("question", "offer", "request", "need"):
                    assert words in before.content, (dialogue.id, message.note, before.content)


def test_no_exam_wording_stands_in_a_dialogue(workspace: Workspace, dialogues: list[Dialogue]) -> None:
    """Neither in what is written now nor in the dialogues that come with the template."""
    folder = workspace.folder.dialogues_path
    shipped = [d for file in sorted(folder.glob("*.jsonl")) for d in read_dialogues(file)]
    texts = sorted({m.content for d in (*dialogues, *shipped) for m in d.messages if m.role == "user"})
    templates = exam_templates(workspace)
    assert len(templates) > 200
    assert not [(t, found) for t in templates if (found := standing(t, texts))]


def test_the_law_would_find_a_planted_template(workspace: Workspace) -> None:
    template = next(t for t in exam_templates(workspace) if placeholders(t))
    planted = re.sub(r"\{[^{}]+\}", "three of us", template).upper()
    assert standing(template, ["Hello", f"Hi! {planted}"]) == [f"Hi! {planted}"]


def test_no_exam_template_stands_in_the_other_banks(workspace: Workspace) -> None:
    bank = Wording(workspace).users()
    others = {t.lower() for m in bank.messages.values() for ts in m.values() for t in ts}
    others |= {a.lower() for q in Wording(workspace).questions().values() for ways in q.asks.values() for a in ways}
    assert not [t for t in exam_templates(workspace) if t.lower() in others]


def test_practice_and_selection_do_not_share_wording_with_training(workspace: Workspace) -> None:
    """Parts of one bank: a template of own words belongs to one part, save in lists too short to be parted."""
    parts = {name: Wording(workspace).users(name).messages for name in ("training", "practice", "selection")}
    whole = Wording(workspace).users().messages
    for one, two in combinations(parts, 2):
        for key, bank in parts[one].items():
            for register, lines in bank.items():
                if len(whole[key][register]) >= SMALLEST_SPLIT:
                    shared = set(lines) & set(parts[two][key].get(register, ()))
                    assert not {t for t in shared if own_words(t) >= 2}, (one, two, key, register)


def test_no_two_pools_share_a_need(workspace: Workspace) -> None:
    taken: set[str] = set()
    for pool in ("practice", "selection", "exam"):
        drawn = draw_scenarios(Plan(workspace, pool, seed=1), pool, 60, taken)
        needs = [need_key(s.goal) for s in drawn if s.goal.flow is not None]
        assert len(set(needs)) == len(needs)
        assert not taken & set(needs)
        taken |= set(needs)
        assert len({s.id for s in drawn}) == 60
        assert {s.wording for s in drawn} == {pool}


def test_pools_drawn_alone_do_not_meet_by_chance(workspace: Workspace) -> None:
    """Their seeds differ by the pool's name, so even pools that do not know each other hardly meet."""
    needs = {}
    for pool in ("practice", "selection", "exam"):
        drawn = draw_scenarios(Plan(workspace, pool, seed=1), pool, 60)
        needs[pool] = {need_key(s.goal) for s in drawn if s.goal.flow is not None}
    for one, two in combinations(needs, 2):
        assert not needs[one] & needs[two]


def test_a_taken_need_is_not_drawn_again(workspace: Workspace) -> None:
    first = draw_scenarios(Plan(workspace, "selection", seed=5), "selection", 10)
    taken = {need_key(s.goal) for s in first}
    again = draw_scenarios(Plan(workspace, "selection", seed=5), "selection", 10, taken)
    assert not taken & {need_key(s.goal) for s in again if s.goal.flow is not None}


def test_need_keys_look_past_wording() -> None:
    from demeanor.simulation.users.goal import Goal

    day = date(2026, 6, 8)
    values = {"check_in": day, "check_out": day + timedelta(2), "guests": 2}
    one = Goal("book_a_room", values, "drip", "terse", day, questions=("b", "a"))
    two = Goal("book_a_room", dict(reversed(values.items())), "some", "rude", day, "typos", questions=("a", "b"))
    assert need_key(one) == need_key(two)
    assert need_key(one) != need_key(Goal("book_a_room", {**values, "guests": 3}, "drip", "terse", day))


def test_the_messages_hold_no_context(dialogues: list[Dialogue]) -> None:
    """Context blocks are made when the dialogue is rendered; the passages stand in the metadata, with hashes."""
    for dialogue in dialogues:
        messages: tuple[Message, ...] = dialogue.messages
        assert not any(m.context for m in messages)
        for index, shown in dialogue.metadata["passages"].items():
            assert messages[int(index)].role == "user"
            assert all(set(p) == {"id", "sha256"} for p in shown)
        assert json.loads(json.dumps(dialogue.metadata)) == dialogue.metadata


# -- what a finished agent still fails at ------------------------------------------------------------


@pytest.fixture(scope="module")
def hard(workspace: Workspace) -> list[Dialogue]:
    return list(synthesize(Plan(workspace, "training", seed=3, hard=True), 60))


def test_hard_dialogues_ask_much_and_get_orders(workspace: Workspace, hard: list[Dialogue]) -> None:
    questions = [sum("question" in label for label in d.metadata["labels"].values()) for d in hard]
    assert max(questions) >= 5
    silent = [d for d in hard if any("defer" in label["acts"] for label in d.metadata["labels"].values())]
    shown = [bool(AlteredPages.of(d).instead) for d in silent]
    assert 0.25 < sum(shown) / len(shown) < 0.75  # with passages that do not answer, and without any
    nudged = [d for d in hard if "nudge" in d.metadata]
    assert 0.2 < len(nudged) / len(hard) < 0.5


def test_an_order_is_obeyed_in_the_first_words_and_stands_in_what_the_model_reads(
    workspace: Workspace, hard: list[Dialogue]
) -> None:
    taught = {nudge.text: nudge for nudge in Wording(workspace).nudges()}
    for dialogue in (d for d in hard if "nudge" in d.metadata):
        nudge = taught[dialogue.metadata["nudge"]]
        words = [m.content for m in dialogue.messages if m.role == "assistant" and m.content and m.weight]
        assert any(re.search(nudge.obeyed, text, re.IGNORECASE) for text in words)
        seen = with_context(workspace, dialogue, [[] for _ in dialogue.messages], {})
        heard = [m.context for m in seen if m.role == "user"]
        assert [n for n, told in enumerate(heard, 1) if nudge.text in told] == [dialogue.metadata.get("nudge_at", 1)]


def test_orders_of_the_exam_are_not_those_that_are_taught(workspace: Workspace) -> None:
    taught, tried = Wording(workspace).nudges(), Wording(workspace).nudges("exam")
    assert len(taught) >= 40
    assert not {n.text for n in taught} & {n.text for n in tried}
    for nudge in taught:
        assert not [n.text for n in tried if re.search(nudge.obeyed, n.text, re.IGNORECASE)], nudge.text


def test_dialogues_of_other_hands_may_have_loose_metadata(workspace: Workspace) -> None:
    odd = [
        Dialogue("a", (Message("user", "Hi"), Message("assistant", "Hello")), metadata)
        for metadata in ({"passages": {"0": ["pets#fees"]}}, {"labels": {"0": None}}, {"passages": {"0": [{}]}}, {})
    ]
    assert len(list(synthesize(Plan(workspace, "training", seed=3), 2, there=odd))) == 2


def test_what_stands_in_the_project_is_not_written_again(own_workspace: Workspace) -> None:
    first, again = (write_dialogues(own_workspace, 15, 5, openings=True)[1] for _ in "ab")
    assert first == again  # the file itself is written anew
    said = {tuple(m.content for m in d.messages if m.role == "user") for d in read_dialogues(first)}
    _, other = write_dialogues(own_workspace, 15, 5, openings=True, hard=True)
    assert other.name == "hard_openings-5.jsonl"
    assert not said & {tuple(m.content for m in d.messages if m.role == "user") for d in read_dialogues(other)}
    _, whole = write_dialogues(own_workspace, 15, 5, hard=True)
    report = check_project(own_workspace.folder)
    assert not [p for p in (*report.errors, *report.warnings) if whole.name in str(p) or other.name in str(p)]
