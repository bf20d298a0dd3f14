"""The learned reader: one encoder, run by onnxruntime, and small heads in numpy. No torch.

The encoder reads a message once, whatever the number of labels and slots; slots and tools of an agent are read once, from
their descriptions. `learn/` makes what stands in `weights/`; `weights/CARD.md` says from what, how well, and what it cannot.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from demeanor.agent.slots import Slot
from demeanor.reading.describe import slot_text, tool_text
from demeanor.reading.labels import COLUMNS, Speaker
from demeanor.reading.reader import Reading, Spoken, Told
from demeanor.reading.tokens import Tokenizer, Tokens

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Floats = NDArray[np.float32]

WEIGHTS = Path(__file__).parent / "weights"
AT_ONCE = 32  # messages in one pass of the encoder
BEYOND = -1e4  # the logit of a token that does not count


@dataclass(frozen=True)
class Limits:
    """Where a label is sure to be absent, found, and sure to be there."""

    absent: float
    found: float
    there: float


class Weights:
    """What was learned: encoder, heads, limits. Loaded at the first use, once a process (`weights`)."""

    def __init__(self, folder: Path) -> None:
        import numpy as np
        import onnxruntime

        options = onnxruntime.SessionOptions()
        options.log_severity_level = 3
        # Matrices are kept in eight bits; multiplied out once, when they are loaded.
        options.add_session_config_entry("session.disable_quant_qdq", "1")
        self.session = onnxruntime.InferenceSession(
            str(folder / "encoder.onnx"), options, providers=["CPUExecutionProvider"]
        )
        self.tokenizer = Tokenizer(folder / "tokenizer.json")
        with np.load(folder / "heads.npz") as heads:
            self.heads: dict[str, Floats] = {name: heads[name].astype(np.float32) for name in heads.files}
        facts = json.loads((folder / "limits.json").read_text(encoding="utf-8"))
        self.roles: tuple[str, ...] = tuple(facts["roles"])
        self.limits = {name: Limits(**limits) for name, limits in facts["limits"].items()}

    def states(self, read: Tokens) -> Floats:
        """(messages, tokens, width)."""
        import numpy as np

        inputs = {"ids": read.ids, "mask": read.mask, "kinds": read.kinds}
        found: Any = self.session.run(None, {name: np.asarray(rows, dtype=np.int64) for name, rows in inputs.items()})
        states: Floats = found[0]
        return states

    def described(self, texts: Sequence[str]) -> Floats:
        """(texts, roles, width of the comparison)."""
        import numpy as np

        read = self.tokenizer.descriptions(texts)
        shown = np.asarray(read.mask, dtype=np.float32)[..., None]
        mean = (self.states(read) * shown).sum(1) / shown.sum(1)
        things: Floats = mean @ self.heads["description.weight"].T + self.heads["description.bias"]
        return things.reshape(len(texts), len(self.roles), -1)


@cache
def weights(folder: Path = WEIGHTS) -> Weights:
    """What is shipped, read once."""
    return Weights(folder)


class LearnedReader:
    """Reads for one agent.

    Args:
        slots: what the agent has to know.
        tools: tool name -> what it does, in a line.
    """

    def __init__(self, slots: Mapping[str, Slot], tools: Mapping[str, str], learned: Weights | None = None) -> None:
        self._learned = learned or weights()
        self._slots, self._tools = [*slots], [*tools]
        texts = [*map(slot_text, slots.values()), *(tool_text(*tool) for tool in tools.items())]
        self._things = self._learned.described(texts) if texts else None

    def read(self, messages: Sequence[Spoken]) -> list[Reading]:
        """One reading a message, in their order; of similar length together, since what is short is padded."""
        order = sorted(range(len(messages)), key=lambda k: len(messages[k].text))
        readings: dict[int, Reading] = {}
        for start in range(0, len(order), AT_ONCE):
            rows = order[start : start + AT_ONCE]
            readings.update(zip(rows, self._batch([messages[k] for k in rows]), strict=True))
        return [readings[k] for k in range(len(messages))]

    def _batch(self, messages: Sequence[Spoken]) -> list[Reading]:
        read = self._learned.tokenizer.messages([(m.before, m.text) for m in messages])
        states = self._learned.states(read)
        acts = self._acts(states, read)
        matches = self._matches(states)
        return [self._reading(message, acts[k], read, k, matches[k]) for k, message in enumerate(messages)]

    def _acts(self, states: Floats, read: Tokens) -> Floats:
        """(messages, labels): probabilities."""
        import numpy as np

        heads = self._learned.heads
        logits = states @ heads["acts.query"].T
        logits[~np.asarray(read.text)] = BEYOND
        spread = np.exp(logits - logits.max(1, keepdims=True))
        spread /= spread.sum(1, keepdims=True)
        pooled = np.einsum("btl,btw->blw", spread, states)
        return _probability(np.einsum("blw,lw->bl", pooled, heads["acts.judge"]) + heads["acts.bias"])

    def _matches(self, states: Floats) -> Floats:
        """(messages, roles, tokens, things): logits."""
        import numpy as np

        heads, roles = self._learned.heads, len(self._learned.roles)
        if self._things is None:
            return np.zeros((len(states), roles, states.shape[1], 0), dtype=np.float32)
        tokens = (states @ heads["token.weight"].T + heads["token.bias"]).reshape(*states.shape[:2], roles, -1)
        logits = np.einsum("btrw,srw->brts", tokens, self._things) / np.sqrt(tokens.shape[-1])
        found: Floats = logits + heads["matches.bias"][:, None, None]
        return found

    def _reading(self, message: Spoken, acts: Floats, read: Tokens, row: int, matches: Floats) -> Reading:
        columns = columns_of(message.speaker)
        known = {label: float(acts[k]) for k, label in columns}
        limits = {label: self._learned.limits[f"{message.speaker}.{label}"] for label in known}
        found = frozenset(label for label, p in known.items() if p >= limits[label].found)
        unsure = frozenset(label for label, p in known.items() if limits[label].absent < p < limits[label].there)
        at = [k for k, own in enumerate(read.text[row]) if own]
        best = _probability(_soft_maximum(matches[:, at], 1)) if at else None
        role = "asked" if message.speaker == "agent" else "corrected"
        slots = self._named(best, role, self._slots, 0)
        tools = self._named(best, "tool", self._tools, len(self._slots)) if message.speaker == "agent" else {}
        told = self._told(message.text, read.offsets[row], at, matches) if message.speaker == "user" else ()
        return Reading(known, slots, tools, told, found, unsure)

    def _named(self, best: Floats | None, role: str, names: Sequence[str], first: int) -> dict[str, float]:
        if best is None:
            return {}
        row = best[self._learned.roles.index(role)]
        return {name: float(row[first + k]) for k, name in enumerate(names)}

    def _told(
        self, text: str, offsets: Sequence[tuple[int, int]], at: Sequence[int], matches: Floats
    ) -> tuple[Told, ...]:
        """Runs of tokens that tell a slot; of two slots that claim the same words the likelier has them."""
        roles, limit = self._learned.roles, self._learned.limits["told"].found
        inside = _probability(matches[roles.index("told")])
        begins = _probability(matches[roles.index("begins")])
        found = []
        for column, slot in enumerate(self._slots):
            for run in _runs([k for k in at if inside[k, column] >= limit], begins[:, column]):
                start, end = whole_words(text, offsets[run[0]][0], offsets[run[-1]][1])
                found.append(Told(slot, start, end, text[start:end], float(inside[run, column].mean())))
        kept: list[Told] = []
        for told in sorted(found, key=lambda t: -t.probability):
            if all(told.end <= other.start or other.end <= told.start for other in kept):
                kept.append(told)
        return tuple(sorted(kept, key=lambda t: t.start))


def columns_of(speaker: Speaker) -> list[tuple[int, str]]:
    """The columns of who speaks, with their labels."""
    split = (column.partition(".") for column in COLUMNS)
    return [(k, label) for k, (kind, _, label) in enumerate(split) if kind == speaker]


def _runs(tokens: Sequence[int], begins: Floats) -> list[list[int]]:
    """Neighbouring tokens together; a token that begins a span of its own starts another."""
    runs: list[list[int]] = []
    for token in tokens:
        if runs and token == runs[-1][-1] + 1 and begins[token] < 0.5:
            runs[-1].append(token)
        else:
            runs.append([token])
    return runs


def whole_words(text: str, start: int, end: int) -> tuple[int, int]:
    """A span widened to the words that it cuts."""
    while start > 0 and text[start - 1].isalnum() and text[start].isalnum():
        start -= 1
    while end < len(text) and text[end].isalnum() and text[end - 1].isalnum():
        end += 1
    return start, end


def _probability(logits: Floats) -> Floats:
    import numpy as np

    bounded: Floats = np.clip(logits, -30, 30)
    out: Floats = np.reciprocal(1 + np.exp(-bounded))
    return out


def _soft_maximum(logits: Floats, axis: int) -> Floats:
    import numpy as np

    top = logits.max(axis, keepdims=True)
    spread: Floats = np.exp(logits - top)
    out: Floats = np.squeeze(np.log(np.sum(spread, axis=axis, keepdims=True)) + top, axis=axis)
    return out
