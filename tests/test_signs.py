"""Heads learned from a few messages, their thresholds, and what reads for guards with weights on disk."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from demeanor.agent.description import Agent, Guard
from demeanor.errors import ModelError
from demeanor.reading.labels import COLUMNS
from demeanor.reading.learned import LearnedReader, Weights
from demeanor.reading.logistic import fitted
from demeanor.reading.signs import learned, limit_of, sample, without_itself
from demeanor.runtime.guards import LearnedGuards

SIGNS = ("the boiler hisses", "it smells of gas", "water comes through the ceiling", "sparks fly", "the floor is wet")


def drawn(count: int, width: int, seed: int, at: float = 0.0) -> Any:
    """States around a point on the first axis."""
    states = np.random.default_rng(seed).normal(size=(count, width))
    states[:, 0] += at
    return states


@given(st.integers(0, 1000), st.floats(0.0, 4.0))
def test_leaving_a_message_out_is_like_learning_without_it(seed: int, at: float) -> None:
    signs, others = drawn(8, 6, seed, at), drawn(60, 6, seed + 1)
    given_, owed = np.concatenate([signs, others]), np.concatenate([np.ones(8), np.zeros(60)])
    given_ = np.concatenate([given_, np.ones((68, 1))], axis=1)
    precision = np.array([1.0] * 6 + [1e-6])
    weights = fitted(given_, owed, np.zeros(7), precision)
    near = without_itself(given_, owed, weights, precision)
    for row in (0, 7, 8, 40):
        rest = np.arange(68) != row
        exact = fitted(given_[rest], owed[rest], np.zeros(7), precision)
        assert near[row] == pytest.approx(1 / (1 + np.exp(-given_[row] @ exact)), abs=0.05)


def test_a_head_knows_messages_like_its_signs() -> None:
    head = learned(drawn(6, 20, 1, at=8.0), drawn(300, 20, 2), "false_alarm")
    more, others = head.read(drawn(100, 20, 3, at=8.0)), head.read(drawn(1000, 20, 4))
    assert sum(p >= head.limit for p in more) > 60
    assert sum(p >= head.limit for p in others) < 5


@given(st.lists(st.floats(0, 1), min_size=5, max_size=9), st.lists(st.floats(0, 1), min_size=20, max_size=50))
def test_a_threshold_avoids_the_error_that_is_to_be_rare(signs: list[float], others: list[float]) -> None:
    miss, alarm = (limit_of(np.array(signs), np.array(others), error) for error in ("miss", "false_alarm"))  # type: ignore[arg-type]
    assert miss <= alarm
    assert all(p >= miss for p in signs)
    assert sum(p > alarm for p in others) <= 1


def test_the_sample_is_what_users_of_many_trades_say() -> None:
    assert len(sample()) > 300
    assert all(text for _, text in sample())


# --- with weights on disk


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A reader that has learned nothing, of the form that is shipped."""
    import tokenizers
    import torch
    from tokenizers.models import WordPiece
    from tokenizers.normalizers import BertNormalizer
    from tokenizers.pre_tokenizers import BertPreTokenizer
    from transformers import BertConfig, BertModel

    from demeanor.reading.learn.calibrate import OPEN
    from demeanor.reading.learn.network import Network
    from demeanor.reading.learn.ship import write_weights

    torch.manual_seed(0)
    folder = tmp_path_factory.mktemp("weights")
    words = sorted(
        {word for line in (*SIGNS, *(t for _, t in sample())) for word in line.lower().split() if word.isalpha()}
    )
    made: Any = tokenizers.Tokenizer(
        WordPiece({word: k for k, word in enumerate(["[PAD]", "[UNK]", "[CLS]", "[SEP]", *words])}, unk_token="[UNK]")
    )
    made.normalizer, made.pre_tokenizer = BertNormalizer(), BertPreTokenizer()
    made.save(str(folder / "words.json"))
    size = {"hidden_size": 32, "num_hidden_layers": 1, "num_attention_heads": 2, "intermediate_size": 32}
    network = Network(BertModel(BertConfig(vocab_size=len(words) + 4, **size)), len(COLUMNS))
    write_weights(network, folder / "words.json", folder / "weights", {**OPEN, "topic.danger.miss": 0.2})
    return folder / "weights"


def agent(*guards: Guard) -> Agent:
    return Agent("Desk", "You are a desk.", guards={guard.name: guard for guard in guards})


def test_topics_and_signs_are_read_at_once(folder: Path) -> None:
    known = Weights(folder)
    topic = Guard("topic", "a", "b", topic="danger", avoids="miss")
    own = Guard("own", "a", "b", signs=SIGNS, not_signs=("the boiler is fine",))
    both = Guard("both", "a", "b", topic="danger", avoids="miss", signs=SIGNS)
    reader = LearnedGuards(agent(topic, own, both), known)
    pairs = [("", "it smells of gas"), ("Hello!", "a table for two")]
    rows = reader.read(pairs)
    expected = LearnedReader({}, {}, known).columns(pairs, ["topic.danger"])
    for row, (p,) in zip(rows, expected, strict=True):
        assert row["topic"].probability == pytest.approx(float(p))
        assert row["topic"].limit == 0.2
        assert row["both"].above >= row["topic"].above
    assert rows[0]["own"].probability > rows[1]["own"].probability


def test_a_topic_without_a_limit_is_named(folder: Path) -> None:
    with pytest.raises(ModelError, match="no limit for this topic") as caught:
        LearnedGuards(agent(Guard("x", "a", "b", topic="hate")), Weights(folder))
    assert caught.value.found == "topic.hate.false_alarm"
