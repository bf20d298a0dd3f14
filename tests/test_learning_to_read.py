"""Learning to read at small scale: a loss falls, a seed repeats, and what ships reads as what was learned."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import torch

from demeanor.data.lines import agent_row, user_row
from demeanor.errors import ModelError
from demeanor.reading.labels import COLUMNS
from demeanor.reading.learn.calibrate import OPEN, thresholds
from demeanor.reading.learn.fit import Settings, fit, tensors
from demeanor.reading.learn.lines import FOLDER, Line, line_from, read_lines, read_trades
from demeanor.reading.learn.network import Network
from demeanor.reading.learn.ship import write_weights
from demeanor.reading.learned import LearnedReader, Weights
from demeanor.reading.reader import Spoken
from demeanor.reading.tokens import Tokenizer

TRADES = read_trades([FOLDER / "trades.yaml", FOLDER / "a-trades.yaml"])
LINES = [
    line
    for kind in ("agent", "user")
    for line in read_lines([FOLDER / f"a-{kind}.jsonl"], TRADES)
    if line.trade in ("parcel", "clinic")
]


@pytest.fixture(scope="module")
def tokenizer_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    words = sorted({word for line in LINES for word in f"{line.before} {line.text}".lower().split() if word.isalpha()})
    vocabulary = {word: k for k, word in enumerate(["[PAD]", "[UNK]", "[CLS]", "[SEP]", *words])}
    import tokenizers
    from tokenizers.models import WordPiece
    from tokenizers.normalizers import BertNormalizer
    from tokenizers.pre_tokenizers import BertPreTokenizer

    made: Any = tokenizers.Tokenizer(WordPiece(vocabulary, unk_token="[UNK]"))
    made.normalizer, made.pre_tokenizer = BertNormalizer(), BertPreTokenizer()
    file = tmp_path_factory.mktemp("reader") / "tokenizer.json"
    made.save(str(file))
    return file


def learned(tokenizer_file: Path, epochs: int, losses: list[float] | None = None) -> Network:
    from transformers import BertConfig, BertModel

    torch.manual_seed(0)
    words = len(json.loads(tokenizer_file.read_text())["model"]["vocab"])
    shape = {"hidden_size": 32, "num_hidden_layers": 2, "num_attention_heads": 2, "intermediate_size": 64}
    plain = {"hidden_dropout_prob": 0.0, "attention_probs_dropout_prob": 0.0}
    network = Network(BertModel(BertConfig(vocab_size=words, **shape, **plain)), len(COLUMNS))
    seen = [] if losses is None else losses
    how = Settings(epochs=epochs, group=8, rate=2e-3, head_rate=5e-3)
    fit(network, Tokenizer(tokenizer_file), LINES, TRADES, how, lambda step, steps, loss: seen.append(loss))
    return network


def test_a_loss_falls_and_a_seed_repeats(tokenizer_file: Path) -> None:
    losses = list[float]()
    network = learned(tokenizer_file, 6, losses)
    third = len(losses) // 3
    assert sum(losses[-third:]) < 0.95 * sum(losses[:third])
    again = learned(tokenizer_file, 6)
    for a, b in zip(network.state_dict().values(), again.state_dict().values(), strict=True):
        assert torch.equal(a, b)


def test_what_ships_reads_as_what_was_learned(tokenizer_file: Path, tmp_path: Path) -> None:
    """Padded or not, labels as the network has them: matrices in eight bits move a probability by a little."""
    network, tokenizer = learned(tokenizer_file, 1), Tokenizer(tokenizer_file)
    limits = {name: vars(OPEN) for name in (*COLUMNS, "asked", "corrected", "tool", "told")}
    write_weights(network, tokenizer_file, tmp_path / "weights", limits)
    trade = TRADES["parcel"]
    reader = LearnedReader(trade.slots, trade.tools, Weights(tmp_path / "weights"))
    some = [line for line in LINES if line.kind == "agent"][:20]
    shipped = reader.read([Spoken("agent", line.text, line.before) for line in some])
    read = tokenizer.messages([(line.before, line.text) for line in some])
    with torch.no_grad():
        acts = network.acts(network.states(*tensors(read)), torch.tensor(read.text)).sigmoid()
    for row, reading in enumerate(shipped):
        for label, p in reading.acts.items():
            assert p == pytest.approx(float(acts[row, COLUMNS.index(f"agent.{label}")]), abs=0.02)
    assert all(reading.slots.keys() == trade.slots.keys() for reading in shipped)


def test_weights_that_are_not_there_are_named(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="no reader here"):
        Weights(tmp_path)


def test_limits_are_as_sure_as_they_say() -> None:
    scored = [(k / 1000, k >= 500 + 7 * (k % 20)) for k in range(1000)]
    found = thresholds(scored)
    there = [owed for p, owed in scored if p >= found.there]
    missed = [owed for p, owed in scored if p <= found.absent and owed]
    assert sum(there) >= 0.97 * len(there) > 0
    assert len(missed) <= 0.1 * sum(owed for _, owed in scored)
    assert found.absent <= found.found <= found.there
    assert thresholds([(0.4, False)]) == OPEN


def test_acts_of_the_flow_become_labels(workspace: Any) -> None:
    row = agent_row(workspace.agent, ("apologise:search_rooms", "ask:check_in+check_out"))
    assert row == {"acts": ["apologise", "ask", "present"], "slots": ["check_in", "check_out"], "tool": "search_rooms"}
    assert agent_row(workspace.agent, ("inform:book_room",)) == {"acts": ["done"], "tool": "book_room"}
    from demeanor.agent.flow import UserMove

    move = UserMove(("correct:guests",), {"guests": "three"})
    told = user_row(workspace.agent, move, "no, three")
    assert told == {"acts": ["correct"], "told": {"guests": "three"}, "corrects": ["guests"]}
    said: Line = line_from({"trade": "hotel", "before": "", "text": "no, three", **told}, "user", TRADES)
    assert said.spans == (("guests", 4, 9),)
