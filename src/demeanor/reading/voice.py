"""Whether a reply is in its agent's voice: how far what it shows is from what the voice's own lines show.

The reader hears manners (`agent/manners.py` says what each is). More of one than the voice's own lines show, or less,
counts as much as hands made of it who said which replies were in other voices (`learn/voices.py`); so do length and
spelling. What agent.yaml allows (`voice.allow`) counts nothing: whoever speaks as an innkeeper of old may. Beside this
stand words and marks that carry a manner wherever they stand (`marks.py`).
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache, cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from demeanor.agent.description import Voice
from demeanor.agent.manners import FAULTS, TRAITS
from demeanor.reading.marks import Marks
from demeanor.reading.reader import Reader
from demeanor.text import key, plain

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[Any]

MANNERS = (*TRAITS, *FAULTS)
MARKS = ("longer", "other length", "longer words", "other words", "more short forms", "more exclaiming")
SIGNS = (*(f"more {name}" for name in MANNERS), *(f"less {name}" for name in MANNERS), *MARKS)
"""What a reply may have that its voice has not, in the order of what was learned."""
FILE = Path(__file__).parent / "weights" / "voice.json"
SAMPLE = 200  # of the voice's own lines: enough to know its manners
AT_LEAST = 6  # one line in so many shows what the voice is free to show


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
        beside: what of a reply is not said in these very lines, and has to be heard.
    """

    def __init__(
        self,
        reader: Reader,
        voice: Voice,
        lines: Sequence[str],
        names: Iterable[str] = (),
        beside: Callable[[str], str] = str,
    ) -> None:
        self._reader, self._voice, self._beside = reader, voice, beside
        self._lines = [plain(line) for line in (*voice.prefer, *lines)]
        self._marks = Marks(self._lines, names)

    @cached_property
    def _own(self) -> Lines | None:
        sample = sorted({line for line in self._lines if "{" not in line}, key=key)
        sample = sample[:: max(1, len(sample) // SAMPLE)]
        return lines_of(self._reader, sample) if sample else None

    def faults(self, reply: str) -> list[str]:
        """What in a reply this voice would not say; "slang: dude", "more gushing than its lines"."""
        text = plain(reply)
        found = self._marks.faults(text, self._voice.allow)
        own, text = self._own, self._beside(text)
        return self._far(own, text) if not found and own is not None and re.search(r"\w", text) else found

    def _far(self, own: Lines, text: str) -> list[str]:
        """The sign that counts most against a reply, where all of them together are enough."""
        counts, bias, limit = learned()
        row = dict(zip(SIGNS, signs(own, shown(self._reader, [text]), [text])[0], strict=True))
        against = {sign: counts[sign] * far for sign, far in row.items() if sign not in self._allowed}
        off = sum(against.values()) + bias < limit
        return [f"{min(against, key=lambda sign: against[sign])} than its lines"] if off else []

    @property
    def _allowed(self) -> set[str]:
        return {f"more {name}" for name in self._voice.allow}
