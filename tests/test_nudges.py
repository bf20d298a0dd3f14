"""Orders of the day at any message: of a scenario, of a dialogue, and of whoever runs the session."""

from __future__ import annotations

from conftest import TODAY
from demeanor.data.synthesize import Plan, synthesize
from demeanor.models.model import Completion
from demeanor.models.scripted import ByteTokenizer
from demeanor.runtime.session import Session
from demeanor.runtime.workspace import Workspace
from demeanor.training.examples import make_examples

ORDER = "The lift is broken; tell every guest."


def talk(session: Session, turns: int) -> list[str]:
    """The context blocks of so many messages of the user."""
    for number in range(turns):
        session.hear(f"Hello {number}", [])
        session.receive(Completion((), "Hello!", False))
    return [m.context for m in session.messages if m.role == "user"]


def session_of(workspace: Workspace) -> Session:
    return workspace.session(workspace.renderer(ByteTokenizer()), workspace.new_world(TODAY))


def test_a_nudge_stands_with_its_message(workspace: Workspace) -> None:
    session = session_of(workspace)
    session.nudge, session.nudge_at = ORDER, 3
    assert [ORDER in context for context in talk(session, 4)] == [False, False, True, False]


def test_an_order_is_told_with_the_next_message(workspace: Workspace) -> None:
    session = session_of(workspace)
    talk(session, 1)
    session.tell(ORDER)
    assert [ORDER in context for context in talk(session, 2)] == [False, True, False]


def test_dialogues_obey_where_they_are_told(workspace: Workspace) -> None:
    """The trained block and the obeying reply stand at the same message."""
    made = [d for d in synthesize(Plan(workspace, "training", seed=3, hard=True), 60) if "nudge" in d.metadata]
    late = [d for d in made if d.metadata.get("nudge_at", 1) > 1]
    assert late
    renderer = workspace.renderer(ByteTokenizer())
    for dialogue in late:
        (example,) = make_examples(workspace, renderer, [dialogue])
        text = ByteTokenizer().decode(example.ids)
        users = [part for part in text.split("<|im_start|>user")[1:] if not part.startswith("\n<tool_response>")]
        assert dialogue.metadata["nudge"] in users[dialogue.metadata["nudge_at"] - 1]
