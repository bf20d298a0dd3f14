"""What all dialogues together say wrong; what is mended without a person; baselines and SARIF."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner
from hypothesis import given, settings
from hypothesis import strategies as st

from demeanor import Dialogue, Message, Project
from demeanor.cli import main
from demeanor.data.baseline import dump_baseline, new_problems
from demeanor.data.nearness import RUN, near_pairs
from demeanor.report.sarif import sarif
from demeanor.text import words

LONG = "I would like to bring in my bike on Friday because the front brake squeals a lot when it rains in the morning"


@pytest.fixture
def project(tmp_path: Path) -> Project:
    return Project.init(tmp_path / "shop", "blank")


def talk(id: str, *said: str) -> Dialogue:
    roles = ("user", "assistant")
    messages = tuple(Message(roles[k % 2], text) for k, text in enumerate(said))  # type: ignore[arg-type]
    return Dialogue(id, messages, {"source": "authored"})


def named(project: Project, check: str) -> list[tuple[str | None, str]]:
    return [(p.where.id, p.message) for p in project.check(content=True).problems if p.check == check]


def test_near_repeats_are_told_and_others_are_not(project: Project) -> None:
    made = [
        talk("a", LONG, "Of course, we have a slot at ten and one at eleven in the morning. Which one suits you?"),
        talk("b", f"{LONG}!!", "Of course, we have a slot at ten and one at eleven in the morning. Which one suits?"),
        talk("c", "Do you sell bells?", "We do, in three colours, red, blue and green."),
    ]
    project.add_dialogues("x", made)
    found = named(project, "near_text")
    assert [id for id, _ in found] == ["b"]
    assert "'a' (dialogues/x.jsonl:1)" in found[0][1]


@settings(max_examples=30)
@given(st.lists(st.lists(st.sampled_from("abcdefgh"), min_size=8, max_size=30), min_size=2, max_size=8))
def test_pairs_are_those_that_share_most_of_their_words(texts: list[list[str]]) -> None:
    joined = [" ".join(text) for text in texts]

    def runs(text: str) -> set[str]:
        said = words(text).split()
        return {" ".join(said[k : k + RUN]) for k in range(len(said) - RUN + 1)}

    def share(one: int, other: int) -> float:
        first, second = runs(joined[one]), runs(joined[other])
        return len(first & second) / len(first | second)

    found = {later: earlier for earlier, later, _ in near_pairs(joined, 0.8)}
    for later in range(len(joined)):
        if any(share(earlier, later) == 1 for earlier in range(later)):
            assert share(found[later], later) == 1
    assert all(share(earlier, later) > 0.5 for later, earlier in found.items())


def test_contradictions_across_dialogues(project: Project) -> None:
    asked = "How long do you keep a bike?"
    project.add_dialogues(
        "x",
        [
            talk("a", asked, "We keep it for 14 days."),
            talk("b", asked.upper(), "We keep it for 30 days."),
            talk("c", asked, "We keep it for 14 days."),
            talk("d", "Can I pay by card at the desk?", "You can pay by card."),
            talk("e", "Can I pay by card at the desk?", "You can not pay by card."),
            talk("f", "When do you open on Mondays?", "At 9."),
            talk("g", "When do you open on Sundays?", "At 10."),
        ],
    )
    assert [id for id, _ in named(project, "other_facts")] == ["b", "e"]


def test_one_opening_in_many_dialogues(project: Project) -> None:
    made = [talk(f"d{k}", LONG if k % 4 == 0 else f"Question {k} about my bike", f"Answer {k}.") for k in range(60)]
    project.add_dialogues("x", made)
    assert len(named(project, "same_opening")) == 1
    for file in project.folder.dialogue_files():
        file.unlink()
    project.add_dialogues("x", [one for k, one in enumerate(made) if k % 4])
    assert named(project, "same_opening") == []


def test_an_exam_that_was_seen(project: Project) -> None:
    pool = project.folder.scenarios_path / "exam"
    pool.mkdir(parents=True, exist_ok=True)
    (pool / "hand.yaml").write_text(
        f"- id: brakes\n  today: 2026-06-08\n  user: [{json.dumps(LONG)}, thanks]\n  expect:\n  - says: [brake]\n"
    )
    project.add_dialogues("x", [talk("a", LONG.lower(), "Sure."), talk("b", "thanks", "Gladly!")])
    found = named(project, "seen_exam")
    assert [(id, "exam/brakes" in text) for id, text in found] == [("a", True)]


def test_what_needs_no_person_is_mended_and_kept_as_it_was(project: Project) -> None:
    path = project.folder.dialogues_path / "x.jsonl"
    path.parent.mkdir(exist_ok=True)
    lines = [
        talk("a", "Open on Sunday?", "<p>No, we are <b>closed</b>.</p>"),
        talk("a2", "Open on  sunday?", "<p>No, we are <b>closed</b>.</p>"),
        talk("b", "I am kim@berg-post.net, is it ready?", "It is, Kim."),
        talk("c", "Is it ready?", "It is.\nThanks"),
    ]
    before = "".join(json.dumps(one.to_json()) + "\n" for one in lines)
    path.write_text(before)
    run = project.fix()
    assert [(d.id, d.messages[1].content) for d in project.dialogues()] == [
        ("a", "No, we are closed."),
        ("b", "It is, Kim."),
        ("c", "It is.\nThanks"),
    ]
    assert (run.path / "before" / "x.jsonl").read_text() == before
    assert run.manifest["changed"] == ["x.jsonl"]
    assert project.fix().manifest["changed"] == []
    project.fix(personal=True)
    assert "kim@" not in path.read_text()


def test_a_baseline_tells_only_what_is_new(project: Project, tmp_path: Path) -> None:
    bad = talk("a", "Hello there?", "<p>Hello!</p>")
    project.add_dialogues("x", [bad])
    file = tmp_path / "baseline.json"
    line = ["-C", str(project.path), "check"]
    CliRunner().invoke(main, [*line, "--write-baseline", str(file)])
    problems = project.check().problems
    assert [p.check for p in problems] == ["around_the_reply"]
    assert file.read_text() == dump_baseline(problems)
    assert new_problems(problems, file) == []
    # the same finding on another line is known, a second one is not
    path = project.folder.dialogues_path / "x.jsonl"
    more = talk("b", "Hello again?", "<p>Hi!</p>")
    path.write_text(json.dumps(more.to_json()) + "\n" + path.read_text())
    assert [p.where.id for p in new_problems(project.check().problems, file)] == ["b"]
    shown = CliRunner().invoke(main, [*line, "--baseline", str(file), "--sarif"])
    told = json.loads(shown.output)
    (result,) = told["runs"][0]["results"]
    assert result["ruleId"] == "around_the_reply"
    assert result["locations"][0]["physicalLocation"] == {
        "artifactLocation": {"uri": "dialogues/x.jsonl"},
        "region": {"startLine": 1},
    }


def test_sarif_names_every_rule(project: Project) -> None:
    project.add_dialogues("x", [talk("a", "Hello there?", "<p>Hello!</p>"), talk("b", "My pin is 4711", "Hm.")])
    run = sarif(project.check().problems)["runs"][0]
    rules = [rule["id"] for rule in run["tool"]["driver"]["rules"]]
    assert [rules[one["ruleIndex"]] for one in run["results"]] == [one["ruleId"] for one in run["results"]]
    assert {"around_the_reply", "told_secrets"} <= set(rules)
