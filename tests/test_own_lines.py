"""Lines of a project's own: heard as they are labelled from then on, and nearly nothing else is heard otherwise."""

from __future__ import annotations

import io
import json
from datetime import date
from pathlib import Path

import pytest

from demeanor import Project
from demeanor.errors import ConfigError
from demeanor.models.scripted import ScriptedModel
from demeanor.reading.learn.lines import FOLDER, read_lines, read_trades
from demeanor.reading.learned import LearnedReader, weights
from demeanor.reading.own import own_lines, with_own_lines
from demeanor.reading.reader import Spoken
from demeanor.serving.sandbox.sandbox import run_chat

SECOND = Path(__file__).parent.parent / "bench" / "material" / "reading" / "second"
ODD = ("Sweet as, crack on then cuz.", "Shall I send the parcel to Pier 4?")


def test_what_was_put_right_is_heard_and_the_rest_stays(tmp_path: Path) -> None:
    rows = [{"before": ODD[1], "text": ODD[0], "acts": ["hesitate"]}]
    (tmp_path / "chat-user.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    before = LearnedReader({}, {}, weights())
    after = LearnedReader({}, {}, with_own_lines(weights(), own_lines(tmp_path, {}, {})))
    said = Spoken("user", *ODD)
    assert "hesitate" not in before.read([said])[0].found
    assert "hesitate" in after.read([said])[0].found
    lines = read_lines([SECOND / "m-user.jsonl"], read_trades(FOLDER.glob("*trades.yaml")))[:300]
    messages = [Spoken("user", line.text, line.before) for line in lines]
    same = [a.found == b.found for a, b in zip(before.read(messages), after.read(messages), strict=True)]
    assert sum(same) >= 0.94 * len(same)


def test_a_line_that_is_none_is_named(tmp_path: Path) -> None:
    (tmp_path / "chat-user.jsonl").write_text('{"before": "", "text": "hi", "acts": ["hallo"]}\n')
    with pytest.raises(ConfigError, match="unknown labels"):
        own_lines(tmp_path, {}, {})


def test_wrong_in_the_sandbox(tmp_path: Path) -> None:
    """A message is heard, put right, and heard so by the session that goes on; the line stands beside agent.yaml."""
    project = Project.init(tmp_path / "shop", template="blank")
    out = io.StringIO()
    said = "Well butter my biscuit\n/heard\n/wrong thanks\n/wrong user thank\n/heard\n/quit\n"
    run_chat(
        project.space,
        ScriptedModel(["You are welcome."]),
        today=date(2026, 6, 8),
        record=tmp_path / "talk.jsonl",
        source=io.StringIO(said),
        out=out,
    )
    row = json.loads((project.space.folder.reading_path / "chat-user.jsonl").read_text())
    assert row == {"before": "", "text": "Well butter my biscuit", "acts": ["thank"]}
    assert "no such label" in out.getvalue()
    assert "thank" in out.getvalue().rpartition("heard so from now on")[2]
