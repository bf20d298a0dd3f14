"""Learning to read at small scale: a loss falls, a seed repeats, and what ships reads as what was learned."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from demeanor.data.lines import agent_row, user_row
from demeanor.errors import ModelError
from demeanor.reading.labels import COLUMNS
from demeanor.reading.learn.calibrate import OPEN, best_split, calibrated, closed, limits, read_all, scale
from demeanor.reading.learn.fit import Settings, fit, tensors
from demeanor.reading.learn.lines import FOLDER, Line, line_from, read_lines, read_trades
from demeanor.reading.learn.network import Network
from demeanor.reading.learn.ship import change_heads, write_limits, write_weights
from demeanor.reading.learn.start import take_up
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
    write_weights(network, tokenizer_file, tmp_path / "weights", OPEN)
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


@given(st.floats(0.5, 3.0), st.floats(-2.0, 2.0))
@settings(max_examples=20, deadline=None)
def test_scaled_probabilities_mean_what_they_say(slope: float, shift: float) -> None:
    """Scores whose logits are off by a slope and a shift: these are found again, while none nears 0 or 1 and is cut."""
    rng = np.random.default_rng(0)
    p = rng.uniform(0.02, 0.98, 20000)
    owed = rng.uniform(size=len(p)) < p
    heard = 1 / (1 + np.exp(-(np.log(p / (1 - p)) - shift) / slope))
    assert scale(list(zip(heard.tolist(), owed.tolist(), strict=True))) == pytest.approx((slope, shift), abs=0.1)


def test_a_closed_limit_lets_nothing_else_pass() -> None:
    scored = [(0.99, True)] * 40 + [(0.9, False)] + [(0.8, True)] * 40
    assert closed(scored) == 0.99
    assert closed([(0.9, False)]) == 1.0
    assert best_split(scored) == 0.8


def test_the_shipped_heads_can_be_changed(tokenizer_file: Path, tmp_path: Path) -> None:
    """Calibration moves probabilities, and no more than the lines demand."""
    folder = tmp_path / "weights"
    write_weights(learned(tokenizer_file, 1), tokenizer_file, folder, OPEN)
    first = Weights(folder)
    change_heads(folder, calibrated(first, LINES))
    write_limits(folder, found := limits(Weights(folder), LINES, TRADES))
    assert found.keys() == OPEN.keys()
    then = Weights(folder)
    assert (first.heads["acts.query"] == then.heads["acts.query"]).all()
    for label in ("agent.ask", "user.inform"):
        share = sum(label in line.acts for line in LINES) / sum(label in line.judged for line in LINES)
        heard = [
            r.acts[label.partition(".")[2]]
            for line, r in zip(LINES, read_all(then, LINES, TRADES), strict=True)
            if label in line.judged
        ]
        assert sum(heard) / len(heard) == pytest.approx(share, abs=0.03)


def test_acts_of_the_flow_become_labels(workspace: Any) -> None:
    row = agent_row(workspace.agent, ("apologise:search_rooms", "ask:check_in+check_out"))
    assert row == {"acts": ["apologise", "ask", "present"], "slots": ["check_in", "check_out"], "tool": "search_rooms"}
    assert agent_row(workspace.agent, ("inform:book_room",)) == {"acts": ["done"], "tool": "book_room"}
    from demeanor.agent.moves import UserMove

    move = UserMove(("correct:guests",), {"guests": "three"})
    told = user_row(workspace.agent, move, "no, three")
    assert told == {"acts": ["correct"], "told": {"guests": "three"}, "corrects": ["guests"]}
    said: Line = line_from({"trade": "hotel", "before": "", "text": "no, three", **told}, "user", TRADES)
    assert said.spans == (("guests", 4, 9),)


def test_what_was_shipped_is_taken_up_again(tokenizer_file: Path, tmp_path: Path) -> None:
    """To learn on from weights, they have to say what they said, but for what eight bits lose."""
    first = learned(tokenizer_file, 1)
    write_weights(first, tokenizer_file, tmp_path, OPEN)
    second = learned(tokenizer_file, 0)
    take_up(second, tmp_path)
    read = tensors(Tokenizer(tokenizer_file).messages([(line.before, line.text) for line in LINES[:8]]))
    with torch.no_grad():
        states = [network.eval().states(*read) for network in (first, second)]
    assert torch.allclose(*states, atol=0.1)
    assert torch.allclose(first.acts.judge, second.acts.judge, atol=1e-2)
