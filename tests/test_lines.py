"""The lines that the reader learns from: what the page says, what a wrong one is told, no exam among them."""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path

import pytest

from demeanor.agent.manners import FAULTS, TRAITS
from demeanor.agent.topics import TOPICS
from demeanor.errors import ConfigError
from demeanor.reading.describe import slot_text
from demeanor.reading.labels import LABELS
from demeanor.reading.learn.lines import (
    FOLDER,
    Line,
    Trade,
    doubtful,
    everyday,
    line_from,
    read_lines,
    read_trades,
    with_said,
)

EXAM = Path(__file__).parent.parent / "bench" / "material" / "reading" / "exam"


@cache
def trades() -> dict[str, Trade]:
    return read_trades(sorted(FOLDER.glob("*trades.yaml")))


@cache
def lines() -> list[Line]:
    return read_lines(sorted(FOLDER.glob("*-*.jsonl")), trades())


def test_page_and_labels_name_the_same() -> None:
    page = (FOLDER / "LABELS.md").read_text(encoding="utf-8")
    agent, user = page.split("## User")
    assert set(re.findall(r"^\| `(\w+)` \|", agent, re.MULTILINE)) == {*LABELS["agent"]}
    assert set(re.findall(r"^\| `(\w+)` \|", user, re.MULTILINE)) == {*LABELS["user"]}


def test_page_and_topics_name_the_same() -> None:
    page = (FOLDER / "TOPICS.md").read_text(encoding="utf-8")
    assert set(re.findall(r"^\| `(\w+)` \|", page, re.MULTILINE)) == {*TOPICS}
    shown = {name for line in lines() if line.kind == "topic" for name in line.acts}
    assert shown == {f"topic.{name}" for name in TOPICS}


def test_lines_are_many_and_of_many_hands() -> None:
    taught = [line for line in lines() if line.kind in LABELS and line.hand not in ("sim", "i")]
    assert sum(line.kind == "agent" for line in taught) >= 6000
    assert sum(line.kind == "user" for line in taught) >= 4000
    assert len({line.hand for line in taught if line.kind == "agent"}) >= 6
    assert 3 * sum(bool(line.near) for line in taught) >= len(taught)
    manners = {column for line in lines() if line.kind == "manner" for column in line.judged}
    assert manners == {f"manner.{name}" for name in (*TRAITS, *FAULTS)}


def test_held_trades_and_the_exam_teach_nothing() -> None:
    held = read_trades([EXAM / "trades.yaml"])
    assert not trades().keys() & held.keys()
    taught = {line.text.casefold() for line in lines()}
    exam = [line.text for line in read_lines(sorted(EXAM.glob("*-*.jsonl")), held)]
    assert len(exam) >= 1500
    assert not [text for text in exam if len(text.split()) > 4 and text.casefold() in taught]


def test_every_label_is_examined() -> None:
    held = read_trades([EXAM / "trades.yaml"])
    exam = read_lines(sorted(EXAM.glob("*-*.jsonl")), held)
    for speaker, labels in LABELS.items():
        for label in labels:
            assert sum(f"{speaker}.{label}" in line.acts for line in exam) >= 30, (speaker, label)


@pytest.mark.parametrize(
    ("row", "wrong"),
    [
        ({"acts": ["asks"]}, "unknown labels"),
        ({"acts": ["ask"], "slots": ["colour"]}, "has no slots"),
        ({"acts": ["done"], "tool": "paint"}, "has no tool"),
        ({"acts": [], "wieght": 1}, "unknown keys"),
        ({"acts": ["done"], "near": "done"}, "no near miss"),
    ],
)
def test_a_wrong_line_says_what_is_wrong(row: dict[str, object], wrong: str) -> None:
    with pytest.raises(ValueError, match=wrong):
        line_from({"trade": "parcel", "before": "", "text": "Hm", **row}, "agent", trades())


def test_told_words_stand_in_the_text_and_begin_at_the_value() -> None:
    row = {"trade": "parcel", "before": "", "text": "the shed, on the 5th", "acts": ["inform"]}
    told = {"spot": "the shed", "new_day": "on the 5th"}
    assert line_from({**row, "told": told}, "user", trades()).spans == (("spot", 4, 8), ("new_day", 17, 20))
    with pytest.raises(ValueError, match="does not stand"):
        line_from({**row, "told": {"spot": "porch"}}, "user", trades())


def test_agreement_is_judged_where_it_can_be() -> None:
    def line(*acts: str, **more: object) -> Line:
        row = {"trade": "parcel", "before": "Shall I?", "text": "yes, friday", "acts": [*acts], **more}
        return line_from(row, "user", trades())

    assert "user.agrees" in line("affirm", "thank").acts
    assert "user.agrees" in line("affirm", "condition").judged - line("affirm", "condition").acts
    assert "user.agrees" not in line("affirm", "inform", told={"new_day": "friday"}).judged


def test_a_slot_is_described_by_what_agent_yaml_says() -> None:
    assert slot_text(trades()["parcel"].slots["spot"]) == "spot, choice. Garage, porch or shed? garage, porch, shed"
    assert slot_text(trades()["insurance"].slots["mileage"]).startswith("mileage, number in km.")


SAID = 'parcel:\n  slots:\n    parcel_number: [{name: zip, ask: "Where is it?", examples: ["AB1"]}]\n'


def test_slots_described_otherwise_keep_their_type(tmp_path: Path) -> None:
    file = tmp_path / "s-said.yaml"
    file.write_text(SAID)
    trades = read_trades([FOLDER / "trades.yaml"])
    said = with_said(trades, [file])["parcel"].slots_said["parcel_number"]
    assert [(s.name, s.type, s.ask) for s in said] == [
        ("zip", trades["parcel"].slots["parcel_number"].type, "Where is it?")
    ]


@pytest.mark.parametrize(
    ("text", "says"),
    [
        (SAID.replace("parcel:", "nowhere:"), "no such trade"),
        (SAID.replace("parcel_number", "nothing"), "no such slot"),
        (SAID.replace("name: zip, ", ""), "without its"),
    ],
)
def test_a_description_of_nothing_is_named(tmp_path: Path, text: str, says: str) -> None:
    file = tmp_path / "s-said.yaml"
    file.write_text(text)
    with pytest.raises(ConfigError, match=says):
        with_said(read_trades([FOLDER / "trades.yaml"]), [file])


def test_words_of_plain_agreement_tell_no_detail() -> None:
    """Said in three answers that agree, not in their question, and hardly ever as a value."""

    def answer(text: str, agrees: bool = True) -> Line:
        return line_from({"trade": "", "before": "Shall I send it?", "text": text, "agrees": agrees}, "answer", {})

    said = everyday([*[answer("yes do blue, send it")] * 3, answer("splendid"), *[answer("but", False)] * 3], {})
    assert {"yes", "do"} <= said.keys()
    assert not {"send", "it", "splendid", "but"} & said.keys()
    assert not any(said.values())  # firm is what is said often


def test_words_side_by_side_in_refusals_alone_are_doubtful() -> None:
    def answer(text: str, agrees: bool) -> Line:
        return line_from({"trade": "", "before": "Shall I?", "text": text, "agrees": agrees}, "answer", {})

    said = [answer(text, True) for text in ("yeah do", "right yeah", "ok do it now")]
    said += [answer(text, False) for text in ("yeah right", "ok do nothing", "ok")]
    found = doubtful(said, {"yeah", "right", "do", "ok"})
    assert found == {("yeah", "right"), ("right", "."), (".", "ok"), ("ok", ".")}
