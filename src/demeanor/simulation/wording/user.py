"""Wording banks: the ways people say things, and the agent's ways to answer.

A bank is data (wording/user.yaml, wording/agent.yaml). Values are put into words by templates over their parts ("the
{check_in.ord} of {check_in.month}"), and a phrase is used only if the slot's resolver reads exactly the intended value
out of it: so "next weekend" is said when, and only when, it means the goal's dates. A message is built from pieces, and
remembers which words carried which slot: those are the words a tool call repeats.
"""

from __future__ import annotations

import hashlib
import random
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path
from typing import Any

from demeanor.agent import Agent
from demeanor.agent.slots import Resolved, Slot, listed, number_word, resolve, shown, ways
from demeanor.errors import ConfigError, as_one
from demeanor.project.yamlfile import read_yaml

REGISTERS = ("neutral", "formal", "colloquial", "terse", "broken", "rude")
STYLES = ("plain", "lowercase", "typos", "l33t")
_PLACE = re.compile(r"\{([^{}]+)\}")
_ONE_NIGHTS = re.compile(r"\b(?:one|1) \w+(?<!s)s\b", re.IGNORECASE)  # "one nights", of a template with a plural
SAID_IN_WAYS = ("time", "number", "money", "phone", "email", "yes_no")
"""Types whose values have ways to be said of their own: {NAME.way1}, {NAME.way2} ..."""
MOST_WAYS = 5
SPELLED = ("text", "name", "address", "email")
"""Types whose letters are their owner's: no style changes them."""


@dataclass(frozen=True)
class Said:
    """A message of a user with the words that carried each slot."""

    text: str
    mentions: dict[str, str]


def ordinal(n: int) -> str:
    """12 -> '12th'."""
    suffix = "th" if 10 <= n % 100 <= 20 else {1: "st", 2: "nd", 3: "rd"}.get(n % 10, "th")
    return f"{n}{suffix}"


def parts(slots: Mapping[str, Slot], values: Mapping[str, Any]) -> dict[str, str]:
    """The parts of values that templates may use: check_in.day, check_out.gap_word, guests.n, reference.lower ..."""
    out: dict[str, str] = {}
    for name, value in values.items():
        slot = slots.get(name)
        if isinstance(value, date):
            out |= {
                f"{name}.day": str(value.day),
                f"{name}.ord": ordinal(value.day),
                f"{name}.month": f"{value:%B}",
                f"{name}.mon": f"{value:%b}",
                f"{name}.weekday": f"{value:%A}",
                f"{name}.wd": f"{value:%a}",
                f"{name}.year": str(value.year),
                f"{name}.num": str(value.month),
            }
            start = values.get(slot.after) if slot and slot.after else None
            if isinstance(start, date):
                gap = (value - start).days
                out |= {f"{name}.gap": str(gap), f"{name}.gap_word": number_word(gap)}
        elif slot is not None and slot.type in SAID_IN_WAYS:
            out |= {name: shown(slot, value)}
            out |= {f"{name}.way{k}": way for k, way in enumerate(ways(slot, value)[:MOST_WAYS], 1)}
        elif isinstance(value, int):
            out |= {f"{name}.n": str(value), f"{name}.word": number_word(value), name: str(value)}
        else:
            text = str(value)
            spaced = re.sub(r"[-_]", " ", text)
            out |= {name: text, f"{name}.lower": text.lower(), f"{name}.spaced": spaced}
            out |= {f"{name}.joined": re.sub(r"[-_ ]", "", text), f"{name}.digits": re.sub(r"\D", "", text)}
    return out


def part_names(slot: Slot) -> tuple[str, ...]:
    """All that `parts` can give for a slot of this type."""
    if slot.type == "date":
        own = (
            "day",
            "ord",
            "month",
            "mon",
            "weekday",
            "wd",
            "year",
            "num",
            *(("gap", "gap_word") if slot.after else ()),
        )
        return tuple(f"{slot.name}.{part}" for part in own)
    if slot.type in SAID_IN_WAYS:
        return (slot.name, *(f"{slot.name}.way{k}" for k in range(1, MOST_WAYS + 1)))
    own = ("n", "word") if slot.counts else ("lower", "spaced", "joined", "digits")
    return (slot.name, *(f"{slot.name}.{part}" for part in own))


