"""No note, call or tag of an untrained model is ever shown: a few replies, as bench/shown.py tries ten thousand."""

from __future__ import annotations

import random
import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "bench"))

from demeanor.runtime.prompt import parse_note, parse_reply, shown_text
from demeanor.runtime.session import Session
from shown import SEEN, Pieces, Untrained, random_letters, seen


@pytest.mark.parametrize("seed", range(3))
def test_nothing_hidden_is_seen(session: Session, seed: int) -> None:
    rng = random.Random(seed)
    session.model, session.reply_tokens = Pieces(Untrained(rng, random_letters(rng))), 4000
    assert seen(session, 40) == []


def test_the_untrained_model_writes_what_could_be_seen() -> None:
    """Without what hides it, it would be."""
    rng = random.Random(1)
    writer = Untrained(rng, random_letters(rng))
    assert sum(bool(SEEN.search(writer.reply())) for _ in range(100)) > 80


@pytest.mark.parametrize(
    ("written", "shown"),
    [
        ("<note>a\nb</note>\nHello.", "Hello."),
        ("<note>a\nHello.", "Hello."),
        ('Hello. {"name": "search", "arguments": {"of": {"a": "}"}}} Bye.', "Hello.  Bye."),
        ('Hello. {"arguments": {"a": 1', "Hello."),
        ("Hello. <note a>b</note >", "Hello."),
        ("A {deluxe} room {with a view}", "A {deluxe} room {with a view}"),
        ("5 < 6 and 7 > 6, noted", "5 < 6 and 7 > 6, noted"),
        ("<notebook> is no tag", "<notebook> is no tag"),
    ],
)
def test_what_is_left(written: str, shown: str) -> None:
    assert shown_text(parse_reply(parse_note(written)[1])[0]) == shown
