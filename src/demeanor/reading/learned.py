"""The learned reader: one encoder, run by onnxruntime, and small heads in numpy. No torch.

The encoder reads a message once, whatever the number of labels and slots; slots and tools of an agent are read once,
from their descriptions. `learn/` makes what stands in `weights/`; `weights/CARD.md` says from what, how well, and what
it cannot.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from copy import copy
from functools import cache, cached_property, lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from demeanor.agent.slots import Slot
from demeanor.errors import ModelError
from demeanor.reading.describe import slot_text, tool_text
from demeanor.reading.labels import COLUMNS, LABELS
from demeanor.reading.reader import Reading, Spoken, Told
from demeanor.reading.tokens import BEFORE, TEXT, Tokenizer, Tokens
from demeanor.text import neighbours, said_units

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Floats = NDArray[np.float32]

WEIGHTS = Path(__file__).parent / "weights"
AT_ONCE = 32  # messages in one pass of the encoder
KEPT = 4096  # readings of single messages, which several ask for
PARTS = tuple(f"{layer}.{part}" for layer in ("straight", "hidden", "added") for part in ("weight", "bias"))
FOUND = 0.5  # from which probability on a label is said to be there; `limits` say from where on that is sure
WANTS = {"asked": frozenset({"ask", "confirm", "invite"}), "corrected": frozenset({"correct"})}
"""Labels of messages that may name slots, by role."""
ALWAYS = frozenset({"ask", "correct"})  # they name a slot, sure or not; a yes to the others need not fill one
LIKELIEST = 0.02  # from which probability on
BEYOND = -1e4  # the logit of a token that does not count


class Weights:
    """What was learned: encoder, heads, limits. Loaded at the first use, once a process (`weights`).

    `everyday`: the words and pictures of which answers that are nothing but agreement are made; `doubtful`: those that
    never stand side by side in one; `firm`: of the first those that say hardly anything else.
    """

    def __init__(self, folder: Path) -> None:
        import numpy as np
        import onnxruntime

        if not (folder / "encoder.onnx").is_file():
            raise ModelError("no reader here", file=folder, fix="python -m demeanor.reading.learn")
        options = onnxruntime.SessionOptions()
        options.log_severity_level = 3
        # Matrices are kept in eight bits; multiplied out once, when they are loaded.
        options.add_session_config_entry("session.disable_quant_qdq", "1")
        # Threads that wait in a loop for the next message take the cores from whatever runs beside.
        options.add_session_config_entry("session.intra_op.allow_spinning", "0")
        self.session = onnxruntime.InferenceSession(
            str(folder / "encoder.onnx"), options, providers=["CPUExecutionProvider"]
        )
        self.tokenizer = Tokenizer(folder / "tokenizer.json")
        with np.load(folder / "heads.npz") as heads:
            self.heads: dict[str, Floats] = {name: heads[name].astype(np.float32) for name in heads.files}
        words = [row.split() for row in (folder / "everyday.txt").read_text(encoding="utf-8").splitlines()]
        self.everyday, self.firm = frozenset(w[0] for w in words), frozenset(w[0] for w in words if len(w) > 1)
        pairs = (folder / "doubtful.txt").read_text(encoding="utf-8").splitlines()
        self.doubtful = frozenset((first, second) for first, second in map(str.split, pairs))
        facts = json.loads((folder / "limits.json").read_text(encoding="utf-8"))
        self.roles: tuple[str, ...] = tuple(facts["roles"])
        self.limits: dict[str, float] = facts["limits"]

    def with_heads(self, heads: dict[str, Floats], agreeing: Iterable[str] = ()) -> Weights:
        """The same encoder and limits with other heads, and more texts with which people agree."""
        other, said = copy(self), [*agreeing]
        other.heads = heads
        other.everyday = self.everyday | {unit for text in said for unit in said_units(text)}
        other.doubtful = self.doubtful - {pair for text in said for pair in neighbours(text)}
        return other

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
        return self._projected(mean, "description").reshape(len(texts), len(self.roles), -1)

    def _projected(self, states: Floats, side: str) -> Floats:
        """States in the space in which tokens and descriptions are compared."""
        import numpy as np

        heads = {name: self.heads[f"{side}.{name}"] for name in PARTS}
        hidden = np.maximum(states @ heads["hidden.weight"].T + heads["hidden.bias"], 0)
        added = hidden @ heads["added.weight"].T + heads["added.bias"]
        projected: Floats = states @ heads["straight.weight"].T + heads["straight.bias"] + added
        return projected

    def matches(self, states: Floats, things: Floats | None) -> Floats:
        """States and descriptions (`described`; None without any) -> (messages, roles, tokens, things): logits."""
        import numpy as np

        roles = len(self.roles)
        if things is None:
            return np.zeros((len(states), roles, states.shape[1], 0), dtype=np.float32)
        tokens = self._projected(states, "token").reshape(*states.shape[:2], roles, -1)
        logits = np.einsum("btrw,srw->brts", tokens, things) / np.sqrt(tokens.shape[-1])
        found: Floats = logits + self.heads["matches.bias"][:, None, None]
        return found


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
        self._given = learned
        self._slots, self._tools = [*slots], [*tools]
        self._texts = [*map(slot_text, slots.values()), *(tool_text(*tool) for tool in tools.items())]
        self._read = lru_cache(KEPT)(self._one)

    @cached_property
    def _learned(self) -> Weights:
        """Loaded when something is read: an agent may be opened without."""
        return self._given or weights()

    @cached_property
    def _things(self) -> Floats | None:
        return self._learned.described(self._texts) if self._texts else None

    @property
    def width(self) -> int:
        """Of a message's states (`features`)."""
        return int(self._learned.heads["acts.judge"].shape[-1])

    def read(self, messages: Sequence[Spoken]) -> list[Reading]:
        """One reading a message, in their order; of similar length together, since what is short is padded."""
        if len(messages) == 1:
            return [self._read(messages[0])]
        order = sorted(range(len(messages)), key=lambda k: len(messages[k].text))
        readings: dict[int, Reading] = {}
        for start in range(0, len(order), AT_ONCE):
            rows = order[start : start + AT_ONCE]
            readings.update(zip(rows, self._batch([messages[k] for k in rows]), strict=True))
        return [readings[k] for k in range(len(messages))]

    def _one(self, message: Spoken) -> Reading:
        return self._batch([message])[0]

    def _batch(self, messages: Sequence[Spoken]) -> list[Reading]:
        read = self._learned.tokenizer.messages([(m.before, m.text) for m in messages])
        states = self._learned.states(read)
        acts = self._acts(states, read)
        matches = self._learned.matches(states, self._things)
        return [self._reading(message, acts[k], read, k, matches[k]) for k, message in enumerate(messages)]

    def features(self, messages: Sequence[Spoken]) -> Floats:
        """(messages, columns, width): what the judgement of each label is made from."""
        import numpy as np

        found = []
        for start in range(0, len(messages), AT_ONCE):
            read = self._learned.tokenizer.messages([(m.before, m.text) for m in messages[start : start + AT_ONCE]])
            found.append(self._pooled(self._learned.states(read), read))
        return np.concatenate(found)

    def _pooled(self, states: Floats, read: Tokens) -> Floats:
        import numpy as np

        logits = states @ self._learned.heads["acts.query"].T
        logits[~np.asarray(read.text)] = BEYOND
        spread = np.exp(logits - logits.max(1, keepdims=True))
        spread /= spread.sum(1, keepdims=True)
        pooled: Floats = np.einsum("btl,btw->blw", spread, states)
        return pooled

    def columns(self, pairs: Sequence[tuple[str, str]], names: Sequence[str], head: int = BEFORE) -> Floats:
        """(texts behind others, columns by name): probabilities; `head`: most tokens of what stands before."""
        import numpy as np

        at, found = [COLUMNS.index(name) for name in names], np.zeros((len(pairs), len(names)), dtype=np.float32)
        order = sorted(range(len(pairs)), key=lambda k: sum(map(len, pairs[k])))
        for start in range(0, len(order), AT_ONCE):
            rows = order[start : start + AT_ONCE]
            read = self._learned.tokenizer.messages([pairs[k] for k in rows], head)
            found[rows] = self._acts(self._learned.states(read), read)[:, at]
        return found

    def _acts(self, states: Floats, read: Tokens) -> Floats:
        """(messages, columns): probabilities."""
        import numpy as np

        heads = self._learned.heads
        judged: Floats = np.einsum("blw,lw->bl", self._pooled(states, read), heads["acts.judge"])
        return _probability(judged + heads["acts.bias"])

    def _reading(self, message: Spoken, acts: Floats, read: Tokens, row: int, matches: Floats) -> Reading:
        speaker, limits = message.speaker, self._learned.limits
        known = {label: float(acts[COLUMNS.index(f"{speaker}.{label}")]) for label in LABELS[speaker]}
        found = frozenset(label for label, p in known.items() if p >= FOUND)
        unsure = frozenset(label for label, p in known.items() if max(p, 1 - p) < limits[speaker])
        at = [k for k, own in enumerate(read.text[row]) if own]
        best = _probability(_soft_maximum(matches[:, at], 1)) if at else None
        role = "asked" if speaker == "agent" else "corrected"
        slots = self._named(best, role, self._slots, 0)
        wanted = _wanted(slots, found, role, limits[role])
        if speaker == "agent":
            tools = self._named(best, "tool", self._tools, len(self._slots))
            return Reading(known, slots, tools, (), found, unsure, wanted)
        told = self._told(message.text, read.offsets[row], at, matches)
        agreement = float(acts[COLUMNS.index("user.agrees")]) * self._only_everyday(message, len(at))
        agrees = agreement >= limits["agrees"]
        firmly = agrees and {*said_units(message.text)} <= self._learned.firm | {*said_units(message.before)}
        return Reading(known, slots, {}, told, found, unsure, wanted, agreement, agrees, firmly)

    def _only_everyday(self, message: Spoken, tokens: int) -> bool:
        """Whether an answer was read to its end, and every word and picture of it is one with which people agree, or
        stands in the question, none beside one with which it would not; who asks back does not agree. Whatever else a
        person adds, nobody has to know it to be careful."""
        said, asked = {*said_units(message.text)}, {*said_units(message.before), "."}
        if not said or tokens >= TEXT or "?" in message.text or not said <= self._learned.everyday | asked:
            return False
        return all({*pair} <= asked for pair in neighbours(message.text) & self._learned.doubtful)

    def _named(self, best: Floats | None, role: str, names: Sequence[str], first: int) -> dict[str, float]:
        if best is None:
            return {}
        row = best[self._learned.roles.index(role)]
        return {name: float(row[first + k]) for k, name in enumerate(names)}

    def _told(
        self, text: str, offsets: Sequence[tuple[int, int]], at: Sequence[int], matches: Floats
    ) -> tuple[Told, ...]:
        """Runs of tokens that tell a slot; of two slots that claim the same words the likelier has them."""
        roles, limit = self._learned.roles, self._learned.limits["told"]
        inside = _shares(matches[roles.index("told")])
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


def _wanted(slots: Mapping[str, float], found: frozenset[str], role: str, limit: float) -> tuple[str, ...]:
    """The slots that a message asks for, or corrects. Who asks nothing wants nothing; who asks wants at least one."""
    if not found & WANTS[role]:
        return ()
    likeliest = max(slots.values(), default=0.0) if found & ALWAYS else 1.0
    return tuple(slot for slot, p in slots.items() if p >= limit or (p == likeliest and p >= LIKELIEST))


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


def _shares(logits: Floats) -> Floats:
    """(tokens, slots): the probability that a token tells each slot, where telling none has the logit zero."""
    import numpy as np

    raised: Floats = np.exp(np.clip(logits, -30, 30))
    out: Floats = raised / (1 + raised.sum(-1, keepdims=True))
    return out


def _soft_maximum(logits: Floats, axis: int) -> Floats:
    import numpy as np

    top = logits.max(axis, keepdims=True)
    spread: Floats = np.exp(logits - top)
    out: Floats = np.squeeze(np.log(np.sum(spread, axis=axis, keepdims=True)) + top, axis=axis)
    return out