def fill(template: str, values: Mapping[str, str]) -> str | None:
    """The template with its placeholders filled; None when one has no value."""
    if any(name not in values for name in _PLACE.findall(template)):
        return None
    return _PLACE.sub(lambda m: values[m[1]], template)


def placeholders(template: str) -> list[str]:
    return _PLACE.findall(template)


# Which share of a bank each part holds: dialogues are written with the first, so that the practice and selection
# scenarios meet wording that no dialogue has taught.
PARTS = {"training": (0, 72), "practice": (72, 88), "selection": (88, 100)}
SMALLEST_SPLIT = 6


def in_part(text: str, share: tuple[int, int]) -> bool:
    """Whether a template belongs to a share, in hundredths: by its hash, so that adding wording moves nothing."""
    low, high = share
    return low <= int(hashlib.sha256(text.encode()).hexdigest()[:8], 16) % 100 < high


def own_words(template: str) -> int:
    """How many words a template brings itself; bare values ("{guests}, please") belong to everybody."""
    return len(re.findall(r"[A-Za-z']+", _PLACE.sub(" ", template)))


class UserBank:
    """How users talk: `values` (slot values in words) and messages by key and register."""

    def __init__(self, agent: Agent, raw: Mapping[str, Any], file: Path) -> None:
        self.agent = agent
        self.file = file
        given = {} if raw.get("values") is None else raw["values"]
        if not isinstance(given, dict):
            raise wrong(
                "expected slots with lists of phrases", file, ("values",), found=given, fix="values: {NAME: [...]}"
            )
        self.values: dict[str, list[str]] = {
            str(key): sentences(entry, file, ("values", str(key))) for key, entry in given.items()
        }
        self.messages: dict[str, dict[str, list[str]]] = {}
        for key, entry in raw.items():
            if key == "values":
                continue
            for name, bank in flatten(str(key), entry, file):
                self.messages[name] = bank
        if faults := list(self._faults()):
            raise as_one(faults)

    def _faults(self) -> Iterator[ConfigError]:
        for key, phrases in self.values.items():
            yield from self._wrong_phrases(key, phrases)
        for key, bank in self.messages.items():
            for register, templates in bank.items():
                for template in templates:
                    yield from self._wrong_places(key, register, template)

    def _wrong_places(self, key: str, register: str, template: str) -> Iterator[ConfigError]:
        slots = list(self.agent.slots)
        for slot in (name for place in placeholders(template) for name in place.split("+")):
            if slot not in slots:
                path = (*key.split("."), register)
                yield wrong(f"unknown slot in {template!r}", self.file, path, found=slot, allowed=slots)

    def _wrong_phrases(self, key: str, phrases: Iterable[str]) -> Iterator[ConfigError]:
        """A phrase that names a part which no value has would never be said."""
        slots = self.agent.slots
        names = re.split(r"[.=]", key)[0].split("+")
        for name in names:
            if name not in slots:
                yield wrong("phrases for an unknown slot", self.file, ("values", key), found=name, allowed=list(slots))
                return
        if any(slots[name].type == "option" for name in names):
            return  # their places are fields of a tool's rows, which only the tool knows
        every = {name: part_names(slot) for name, slot in slots.items()}
        for index, template in enumerate(phrases):
            for place in placeholders(template):
                slot = place.partition(".")[0]
                if place not in every.get(slot, ()):
                    near = every[slot] if slot in every else [p for name in names for p in every[name]]
                    path = ("values", key, str(index))
                    yield wrong(f"no value has this part, in {template!r}", self.file, path, found=place, allowed=near)

    # ------------------------------------------------------------------ values

    def phrase(self, key: str, values: Mapping[str, Any], today: date, rng: random.Random) -> str:
        """One way to say the slots of `key` ('guests', 'check_in+check_out') that means exactly `values`.

        Templates are tried in random order until one holds: cheaper than keeping all that do.
        """
        names = key.split("+")
        if isinstance(several := values.get(key), tuple):
            return listed([self._item(key, item, values, today, rng) for item in several])
        own = self.values.get(f"{key}={values[key]}", ()) if len(names) == 1 else ()
        common = self.values.get(key, ())
        known = parts(self.agent.slots, values)
        tries = [*rng.sample(list(own), len(own)), *rng.sample(list(common), len(common))]
        if common and rng.random() < 0.5:
            tries.reverse()
        for template in tries:
            text = fill(template, known)
            if text and not _ONE_NIGHTS.search(text) and self.means(names, text, values, today):
                return text
        return " to ".join(self._plainly(n, values[n]) for n in names)

    def _item(self, key: str, item: Any, values: Mapping[str, Any], today: date, rng: random.Random) -> str:
        """One item of a list, in words that mean it."""
        slots = {**self.agent.slots, key: replace(self.agent.slots[key], many=False)}
        own, common = self.values.get(f"{key}={item}", ()), self.values.get(key, ())
        known = parts(slots, {**values, key: item})
        for template in rng.sample([*own, *common], len(own) + len(common)):
            got = resolve(slots[key], text, today) if (text := fill(template, known)) else None
            if isinstance(got, Resolved) and got.value == item and text:
                return text
        return shown(slots[key], item)

    def _plainly(self, name: str, value: Any) -> str:
        slot = self.agent.slots.get(name)
        if isinstance(value, date):
            return f"{value.day} {value:%B}" + (f" {value.year}" if slot and slot.past else "")
        return shown(slot, value) if slot and slot.type in SAID_IN_WAYS else str(value)

    def means(self, names: Sequence[str], text: str, values: Mapping[str, Any], today: date) -> bool:
        """Whether the resolver reads exactly these values out of `text`."""
        known: dict[str, Any] = {k: v for k, v in values.items() if k not in names}
        for name in names:
            slot = self.agent.slots[name]
            if slot.type == "option":
                continue
            got = resolve(slot, text, today, known)
            if not isinstance(got, Resolved) or got.value != values[name]:
                return False
            known[name] = got.value
        return True

    # ------------------------------------------------------------------ messages

    def has(self, key: str) -> bool:
        return key in self.messages

    def templates(self, key: str, register: str) -> list[str]:
        bank = self.messages.get(key, {})
        return bank.get(register) or bank.get("neutral") or [t for ts in bank.values() for t in ts]

    def say(
        self,
        template: str,
        values: Mapping[str, Any],
        today: date,
        rng: random.Random,
        style: str = "plain",
        fixed: Mapping[str, str] | None = None,
        polish: bool = True,
    ) -> Said:
        """Fill a message template with phrases for the values.

        Args:
            fixed: phrases that must be used for some keys.
            style: how the text around and in the facts is typed (`STYLES`); names keep their letters.
            polish: capitalise the first letter, as careful writers do; a name's letters are its owner's.
        """
        pieces: list[str] = []
        mentions: dict[str, str] = {}
        at = 0
        for match in _PLACE.finditer(template):
            pieces.append(restyle(template[at : match.start()], style, rng, words=True))
            key = match[1]
            phrase = (fixed or {}).get(key) or self.phrase(key, values, today, rng)
            names = key.split("+")
            literal = all(self.agent.slots[name].type in SPELLED for name in names)
            phrase = phrase if literal else restyle(phrase, style, rng, words=False)
            if polish and style == "plain" and not literal and not "".join(pieces).strip():
                phrase = phrase[:1].upper() + phrase[1:]
            pieces.append(phrase)
            mentions |= dict.fromkeys(names, phrase)
            at = match.end()
        pieces.append(restyle(template[at:], style, rng, words=True))
        return Said("".join(pieces).strip(), mentions)


