"""The report: what it says about numbers, what it refuses to say; nothing from a transcript gets out."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from dataclasses import replace
from html.parser import HTMLParser
from typing import Any, cast

import pytest

from demeanor import report
from demeanor.dialogue import Message, ToolCall
from demeanor.dialogue.messages import Role
from demeanor.errors import RunError
from demeanor.evaluation.compare import Compared, Comparison
from demeanor.evaluation.manner import Spoken, manner
from demeanor.evaluation.scorecard import Figure, Judged, Measure, Scorecard
from demeanor.evaluation.statistics import Difference
from demeanor.report import views
from demeanor.report.words import axis_top, cell, difference_words, percent
from report_samples import PLAIN, comparison, figure, scorecard

VOID = {"meta", "br", "img", "input", "link", "hr"}


class Outline(HTMLParser):
    """Checks nesting and collects what the tests ask about."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.text: list[str] = []
        self.feed(html)
        assert not self.open, f"left open: {self.open}"

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        if self.open and self.open[-1] != "style":
            self.text.append(data)

    def all(self, tag: str) -> list[dict[str, str | None]]:
        return [attrs for name, attrs in self.tags if name == tag]

    @property
    def words(self) -> str:
        return " ".join(" ".join(self.text).split())


@pytest.fixture(scope="module")
def cards() -> list[Scorecard]:
    return [scorecard("tuned", 0.88), scorecard("base", 0.06)]


@pytest.fixture(scope="module")
def tuned_against_base(cards: list[Scorecard]) -> Comparison:
    tuned, base = cards
    return comparison(base, tuned)


@pytest.fixture(scope="module")
def html(cards: list[Scorecard], tuned_against_base: Comparison) -> str:
    return report.page(cards, [tuned_against_base], "Florist", {"Made": {"Seeds": 1}, "Notes": ["One.", "Two."]})


# -- words


def test_a_rate_says_its_n_and_its_interval() -> None:
    value = cell(figure(98, 110, Measure("x", "X", unit="scenarios"), ungraded=2))
    assert value.sentence == "89% (82 to 94%), 98 of 110 scenarios, 2 ungraded"
    assert value.at == pytest.approx(89.09)


@pytest.mark.parametrize(
    "given",
    [
        figure(0, 0),
        Figure(PLAIN, 0, 1.0, k=3),
        Figure(PLAIN, 3, k=3),
        Figure(PLAIN, 5, None, k=5),
        Figure.from_json("x", {"k": 3, "n": 3}),
        Figure.from_json("x", {}),
    ],
)
def test_without_n_or_point_it_is_ungraded(given: Figure) -> None:
    value = cell(given)
    assert (value.graded, value.value, value.at) == (False, "ungraded", None)


def test_a_missing_measure_is_not_measured() -> None:
    assert cell(None).value == "not measured"


def test_rounding_keeps_all_and_none_for_all_and_none() -> None:
    assert [percent(v) for v in (0, 0.001, 0.5, 0.999, 1)] == ["0%", "<1%", "50%", ">99%", "100%"]


MEAN = Figure(Measure("length", "Words a reply", unit="words"), 40, 23.46, 20.0, 30.0)


def test_a_mean_keeps_its_unit_and_gets_its_own_axis() -> None:
    value = cell(MEAN, axis_top([MEAN, None]))
    assert value.sentence == "23.5 (20.0 to 30.0), n = 40 words"
    assert value.high == 100


def test_a_point_without_interval_says_so() -> None:
    assert "no interval" in cell(Figure(PLAIN, 2, 0.5, k=1)).sentence


@pytest.mark.parametrize(
    ("given", "words"),
    [
        (figure(98, 110, ungraded=2), "89% (82 to 94), n = 110"),
        (Figure(PLAIN, 4, 0.5, share=True), "50%, n = 4"),
        (MEAN, "23.5 (20.0 to 30.0), n = 40"),
        (figure(0, 0, ungraded=7), "ungraded, n = 0"),
        (Figure(PLAIN, 5), "ungraded, n = 5"),
    ],
)
def test_a_figure_in_one_line(given: Figure, words: str) -> None:
    assert str(given) == words


