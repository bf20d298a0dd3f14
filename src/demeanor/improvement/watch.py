"""Live conversations, read as they were recorded: what rises, and which needs nobody has trained.

However many there are, one is held at a time: everything is counted in one pass, and what reads meaning is asked about
the newest conversations (the window) and an even sample of those before them. A signal is raised where it stands in
clearly more conversations of the window than of the sample (Fisher's exact test, one-sided, at 0.1%: a watch is asked
again and again). A need is far from all training where its message lies farther from every message that was trained
than trained messages lie from one another; it is named once several conversations bring it.
"""

from __future__ import annotations

import math
import random
from collections import Counter, deque
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING, Any

from demeanor.agent import Agent
from demeanor.agent.description import HAND_OVER
from demeanor.dialogue import Dialogue
from demeanor.improvement.correction import is_correction
from demeanor.reading.acts import Turn, acts_of
from demeanor.reading.reader import Reader

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Vectors = NDArray[Any]

WINDOW = 100
SAMPLE = 1000
FEWEST_BEFORE = 100
"""Conversations before the window without which nothing is said to have risen."""
RISES = 0.001
SLOW = 10.0  # seconds for a reply
FAR = 0.01  # of the trained messages lie farther from all others of other dialogues
ALIKE = 0.6  # the cosine from which on two messages bring the same need
SEVERAL = 3  # conversations that bring a need before it is named
EXAMPLES = 3
SIGNALS: Mapping[str, str] = {
    "deferred": "the agent deferred or handed over",
    "asked_again": "the agent asked the same question twice",
    "given_up": "the user left a question of the agent's unanswered, and nothing was done",
    "guarded": "a guard answered",
    "broken": "a tool broke or refused",
    "slow": f"a reply took longer than {SLOW:.0f} s",
}
BUCKETS = 60  # of latencies, each a quarter longer than the one before, from 10 ms on

Embed = Callable[[Sequence[str]], "Vectors"]
"""Texts -> vectors of length 1, one row each."""


def signs(agent: Agent, reader: Reader, dialogue: Dialogue) -> dict[str, bool]:
    """Which signals a conversation gives. Whether a reply defers is read from its words."""
    messages = dialogue.messages
    replies = [m for m in messages if m.role == "assistant"]
    asked = Counter(q for m in replies if not m.by_code for q in _questions(m.content))
    results = [m.content for m in messages if m.role == "tool"]
    wrote = any(c.name in agent.writes() for m in replies for c in m.calls)
    handed = any(c.name == HAND_OVER for m in replies for c in m.calls)
    left = bool(replies) and messages[-1].role == "assistant" and messages[-1].content.rstrip().endswith("?")
    return {
        "deferred": handed or any("defer" in acts_of(agent, reader, *reply) for reply in _replies(dialogue)),
        "asked_again": any(count > 1 for count in asked.values()),
        "given_up": left and not wrote,
        "guarded": any(m.guard for m in replies),
        "broken": any('"error"' in result for result in results),
        "slow": any(seconds > SLOW for seconds in latencies(dialogue)),
    }


def _replies(dialogue: Dialogue) -> list[tuple[str, Turn]]:
    """What the agent said, each behind the user's message that it answers."""
    said, before = list[tuple[str, Turn]](), ""
    for message in dialogue.messages:
        before = message.content if message.role == "user" else before
        if message.role == "assistant" and message.content:
            said.append((message.content, Turn(before)))
    return said


def _questions(text: str) -> set[str]:
    """The questions of a reply, as they stand there but for case and spaces."""
    parts = text.replace("!", ".").replace("\n", ".").split("?")[:-1]
    return {" ".join(part.rpartition(".")[2].lower().split()) for part in parts} - {""}


def latencies(dialogue: Dialogue) -> list[float]:
    """Seconds from a message of the user's to its answer, where the transcript says them."""
    told = dialogue.metadata.get("seconds", {})
    return [float(s) for s in told.values() if isinstance(s, int | float)] if isinstance(told, Mapping) else []


