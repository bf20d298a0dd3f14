"""A base checkpoint with a chosen chat template: rows for its marks are made, trained, saved, merged and served."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

torch = pytest.importorskip("torch")
transformers = pytest.importorskip("transformers")
pytest.importorskip("peft")

from safetensors.torch import load_file  # noqa: E402

from demeanor.agent import load_agent  # noqa: E402
from demeanor.dialogue import Message  # noqa: E402
from demeanor.errors import ConfigError  # noqa: E402
from demeanor.models.chat_template import find_template  # noqa: E402
from demeanor.models.local import load_local  # noqa: E402
from demeanor.models.model import Request  # noqa: E402
from demeanor.models.pretrained import find_stop_ids, merge_adapter, read_marks, read_model  # noqa: E402
from demeanor.models.weights import Weights, find_weights  # noqa: E402
from demeanor.runtime.prompt import Renderer  # noqa: E402
from demeanor.runtime.workspace import Workspace  # noqa: E402
from demeanor.training.config import Example, TrainConfig  # noqa: E402
from demeanor.training.lora import prepare_model  # noqa: E402
from demeanor.training.objective import Objective  # noqa: E402
from demeanor.training.train import fit  # noqa: E402
from families import bare  # noqa: E402
from test_training import SIZES, plain_gradients, step_gradients  # noqa: E402

TALK = (
    Message("user", "and you?"),
    Message("assistant", "the room"),
    Message("user", "on"),
    Message("assistant", "in"),
)


def base(folder: Path, tied: bool) -> Weights:
    """A random model of a tokenizer without a template, and the choice of ChatML for it."""
    tokens = bare(("<s>", "</s>"), bos_token="<s>", eos_token="</s>")
    sizes = SIZES | {"vocab_size": len(tokens), "eos_token_id": tokens.eos_token_id, "tie_word_embeddings": tied}
    torch.manual_seed(0)
    model = transformers.AutoModelForCausalLM.from_config(transformers.LlamaConfig(**sizes))
    for parameter in model.parameters():
        torch.nn.init.normal_(parameter, std=0.3)
    model.save_pretrained(folder)
    tokens.save_pretrained(folder)
    return replace(find_weights(str(folder)), template=find_template("chatml", folder))


def example(weights: Weights) -> tuple[Example, tuple[int, ...]]:
    model, tokens = read_model(weights)
    rendered = Renderer(tokens, "Be kind.").render(TALK)
    return Example("a", rendered.ids, rendered.trained), find_stop_ids(model, tokens)


def settings(stop_ids: tuple[int, ...], **more: Any) -> TrainConfig:
    return TrainConfig(stop_ids=stop_ids, precision="fp32", rank=4, alpha=8, device="cpu", **more)


@pytest.mark.parametrize("tied", [True, False])
def test_a_new_row_begins_as_the_mean_of_its_pieces(tmp_path: Path, tied: bool) -> None:
    weights = base(tmp_path, tied)
    marks = read_marks(weights)[1]
    before = transformers.AutoModelForCausalLM.from_pretrained(tmp_path)
    model, tokens = read_model(weights)
    assert len(marks.added) == 2
    for one, other in ((before.get_input_embeddings(), model.get_input_embeddings()), (before.lm_head, model.lm_head)):
        assert torch.equal(other.weight[: len(one.weight)], one.weight)
        assert len(other.weight) == len(tokens) == len(one.weight) + 2
        for number, pieces in marks.added.items():
            assert torch.allclose(other.weight[number], one.weight[list(pieces)].mean(0))


@pytest.mark.parametrize("tied", [True, False])
def test_gradients_of_the_rows_are_those_of_plain_runs(tmp_path: Path, tied: bool) -> None:
    weights = base(tmp_path, tied)
    one, stop_ids = example(weights)
    examples = [one, Example("b", one.ids[:-3], one.trained[:-3])]
    model = prepare_model(weights, settings(stop_ids)).train()
    objective = Objective(model, precision="fp32", token_budget=64, share=True, least=4)
    loss, found = step_gradients(model, objective, examples)
    expected, plain = plain_gradients(model, examples)
    assert loss == pytest.approx(expected, rel=1e-5)
    rows = [name for name in found if "trainable_tokens" in name]
    assert len(rows) == (1 if tied else 2)
    for name, gradient in plain.items():
        assert torch.allclose(found[name], gradient, rtol=1e-4, atol=1e-6), name
    assert all(found[name].abs().sum() > 0 for name in rows)


@pytest.mark.parametrize("tied", [True, False])
def test_rows_are_trained_saved_and_served(tmp_path: Path, tied: bool) -> None:
    weights = base(tmp_path / "model", tied)
    one, stop_ids = example(weights)
    marks = read_marks(weights)[1]
    assert marks.trained[1] in stop_ids
    result = fit([one], {}, settings(stop_ids, steps=4, learning_rate=0.05), weights, tmp_path / "run")
    config = json.loads((result.adapter / "adapter_config.json").read_text())
    assert set(config["trainable_token_indices"]) == ({"embed_tokens"} if tied else {"embed_tokens", "lm_head"})
    saved = load_file(result.adapter / "adapter_model.safetensors")
    rows = [tensor.shape[0] for name, tensor in saved.items() if "lora" not in name]
    assert rows == [2] * (1 if tied else 2)  # and not the whole embedding
    plain, _ = read_model(weights)
    merged, _ = merge_adapter(read_model(weights)[0], result.adapter, weights)
    changed = (merged.get_input_embeddings().weight != plain.get_input_embeddings().weight).any(-1).nonzero()[:, 0]
    assert changed.tolist() == sorted(marks.trained)
    served = load_local(weights, adapter=result.adapter, precision="fp32", device="cpu")
    reply = served.generate([Request(one.ids[:12], "x", logprobs=True)], max_new_tokens=3)[0]
    with torch.no_grad():
        logits = merged(torch.tensor([[*one.ids[:12], *reply.ids]])).logits[0, 11:-1]
    assert reply.logprobs is not None
    assert logits.log_softmax(-1).amax(-1).tolist()[: len(reply.ids)] == pytest.approx(list(reply.logprobs), abs=1e-4)


def test_agent_yaml_chooses_the_template(own_workspace: Workspace, tmp_path: Path) -> None:
    base(tmp_path / "model", True)
    space = own_workspace
    file = space.folder.agent_path
    text = re.sub(r"^base_model: .*\n", "", file.read_text(encoding="utf-8"), flags=re.MULTILINE)
    file.write_text(f"base_model: {tmp_path / 'model'}\n{text}", encoding="utf-8")
    space.agent = load_agent(file)
    tokens = read_marks(space.base_weights())[0]
    with pytest.raises(ConfigError, match="no chat template"):
        space.renderer(tokens)
    file.write_text(f"chat_template: chatml\n{file.read_text(encoding='utf-8')}", encoding="utf-8")
    space.agent = load_agent(file)
    assert space.renderer(read_marks(space.base_weights())[0]).stop == "<|im_end|>"
    space.agent = replace(space.agent, chat_template="chatlm")
    with pytest.raises(ConfigError, match="no such chat template"):
        space.base_weights()
