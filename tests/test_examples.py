"""What is trained is what is served: the same dialogue, rendered for training and met in a conversation."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from itertools import groupby

import pytest

from demeanor.data.synthesize import Plan, synthesize
from demeanor.dialogue import Dialogue, Message
from demeanor.errors import DialogueError
from demeanor.models.model import Completion
from demeanor.runtime.knowledge import AlteredPages, Hit, Passage
from demeanor.runtime.prompt import Renderer, reply_text
from demeanor.runtime.session import Session
from demeanor.runtime.workspace import Workspace
from demeanor.simulation.wording.project import Wording
from demeanor.training.batching import check_examples
from demeanor.training.examples import ensure, leaned_on, make_examples, with_context


@pytest.fixture(scope="module")
def dialogues(workspace: Workspace) -> list[Dialogue]:
    habits = {"digresses": 3, "some": 1, "lacks": 2, "asks_only": 2, "nothing_available": 1}
    return list(synthesize(Plan(workspace, "training", seed=21, habits=habits), 24))


def hits_of(workspace: Workspace, dialogue: Dialogue, passages: dict[str, Passage]) -> list[list[Hit]]:
    """What the search finds for each user message, with what the answer needs ensured."""
    pages = AlteredPages.of(dialogue)
    return [
        ensure(
            pages.found(workspace.search_unseen([message.content])[0]),
            pages.seen(leaned_on(dialogue, index, passages)),
        )
        for index, message in enumerate(dialogue.messages)
        if message.role == "user"
    ]


def test_what_is_trained_is_what_is_served(
    workspace: Workspace, renderer: Renderer, dialogues: list[Dialogue], passages: dict[str, Passage]
) -> None:
    """At every reply the served request is the example up to there, token for token; the reply follows it."""
    for dialogue, example in zip(dialogues, make_examples(workspace, renderer, dialogues), strict=True):
        world = workspace.new_world(date.fromisoformat(dialogue.metadata["today"]))
        session = workspace.session(renderer, world)
        hits = iter(hits_of(workspace, dialogue, passages))
        replies = 0
        for message in dialogue.messages:
            if message.role == "user":
                session.hear(message.content, next(hits))
            elif message.role == "assistant":
                replies += 1
                serve(session, message, example.ids)
        assert replies == sum(m.role == "assistant" for m in session.messages)
        assert renderer.render(session.messages).ids == example.ids
        world.close()


def serve(session: Session, message: Message, example: tuple[int, ...]) -> None:
    """The request must be the example's beginning; then the reply is received."""
    ids = session.request().ids
    assert example[: len(ids)] == ids
    session.receive(Completion((), reply_text(message), False))


def test_trained_are_the_replies(workspace: Workspace, renderer: Renderer, dialogues: list[Dialogue]) -> None:
    for dialogue, example in zip(dialogues, make_examples(workspace, renderer, dialogues), strict=True):
        assert example.id == dialogue.id
        pairs = zip(example.ids, example.trained, strict=True)
        runs = [[i for i, _ in run] for trained, run in groupby(pairs, key=lambda p: p[1]) if trained]
        replies = [m for m in dialogue.messages if m.role == "assistant" and m.weight == 1]
        written = [reply_text(m) for m in replies]
        assert [renderer.tokenizer.decode(run) for run in runs] == [w + renderer.stop for w in written]


def test_the_needed_passage_is_there_and_none_where_the_pages_are_silent(
    workspace: Workspace, dialogues: list[Dialogue], passages: dict[str, Passage]
) -> None:
    asked = silent = 0
    for dialogue in dialogues:
        hits = workspace.search_unseen([m.content if m.role == "user" else "" for m in dialogue.messages])
        shown = with_context(workspace, dialogue, hits, passages)
        questions = Wording(workspace).questions()
        for index, label in dialogue.metadata["labels"].items():
            question = questions.get(label.get("question", ""))
            if question is None:
                continue
            needed = dialogue.metadata["passages"].get(index, [])
            answered = question.answerable and question.passage not in AlteredPages.of(dialogue).withheld
            assert bool(needed) == answered
            seen = "\n".join(m.context for m in shown[: int(index) + 1])
            assert all(f"[{p['id']}]" in seen for p in needed)
            asked += answered
            silent += not answered
    assert asked > 5
    assert silent > 1