@dataclass
class Seen:
    """One pass over the transcripts: counts of all of them, the window, and the sample before it.

    What is kept does not grow with their number.
    """

    agent: Agent
    reader: Reader
    window: int = WINDOW
    sample: int = SAMPLE
    conversations: int = 0
    messages: int = 0
    corrected: int = 0
    unreadable: int = 0
    adapters: Counter[str] = field(default_factory=Counter)
    seconds: list[int] = field(default_factory=lambda: [0] * BUCKETS)
    recent: deque[Dialogue] = field(default_factory=deque)
    before: list[Dialogue] = field(default_factory=list)
    passed: int = 0

    def __post_init__(self) -> None:
        self._rng = random.Random(0)

    def add(self, dialogue: Dialogue) -> None:
        """Count one conversation; the oldest of the window goes into the sample, or nowhere (reservoir sampling,
        J. S. Vitter (1985), ACM Transactions on Mathematical Software 11:37-57)."""
        self.conversations += 1
        self.messages += len(dialogue.messages)
        model = dialogue.metadata.get("model")
        adapter = str(model.get("adapter", "")) if isinstance(model, Mapping) else ""
        if adapter in self.adapters or len(self.adapters) < 100:
            self.adapters[adapter] += 1
        for second in latencies(dialogue):
            self.seconds[_bucket(second)] += 1
        self.recent.append(dialogue)
        if len(self.recent) <= self.window:
            return
        old = self.recent.popleft()
        self.passed += 1
        if len(self.before) < self.sample:
            self.before.append(old)
        elif (place := self._rng.randrange(self.passed)) < self.sample:
            self.before[place] = old

    def latency(self, share: float) -> float | None:
        """The seconds within which such a share of the replies came, to a quarter; None where nothing tells."""
        whole, found = sum(self.seconds), 0
        for bucket, count in enumerate(self.seconds):
            found += count
            if whole and found >= share * whole:
                return float(0.01 * 1.25**bucket)
        return None


def _bucket(seconds: float) -> int:
    return max(0, min(BUCKETS - 1, math.ceil(math.log(max(seconds, 0.01) / 0.01) / math.log(1.25))))


@dataclass(frozen=True)
class Alert:
    """What somebody should look at: the signal, in words, how often before and now, and conversations that show it."""

    signal: str
    says: str
    now: str
    before: str = ""
    examples: tuple[str, ...] = ()


@dataclass(frozen=True)
class Need:
    """A need far from all training: how many conversations of the window bring it, and in which words."""

    conversations: int
    examples: tuple[str, ...]
    nearest: float


@dataclass(frozen=True)
class Watched:
    """What a watch found. `rates`: signal -> (conversations of the sample with it, of the window with it)."""

    conversations: int
    messages: int
    unreadable: int
    window: int
    sample: int
    rates: Mapping[str, tuple[int, int]]
    latency: Mapping[str, float | None]
    adapters: Mapping[str, int]
    needs: tuple[Need, ...] = ()
    far: int | None = None
    alerts: tuple[Alert, ...] = ()

    def to_json(self) -> dict[str, Any]:
        """Plain data."""
        return asdict(self)


def judge(seen: Seen, known: Known | None) -> Watched:
    """What the conversations show. Without `known` nothing is said of needs."""
    before = [signs(seen.agent, seen.reader, d) for d in seen.before]
    recent = [(d, signs(seen.agent, seen.reader, d)) for d in seen.recent]
    rates = {s: (sum(x[s] for x in before), sum(x[s] for _, x in recent)) for s in SIGNALS}
    alerts = [a for s in SIGNALS if (a := _risen(s, rates[s], len(before), recent)) is not None]
    needs, far = new_needs([_said(d) for d in seen.recent], known) if known is not None else ((), None)
    alerts += [
        Alert("new_need", "users bring a need that nothing trained is like", f"{n.conversations} conversations",
              examples=n.examples)
        for n in needs
    ]  # fmt: skip
    latency = {"half": seen.latency(0.5), "most": seen.latency(0.95)}
    counts = (seen.conversations, seen.messages, seen.unreadable, len(recent), len(before))
    return Watched(*counts, rates, latency, dict(seen.adapters), tuple(needs), far, tuple(alerts))


