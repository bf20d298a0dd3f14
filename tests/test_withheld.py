"""Withheld knowledge: not found, not told, in whatever spelling, until it may be."""

from __future__ import annotations

import io
from collections.abc import Mapping, Sequence
from datetime import date
from pathlib import Path

import jsonschema
import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from demeanor.agent import agent_schema, load_agent
from demeanor.data.check import check_project
from demeanor.dialogue import Message, ToolCall, read_dialogues, read_transcripts, write_transcripts
from demeanor.errors import ConfigError, ModelError
from demeanor.evaluation import record
from demeanor.evaluation.again import judge_again
from demeanor.evaluation.evaluate import Evaluator
from demeanor.models.scripted import ScriptedModel
from demeanor.project import ProjectFolder
from demeanor.project.yamlfile import Lines
from demeanor.reading.nearness import sentences
from demeanor.reading.telling import marks_of, told
from demeanor.runtime.guards import Heard
from demeanor.runtime.knowledge import Retriever
from demeanor.runtime.prompt import call_text
from demeanor.runtime.session import Session
from demeanor.runtime.withheld import Withholding
from demeanor.runtime.workspace import Workspace
from demeanor.serving.sandbox import run_chat
from demeanor.simulation.scenario import read_scenario
from demeanor.simulation.wording.project import Wording

TODAY = date(2026, 6, 8)
AGENT = """\
name: Inn
persona: You keep the inn at the ford. The ferryman takes people over.
facts:
  guest: who is speaking
withhold:
  the_name:
    text: the ferryman's true name is Orrin
    pages: [ferryman.md]
    until: SELECT state = 'trusted' FROM guests WHERE name = :guest
    say: Some names I keep.
  the_debt:
    text: the miller owes him a lot
    until: ask_about.trusted
    say: That is between the two of them.
  the_hoard:
    text: there are 4711 coins below the hearth
    say: There is nothing below the hearth.
"""
TOOLS = '''\
from demeanor import World


def trust(world: World, guest: str) -> dict[str, bool]:
    """Take somebody for a friend.

    Args:
        guest: who it is.
    """
    world.sql("UPDATE guests SET state = 'trusted' WHERE name = :guest", guest=guest)
    return {"done": True}


def ask_about(world: World) -> dict[str, bool]:
    """Ask the miller."""
    return {"trusted": True}
'''


class Near:
    """The sentence that says the same is known by a word of it."""

    def __init__(self, words: Mapping[str, str]) -> None:
        self._words = words

    def read(self, text: str) -> dict[str, Heard]:
        names = ("the_name", "the_debt", "the_hoard")
        return {name: Heard(0.9 if self._words.get(name, "?") in text else 0.1, 0.6) for name in names}


def inn(folder: Path, agent: str = AGENT) -> Workspace:
    (folder / "world").mkdir(parents=True, exist_ok=True)
    (folder / "knowledge").mkdir(exist_ok=True)
    (folder / "agent.yaml").write_text(agent, encoding="utf-8")
    (folder / "tools.py").write_text(TOOLS, encoding="utf-8")
    (folder / "world" / "schema.sql").write_text("CREATE TABLE guests (name TEXT, state TEXT);\n")
    (folder / "world" / "seed.sql").write_text("INSERT INTO guests VALUES ('Ada', 'new'), ('Bo', 'trusted');\n")
    (folder / "knowledge" / "ferryman.md").write_text("# Ferryman\n\nThe ferryman is called Orrin in truth.\n")
    (folder / "knowledge" / "ferry.md").write_text("# Ferry\n\nThe ferryman crosses the river for two coins.\n")
    space = Workspace.load(ProjectFolder.find(folder))
    space.retriever = Retriever(space.passages, method="lexical")
    space.withholding = Withholding(space.agent, space.openly(), Near({"the_debt": "in his debt"}))
    return space


@pytest.fixture
def space(tmp_path: Path) -> Workspace:
    return inn(tmp_path)


def begin(space: Workspace, replies: Sequence[str], guest: str = "Ada") -> Session:
    model = ScriptedModel(list(replies))
    world = space.new_world(TODAY, facts={"guest": guest})
    return space.session(space.renderer(model.tokenizer), world, model=model, search=space.search)


