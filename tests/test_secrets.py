"""What is told for a secret slot reaches the tool and nothing else: no prompt, no transcript, no record."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import date
from pathlib import Path

import pytest

from demeanor import Project
from demeanor.agent import load_agent
from demeanor.agent.slots import Slot, Unresolved, resolve
from demeanor.dialogue import ToolCall
from demeanor.evaluation import record
from demeanor.evaluation.again import judge_again
from demeanor.evaluation.evaluate import Evaluator
from demeanor.models.model import Completion, Request
from demeanor.models.scripted import ByteTokenizer, ScriptedModel
from demeanor.reading.learned import LearnedReader
from demeanor.runtime.prompt import call_text
from demeanor.runtime.secrets import Secrets, may_ask_for
from demeanor.simulation.scenario import Scenario
from demeanor.simulation.users.goal import Goal

TODAY = date(2026, 6, 8)
AGENT = """
name: Cardline
persona: You are Cardline.
slots:
  otp: {type: code, pattern: "[0-9]{6}", secret: true, ask: Which code did we send you?}
  born: {type: date, past: true, secret: true, ask: When were you born?}
flows:
  check: {when: so, steps: [{ask: otp}, {ask: born}, {call: verify}, {inform: verify}],
          done: "SELECT count(*) = 1 FROM verified WHERE otp = :otp"}
"""
TOOLS = '''
from datetime import date


def verify(world, otp: str, born: date) -> dict[str, str]:
    """Check a code and a day of birth.

    Args:
        otp: code
        born: day of birth
    """
    right = world.sql("SELECT count(*) FROM codes WHERE otp = :otp", otp=otp).scalar_one()
    if right:
        world.sql("INSERT INTO verified VALUES (:otp)", otp=otp)
    return {"verified": "yes" if right else "no", "told": f"the code {otp} of {born}"}
'''


@pytest.fixture
def project(tmp_path: Path) -> Project:
    (tmp_path / "world").mkdir()
    (tmp_path / "agent.yaml").write_text(AGENT)
    (tmp_path / "tools.py").write_text(TOOLS)
    (tmp_path / "world" / "schema.sql").write_text("CREATE TABLE codes (otp TEXT); CREATE TABLE verified (otp TEXT);")
    (tmp_path / "world" / "seed.sql").write_text("INSERT INTO codes VALUES ('482913');")
    return Project.open(tmp_path)


class Recorder(ScriptedModel):
    """Keeps what it was shown."""

    def __init__(self, replies: Sequence[str]) -> None:
        super().__init__(replies)
        self.shown: list[str] = []

    def generate(
        self, requests: Sequence[Request], *, max_new_tokens: int, seed: int = 0, temperature: float = 0.0
    ) -> list[Completion]:
        self.shown += [self.tokenizer.decode(request.ids) for request in requests]
        return super().generate(requests, max_new_tokens=max_new_tokens)


REPLIES = (
    "Which code did we send you?",
    "When were you born?",
    f"One moment.\n{call_text(ToolCall('verify', {'otp': '[otp-1]', 'born': '[born-1]'}))}",
    "Thank you, that is right.",
)


def test_only_the_tool_receives_a_secret(project: Project) -> None:
    model = Recorder(REPLIES)
    space = project.space
    session = space.session(space.renderer(ByteTokenizer()), space.new_world(TODAY), model=model)
    for line in ("I want to check.", "It's 48 29 13, I think.", "14 March 1987, why?"):
        session.say(line)
    kept = json.dumps([m.to_json() for m in session.messages]) + "".join(model.shown) + repr(session.calls)
    assert session.messages[2].content == "It's [otp-1], I think."
    assert session.messages[4].content == "[born-1], why?"
    assert session.calls[-1].result["verified"] == "yes"
    assert session.calls[-1].result["told"] == "the code [otp-1] of [born-1]"
    assert not any(secret in kept for secret in ("482913", "48 29 13", "1987"))


@pytest.mark.parametrize("said", ["482913", "four eight two nine one three", "wait: 111111"])
def test_a_record_is_judged_again_without_the_secret(project: Project, said: str) -> None:
    evaluator = Evaluator(project.space)
    goal = Goal("check", {"otp": "482913", "born": date(1987, 3, 14)}, "scripted", "neutral", TODAY)
    lines = ("I want to check.", f"{said}", "14 March 1987", "thanks")
    scenario = Scenario("one", goal, lines=lines)
    episode = evaluator.episode(scenario, project.space.renderer(ByteTokenizer()))
    session = episode.session
    session.model = ScriptedModel(REPLIES)
    for line in lines[:3]:
        session.say(line)
    kept = record.to_json("one", episode, None, {})
    assert "482913" not in json.dumps(kept)
    assert said not in json.dumps(kept)
    assert kept["secrets"] == {"[otp-1]": "111" not in said, "[born-1]": True}
    trial, why = judge_again(evaluator, scenario, record.from_json(json.loads(json.dumps(kept))))
    assert trial is not None, why
    rows = trial.episode.session.world
    assert [c.result["verified"] for c in trial.episode.session.calls] == ["no" if "111" in said else "yes"], rows


def test_a_made_up_secret_never_reaches_the_tool(project: Project) -> None:
    space = project.space
    call = call_text(ToolCall("verify", {"otp": "482913", "born": "[born-7]"}))
    session = space.session(space.renderer(ByteTokenizer()), space.new_world(TODAY), model=ScriptedModel([call, "Oh."]))
    session.say("Just verify me.")
    assert "needs otp and born" in session.calls[0].result["error"]


def test_one_value_has_one_placeholder(project: Project) -> None:
    secrets, agent = Secrets(), project.space.agent
    heard = [secrets.hear(agent, text, "", (), TODAY) for text in ("code 482913", "I said 482 913!", "or 482914?")]
    assert heard == ["code [otp-1]", "I said [otp-1]!", "or [otp-2]?"]


MORE = """
name: Lark
persona: You are Lark.
slots:
  code: {type: code, pattern: "[0-9]{5}", secret: true, ask: What is your secret code?}
  born: {type: date, past: true, secret: true, ask: When were you born?}
  word: {type: text, secret: true, ask: What is your memorable word?}
  phone: {type: phone, ask: On which telephone number can we ring you?}
  price: {type: money, ask: What did it cost?}
  member: {type: code, pattern: "M[0-9]{5}", ask: What is your member number?}
