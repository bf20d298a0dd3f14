"""One text in two spellings is one text, wherever it is compared."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from demeanor.text import key, plain, stands_in, words

PAIRS = [
    ("Jo O’Brien", "jo o'brien"),
    ("Jo O`Brien", "JO O´BRIEN"),
    ("Zoë Müller", "Zoe\u0308 Mu\u0308ller"),
    ("Zoë Müller", "zoe muller"),
    ("12–15 June", "12-15 june"),
    ("R\u2011193", "r-193"),
    ("1\u202f250 euros", "1 250 euros"),
    ("co\u00adoperate", "cooperate"),
    ("ＡＢＣ", "abc"),
    ("Straße", "STRASSE"),
]


@pytest.mark.parametrize(("one", "other"), PAIRS)
def test_two_spellings_are_the_same(one: str, other: str) -> None:
    assert key(one) == key(other)
    assert stands_in(one, f"It is {other}, please.")


@given(st.text())
def test_what_is_plain_stays_plain(text: str) -> None:
    assert plain(plain(text)) == plain(text)
    assert key(key(text)) == key(text) == key(plain(text))
    assert words(words(text)) == words(text) == words(key(text))


@given(st.text(min_size=1))
def test_the_unicode_form_does_not_matter(text: str) -> None:
    for form in ("NFC", "NFD"):
        assert key(unicodedata.normalize(form, text)) == key(text)


@given(st.text(), st.text(), st.text())
def test_a_part_stands_in_its_whole(before: str, part: str, after: str) -> None:
    assert stands_in(part, f"{before} {part} {after}") == bool(words(part))


def test_part_of_a_word_is_no_word() -> None:
    assert not stands_in("2", "12 June")
    assert not stands_in("-", "a - b")
