"""The report: what it says about numbers, what it refuses to say; nothing from a transcript gets out."""

from __future__ import annotations

import re
import subprocess
import sys
from html.parser import HTMLParser
from typing import Any

import pytest

from demeanor import report
from demeanor.errors import RunError
from demeanor.evaluation.manner import Spoken, manner
from demeanor.report import views
from demeanor.report.words import axis_top, difference_words, percent, shown
from report_samples import comparison, measure, message, scorecard

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
def cards() -> list[dict[str, Any]]:
    return [scorecard("tuned", 0.88), scorecard("base", 0.06)]


@pytest.fixture(scope="module")
def html(cards: list[dict[str, Any]]) -> str:
    return report.page(cards, [comparison(*cards)], "Florist", {"Made": {"Seeds": 1}, "Notes": ["One.", "Two."]})


# -- words


def test_a_rate_says_its_n_and_its_interval() -> None:
    value = shown(measure(98, 110, unit="scenarios", ungraded=2))
    assert value.sentence == "89% (82 to 94%), 98 of 110 scenarios, 2 ungraded"
    assert value.at == pytest.approx(89.09)


@pytest.mark.parametrize(
    "given",
    [measure(0, 0), {"k": 3, "n": 0, "point": 1.0}, {"k": 3, "n": 3}, {"n": 5, "k": 5, "point": None}, {}],
)
def test_without_n_or_point_it_is_ungraded(given: dict[str, Any]) -> None:
    value = shown(given)
    assert (value.graded, value.value, value.at) == (False, "ungraded", None)


def test_a_missing_measure_is_not_measured() -> None:
    assert shown(None).value == "not measured"


def test_rounding_keeps_all_and_none_for_all_and_none() -> None:
    assert [percent(v) for v in (0, 0.001, 0.5, 0.999, 1)] == ["0%", "<1%", "50%", ">99%", "100%"]


def test_a_mean_keeps_its_unit_and_gets_its_own_axis() -> None:
    mean = {"point": 23.46, "low": 20.0, "high": 30.0, "n": 40, "unit": "words"}
    value = shown(mean, axis_top([mean, None]))
    assert value.sentence == "23.5 (20.0 to 30.0), n = 40 words"
    assert value.high == 100


def test_a_point_without_interval_says_so() -> None:
    assert "no interval" in shown({"k": 1, "n": 2, "point": 0.5}).sentence


@pytest.mark.parametrize(
    ("difference", "rate", "expected"),
    [
        (
            {"delta": 0.8, "low": 0.71, "high": 0.87, "p": 1e-9, "n": 110},
            True,
            ("+80 points", "+71 to +87; p < 0.001; n = 110"),
        ),
        (
            {"delta": -2.25, "low": -3, "high": 0.5, "p": 0.051, "n": 40},
            False,
            ("−2.2", "−3.0 to +0.5; p = 0.051; n = 40"),
        ),
        (
            {"delta": 0.0, "low": None, "high": None, "p": 1, "n": 1},
            True,
            ("0 points", "no interval: too little to go on; p = 1.00; n = 1"),
        ),
        (None, True, ("ungraded", "n = 0")),
        ({"delta": None, "n": 0}, True, ("ungraded", "n = 0")),
    ],
)
def test_differences_in_words(difference: dict[str, Any] | None, rate: bool, expected: tuple[str, str]) -> None:
    assert difference_words(difference, rate) == expected


# -- views


def test_labels_tell_arms_apart() -> None:
    def label(*cards: dict[str, str]) -> list[str]:
        return views.arm_labels(cards)

    assert label({"arm": "base"}, {"arm": "tuned"}) == ["base", "tuned"]
    assert label({"arm": "a", "pool": "exam"}, {"arm": "a", "pool": "practice"}) == ["a, exam", "a, practice"]
    assert label({"arm": "a", "run": "1"}, {"arm": "a", "run": "2"}) == ["a, 1", "a, 2"]
    assert label({"arm": "a"}, {"arm": "a"}) == ["a (1)", "a (2)"]


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


def card_of(*trials: dict[str, Any]) -> dict[str, Any]:
    return {"arm": "tuned", "measures": {}, "trials_detail": list(trials)}


def test_a_scenario_counts_once_for_a_reason() -> None:
    card = card_of(
        {"scenario": "s1", "verdict": "fail", "why": ["again in message 2", "again in message 4"]},
        {"scenario": "s1", "verdict": "fail", "why": ["again in message 8"]},
        {"scenario": "s2", "verdict": "fail", "why": []},
        {"scenario": "s3", "verdict": "pass", "why": []},
    )
    found = views.reasons([views.transcripts(card, 0, "tuned")], "fail")
    assert [(r.text, r.counts[0][0]) for r in found] == [
        ("again", "1 of 3"),
        ("no reason recorded", "1 of 3"),
    ]


@pytest.mark.parametrize("verdict", ["ungraded", None, "error", "Pass", True])
def test_what_is_not_pass_or_fail_is_ungraded(verdict: object) -> None:
    (trial,) = views.transcripts(card_of({"scenario": "s", "verdict": verdict}), 0, "tuned")
    assert trial.verdict == "ungraded"


def test_side_by_side_takes_the_first_and_leaves_none_out(cards: list[dict[str, Any]]) -> None:
    arms = [views.transcripts(card, i, card["arm"]) for i, card in enumerate(cards)]
    pairs = views.side_by_side(arms, limit=3)
    assert [[t.scenario for t in group] for group in pairs] == [[f"order-00{i}"] * 2 for i in range(3)]
    rest = views.worst_first(arms[0], [t for group in pairs for t in group])
    assert len(rest) == len(arms[0]) - 3
    assert [t.verdict for t in rest] == sorted((t.verdict for t in rest), key=["fail", "ungraded", "pass"].index)