# --- what gives knowledge away


def test_names_figures_and_rare_words_give_knowledge_away() -> None:
    openly = ["The ferryman takes you over."]
    assert marks_of("the ferryman's true name is Orrin", openly).names == {"orrin"}
    assert marks_of("Peter sold the boat to Anna").names == {"peter", "anna"}
    assert marks_of("the code is 4711, in words forty-seven").figures >= {"4711", "47"}
    assert marks_of("The password is swordfish.").rare == {"swordfish"}
    assert not marks_of("The price is 40 euros.", ["It costs 40 euros, the price."])
    assert not marks_of("We are open on that day")


NAME = marks_of("the ferryman's true name is Orrin", ["The ferryman takes you over."])


@pytest.mark.parametrize(
    "text",
    [
        "His name is Orrin.",
        "ORRIN",
        "Órrin’s boat",
        "O-r-r-i-n",
        "o.r.r.i.n",
        "O r r i n",
        "nirrO",
        "N-i-r-r-o, read from its end",
        "O, R, R, I, N",
        "O as in oak, R as in river, R again, then I and N.",
        "Orr\u00adin",
        "Otters run round in North",
    ],
)
def test_a_name_is_known_in_every_spelling(text: str) -> None:
    assert told(NAME, text) == "orrin"


@pytest.mark.parametrize("text", ["He is the ferryman.", "I or rinse it", "Of course! A boat for you.", "I, a...", ""])
def test_what_only_looks_so_tells_nothing(text: str) -> None:
    assert told(NAME, text) == ""


def test_a_name_that_is_spelled_over_several_messages_is_told_with_its_last_letter() -> None:
    said = ["It begins with O.", "R.", "R again.", "Then I."]
    assert told(NAME, "Then I.", before=said[:3]) == ""
    assert told(NAME, "N.", before=said) == "orrin"
    assert told(NAME, "That's all.", before=[*said, "N."]) == ""


@given(st.text(st.sampled_from("abcdefghij"), min_size=5, max_size=9), st.sampled_from(["-", ".", " ", ", ", "*"]))
def test_any_name_is_known_letter_by_letter(name: str, between: str) -> None:
    marks = marks_of(f"She is {name.capitalize()}q")
    (known,) = marks.names or {""}
    assert told(marks, f"It is {between.join(known)}!") == known
    assert told(marks, f"It is {between.join(reversed(known))}!") == known


@pytest.mark.parametrize(
    "text", ["4711", "It's 4 7 1 1.", "four seven one one", "47-11", "4,711", "forty-seven eleven", "#4711!"]
)
def test_a_figure_is_known_in_every_spelling(text: str) -> None:
    assert told(marks_of("the code is 4711"), text) == "4711"


def test_a_small_figure_counts_beside_what_it_is_about() -> None:
    marks = marks_of("members pay forty euros")
    assert told(marks, "40.", "What do members pay?") == "40"
    assert told(marks, "Members pay 40.") == "40"
    assert told(marks, "In 40 minutes.", "When does it leave?") == ""


def test_of_rare_words_it_takes_more_than_half() -> None:
    marks = marks_of("the zither lies in the scullery, under the wainscot")
    assert marks.rare == {"zither", "scullery", "wainscot"}
    assert told(marks, "A zither? I have never seen one.") == ""
    assert told(marks, "Look for the zither in the scullery.")


def test_sentences_are_read_alone_and_two_by_two() -> None:
    assert sentences("Dig. By the mill!\nNow") == [
        "Dig.",
        "By the mill!",
        "Now",
        "Dig. By the mill!",
        "By the mill! Now",
    ]


# --- the turn


def test_a_reply_that_tells_is_replaced_and_nothing_of_it_is_shown(space: Workspace) -> None:
    session, shown = begin(space, ["His name is Orrin.", "He is a good man."]), list[str]()
    reply = session.say("Who is the ferryman?", shown.append)
    assert reply.text == "Some names I keep."
    assert shown == ["Some names I keep."]
    assert session.messages[-1] == Message("assistant", "Some names I keep.", weight=0, withheld="the_name")
    assert "Orrin" not in str(session.messages)
    shown.clear()
    assert session.say("Is he good?", shown.append).text == "He is a good man."
    assert shown == ["He is a good man."]


