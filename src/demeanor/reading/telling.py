"""Whether a text tells a piece of knowledge: by its names, figures and rare words, however they are spelled.

What gives knowledge away are words that stand nowhere else: names (written large where other words are not), figures,
and words that users and agents of many trades do not say (`lines/`). A name or a figure alone gives it away; of rare
words it takes more than half. A figure of one or two digits counts beside another word of the knowledge, in the text or
in what it answers: "40" tells nothing in "40 minutes". What stands openly elsewhere gives nothing away.
"""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from demeanor.agent.slots.words import normalise
from demeanor.text import key, plain, words

LINES = Path(__file__).parent / "lines"
LEAST_SPELLED = 3  # letters of a name that is looked for letter by letter; two letters stand everywhere
LEAST_INSIDE = 5  # letters of a name that is looked for inside other words, or in the first letters of words
LEAST_WORD = 4  # letters of a word that says what a figure is about
_WRITTEN = re.compile(r"[^\W\d_]+(?:['’][^\W\d_]+)?")
_LETTERS = re.compile(r"[^\W_]")


@dataclass(frozen=True)
class Marks:
    """What gives a piece of knowledge away, in the form of `text.words`; `about`: its other words."""

    names: frozenset[str]
    figures: frozenset[str]
    rare: frozenset[str]
    about: frozenset[str]

    def __bool__(self) -> bool:
        return bool(self.names or self.figures or self.rare)


def marks_of(text: str, openly: Iterable[str] = ()) -> Marks:
    """What gives a text away, beside what stands in other texts."""
    known = {word for other in openly for word in words(other).split()}
    counted = {figure for other in openly for figure in _figures(other)}
    names, rare = set[str](), set[str]()
    for word, large in _written(text):
        if word in known or len(word) < 2:
            continue
        if large and not _ordinary(word):
            names.add(word)
        elif not _ordinary(word):
            rare.add(word)
    figures = frozenset(_figures(text)) - counted
    about = {word for word in words(text).split() if len(word) >= LEAST_WORD and not word.isdigit()}
    return Marks(frozenset(names), figures, frozenset(rare), frozenset(about - names))


def told(marks: Marks, text: str, asked: str = "", before: Sequence[str] = ()) -> str:
    """What of the marks a text tells; '' where it does not give the knowledge away.

    Args:
        asked: what it answers.
        before: what the same speaker said before: a name that is spelled over several messages.
    """
    letters = "".join(letter for said in (*before, text) for letter in _single(said))
    for name in sorted(marks.names):
        if _spelled(name, text) or _in_letters(name, letters, "".join(_single(text))):
            return name
    found = [
        word
        for word in sorted(marks.rare)
        if _spelled(word, text) or _in_letters(word, letters, "".join(_single(text)))
    ]
    if 2 * len(found) > len(marks.rare):
        return found[0]
    near = {*words(f"{asked} {text}").split()} & marks.about
    digits = {*_figures(text)}
    return next((f for f in sorted(marks.figures & digits) if len(f) > 2 or near), "")


# ---------------------------------------------------------------------- spellings


def _spelled(name: str, text: str) -> bool:
    """Whether a name stands in a text: as a word, backwards, with signs between its letters, inside another word, or as
    the first letters of words.
    """
    if name in words(text).split():
        return True
    if len(name) < LEAST_SPELLED:
        return False
    wanted = {name} if _ordinary(name[::-1]) else {name, name[::-1]}
    for chunk in _chunks(text):
        if chunk in wanted or (len(name) >= LEAST_INSIDE and any(form in chunk for form in wanted)):
            return True
    firsts = "".join(word[0] for word in words(text).split())
    return len(name) >= LEAST_INSIDE and name in firsts


def _in_letters(name: str, letters: str, last: str) -> bool:
    """Whether single letters, of which `last` were said last, spell a name forwards or backwards."""
    if len(name) < LEAST_SPELLED or not last:
        return False
    return any(form in letters[-len(last) - len(name) + 1 :] for form in (name, name[::-1]))


def _chunks(text: str) -> list[str]:
    """The letters and digits of everything between spaces: "O-r-r-i-n" is one, and so is "Orrin's"."""
    return [chunk for part in key(text).split() if (chunk := "".join(_LETTERS.findall(part)))]


def _single(text: str) -> list[str]:
    """Letters that stand by themselves: "O, R as in river"."""
    return [chunk for chunk in _chunks(text) if len(chunk) == 1 and chunk.isalpha()]


def _figures(text: str) -> Iterator[str]:
    """Figures in digits, as they stand and joined to their neighbours: "forty", "47-11", "4 7 1 1"."""
    run: list[str] = []
    for part in [*normalise(text).split(), ""]:
        digits = "".join(re.findall(r"\d", part))
        yield from filter(None, [digits, *re.findall(r"\d+", part)])
        if digits and re.fullmatch(r"[\d.,:/()-]+", part):
            run.append(digits)
            continue
        yield from ("".join(run[k:end]) for k in range(len(run)) for end in range(k + 2, len(run) + 1))
        run = []


# ---------------------------------------------------------------------- rarity


def _written(text: str) -> Iterator[tuple[str, bool]]:
    """Each word in the form of `text.words`, and whether it is written large; an owner's s is no part of it."""
    for match in _WRITTEN.finditer(plain(text)):
        word = re.split(r"['’]", match[0])[0]
        yield words(word), word[:1].isupper()


def _ordinary(word: str) -> bool:
    """Whether those lines write a word, or its singular, small more often than large."""
    return any(form in _small() for form in (word, word.removesuffix("s"), word.removesuffix("es")))


@cache
def _small() -> frozenset[str]:
    """Words that people write small, but where a sentence begins with them."""
    small, large = Counter[str](), Counter[str]()
    for file in sorted(LINES.glob("*-user.jsonl")) + sorted(LINES.glob("*-agent.jsonl")):
        for row in map(json.loads, file.read_text(encoding="utf-8").splitlines()):
            begins = True
            for part in plain(str(row["text"])).split():
                written = _WRITTEN.match(part.lstrip("(\"'"))
                if written is not None and written[0][0].islower():
                    small[written[0].partition("'")[0]] += 1
                elif written is not None and not begins:
                    large[written[0].partition("'")[0].lower()] += 1
                begins = part[-1] in ".!?:"
    return frozenset(word for word, count in small.items() if count > large[word])
