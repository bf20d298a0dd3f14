"""Whether a reply is in its agent's voice: manners that the voice does not have, and marks that it never uses.

Manners are heard by the reader (`agent/manners.py` says what each is). One is never held against a reply where the
voice's own lines show it, or where agent.yaml allows it (`voice.allow`): whoever speaks as an innkeeper of old may.
Marks are looked up: pictures, words in capitals, runs of exclamation marks.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from functools import cached_property

from demeanor.agent.description import Voice
from demeanor.agent.manners import FAULTS
from demeanor.reading.reader import Reader
from demeanor.text import key, plain

_PICTURE = re.compile(
    "[\U0001f300-\U0001faff\U00002600-\U000027bf\U0001f1e6-\U0001f1ff]|(?<!\\w)[:;]-?[)DPp(](?!\\w)|<3"
)
_CAPITALS = re.compile(r"\b(?:[A-Z]{2,}'?[A-Z]*(?:[ ,]+[A-Z]{2,}'?[A-Z]*)+|[A-Z]{5,})\b(?![-\d])")
_SHOUTED = re.compile(r"!{2,}|\?{2,}|[?!]{3,}")
SAMPLE = 200  # of the voice's own lines: enough to know its manners
OFTEN = 0.04  # the share of its lines from which a manner is the voice's own
LIMIT = 0.7  # the probability from which a reply is said to show a manner


class VoiceReader:
    """Reads replies for one voice.

    Args:
        lines: what the voice says: wording, phrases to prefer.
        names: texts whose words may stand in capitals.
    """

    def __init__(self, reader: Reader, voice: Voice, lines: Sequence[str], names: Iterable[str] = ()) -> None:
        self._reader, self._voice = reader, voice
        self._lines = [plain(line) for line in (*voice.prefer, *lines)]
        self._loud = any(_SHOUTED.search(line) for line in self._lines)
        self._pictures = any(_PICTURE.search(line) for line in self._lines)
        self._capitals = {c for text in (*self._lines, *names) for c in _CAPITALS.findall(plain(text))}

    @cached_property
    def _held(self) -> list[str]:
        """The manners that are held against a reply."""
        sample = sorted(self._lines, key=key)[:: max(1, len(self._lines) // SAMPLE)]
        shown = self._reader.columns([("", line) for line in sample], [f"manner.{name}" for name in FAULTS])
        often = (shown >= LIMIT).mean(0) if sample else [0.0] * len(FAULTS)
        allowed = {*self._voice.allow, *self._voice.traits}
        return [name for name, share in zip(FAULTS, often, strict=True) if share < OFTEN and name not in allowed]

    def faults(self, reply: str) -> list[str]:
        """What in a reply this voice would not say; "slang", "shouting: WOW"."""
        text, found = plain(reply), list[str]()
        if text.strip():
            shown = self._reader.columns([("", text)], [f"manner.{name}" for name in self._held])[0]
            found += [name.replace("_", " ") for name, p in zip(self._held, shown, strict=True) if p >= LIMIT]
        loud = [m.group(0) for m in (*_CAPITALS.finditer(text), *_SHOUTED.finditer(text))]
        loud = [said for said in loud if said not in self._capitals and not (self._loud and said[0] in "?!")]
        found += [f"shouting: {loud[0]}"] if loud else []
        picture = None if self._pictures else _PICTURE.search(text)
        return [*found, *([f"emoji: {picture.group(0)}"] if picture else [])]