def test_what_would_be_called_with_it_is_not_called(space: Workspace) -> None:
    session = begin(space, [f"I tell Orrin.\n{call_text(ToolCall('ask_about', {}))}"])
    assert session.say("Ask the miller").text == "Some names I keep."
    assert session.calls == []


def test_what_is_told_in_two_messages_of_a_turn_is_told(space: Workspace) -> None:
    call = call_text(ToolCall("ask_about", {}))
    session = begin(space, [f"It is O, R, R.\n{call}", "I, N."])
    assert session.say("Spell it").text.endswith("Some names I keep.")


def test_pages_are_found_once_it_holds(space: Workspace) -> None:
    call = call_text(ToolCall("trust", {"guest": "Ada"}))
    session = begin(space, ["Hm.", f"Well.\n{call}", "You are a friend.", "He is Orrin."])
    session.say("What is the ferryman called in truth?")
    assert "Orrin" not in session.messages[0].context
    session.say("I am Ada, trust me")
    assert session.calls[-1].ok, session.calls
    assert session.say("What is the ferryman called in truth?").text == "He is Orrin."
    assert "Orrin" in str([m.context for m in session.messages])


def test_who_is_speaking_decides(space: Workspace) -> None:
    assert begin(space, ["He is Orrin."], guest="Bo").say("Who is he?").text == "He is Orrin."
    assert begin(space, ["He is Orrin."], guest="Nobody").say("Who is he?").text == "Some names I keep."
    assert (
        begin(space, ["There are 4711 coins."], guest="Bo").say("How many?").text
        == "There is nothing below the hearth."
    )


def test_a_condition_opens_and_a_sentence_that_says_the_same_is_known(space: Workspace) -> None:
    call = call_text(ToolCall("ask_about", {}))
    session = begin(space, ["He is deep in his debt.", f"I ask.\n{call}", "He is deep in his debt."])
    assert session.say("And the miller?").text == "That is between the two of them."
    assert session.say("Ask him").text.endswith("He is deep in his debt.")


def test_what_users_may_ask_and_what_is_trained_leaves_withheld_pages_out(space: Workspace) -> None:
    assert {hit.passage.id for hit in space.search(["What is the ferryman called in truth?"])[0]} >= {"ferryman#"}
    assert all(hit.passage.id != "ferryman#" for hit in space.search_unseen(["What is the ferryman called?"])[0])
    space.folder.wording_path.mkdir()
    about = {"name": ("ferryman#", "Orrin"), "price": ("ferry#", "two coins")}
    asked = [
        {"id": id, "passage": passage, "expects": [fact], "asks": {"neutral": [f"{id}?"]}, "answers": [fact]}
        for id, (passage, fact) in about.items()
    ]
    (space.folder.wording_path / "questions.yaml").write_text(yaml.safe_dump(asked), encoding="utf-8")
    assert set(Wording(space).questions()) == {"price"}


def test_without_anything_withheld_nobody_reads(space: Workspace) -> None:
    session = space.unguarded(space.renderer(ScriptedModel.silent().tokenizer), space.new_world(TODAY))
    assert session.withholding is None


# --- transcripts, records


def test_transcripts_say_what_was_withheld(space: Workspace, tmp_path: Path) -> None:
    out = io.StringIO()
    path = run_chat(space, ScriptedModel(["It is Orrin."]), today=TODAY, source=io.StringIO("Who?\n"), out=out)
    assert "(what the model wrote told the_name, which is withheld)" in out.getvalue()
    assert "Orrin" not in path.read_text(encoding="utf-8")
    page = write_transcripts(read_dialogues(path))
    (tmp_path / "page.md").write_text(page, encoding="utf-8")
    assert read_transcripts(tmp_path / "page.md")[0].messages[-1].withheld == "the_name"


