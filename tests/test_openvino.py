"""The fast engine answers what transformers answers, on a random model small enough to compare token for token.

In fp32, and with weights that f16 holds exactly, so that nothing but arithmetic order differs.
"""

from __future__ import annotations

import json
import random
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("openvino_genai")
torch = pytest.importorskip("torch")

from demeanor.errors import ModelError  # noqa: E402
from demeanor.models.model import CallForm, Model, Request, converse  # noqa: E402
from demeanor.models.openvino import load_openvino  # noqa: E402
from demeanor.models.weights import Weights, find_weights  # noqa: E402
from test_engine_limits import check_logprobs, check_overflow  # noqa: E402
from test_export import tiny, tokenizer  # noqa: E402
from test_models import check_speaking, flow, reference, talk  # noqa: E402

LIMIT = 12


@pytest.fixture(scope="module", params=["llama", "qwen2"])
def weights(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Weights:
    folder = tmp_path_factory.mktemp(request.param)
    model = tiny(request.param, max_position_embeddings=512)
    for parameter in model.parameters():
        parameter.data = parameter.data.half().float()
    model.save_pretrained(folder)
    tokenizer({"llama": "gpt-2", "qwen2": "qwen2"}[request.param]).save_pretrained(folder)
    return find_weights(str(folder))


@pytest.fixture(scope="module")
def model(weights: Weights) -> Model:
    return load_openvino(weights, precision="fp32", threads=1)


def test_replies_are_those_of_generate_one_by_one(model: Model, weights: Weights) -> None:
    assert isinstance(model, Model)
    draw = random.Random(5)
    front = [draw.randrange(3, 300) for _ in range(80)]
    for request, reply in talk(model, [list(front) for _ in range(7)], 3, draw):
        assert reply.ids == reference(weights.path, request.ids, LIMIT)
        assert reply.cut == (len(reply.ids) == LIMIT)


def test_conversations_that_flow_on_are_answered_as_alone(model: Model, weights: Weights) -> None:
    draw = random.Random(6)
    log = flow(model, [draw.randrange(3, 300) for _ in range(80)], count=8, turns=3, at_once=4)
    assert len(log) == sum(1 + k % 3 for k in range(8))
    for request, reply in log:
        assert reply.ids == reference(weights.path, request.ids, LIMIT)


def test_a_draw_depends_on_the_seed_and_not_on_the_batch(model: Model) -> None:
    requests = [Request(tuple(range(3, 40 + k)), f"c{k}") for k in range(4)]
    together = model.generate(requests, max_new_tokens=10, seed=1, temperature=1.0)
    alone = [model.generate([r], max_new_tokens=10, seed=1, temperature=1.0)[0] for r in requests]
    assert together == alone
    assert together != model.generate(requests, max_new_tokens=10, seed=2, temperature=1.0)


def test_a_reply_is_told_while_it_is_written(model: Model) -> None:
    check_speaking(model)


def test_a_prompt_beyond_the_window_is_refused_before_anything_runs(model: Model) -> None:
    with pytest.raises(ModelError, match="'long' does not fit"):
        model.generate([Request((5,), "a"), Request((5,) * 512, "long")], max_new_tokens=1)
    reply = model.generate([Request(tuple(3 + k % 300 for k in range(509)), "c")], max_new_tokens=50)[0]
    assert len(reply.ids) <= 3


def test_log_probabilities_are_those_of_one_pass(model: Model, weights: Weights) -> None:
    check_logprobs(model, weights.path, within=1e-3)


def test_one_conversation_too_long_stops_no_other(model: Model) -> None:
    check_overflow(model)


def test_a_conversation_that_fails_stops_none_of_the_next(model: Any) -> None:
    """Whoever answers may raise; what was still being written is cancelled, and the engine goes on."""

    def answer(request: Request, reply: Any) -> Request | None:
        raise KeyError(request.conversation)

    long = [Request(tuple(range(3, 30 + k)), f"c{k}") for k in range(3)]
    short = Request(tuple(3 + k % 300 for k in range(511)), "short")  # one token fits behind it
    with pytest.raises(KeyError, match="short") as caught:  # its frames hold what was being written
        converse(model, [*long, short], answer, max_new_tokens=300)
    model._pipeline.step()  # what is cancelled is let go of in the next step
    assert not model._pipeline.has_non_finished_requests()
    assert caught.tb is not None
    alone = model.generate(long[:1], max_new_tokens=4)
    assert alone == model.generate(long, max_new_tokens=4)[:1]


@pytest.mark.slow
def test_calls_can_be_held_to_the_schemas_of_the_tools() -> None:
    """The base model invents a tool after the pattern of what it reads; held to schemas it calls the one there."""
    kind = {"type": "string", "enum": ["small", "large"]}
    parameters = {"type": "object", "properties": {"size": kind}, "required": ["size"], "additionalProperties": False}
    tool = {"type": "function", "function": {"name": "order", "parameters": parameters}}
    form = CallForm("<tool_call>", "</tool_call>", [tool])
    free, held = load_openvino("smollm2-135m-instruct"), load_openvino("smollm2-135m-instruct", calls=form)
    assert held.fingerprint["engine"] == f"{free.fingerprint['engine']}-constrained"
    said = '<tool_call>{"name": "fly", "arguments": {"to": "Rome"}}</tool_call>'
    talk = [{"role": role, "content": text} for role, text in [("user", "Go."), ("assistant", said)] * 3]
    ids = [
        tuple(free.tokenizer.apply_chat_template(wire, add_generation_prompt=True, return_dict=False))
        for wire in ([*talk, {"role": "user", "content": "Go."}], [{"role": "user", "content": "Name a colour."}])
    ]
    requests = [Request(prompt, f"c{k}") for k, prompt in enumerate(ids)]
    replies = [model.generate(requests, max_new_tokens=60) for model in (free, held)]
    wrong, right = (json.loads(r[0].text.partition("<tool_call>")[2].partition("</tool_call>")[0]) for r in replies)
    assert wrong["name"] != "order"
    assert right["name"] == "order"
    assert right["arguments"]["size"] in ("small", "large")
    assert replies[0][1] == replies[1][1]  # what opens no call is free


def test_what_it_cannot_read_is_named(tmp_path: Path) -> None:
    import transformers

    sizes = {"vocab_size": 384, "hidden_size": 32, "num_hidden_layers": 1, "intermediate_size": 32}
    gemma = transformers.AutoModelForCausalLM.from_config(transformers.Gemma3TextConfig(**sizes))
    gemma.save_pretrained(tmp_path)
    tokenizer().save_pretrained(tmp_path)
    with pytest.raises(ModelError, match="gemma3_text"):
        load_openvino(find_weights(str(tmp_path)))
