"""Lines -> weights. Lines of one trade are read together, so that each of its descriptions is read once for many of
them."""

from __future__ import annotations

import random
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

import torch
from torch import Tensor
from torch.nn.functional import binary_cross_entropy_with_logits, cross_entropy

from demeanor.agent.slots import Slot
from demeanor.reading.describe import slot_text, tool_text
from demeanor.reading.labels import COLUMNS
from demeanor.reading.learn.lines import NO_TRADE, Line, Trade
from demeanor.reading.learn.network import MATCHES, Network, best
from demeanor.reading.tokens import BEFORE, PASSAGE, Tokenizer, Tokens


@dataclass(frozen=True)
class Settings:
    """`group`: lines of one trade and kind that are read at once; `groups`: those of one step. `descriptions`: the
    share of descriptions that are not as the trade has them, since those of users have gaps and other words;
    `otherwise`: of these, the share in other words. `alone`: the share of agents' messages that are read without the
    one before them, so that they are heard by their own words too. `bf16`: multiply in bf16, over weights in fp32.
    """

    epochs: int = 5
    group: int = 32
    groups: int = 2
    rate: float = 1e-4
    head_rate: float = 1e-3
    warmup: float = 0.1
    decay: float = 0.01
    descriptions: float = 0.7
    otherwise: float = 0.7
    alone: float = 0.15
    bf16: bool = False
    seed: int = 0


@dataclass(frozen=True)
class Group:
    """Lines of one trade and kind, of similar length."""

    trade: Trade
    lines: list[Line]


ALIKE = 4  # groups whose lines are sorted by length together: little padding, and still another mix every time


def steps(
    lines: Sequence[Line], trades: Mapping[str, Trade], settings: Settings, rng: random.Random
) -> Iterator[list[Group]]:
    """Every line once, in groups; the groups of a step are of any trades."""
    by_trade: dict[tuple[str, str], list[Line]] = defaultdict(list)
    for line in rng.sample(list(lines), len(lines)):
        by_trade[line.trade, line.kind].append(line)
    groups, window = list[Group](), ALIKE * settings.group
    for (trade, _), found in by_trade.items():
        for start in range(0, len(found), window):
            near = sorted(found[start : start + window], key=lambda line: len(line.before) + len(line.text))
            groups += [
                Group(trades.get(trade, NO_TRADE), near[k : k + settings.group])
                for k in range(0, len(near), settings.group)
            ]
    rng.shuffle(groups)
    for start in range(0, len(groups), settings.groups):
        yield groups[start : start + settings.groups]


def fit(
    network: Network,
    tokenizer: Tokenizer,
    lines: Sequence[Line],
    trades: Mapping[str, Trade],
    settings: Settings,
    on_step: Callable[[int, int, float], None] = lambda step, steps, loss: None,
) -> None:
    """Tune a network on lines, but for its word vectors; it is left in evaluation mode."""
    torch.manual_seed(settings.seed)
    rng = random.Random(settings.seed)
    plan = [step for _ in range(settings.epochs) for step in steps(lines, trades, settings, rng)]
    network.encoder.get_input_embeddings().requires_grad_(False)  # half of all weights; rare words keep what they meant
    encoder = [weight for weight in network.encoder.parameters() if weight.requires_grad]
    heads = [*network.acts.parameters(), *network.matches.parameters()]
    optimizer = torch.optim.AdamW(
        [{"params": encoder, "lr": settings.rate}, {"params": heads, "lr": settings.head_rate}],
        weight_decay=settings.decay,
    )
    rises = max(1, round(settings.warmup * len(plan)))
    schedule = torch.optim.lr_scheduler.LambdaLR(
        optimizer, lambda step: min((step + 1) / rises, (len(plan) - step) / max(1, len(plan) - rises))
    )
    network.train()
    for number, step in enumerate(plan, 1):
        optimizer.zero_grad()
        size, missed = sum(len(group.lines) for group in step), 0.0
        for group in step:
            loss = group_loss(network, tokenizer, group, settings, rng) / size
            loss.backward()  # type: ignore[no-untyped-call]
            missed += float(loss.detach())
        torch.nn.utils.clip_grad_norm_(network.parameters(), 1.0)
        optimizer.step()
        schedule.step()
        on_step(number, len(plan), missed)
    network.eval()


