"""Whether a reply is in its agent's voice: how far what it shows is from what the voice's own lines show.

The reader hears manners (`agent/manners.py` says what each is). More of one than the voice's own lines show, or less,
counts as much as hands made of it who said which replies were in other voices (`learn/voices.py`); so do length and
spelling. What agent.yaml allows (`voice.allow`) counts nothing: whoever speaks as an innkeeper of old may. Marks are
looked up: pictures, words in capitals, runs of exclamation marks.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache, cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from demeanor.agent.description import Voice
from demeanor.agent.manners import FAULTS, TRAITS
from demeanor.reading.reader import Reader
from demeanor.text import key, plain

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[Any]

MANNERS = (*TRAITS, *FAULTS)
MARKS = ("longer", "length", "long words", "word length", "short forms", "exclaiming")
SIGNS = (*(f"more {name}" for name in MANNERS), *(f"less {name}" for name in MANNERS), *MARKS)
"""What a reply may have that its voice has not, in the order of what was learned."""
FILE = Path(__file__).parent / "weights" / "voice.json"
SAMPLE = 200  # of the voice's own lines: enough to know its manners
AT_LEAST = 6  # one line in so many shows what the voice is free to show
SURE = 0.9  # the probability from which a fault alone is enough
_PICTURE = re.compile(
    "[\U0001f300-\U0001faff\U00002600-\U000027bf\U0001f1e6-\U0001f1ff]|(?<!\\w)[:;]-?[)DPp(](?!\\w)|<3"
)
_CAPITALS = re.compile(r"\b(?:[A-Z]{2,}'?[A-Z]*(?:[ ,]+[A-Z]{2,}'?[A-Z]*)+|[A-Z]{5,})\b(?![-\d])")
_SHOUTED = re.compile(r"!{2,}|\?{2,}|[?!]{3,}")


@dataclass(frozen=True)
class Lines:
    """What the lines of a voice show: of each manner the mean, and as much as one line in six shows; of each mark the
    mean, and how many words they have.
    """

    mean: Floats
    freely: Floats
    marks: Floats
    words: float


def shown(reader: Reader, texts: Sequence[str]) -> Floats:
    """(texts, manners): probabilities."""
    return reader.columns([("", text) for text in texts], [f"manner.{name}" for name in MANNERS])


def lines_of(reader: Reader, lines: Sequence[str]) -> Lines:
    """What the lines of a voice show."""
    import numpy as np

    found, marked = shown(reader, lines), _marks(lines)
    freely = np.sort(found, axis=0)[-max(1, len(lines) // AT_LEAST)]
    return Lines(found.mean(0), freely, marked.mean(0), float(np.median(marked[:, 0])))


def signs(own: Lines, found: Floats, texts: Sequence[str]) -> Floats:
    """(texts, `SIGNS`): how far replies are from the lines of a voice, from what they show."""
    import numpy as np

    marked = _marks(texts)
    longer = np.log(np.maximum(1, marked[:, 0]) / own.words)
    letters = marked[:, 1] - own.marks[1]
    marks = [longer, abs(longer), letters, abs(letters), marked[:, 2] - own.marks[2], marked[:, 3] - own.marks[3]]
    parts = [np.maximum(0, found - own.freely), np.maximum(0, own.mean - found), np.stack(marks, axis=1)]
    return np.concatenate(parts, axis=1)


def _marks(texts: Sequence[str]) -> Floats:
    """(texts, 4): words, letters a word, short forms a word, whether it exclaims."""
    import numpy as np

    rows = []
    for text in texts:
        words = text.split() or [""]
        rows.append([len(words), sum(map(len, words)) / len(words), text.count("'") / len(words), "!" in text])
    return np.array(rows, dtype=np.float64).reshape(len(texts), 4)


@cache
def learned(file: Path = FILE) -> tuple[Mapping[str, float], float, float]:
    """What each sign counts, what none counts, and below which sum a reply is off voice."""
    told = json.loads(file.read_text(encoding="utf-8"))
    return told["signs"], told["bias"], told["limit"]


class VoiceReader:
    """Reads replies for one voice.

    Args:
        lines: what the voice says: wording, phrases to prefer.
        names: texts whose words may stand in capitals.
    """

    def __init__(self, reader: Reader, voice: Voice, lines: Sequence[str], names: Iterable[str] = ()) -> None:
        self._reader, self._voice = reader, voice
        self._lines = [plain(line) for line in (*voice.prefer, *lines)]
        self._said = {key(line) for line in self._lines}
        self._loud = any(_SHOUTED.search(line) for line in self._lines)
        self._pictures = any(_PICTURE.search(line) for line in self._lines)
        self._capitals = {c for text in (*self._lines, *names) for c in _CAPITALS.findall(plain(text))}

    @cached_property
    def _own(self) -> Lines | None:
        sample = sorted({line for line in self._lines if "{" not in line}, key=key)
        sample = sample[:: max(1, len(sample) // SAMPLE)]
        return lines_of(self._reader, sample) if sample else None

    def faults(self, reply: str) -> list[str]:
        """What in a reply this voice would not say; "more slang", "shouting: WOW"."""
        text, found = plain(reply), list[str]()
        if text.strip() and key(text) not in self._said and self._own is not None:
            found += self._manners(self._own, text)
        loud = [m.group(0) for m in (*_CAPITALS.finditer(text), *_SHOUTED.finditer(text))]
        loud = [said for said in loud if said not in self._capitals and not (self._loud and said[0] in "?!")]
        found += [f"shouting: {loud[0]}"] if loud else []
        picture = None if self._pictures else _PICTURE.search(text)
        return [*found, *([f"emoji: {picture.group(0)}"] if picture else [])]

    def _manners(self, own: Lines, text: str) -> list[str]:
        """The sign that counts most against a reply, where all of them are enough; and faults that are sure."""
        counts, bias, limit = learned()
        there = shown(self._reader, [text])
        row = dict(zip(SIGNS, signs(own, there, [text])[0], strict=True))
        for name in self._voice.allow:
            row[f"more {name}"] = 0.0
        against = {sign: counts[sign] * far for sign, far in row.items()}
        off = sum(against.values()) + bias < limit
        sure = [
            f"more {name}"
            for name, p, free in zip(MANNERS, there[0], own.freely, strict=True)
            if name in FAULTS and name not in self._voice.allow and p >= SURE > free
        ]
        return [*sure, *([min(against, key=lambda sign: against[sign])] if off and not sure else [])]