flows:
  check: {when: so, steps: [{ask: code}]}
country: IE
"""


@pytest.mark.parametrize(
    ("asked", "said", "heard"),
    [
        ("What is your secret code?", "it's 12 345", "it's [code-1]"),
        ("", "my code is 12345, hello", "my code is [code-1], hello"),
        ("On which telephone number can we ring you?", "085 555 01345 or so", "085 555 01345 or so"),
        ("What did it cost?", "12345 euros", "12345 euros"),
        ("What did it cost?", "129.95", "129.95"),
        ("", "my member number is M 20345, code 12345", "my member number is M 20345, code [code-1]"),
        ("When do you come?", "M 20345", "M 20345"),
        ("On which telephone number can we ring you?", "085 555 0134, code 12345", "085 555 0134, code [code-1]"),
        ("", "I was born on 3 April 1988 and bought it on 2 May", "I was born on [born-1] and bought it on 2 May"),
        ("When were you born?", "sorry, what?", "sorry, what?"),
        ("When were you born?", "30th of July, 1992 4 teh r3st", "[born-1] 4 teh r3st"),
        (
            "And when were you born?",
            "it's gonna be Q 2162 as per the SMS, and the 14th of December, 1997 too, my brain's fried today",
            "it's gonna be Q 2162 as per the SMS, and the [born-1] too, my brain's fried today",
        ),
        ("When were you born?", "in 88, the third of april", "in 88, the third of april"),
        ("What is your memorable word?", "Rosebud", "[word-1]"),
        ("What is your memorable word?", "Why do you need that?", "Why do you need that?"),
    ],
)
def test_what_is_a_secret_and_what_only_looks_like_one(tmp_path: Path, asked: str, said: str, heard: str) -> None:
    (tmp_path / "agent.yaml").write_text(MORE)
    agent = load_agent(tmp_path / "agent.yaml")
    wanted = may_ask_for(LearnedReader(agent.slots, {}), asked)
    assert Secrets().hear(agent, said, asked, wanted, TODAY) == heard


def test_the_number_of_a_placeholder_counts_nothing() -> None:
    assert isinstance(resolve(Slot("price", "money"), "[code-2]", TODAY), Unresolved)