def group_loss(network: Network, tokenizer: Tokenizer, group: Group, settings: Settings, rng: random.Random) -> Tensor:
    """What all heads miss, summed over the lines of a group."""
    lines, kind = group.lines, group.lines[0].kind
    alone = settings.alone if kind == "agent" else 0.0
    said = [("" if rng.random() < alone else line.before, line.text) for line in lines]
    read = tokenizer.messages(said, PASSAGE if kind == "claim" else BEFORE)
    things, text = described(group, settings, rng), torch.tensor(read.text)
    with torch.autocast("cpu", torch.bfloat16, enabled=settings.bf16):
        states = network.states(*tensors(read))
        acts = network.acts(states, text)
        if things:
            shown = network.described(*tensors(tokenizer.descriptions([*things.values()])))
            logits = network.matches(states, shown)
    missed = acts_loss(acts.float(), lines)
    return missed + match_loss(logits.float(), [*things], text, read, lines) if things else missed


def described(group: Group, settings: Settings, rng: random.Random) -> dict[str, str]:
    """What the tokens of a group are compared with: name -> description, slots before tools."""
    kind = group.lines[0].kind
    if kind not in ("agent", "user"):
        return {}
    trade = group.trade
    slots = {name: slot_text(_somehow(trade, name, settings, rng)) for name in trade.slots}
    if kind != "agent":
        return slots
    tools = {tool: [(tool, told), *trade.tools_said.get(tool, ())] for tool, told in trade.tools.items()}
    return slots | {tool: tool_text(*rng.choice(said)) for tool, said in tools.items()}


def tensors(read: Tokens) -> tuple[Tensor, Tensor, Tensor]:
    """Ids, mask and kinds, as a network takes them."""
    return torch.tensor(read.ids), torch.tensor(read.mask), torch.tensor(read.kinds)


def acts_loss(logits: Tensor, lines: Sequence[Line]) -> Tensor:
    """Summed over the lines; each in the columns in which it is judged."""
    owed = torch.tensor([[float(column in line.acts) for column in COLUMNS] for line in lines])
    judged = torch.tensor([[column in line.judged for column in COLUMNS] for line in lines])
    return _missed(logits[judged], owed[judged])


def match_loss(logits: Tensor, things: Sequence[str], text: Tensor, read: Tokens, lines: Sequence[Line]) -> Tensor:
    """What the comparisons of a group miss, summed; logits are (lines, roles, tokens, things)."""
    whole, kind = best(logits, text), lines[0].kind
    named = _which(lines, things, lambda line: line.slots)
    missed = _missed(whole[:, MATCHES.index("asked" if kind == "agent" else "corrected")], named)
    if kind == "agent":
        about = [k for k, line in enumerate(lines) if line.tool]
        owed = _which([lines[k] for k in about], things, lambda line: frozenset([line.tool]))
        return missed + _missed(whole[about, MATCHES.index("tool")], owed)
    slot, begins = told(lines, things, read)
    inside = slot >= 0
    none = torch.zeros_like(logits[:, 0, :, :1])  # a token that tells no slot: the others are weighed against zero
    weighed = torch.cat([none, logits[:, len(MATCHES)]], -1)[text]
    missed = missed + cross_entropy(weighed, slot[text] + 1, reduction="sum")
    first = logits[:, len(MATCHES) + 1].gather(-1, slot.clamp(min=0).unsqueeze(-1)).squeeze(-1)
    return missed + _missed(first[inside], begins[inside])


def _which(lines: Sequence[Line], things: Sequence[str], of: Callable[[Line], frozenset[str]]) -> Tensor:
    """(lines, things): 1 where the thing is among those of the line."""
    return torch.tensor([[float(name in of(line)) for name in things] for line in lines]).reshape(
        len(lines), len(things)
    )


def _missed(logits: Tensor, owed: Tensor) -> Tensor:
    return binary_cross_entropy_with_logits(logits, owed, reduction="sum")


def told(lines: Sequence[Line], things: Sequence[str], read: Tokens) -> tuple[Tensor, Tensor]:
    """(lines, tokens) twice: which slot each token tells, -1 for none, and 1 where it is the first of its span."""
    slot = torch.full((len(lines), len(read.ids[0])), -1)
    begins = torch.zeros(slot.shape)
    for row, line in enumerate(lines):
        for name, first, end in line.spans:
            if name not in things:  # a detail that is no slot
                continue
            tokens = [k for k, (a, b) in enumerate(read.offsets[row]) if read.text[row][k] and a < end and b > first]
            slot[row, tokens] = things.index(name)
            begins[row, tokens[:1]] = 1.0
    return slot, begins


def _somehow(trade: Trade, name: str, settings: Settings, rng: random.Random) -> Slot:
    """A slot as somebody else may have described it: in other words, or without its question, without its examples, by
    its name alone."""
    slot = trade.slots[name]
    if rng.random() >= settings.descriptions:
        return slot
    if (said := trade.slots_said.get(name)) and rng.random() < settings.otherwise:
        return rng.choice(said)
    kept = rng.choice(("ask", "examples", "name"))
    return replace(slot, ask=slot.ask if kept == "ask" else "", examples=slot.examples if kept == "examples" else ())
