"""Agents that are not like the templates: without tasks, tools or a database; and with all that tools can be."""

from __future__ import annotations

from pathlib import Path

import pytest
from click.testing import CliRunner

from demeanor import ConfigError, Project
from demeanor.cli import main
from demeanor.dialogue import ToolCall
from demeanor.evaluation.evaluate import Evaluator
from demeanor.models.scripted import ByteTokenizer, ScriptedModel
from demeanor.runtime.prompt import call_text
from demeanor.simulation.scenario import load_scenarios
from demeanor.training.examples import make_examples

QUESTIONS = """\
- id: password
  passage: account#password
  expects: [Security]
  asks: {neutral: ["How do I change my password?", "Where can I change the password?", "A new password, please?"]}
  answers: ["Under Settings, then Security.", "You find it under Settings, then Security."]
- id: refund
  asks: {neutral: ["Do you refund skins?", "Can I have my gems back?", "I want a refund for a skin."]}
"""
SAYS = """\
- id: password
  today: 2026-06-08
  user: How do I change my password?
  expect: [{says: Security}]
"""


@pytest.fixture
def helpline(tmp_path: Path) -> Project:
    (tmp_path / "agent.yaml").write_text("name: Helpline\npersona: You are the helpline of a game.\n")
    for name, text in {
        "knowledge/account.md": "# Account\n\n## Password\n\nA password is changed under Settings, then Security.\n",
        "wording/questions.yaml": QUESTIONS,
        "scenarios/exam/exam.yaml": SAYS,
    }.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text)
    return Project.open(tmp_path)


def test_an_agent_without_tasks_tools_or_database_goes_all_the_way(helpline: Project) -> None:
    assert helpline.tools == {}
    helpline.synthesize(8)
    helpline.synthesize(4, hard=True)
    helpline.draw_scenarios("practice", 3)
    assert len(helpline.dialogues()) == 12
    # Its questions are worded once: what is trained on is what the exam asks, and that is said.
    assert {problem.check for problem in helpline.check(content=True).problems} == {"seen_exam"}
    card = helpline.evaluate("echo", "practice").scorecard
    assert card["deferral"] is not None
    session = helpline.session("echo")
    assert session.world.tables() == {}
    assert session.say("Hello").text
    assert helpline.harvest().id


def test_without_anything_to_want_it_says_what_is_missing(helpline: Project) -> None:
    (helpline.folder.wording_path / "questions.yaml").unlink()
    with pytest.raises(ConfigError, match="nothing that users could want"):
        Project.open(helpline.path).synthesize(3)


PAGE = """\
# Tired

user: Hi, how are you?
agent: I'm well, thank you! And you?
user: A bit tired.
agent: Then let's take it slowly today.
"""
LINES = """\
- id: tired
  today: 2026-06-08
  user: ["Hi, how are you?", "A bit tired."]
  expect: [{never_says: as an AI}, {says: slowly}]
"""


def test_an_agent_that_only_talks_is_written_trained_on_examined_and_talked_to(tmp_path: Path) -> None:
    (tmp_path / "agent.yaml").write_text("name: Juna\npersona: You are Juna, a friendly companion.\n")
    project = Project.open(tmp_path)
    (problem,) = project.check().problems
    assert "demeanor import" in problem.fix
    with pytest.raises(ConfigError, match="an agent that only talks"):
        project.synthesize(3)
    with pytest.raises(ConfigError, match="write some"):
        project.evaluate("echo", "practice")
    (tmp_path / "talk.md").write_text(PAGE)
    project.import_dialogues(tmp_path / "talk.md")
    for pool in ("exam", "practice"):
        (tmp_path / "scenarios" / pool).mkdir(parents=True)
        (tmp_path / "scenarios" / pool / "a.yaml").write_text(LINES.replace("id: ", f"id: {pool}-"))
    (problem,) = project.check(content=True).problems
    assert problem.check == "seen_exam"  # the exam says what the page of dialogues has
    space = project.space
    (example,) = make_examples(space, space.renderer(ByteTokenizer()), project.dialogues())
    assert sum(example.trained) > len("I'm well, thank you! And you?")
    for pool in ("exam", "practice"):
        run = project.evaluate("echo", pool)
        card = run.scorecard
        assert (card["expected"].k, card["expected"].n) == (1, 2)
        assert card["task_success"].k == 0
    assert project.judge()[1] == {}
    done = CliRunner().invoke(main, ["-C", str(tmp_path), "harvest", run.id])
    assert "0 corrections" in done.output
    assert "nothing to train on (what its user means is not known" in done.output
    assert "/flag" in done.output
    assert project.session("echo").say("Hello").text


AGENT = """\
name: Counter
persona: You are the order desk of a spare parts shop.
facts: {customer: number of whoever is signed in}
slots:
  deposit: {type: money, unit: euros, ask: How much do you pay at once?}
flows:
  order_parts:
    when: the customer orders parts
    steps:
      - ask: deposit
      - confirm: order_parts
      - call: order_parts
      - inform: order_parts
    done: SELECT count(*) = 1 FROM orders WHERE customer = :customer AND total = 54.75
"""
TOOLS = '''
import asyncio
from decimal import Decimal

from pydantic import BaseModel

from demeanor import World, tool


class Item(BaseModel):
    part: str
    quantity: int


class Receipt(BaseModel):
    customer: str
    items: list[Item]
    total: Decimal


@tool(timeout=10)
async def order_parts(world: World, items: list[Item], deposit: Decimal) -> Receipt:
    """Order parts for the customer who is signed in.

    Args:
        items: the parts
        deposit: paid at once
    """
    await asyncio.sleep(2)  # the warehouse is slow
    total = Decimal("4.25") + deposit + sum(Decimal("12.50") * item.quantity for item in items)
    customer = world.session.facts["customer"]
    world.sql("INSERT INTO orders (customer, total) VALUES (:customer, :total)", customer=customer, total=total)
    return Receipt(customer=customer, items=items, total=total)
'''
ORDER = """\
- id: parts
  today: 2026-06-08
  facts: {customer: C-17}
  user:
    - I need two chains and one bell.
    - 13 euros now.
    - Yes, please.
  expect:
    - calls: [{tool: order_parts}]
    - world: {sql: "SELECT customer FROM orders WHERE total = 54.75", is: C-17}
    - says: "54.75"
"""


def test_lists_objects_decimals_a_slow_tool_and_a_verified_customer(tmp_path: Path) -> None:
    for name, text in {
        "agent.yaml": AGENT,
        "tools.py": TOOLS,
        "world/schema.sql": "CREATE TABLE orders (customer TEXT NOT NULL, total NUMERIC NOT NULL);",
        "world/seed.sql": "",
        "scenarios/exam/exam.yaml": ORDER,
    }.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text)
    project = Project.open(tmp_path)
    assert project.check().ok
    items = [{"part": "chain", "quantity": 2}, {"part": "bell", "quantity": 1}]
    replies = [
        "How much do you pay at once?",
        "Two chains and one bell, 13 euros now. Shall I order them?",
        call_text(ToolCall("order_parts", {"items": items, "deposit": "13 euros"})),
        "It is ordered: 54.75 euros in all.",
    ]
    scenarios = load_scenarios(project.folder.scenarios_path / "exam", project.agent)
    model = ScriptedModel(replies)
    (trial,) = Evaluator(project.space).run(scenarios, model, project.space.renderer(ByteTokenizer()))
    call = trial.episode.session.calls[0]
    assert call.result == {"customer": "C-17", "items": items, "total": "54.75"}
    assert (trial.verdicts.expected, trial.verdicts.faults) == ([True, True, True], {})