def parted(entry: Any, share: tuple[int, int], smallest: int = SMALLEST_SPLIT) -> Any:
    """What a share has of an entry that `flatten` takes: of each list of sentences those that are its own.

    Lists shorter than `smallest`, and templates that hardly have words of their own, are everybody's. A register whose
    share is empty is left out: `templates` then takes another register's lines, which belong to this share, rather than
    lines of another one. Only a key without any share stays whole.
    """
    if isinstance(entry, list):
        return _share(entry, share, smallest) or entry
    if all(name in REGISTERS for name in entry):
        return {name: own for name, lines in entry.items() if (own := _share(lines, share, smallest))} or entry
    return {name: parted(inner, share, smallest) for name, inner in entry.items()}


def _share(lines: list[str], share: tuple[int, int], smallest: int) -> list[str]:
    if len(lines) < smallest:
        return lines
    return [line for line in lines if own_words(line) < 2 or in_part(line, share)]


def wrong(message: str, file: Path, path: tuple[str, ...], **more: Any) -> ConfigError:
    """A fault of a bank, with the line of the nearest key: banks are read without lines, faults are rare."""
    lines = read_yaml(file)[1] if file.exists() else {}
    line = next((lines[path[:k]] for k in range(len(path), 0, -1) if path[:k] in lines), None)
    return ConfigError(message, file=file, line=line, field=".".join(path), **more)


