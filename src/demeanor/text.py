"""One text in one spelling, so that it can be read and compared: the only place that decides what is the same.

People's keyboards write one apostrophe in five ways, one dash in six, and a letter with its accent as one sign or two.
`plain` is for readers, `key` for comparing, `words` for finding one text in another.
"""

from __future__ import annotations

import re
import unicodedata
from itertools import pairwise

_SAME = {
    "'": "‘’‚‛′`´ʼ＇",
    '"': "“”„‟″«»＂",
    "-": "‐‑‒–—―−﹣－",
    " ": "\t\u00a0\u1680\u2007\u202f\u3000",
    "": "\u00ad\u200b\u200c\u200d\u2060\ufeff",
}
_WORD = re.compile(r"[^\W_]+")
_SENTENCE = re.compile(r"[^.!?\n]+(?:[.!?]+(?=\s|$|[\"')])|\n|$)|[^.!?\n]*[.!?]+")
_TABLE = str.maketrans({sign: one for one, signs in _SAME.items() for sign in signs})


def plain(text: str) -> str:
    """The same text with plain quotes, dashes and spaces, and every letter as one sign; case stays."""
    return unicodedata.normalize("NFKC", text.translate(_TABLE)).translate(_TABLE)


def key(text: str) -> str:
    """Equal for two texts that differ only in case, accents, quotes, dashes and spaces."""
    apart = unicodedata.normalize("NFKD", plain(text).casefold())
    return " ".join("".join(sign for sign in apart if not unicodedata.combining(sign)).split())


def words(text: str) -> str:
    """The words of a text in the form of `key`, with single spaces; all other signs are gone."""
    return " ".join(_WORD.findall(text.lower() if text.isascii() else key(text)))


def stands_in(part: str, text: str) -> bool:
    """Whether the words of `part` stand in `text` as whole words: "2" is not in "12", and nothing is in anything."""
    return bool(words(part)) and f" {words(part)} " in f" {words(text)} "


def said_units(text: str) -> list[str]:
    """All that a text says: its words in the form of `key`, and every picture in it."""
    return [*words(text).split(), *(sign for sign in text if unicodedata.category(sign) in ("So", "Sk"))]


def neighbours(text: str) -> set[tuple[str, str]]:
    """Which of what a text says (`said_units`) stand side by side; "." stands at both ends."""
    return {*pairwise([".", *said_units(text), "."])}


def sentences(text: str) -> list[str]:
    """Sentences of a reply, stripped; decimals and abbreviations are not a concern at this length."""
    return [said.strip() for said in _SENTENCE.findall(text) if said.strip()]