@pytest.mark.parametrize(
    ("difference", "rate", "expected"),
    [
        (Difference(0.8, 0.71, 0.87, 1e-9, 110), True, ("+80 points", "+71 to +87; p < 0.001; n = 110")),
        (Difference(-2.25, -3, 0.5, 0.051, 40), False, ("−2.2", "−3.0 to +0.5; p = 0.051; n = 40")),
        (
            Difference(0.0, None, None, 1, 1),
            True,
            ("0 points", "no interval: too little to go on; p = 1.00; n = 1"),
        ),
        (None, True, ("ungraded", "n = 0")),
        (Difference(None, None, None, None, 0), True, ("ungraded", "n = 0")),
    ],
)
def test_differences_in_words(difference: Difference | None, rate: bool, expected: tuple[str, str]) -> None:
    assert difference_words(difference, rate) == expected


# -- written and read


def test_what_is_written_is_read_back(cards: list[Scorecard], tuned_against_base: Comparison) -> None:
    for card in cards:
        assert Scorecard.from_json(json.loads(json.dumps(card.to_json()))) == card
        short = replace(card, by_scenario={}, transcripts=())
        assert Scorecard.from_json(card.to_json(details=False)) == short
    assert Comparison.from_json(json.loads(json.dumps(tuned_against_base.to_json()))) == tuned_against_base


def test_who_asks_for_another_measure_is_told_which_there_are(
    cards: list[Scorecard], tuned_against_base: Comparison
) -> None:
    for found in (cards[0], tuned_against_base):
        with pytest.raises(RunError) as caught:
            found["nonsense"]
        assert (caught.value.found, caught.value.allowed) == ("nonsense", list(cards[0].measures))
        assert "flow_order, asked_again" in str(caught.value)


@pytest.mark.parametrize(
    ("raw", "field"),
    [
        ({"measures": {}}, "arm"),
        ({"arm": "tuned"}, "measures"),
        ({"arm": "tuned", "measures": {"voice": 0.5}}, "voice"),
        ({"arm": "tuned", "measures": {}, "memory": {"one message before": []}}, "one message before"),
    ],
)
def test_what_is_no_scorecard_is_refused(raw: dict[str, Any], field: str) -> None:
    with pytest.raises(RunError, match="this is not a") as caught:
        Scorecard.from_json(raw)
    assert caught.value.field == field


ROW = {"a": {"n": 0}, "b": {"n": 0}, "conclusion": "too few"}


@pytest.mark.parametrize(
    ("raw", "field"),
    [
        ({"b": "y", "measures": {}}, "a"),
        ({"a": "x", "measures": {}}, "b"),
        ({"a": "x", "b": "y"}, "measures"),
        ({"a": "x", "b": "y", "measures": {"voice": {**ROW, "a": 0.5}}}, "voice"),
        ({"a": "x", "b": "y", "measures": {"voice": {"a": {}, "conclusion": "too few"}}}, "voice.b"),
        ({"a": "x", "b": "y", "measures": {"voice": {**ROW, "conclusion": "grand"}}}, "voice.conclusion"),
        ({"a": "x", "b": "y", "measures": {"voice": {"a": {}, "b": {}, "verdict": "too few"}}}, "voice.conclusion"),
    ],
)
def test_what_is_no_comparison_is_refused(raw: dict[str, Any], field: str) -> None:
    with pytest.raises(RunError) as caught:
        Comparison.from_json(raw)
    assert caught.value.field == field


# -- views


def test_labels_tell_arms_apart() -> None:
    def label(*cards: Scorecard) -> list[str]:
        return views.arm_labels(cards)

    assert label(Scorecard("base", {}), Scorecard("tuned", {})) == ["base", "tuned"]
    assert label(Scorecard("a", {}, "exam"), Scorecard("a", {}, "practice")) == ["a, exam", "a, practice"]
    assert label(Scorecard("a", {}, run="1"), Scorecard("a", {}, run="2")) == ["a, 1", "a, 2"]
    assert label(Scorecard("a", {}), Scorecard("a", {})) == ["a (1)", "a (2)"]


@pytest.mark.parametrize(
    ("reason", "expected"),
    [
        ("asked for guests again in message 6", "asked for guests again"),
        ("invented: 99 euros", "invented"),
        ("message 4", "message 4"),
        ("booked 2 rooms", "booked 2 rooms"),
        ("turn 3: too long", "turn 3: too long"),
    ],
)
def test_reasons_lose_their_particulars(reason: str, expected: str) -> None:
    assert views.general(reason) == expected


def card_of(*trials: Judged) -> Scorecard:
    return Scorecard("tuned", {}, transcripts=trials)


