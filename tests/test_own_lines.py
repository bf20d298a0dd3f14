"""Lines of a project's own: heard as they are labelled from then on, and nearly nothing else is heard otherwise."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from demeanor.errors import ConfigError
from demeanor.reading.learn.lines import FOLDER, read_lines, read_trades
from demeanor.reading.learned import LearnedReader, weights
from demeanor.reading.own import own_lines, with_own_lines
from demeanor.reading.reader import Spoken

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
    lines = read_lines([SECOND / "m-user.jsonl"], read_trades(FOLDER.glob("*.yaml")))[:300]
    messages = [Spoken("user", line.text, line.before) for line in lines]
    same = [a.found == b.found for a, b in zip(before.read(messages), after.read(messages), strict=True)]
    assert sum(same) >= 0.94 * len(same)


def test_a_line_that_is_none_is_named(tmp_path: Path) -> None:
    (tmp_path / "chat-user.jsonl").write_text('{"before": "", "text": "hi", "acts": ["hallo"]}\n')
    with pytest.raises(ConfigError, match="unknown labels"):
        own_lines(tmp_path, {}, {})
