"""Dialogues whose pages are silent, or say something else: the agent reads, and never remembers."""

from __future__ import annotations

import random
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from demeanor.data.altered import change, withhold
from demeanor.data.synthesize import Plan, synthesize
from demeanor.dialogue import Dialogue, Message
from demeanor.runtime.knowledge import AlteredPages, Hit, Passage
from demeanor.runtime.workspace import Workspace
from demeanor.simulation.wording.questions import Question
from demeanor.training.examples import with_context

POOL = Passage("pool#", "Pool", "Towels cost 2 euros and a lane 15 euros; at 8:30 the 12-metre pool opens.", "0")


def question(answer: str, asks: str = "How much is it?") -> Question:
    return Question("pool", POOL.id, (), {"neutral": (asks,)}, (answer,))


@given(st.integers(0, 10**6))
def test_what_changes_in_the_page_changes_in_the_answer(seed: int) -> None:
    told, pages = change(question("A lane costs 15 euros, a towel 2 euros."), POOL, random.Random(seed))
    if not pages.changed:
        return
    lane, towel = re.findall(r"\d+", told.answers[0])
    assert pages.changed == {POOL.id: POOL.text.replace(" 2 ", f" {towel} ").replace(" 15 ", f" {lane} ")}
    assert 1 < int(towel) < int(lane)
    assert (lane, towel) != ("15", "2")


@pytest.mark.parametrize(
    ("answer", "asks"),
    [
        ("It opens at 8:30.", "When does it open?"),  # a clock time is no figure
        ("It is 12-metre long.", "How long is it?"),
        ("A towel is 3 euros.", "How much is a towel?"),  # not what the page says
        ("A lane costs 15 euros.", "Is a lane 15 euros?"),  # the user has said it
        ("It is heated.", "Is it cold?"),
    ],
)
def test_no_figure_that_could_change_leaves_the_page_as_it_is(answer: str, asks: str) -> None:
    asked = question(answer, asks)
    assert change(asked, POOL, random.Random(0)) == (asked, AlteredPages())


def test_a_withheld_passage_is_not_found_and_not_answerable() -> None:
    asked, pages = withhold(question("A lane costs 15 euros."))
    assert not asked.answerable
    assert pages.found([Hit(POOL, 1.0)]) == []


def test_metadata_of_another_shape_counts_as_nothing() -> None:
    for raw in (None, [], "x", {"withheld": "pool#", "changed": ["pool#"]}):
        assert AlteredPages.of(Dialogue("d", (Message("user", "Hi"),), {"pages": raw})) == AlteredPages()
    pages = AlteredPages(("a#",), {"b#": "text"}, ("c#",))
    assert AlteredPages.of(Dialogue("d", (Message("user", "Hi"),), {"pages": pages.to_dict()})) == pages


@pytest.fixture(scope="module")
def dialogues(workspace: Workspace) -> list[Dialogue]:
    plan = Plan(workspace, "training", seed=5, openings=True, habits={"asks_only": 1, "lacks": 1})
    return list(synthesize(plan, 120))


def test_the_example_shows_the_pages_that_its_reply_read(workspace: Workspace, dialogues: list[Dialogue]) -> None:
    real = {p.id: p for p in workspace.passages}
    withheld = changed = distracted = 0
    for dialogue in dialogues:
        pages, asked = AlteredPages.of(dialogue), dialogue.metadata["labels"].get("0", {}).get("question")
        if asked is None:
            continue
        hits = [workspace.search_unseen([m.content])[0] if m.role == "user" else [] for m in dialogue.messages]
        seen, reply = with_context(workspace, dialogue, hits, real)[0].context, dialogue.messages[1]
        assert not any(f"[{name}]" in seen for name in pages.withheld)
        if pages.withheld:
            withheld += 1
            assert all(f"[{name}]" in seen for name in pages.instead)
            distracted += bool(pages.instead)
            assert reply.note == "question: not in the pages"
            assert dialogue.metadata["labels"]["1"]["acts"][0] == "defer"
        for name in {p["id"] for p in dialogue.metadata["passages"].get("0", ())} & set(pages.changed):
            changed += 1
            text = pages.changed[name]
            new = set(re.findall(r"\d+", text)) - set(re.findall(r"\d+", real[name].text))
            assert text in seen
            assert new & set(re.findall(r"\d+", reply.content))
    assert withheld > 5
    assert distracted > withheld / 2
    assert changed > 5


def test_a_question_stands_with_its_page_and_without(workspace: Workspace, dialogues: list[Dialogue]) -> None:
    """The same words, answered and deferred: only the page tells them apart."""
    first = [(d.messages[0].content, bool(AlteredPages.of(d).withheld)) for d in dialogues]
    assert any((text, True) in first and (text, False) in first for text, _ in first)