def test_a_missing_passage_takes_the_place_of_the_weakest(workspace: Workspace) -> None:
    a, b, c, *_ = workspace.passages
    found = [Hit(a, 0.9), Hit(b, 0.5)]
    assert ensure(found, []) == found
    assert ensure(found, [b]) == found
    assert [h.passage for h in ensure(found, [c])] == [c, a]
    assert [h.passage for h in ensure([], [c])] == [c]
    assert [h.passage for h in ensure([Hit(a, 0.9)], [b, c])] == [b, c]


def test_a_passage_is_shown_once(workspace: Workspace, renderer: Renderer, passages: dict[str, Passage]) -> None:
    name = workspace.passages[0].id
    ask = Message("user", "Could you tell me about that once more?")
    used = {str(k): [{"id": name, "sha256": ""}] for k in (0, 2)}
    dialogue = Dialogue("twice", (ask, Message("assistant", "Gladly."), ask), {"passages": used, "today": "2026-06-08"})
    shown = with_context(workspace, dialogue, [[], [], []], passages)
    assert f"[{name}]" in shown[0].context
    assert "Today is Monday 8 June 2026." in shown[0].context
    assert shown[2].context == ""


def test_an_imported_dialogue_without_a_clock_is_rendered(workspace: Workspace, renderer: Renderer) -> None:
    dialogue = Dialogue("imported", (Message("user", "Hello"), Message("assistant", "Hi!")))
    (example,) = make_examples(workspace, renderer, [dialogue])
    assert any(example.trained)


# -- what is too long ------------------------------------------------------------


def long_dialogue(weights: tuple[int, ...]) -> Dialogue:
    """One exchange for each weight, with the reply of that weight."""
    messages: list[Message] = []
    for k, weight in enumerate(weights):
        messages += [
            Message("user", f"Question {k}: is breakfast included?"),
            Message("assistant", "Yes.", weight=weight),
        ]
    return Dialogue("long", tuple(messages), {"today": "2026-06-08"})


def test_a_long_dialogue_loses_its_oldest_untrained_turns(workspace: Workspace, renderer: Renderer) -> None:
    dialogue = long_dialogue((0, 0, 0, 1))
    whole = make_examples(workspace, renderer, [dialogue])[0]
    last = make_examples(workspace, renderer, [replace(dialogue, messages=dialogue.messages[6:])])[0]
    told: list[tuple[str, int]] = []
    limit = len(whole.ids) - 1
    short = make_examples(
        workspace, renderer, [dialogue], max_length=limit, on_shortened=lambda d, n: told.append((d.id, n))
    )[0]
    assert told == [("long", 2)]
    assert len(short.ids) <= limit
    assert sum(short.trained) == sum(whole.trained)
    text = renderer.tokenizer.decode(short.ids)
    assert "Question 0" not in text
    assert "Question 1" in text
    assert text.index("Today is Monday 8 June 2026") < text.index("Question 1")  # the clock moves to what is first now
    assert make_examples(workspace, renderer, [dialogue], max_length=len(last.ids))[0].ids == last.ids


def test_a_trained_reply_is_never_lost(workspace: Workspace, renderer: Renderer) -> None:
    dialogue = long_dialogue((1, 0, 1))
    whole = make_examples(workspace, renderer, [dialogue])[0]
    told: list[int] = []
    same = make_examples(
        workspace, renderer, [dialogue], max_length=len(whole.ids) - 1, on_shortened=lambda d, n: told.append(n)
    )[0]
    assert (same, told) == (whole, [])
    with pytest.raises(DialogueError, match="not cut"):
        check_examples([same], stop_ids=renderer.stop_ids, max_length=len(whole.ids) - 1)