def sentences(entry: Any, file: Path, path: tuple[str, ...]) -> list[str]:
    """A list of texts."""
    if not isinstance(entry, list):
        raise wrong("expected a list of sentences", file, path, found=entry, fix=f"{path[-1]}: [one, another]")
    for index, item in enumerate(entry):
        if not isinstance(item, str) or not item.strip():
            raise wrong("expected a sentence", file, (*path, str(index)), found=item, fix="put it in quotes")
    return list(entry)


def flatten(key: str, entry: Any, file: Path) -> Iterable[tuple[str, dict[str, list[str]]]]:
    """open: {book: {neutral: [...]}} -> ('open.book', {...}); affirm: {neutral: [...]} -> ('affirm', {...})."""
    path = tuple(key.split("."))
    if isinstance(entry, list):
        yield key, {"neutral": sentences(entry, file, path)}
        return
    if not isinstance(entry, dict):
        raise wrong("expected registers with lists of sentences", file, path, found=entry)
    if all(name in REGISTERS for name in entry):
        yield key, {name: sentences(lines, file, (*path, name)) for name, lines in entry.items()}
        return
    for name, inner in entry.items():
        yield from flatten(f"{key}.{name}", inner, file)


# ---------------------------------------------------------------------------------------------------- typing styles

_L33T = str.maketrans({"e": "3", "a": "4", "o": "0", "E": "3", "A": "4", "O": "0"})


def restyle(text: str, style: str, rng: random.Random, *, words: bool) -> str:
    """How a text is typed. `words=False` marks a phrase that carries a value: only its case may change."""
    if style == "plain":
        return text
    if not words:
        return text.lower()
    lower = text.lower()
    if style == "lowercase":
        return lower.replace("'", "") if rng.random() < 0.5 else lower
    if style == "l33t":
        return re.sub(r"[a-z]{3,}", lambda m: m[0].translate(_L33T) if rng.random() < 0.6 else m[0], lower)
    return re.sub(r"[A-Za-z]{4,}", lambda m: _typo(m[0], rng) if rng.random() < 0.2 else m[0], text)


def _typo(word: str, rng: random.Random) -> str:
    """One slip of the fingers: two letters swapped, one dropped, or one doubled; never the first."""
    k = rng.randrange(1, len(word) - 1)
    kind = rng.randrange(3)
    if kind == 0:
        return word[:k] + word[k + 1] + word[k] + word[k + 2 :]
    return word[:k] + word[k + 1 :] if kind == 1 else word[: k + 1] + word[k] + word[k + 1 :]