def test_a_record_is_judged_again(space: Workspace) -> None:
    evaluator = Evaluator(space)
    item = {"today": TODAY, "user": ["Who is he?", "Well?"], "facts": {"guest": "Ada"}}
    scenario = read_scenario(item, space.agent, Path("x.yaml"), Lines(), 0)
    model = ScriptedModel(["He is Orrin.", "I shan't say."])
    (trial,) = evaluator.run([scenario], model, space.renderer(model.tokenizer))
    assert trial.verdicts.faults[1] == ["told what is withheld: the_name"]
    kept = record.from_json(record.to_json(scenario.id, trial.episode, None, trial.verdicts.faults))
    again, why = judge_again(evaluator, scenario, kept)
    assert why == ""
    assert again is not None
    assert again.verdicts == trial.verdicts


# --- what is wrong with it


def test_withhold_is_read(tmp_path: Path) -> None:
    agent = inn(tmp_path).agent
    assert agent.withhold["the_name"].until.startswith("SELECT")
    assert agent.withhold["the_debt"].condition is not None
    assert (agent.withhold["the_hoard"].until, agent.withhold["the_hoard"].condition) == ("", None)
    jsonschema.validate(yaml.safe_load(AGENT), agent_schema())
    assert check_project(ProjectFolder.find(tmp_path)).errors == []


@pytest.mark.parametrize(
    ("kept", "field", "says"),
    [
        ("{say: b}", "withhold.x", "add `text:`"),
        ("{text: a}", "withhold.x", "add `say:`"),
        ("{text: a, say: b, until: who is known here}", "withhold.x.until", "SELECT"),
        ("{text: a, say: b, until: mood is good}", "withhold.x.until", "unknown slot"),
        ("{text: a, say: b, page: c.md}", "withhold.x.page", "did you mean 'pages'"),
    ],
)
def test_what_cannot_be_read_is_named(tmp_path: Path, kept: str, field: str, says: str) -> None:
    file = tmp_path / "agent.yaml"
    file.write_text(f"name: Inn\npersona: You keep an inn.\nwithhold:\n  x: {kept}\n")
    with pytest.raises(ConfigError) as caught:
        load_agent(file)
    assert (caught.value.field, caught.value.line) == (field, 4)
    assert says in str(caught.value)


@pytest.mark.parametrize(
    ("old", "new", "field", "says"),
    [
        ("[ferryman.md]", "[ferymen.md]", "withhold.the_name.pages", "no such page"),
        ("ask_about.trusted", "ask_abot.trusted", "withhold.the_debt.until", "no such tool"),
        (":guest", ":gest", "withhold.the_name.until", "no fact"),
        ("FROM guests", "FROM gests", "withhold.the_name.until", "gests"),
    ],
)
def test_what_is_not_there_is_named_by_check(tmp_path: Path, old: str, new: str, field: str, says: str) -> None:
    inn(tmp_path)
    (tmp_path / "agent.yaml").write_text(AGENT.replace(old, new))
    (error,) = check_project(ProjectFolder.find(tmp_path)).errors
    assert error.where.field == field
    assert error.where.line is not None
    assert says in error.message


def test_what_is_said_in_its_place_may_not_tell_it(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="tells what is withheld"):
        inn(tmp_path, AGENT.replace("Some names I keep.", "Orrin is no name of his."))


def test_an_agent_is_not_served_that_could_tell(
    space: Workspace, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from demeanor.reading import learned

    learned.weights.cache_clear()
    monkeypatch.setattr(learned.weights.__wrapped__, "__defaults__", (tmp_path / "nothing",))
    del space.withholding
    with pytest.raises(ModelError, match="withhold: the reader that this needs is missing"):
        begin(space, ["x"])


def test_broken_sql_tells_nothing(tmp_path: Path) -> None:
    space = inn(tmp_path, AGENT.replace("FROM guests", "FROM gests"))
    session = begin(space, ["He is Orrin."])
    with pytest.raises(ConfigError, match="the SQL fails"):
        session.say("Who is he?")
    assert "Orrin" not in str(session.messages)