def test_a_scenario_counts_once_for_a_reason() -> None:
    card = card_of(
        Judged("s1", "fail", why=("again in message 2", "again in message 4")),
        Judged("s1", "fail", why=("again in message 8",)),
        Judged("s2", "fail"),
        Judged("s3", "pass"),
    )
    found = views.reasons([views.transcripts(card, 0, "tuned")], "fail")
    assert [(r.text, r.counts[0][0]) for r in found] == [
        ("again", "1 of 3"),
        ("no reason recorded", "1 of 3"),
    ]


@pytest.mark.parametrize("verdict", ["ungraded", None, "error", "Pass", True])
def test_what_is_not_pass_or_fail_is_ungraded(verdict: object) -> None:
    judged = Judged.from_json({"scenario": "s", "verdict": verdict})
    assert judged == Judged("s", "ungraded")
    (trial,) = views.transcripts(card_of(judged), 0, "tuned")
    assert trial.verdict == "ungraded"


def test_side_by_side_takes_the_first_and_leaves_none_out(cards: list[Scorecard]) -> None:
    arms = [views.transcripts(card, i, card.arm) for i, card in enumerate(cards)]
    pairs = views.side_by_side(arms, limit=3)
    assert [[t.scenario for t in group] for group in pairs] == [[f"order-00{i}"] * 2 for i in range(3)]
    rest = views.worst_first(arms[0], [t for group in pairs for t in group])
    assert len(rest) == len(arms[0]) - 3
    assert [t.verdict for t in rest] == sorted((t.verdict for t in rest), key=["fail", "ungraded", "pass"].index)


# -- terminal


def test_the_table_shows_every_measure_and_arm(cards: list[Scorecard]) -> None:
    found = report.text(report.table(cards), width=120)
    for part in (
        "tuned",
        "base",
        "Sounds like the house",
        "52 of 58 scenarios, 2 ungraded",
        "n = 0",
        "lower is better",
    ):
        assert part in found


def test_the_comparison_table_ends_with_the_verdict(tuned_against_base: Comparison) -> None:
    found = report.text(report.compare_table(tuned_against_base), width=140)
    for part in (
        "tuned against base, exam pool",
        "+81 points",
        "p < 0.001",
        "▲ better",
        "? too few to tell",
        "tuned did 52 of 58 tasks, base 5 of 58: better by 81 points",
    ):
        assert part in found


def test_brackets_in_labels_are_not_markup() -> None:
    card = Scorecard("[red]tuned[/red]", {"x": figure(1, 2, Measure("x", "[bold]x[/bold]"))})
    found = report.text(report.table([card]))
    assert "[red]tuned[/red]" in found
    assert "[bold]x[/bold]" in found


def test_light_imports() -> None:
    code = "import sys, demeanor.report; print(sorted({'rich', 'jinja2', 'torch', 'scipy'} & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


# -- page


def test_the_page_stands_alone(html: str) -> None:
    outline = Outline(html)
    assert not re.search(r"https?:|url\(|@import|<script|<link|<img", html)
    for _, attrs in outline.tags:
        assert not {"src", "onclick", "style"} & set(attrs)
        assert (attrs.get("href") or "#").startswith("#")


def test_the_page_is_accessible(html: str) -> None:
    outline = Outline(html)
    assert len(outline.all("caption")) == len(outline.all("table")) > 5
    assert all(svg.get("aria-label") or svg.get("aria-hidden") for svg in outline.all("svg"))
    assert all(th.get("scope") for th in outline.all("th"))
    assert outline.all("html")[0]["lang"] == "en"
    ids = [attrs["id"] for _, attrs in outline.tags if "id" in attrs]
    assert len(ids) == len(set(ids))
    assert {(a["href"] or "")[1:] for a in outline.all("a")} <= set(ids)


def test_the_page_says_what_was_found(html: str) -> None:
    words = Outline(html).words
    assert "tuned did 52 of 58 tasks, base 5 of 58: better by 81 points" in words
    assert "tuned against base, 8 measures: ▲ better: 1" in words
    assert "+81 points" in words
    assert "asked for the date again" in words
    assert "One. Two." in words
    assert "2 ungraded" in words
    assert 'search_bouquets(day="Friday", budget="about 30 euros")' in words
    assert words.count("Today is Tuesday.") == 120