def _said(dialogue: Dialogue) -> list[str]:
    return [m.content for m in dialogue.messages if m.role == "user" and m.content.strip()]


def _risen(
    signal: str, counts: tuple[int, int], before: int, recent: Sequence[tuple[Dialogue, Mapping[str, bool]]]
) -> Alert | None:
    then, now = counts
    if before < FEWEST_BEFORE or not recent or fisher(now, len(recent), then, before) >= RISES:
        return None
    shown = [d.id for d, signs_of in recent if signs_of[signal]][-EXAMPLES:]
    return Alert(signal, SIGNALS[signal], _share(now, len(recent)), _share(then, before), tuple(shown))


def _share(k: int, n: int) -> str:
    return f"{k} of {n} ({100 * k / n:.0f}%)"


def fisher(k: int, n: int, m: int, of: int) -> float:
    """The chance of k or more of n, where m of another `of` are such, if both were alike: Fisher's exact test."""
    marked, whole = k + m, n + of
    all_ways = math.comb(whole, n)
    ways = sum(math.comb(marked, j) * math.comb(whole - marked, n - j) for j in range(k, min(n, marked) + 1))
    return ways / all_ways


# ------------------------------------------------------------------------------------------------ needs


@dataclass(frozen=True)
class Known:
    """What was trained: the users' messages as vectors, the number of the dialogue of each, and what makes vectors of
    further messages."""

    vectors: Vectors
    owners: Vectors
    embed: Embed


def new_needs(said: Sequence[Sequence[str]], known: Known) -> tuple[tuple[Need, ...], int]:
    """The needs of some conversations that are far from all training, the most frequent first; and how many of the
    conversations have such a message.

    Args:
        said: what the user of each conversation said.
    """
    import numpy as np

    lines = [(k, text) for k, texts in enumerate(said) for text in texts]
    if not lines or not len(known.vectors):
        return (), 0
    limit = far_limit(known.vectors, known.owners)
    there = np.asarray(known.embed([text for _, text in lines]))
    parts = np.array_split(there, len(there) // 256 + 1)
    nearest = np.concatenate([(part @ known.vectors.T).max(1) for part in parts])
    far = [k for k in range(len(lines)) if nearest[k] < limit]
    found = []
    for members in _groups(there[far]):
        talks = {lines[far[k]][0] for k in members}
        if len(talks) >= SEVERAL:
            texts = tuple(dict.fromkeys(lines[far[k]][1] for k in members))[:EXAMPLES]
            found.append(Need(len(talks), texts, float(min(nearest[far[k]] for k in members))))
    found.sort(key=lambda need: -need.conversations)
    return tuple(found), len({lines[k][0] for k in far})


def far_limit(vectors: Vectors, owners: Vectors, most: int = 2000) -> float:
    """The cosine below which a message is far: all but a few trained messages come nearer to one of another
    dialogue."""
    import numpy as np

    rows = np.linspace(0, len(vectors) - 1, min(most, len(vectors))).astype(int)
    nearest = []
    for row in rows:
        cosines = vectors @ vectors[row]
        cosines[owners == owners[row]] = -1.0
        nearest.append(float(cosines.max()))
    return float(np.quantile(nearest, FAR))


def _groups(vectors: Vectors) -> list[list[int]]:
    """Messages that say the same: each joins the first group whose centre it comes near enough to."""
    import numpy as np

    centres: list[Any] = []
    groups: list[list[int]] = []
    for k, vector in enumerate(vectors):
        cosines = [float(vector @ (c / max(float(np.linalg.norm(c)), 1e-9))) for c in centres]
        best = max(range(len(cosines)), key=cosines.__getitem__, default=-1)
        if best >= 0 and cosines[best] >= ALIKE:
            groups[best].append(k)
            centres[best] = centres[best] + vector
        else:
            groups.append([k])
            centres.append(vector.copy())
    return groups


def scan(dialogues: Iterable[Dialogue], seen: Seen) -> Seen:
    """Count every conversation; a correction is none."""
    for dialogue in dialogues:
        if is_correction(dialogue):
            seen.corrected += 1
        else:
            seen.add(dialogue)
    return seen