# -- terminal


def test_the_table_shows_every_measure_and_arm(cards: list[dict[str, Any]]) -> None:
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


def test_the_comparison_table_ends_with_the_verdict(cards: list[dict[str, Any]]) -> None:
    found = report.text(report.compare_table(comparison(*cards)), width=140)
    for part in (
        "tuned against base, exam pool",
        "+81 points",
        "p < 0.001",
        "▲ better",
        "? too few to tell",
        "Tuned did",
    ):
        assert part in found


def test_brackets_in_labels_are_not_markup() -> None:
    card = {"arm": "[red]tuned[/red]", "measures": {"x": measure(1, 2, label="[bold]x[/bold]")}}
    found = report.text(report.table([card]))
    assert "[red]tuned[/red]" in found
    assert "[bold]x[/bold]" in found


@pytest.mark.parametrize("call", [report.table, report.page])
def test_what_is_no_scorecard_is_refused(call: Any) -> None:
    with pytest.raises(RunError, match="not a scorecard"):
        call([{"arm": "tuned"}])
    with pytest.raises(RunError, match="not a comparison"):
        report.page([], [{"a": "x"}])


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
    assert "Tuned did 52 of 58 tasks, base 5 of 58." in words
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
    card = {"arm": "base", "measures": {"deferral": measure(0, 0, label="Defers", ungraded=7)}}
    html = report.page([card])
    outline = Outline(html)
    assert not [r for r in outline.all("rect") if (r.get("class") or "").startswith("fill")]
    assert [r for r in outline.all("rect") if r.get("class") == "none"]
    assert "Defers: ungraded, n = 0, 7 ungraded" in outline.words


def test_nothing_from_a_transcript_becomes_markup() -> None:
    evil = '<script>alert(1)</script><img src=x onerror="alert(2)">"\'{{ 7 * 7 }}</details>'
    trial = {
        "scenario": evil,
        "verdict": "fail",
        "why": [evil],
        "messages": [
            message("user", evil, context=evil, faults=[evil]),
            message(
                "assistant",
                evil,
                calls=[{"name": evil, "arguments": {evil: evil}}, {"name": "f", "arguments": evil}],
            ),
            message("tool", evil),
            message(evil, evil),
        ],
    }
    bad = {evil: measure(1, 2, label=evil, unit=evil)}
    card = {
        "arm": evil,
        "gap": evil,
        "run": evil,
        "measures": bad,
        "by": {evil: bad},
        "trials_detail": [trial],
    }
    card["reference_agents"] = {evil: bad}
    versus = {
        "a": evil,
        "b": evil,
        "pool": evil,
        "sentence": evil,
        "measures": {evil: {"label": evil, "verdict": evil}},
    }
    html = report.page([card, card], [versus], evil, {evil: evil, "m": {evil: evil}, "l": [evil]})
    outline = Outline(html)
    assert not [tag for tag, _ in outline.tags if tag in ("script", "img")]
    assert not [attrs for _, attrs in outline.tags if "onerror" in attrs]
    assert "{{ 7 * 7 }}" in outline.words
    assert evil in outline.words


def test_a_bare_card_still_makes_a_page() -> None:
    words = Outline(report.page([{"arm": "base", "measures": {}}])).words
    assert "No transcripts were recorded." in words
    assert "Nothing was evaluated." in Outline(report.page([])).words


def test_tool_results_are_readable() -> None:
    long = {"rows": [{"name": "Meadow", "total": 30}] * 12}
    parts = views.transcripts(
        card_of(
            {
                "messages": [
                    message("tool", '{"a": 1}'),
                    {"role": "tool", "content": long},
                    message("tool", "{bad"),
                ]
            }
        ),
        0,
        "tuned",
    )[0].parts
    assert parts[0].body == '{"a": 1}'
    assert parts[1].body.count("\n") > 12
    assert parts[2].body == "{bad"


def test_acts_due_and_done_stand_side_by_side() -> None:
    acts = {"ask": {"ask": 30, "call:search": 10}, "inform": {"ask": 4}, "defer": {"nothing that can be read": 2}}
    (found,) = views.confusions(
        [{**scorecard("tuned", 0.88), "acts": acts}, scorecard("base", 0.06)], ["tuned", "base"]
    )
    assert (found.label, found.done) == ("tuned", ["ask", "call:search", "nothing that can be read"])
    assert found.rows[0] == ("ask", 40, [("30", 3, "same"), ("10", 1, "other"), ("", 0, "other")])
    assert {kind for _, _, kind in found.rows[1][2]} == {"open"}  # answers are not read back
    html = report.page([{**scorecard("tuned", 0.88), "acts": acts}])
    assert 'class="same-3">30<' in html
    assert 'id="acts"' not in report.page([scorecard("base", 0.06)])


def test_manner_stands_on_the_page_and_beside_the_table() -> None:
    long = [
        Spoken(f"s{k}", tuple(f"Lovely {k}{'!' * (n % 3)}, fine." for n in range(18)), (True,) * 18) for k in range(3)
    ]
    found = {**scorecard("tuned", 0.88), "manner": manner(long)}
    assert "“lovely 0” 33%" in report.page([found])
    said = report.beside({**found, "by": {"about": {"a vague need": measure(3, 4)}}})
    assert said[0].startswith("a vague need: 75%")
    assert any("in voice 1.00 in the first third" in line for line in said)
    assert any("open with 'lovely 0'" in line for line in said)