def test_every_trial_is_on_the_page_once(html: str) -> None:
    details = Outline(html).all("details")
    assert len({d["id"] for d in details}) == len(details) == 120
    assert sum("ungraded-edge" in (d["class"] or "") for d in details) == 4


def test_ungraded_draws_no_bar() -> None:
    html = report.page([Scorecard("base", {"deferral": figure(0, 0, Measure("deferral", "Defers"), ungraded=7)})])
    outline = Outline(html)
    assert not [r for r in outline.all("rect") if (r.get("class") or "").startswith("fill")]
    assert [r for r in outline.all("rect") if r.get("class") == "none"]
    assert "Defers: ungraded, n = 0, 7 ungraded" in outline.words


def test_nothing_from_a_transcript_becomes_markup() -> None:
    evil = '<script>alert(1)</script><img src=x onerror="alert(2)">"\'{{ 7 * 7 }}</details>'
    messages = (
        Message("user", evil, context=evil),
        Message("assistant", evil, (ToolCall(evil, {evil: evil}),), note=evil),
        Message("tool", evil),
        Message(cast(Role, evil), evil),
    )
    trial = Judged(evil, "fail", evil, (evil,), messages, {0: (evil,)})
    bad = {evil: figure(1, 2, Measure(evil, evil, unit=evil))}
    card = Scorecard(
        *(evil, bad, evil, evil, evil, evil, evil, evil, evil),
        drift=(evil,),
        reference_agents={evil: bad},
        pass_hat=bad,
        by={evil: bad},
        memory=bad,
        manner=manner([Spoken(evil, (evil,) * 60, (True,) * 60)]),
        acts={evil: {evil: 1}},
        transcripts=(trial,),
    )
    versus = Comparison(evil, evil, {evil: Compared(bad[evil], bad[evil], None, "too few")}, evil)
    html = report.page([card, card], [versus], evil, {evil: evil, "m": {evil: evil}, "l": [evil]})
    outline = Outline(html)
    assert not [tag for tag, _ in outline.tags if tag in ("script", "img")]
    assert not [attrs for _, attrs in outline.tags if "onerror" in attrs]
    assert "{{ 7 * 7 }}" in outline.words
    assert evil in outline.words


def test_a_bare_card_still_makes_a_page() -> None:
    words = Outline(report.page([Scorecard("base", {})])).words
    assert "No transcripts were recorded." in words
    assert "Nothing was evaluated." in Outline(report.page([])).words


def test_tool_results_are_readable() -> None:
    long = json.dumps({"rows": [{"name": "Meadow", "total": 30}] * 12})
    messages = tuple(Message("tool", content) for content in ('{"a": 1}', long, "{bad"))
    parts = views.transcripts(card_of(Judged("s", "pass", messages=messages)), 0, "tuned")[0].parts
    assert parts[0].body == '{"a": 1}'
    assert parts[1].body.count("\n") > 12
    assert parts[2].body == "{bad"


def test_acts_due_and_done_stand_side_by_side() -> None:
    acts = {"ask": {"ask": 30, "call:search": 10}, "inform": {"ask": 4}, "defer": {"nothing that can be read": 2}}
    card = replace(scorecard("tuned", 0.88), acts=acts)
    (found,) = views.confusions([card, scorecard("base", 0.06)], ["tuned", "base"])
    assert (found.label, found.done) == ("tuned", ["ask", "call:search", "nothing that can be read"])
    assert found.rows[0] == ("ask", 40, [("30", 3, "same"), ("10", 1, "other"), ("", 0, "other")])
    assert {kind for _, _, kind in found.rows[1][2]} == {"open"}  # answers are not read back
    html = report.page([card])
    assert 'class="same-3">30<' in html
    assert 'id="acts"' not in report.page([scorecard("base", 0.06)])


def test_manner_stands_on_the_page_and_beside_the_table() -> None:
    long = [
        Spoken(f"s{k}", tuple(f"Lovely {k}{'!' * (n % 3)}, fine." for n in range(18)), (True,) * 18) for k in range(3)
    ]
    found = replace(scorecard("tuned", 0.88), manner=manner(long))
    assert "“lovely 0” 33%" in report.page([found])
    said = report.beside(replace(found, by={"about": {"a vague need": figure(3, 4)}}))
    assert said[0].startswith("a vague need: 75%")
    assert any("in voice 1.00 in the first third" in line for line in said)
    assert any("open with 'lovely 0'" in line for line in said)
