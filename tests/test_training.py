"""Training: what is refused, what a step computes (against plain runs), and that a run can be taken up again.

The gradient tests compare a whole step, shared beginning and all, with separate unpadded runs through
transformers' own model and loss.
"""

from __future__ import annotations

import json
import random
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from demeanor.errors import ConfigError, DialogueError, FingerprintError, ModelError, RunError
from demeanor.training.batching import Batch, check_examples, plan_steps
from demeanor.training.config import Example, Progress, TrainConfig

torch = pytest.importorskip("torch")
transformers = pytest.importorskip("transformers")
pytest.importorskip("peft")

from demeanor.models.local import load_local  # noqa: E402
from demeanor.models.model import Request  # noqa: E402
from demeanor.models.pretrained import adapter_sha256  # noqa: E402
from demeanor.models.weights import Weights, find_weights  # noqa: E402
from demeanor.training import attention, fused, general  # noqa: E402
from demeanor.training.estimate import Work, estimate  # noqa: E402
from demeanor.training.lora import count_parameters, prepare_model  # noqa: E402
from demeanor.training.objective import Objective  # noqa: E402
from demeanor.training.train import fit  # noqa: E402
from demeanor.training.tree import apart, grow  # noqa: E402
from demeanor.training.watch import due, in_words  # noqa: E402

STOP = 2
NO_GPU = pytest.mark.skipif(not torch.cuda.is_available(), reason="no GPU")
DEVICES = ["cpu", pytest.param("cuda", marks=NO_GPU)]
SIZES = {
    "vocab_size": 96,
    "hidden_size": 32,
    "intermediate_size": 64,
    "num_hidden_layers": 3,
    "num_attention_heads": 4,
    "num_key_value_heads": 2,
    "head_dim": 8,
    "max_position_embeddings": 512,
    "eos_token_id": STOP,
    "pad_token_id": 0,
}
FAMILIES = {
    "llama": ("LlamaConfig", {}),
    "qwen2": ("Qwen2Config", {"tie_word_embeddings": True}),
    "gemma3": (
        "Gemma3TextConfig",
        {"sliding_window": 24, "layer_types": ["sliding_attention", "full_attention"] * 2},
    ),
}


def tiny_weights(folder: Path, family: str = "llama", seed: int = 0) -> Weights:
    """A random model of the family with a word-level tokenizer, in a folder."""
    from tokenizers import Tokenizer
    from tokenizers.models import WordLevel

    name, extra = FAMILIES[family]
    torch.manual_seed(seed)
    sizes = SIZES | ({"num_hidden_layers": 4} if family == "gemma3" else {})
    model = transformers.AutoModelForCausalLM.from_config(getattr(transformers, name)(**sizes, **extra))
    for parameter in model.parameters():
        torch.nn.init.normal_(parameter, std=0.3)
    model.save_pretrained(folder)
    vocabulary = {"<unk>": 0, "<s>": 1, "<|im_end|>": STOP} | {f"w{k}": k for k in range(3, 96)}
    backend = Tokenizer(WordLevel(vocabulary, unk_token="<unk>"))
    tokenizer = transformers.PreTrainedTokenizerFast(
        tokenizer_object=backend, eos_token="<|im_end|>", unk_token="<unk>", pad_token="<unk>"
    )
    tokenizer.save_pretrained(folder)
    return find_weights(str(folder))


def make_examples(count: int, *, shared: int, seed: int = 0) -> list[Example]:
    """Dialogues that begin alike, with two trained replies each, and lengths that differ."""
    draw = random.Random(seed)
    front = [draw.randrange(3, 96) for _ in range(shared)]
    examples = []
    for number in range(count):
        ids, trained = list(front), [False] * shared
        for _ in range(2):
            user, reply = draw.randrange(3, 30), draw.randrange(1, 20)
            ids += [draw.randrange(3, 96) for _ in range(user + reply)] + [STOP]
            trained += [False] * user + [True] * (reply + 1)
        examples.append(Example(f"d{number}", tuple(ids), tuple(trained)))
    return examples


CONFIG = TrainConfig(
    stop_ids=(STOP,), precision="fp32", batch_tokens=60, rank=4, alpha=8, token_budget=160, device="cpu", watch_apart=1
)


def step_gradients(model: Any, objective: Objective, examples: list[Example]) -> tuple[float, dict[str, Any]]:
    model.zero_grad()
    loss = objective.step(examples, lambda value: value.backward())
    return loss, {n: p.grad.clone() for n, p in model.named_parameters() if p.requires_grad and p.grad is not None}


def plain_gradients(model: Any, examples: list[Example]) -> tuple[float, dict[str, Any]]:
    """Every dialogue alone, unpadded, through transformers' own attention and peft's own linear."""
    from peft.tuners import lora

    model.zero_grad()
    model.get_base_model().config._attn_implementation = "eager"
    for module in model.modules():
        if isinstance(module, lora.Linear):
            module.__class__ = lora.Linear
    count = sum(sum(e.trained) for e in examples)
    total = 0.0
    for example in examples:
        ids = torch.tensor([example.ids], device=model.device)
        logits = model(input_ids=ids).logits[0, :-1].float()
        wanted = torch.tensor(example.trained[1:])
        losses = torch.nn.functional.cross_entropy(logits, ids[0, 1:], reduction="none")
        loss = losses[wanted].sum() / count
        loss.backward()
        total += loss.item()
    return total, {n: p.grad.clone() for n, p in model.named_parameters() if p.requires_grad}


def randomise(model: Any, seed: int = 1) -> None:
    """LoRA starts with B = 0, which hides errors in A's gradient."""
    torch.manual_seed(seed)
    for name, parameter in model.named_parameters():
        if "lora_B" in name:
            torch.nn.init.normal_(parameter, std=0.2)


@pytest.mark.parametrize("device", DEVICES)
@pytest.mark.parametrize("shared", [60, 0])
@pytest.mark.parametrize("family", list(FAMILIES))
def test_a_step_has_the_gradients_of_separate_runs(tmp_path: Path, family: str, shared: int, device: str) -> None:
    examples = make_examples(6, shared=shared)
    model = prepare_model(tiny_weights(tmp_path, family), replace(CONFIG, device=device)).train()
    randomise(model)
    objective = Objective(model, precision="fp32", token_budget=160, share=True, saving=0)
    roots = objective.tree(examples)
    assert (roots[0].end, len(roots)) == (shared - 1, 1) if shared else len(roots) == 6
    loss, gradients = step_gradients(model, objective, examples)
    expected_loss, expected = plain_gradients(model, examples)
    assert loss == pytest.approx(expected_loss, rel=1e-5)
    assert gradients.keys() == expected.keys()
    for name, gradient in gradients.items():
        error = (gradient - expected[name]).norm() / expected[name].norm().clamp_min(1e-8)
        assert error < 1e-5, f"{name}: {error:.1e}"


@st.composite
def trees(draw: st.DrawFn) -> list[Example]:
    """Dialogues whose beginnings branch like a tree: each goes on from some turn of an earlier one, or from nothing;
    trained tokens stand anywhere but first."""
    token = st.integers(3, 95)
    made: list[Example] = []
    for number in range(draw(st.integers(1, 5))):
        origin = draw(st.sampled_from([None, *made]))
        ids = list(origin.ids[: draw(st.integers(0, len(origin.ids)))]) if origin else []
        trained = [bool(origin and origin.trained[k]) and draw(st.booleans()) for k in range(len(ids))]
        for _ in range(draw(st.integers(1, 3))):
            user = draw(st.lists(token, min_size=1, max_size=20))
            reply = draw(st.lists(token, max_size=12))
            ids += [*user, *reply, STOP]
            trained += [False] * len(user) + [True] * (len(reply) + 1)
        made.append(Example(f"d{number}", tuple(ids), tuple(trained)))
    return made


@pytest.fixture(scope="module")
def families(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Weights]:
    return {name: tiny_weights(tmp_path_factory.mktemp(name), name) for name in FAMILIES}


@pytest.mark.parametrize("device", DEVICES)
@pytest.mark.parametrize("family", list(FAMILIES))
@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    examples=trees(),
    seed=st.integers(0, 10**6),
    budget=st.sampled_from([20, 160, 4096]),
    least=st.sampled_from([1, 6, 32]),
)
def test_any_tree_has_the_gradients_of_separate_runs(
    families: dict[str, Weights], family: str, device: str, examples: list[Example], seed: int, budget: int, least: int
) -> None:
    model = prepare_model(families[family], replace(CONFIG, device=device)).train()
    randomise(model, seed)
    # Said, since these models are so small that a GPU would share nothing.
    objective = Objective(model, precision="fp32", token_budget=budget, share=True, least=least, saving=0)
    loss, gradients = step_gradients(model, objective, examples)
    expected_loss, expected = plain_gradients(model, examples)
    assert loss == pytest.approx(expected_loss, rel=1e-5)
    found, wanted = (torch.cat([g[name].flatten() for name in expected]) for g in (gradients, expected))
    assert (found - wanted).norm() / wanted.norm() < 1e-5


def test_rehearsing_is_the_divergence_from_the_untuned_model(tmp_path: Path) -> None:
    """Against transformers' own forward passes, with and without the adapter."""
    texts = [replace(e, trained=(False, *[True] * (len(e.ids) - 1))) for e in make_examples(3, shared=0)]
    model = prepare_model(tiny_weights(tmp_path), CONFIG).train()
    objective = Objective(model, precision="fp32", token_budget=60, share=True)
    assert objective.rehearse(texts, 1.0, lambda loss: loss.backward()) == pytest.approx(0, abs=1e-6)
    randomise(model)
    model.zero_grad()
    found = objective.rehearse(texts, 0.3, lambda loss: loss.backward())
    gradients = {n: p.grad.clone() for n, p in model.named_parameters() if p.grad is not None}
    model.zero_grad()
    model.get_base_model().config._attn_implementation = "eager"
    expected = 0.0
    for text in texts:
        ids = torch.tensor([text.ids])
        with torch.no_grad(), model.disable_adapter():
            before = model(input_ids=ids).logits[0, :-1].softmax(-1)
        now = model(input_ids=ids).logits[0, :-1].log_softmax(-1)
        divergence = (before * (before.log() - now)).sum() / sum(sum(t.trained) for t in texts)
        (0.3 * divergence).backward()
        expected += divergence.item()
    assert expected > 0.01
    assert found == pytest.approx(expected, rel=1e-4)
    wanted = {n: p.grad for n, p in model.named_parameters() if p.grad is not None}
    assert gradients.keys() == wanted.keys()
    error = sum((gradients[n] - g).square().sum() for n, g in wanted.items())
    assert error.sqrt() / sum(g.square().sum() for g in wanted.values()).sqrt() < 1e-4


def test_what_is_rehearsed_is_forgotten_less(tmp_path: Path) -> None:
    weights = tiny_weights(tmp_path / "base")
    texts = [replace(e, trained=(False, *[True] * (len(e.ids) - 1))) for e in make_examples(8, shared=0, seed=9)]
    learned = make_examples(8, shared=40)
    drifts = {}
    for weight in (0.0, 1.0):
        config = replace(CONFIG, steps=12, learning_rate=2e-2, rehearsal=weight)
        out = tmp_path / f"weight-{weight}"
        fit(learned, {}, config, weights, out, general=texts)
        model = prepare_model(weights, config, out / "adapter")
        objective = Objective(model, precision="fp32", token_budget=160, share=True)
        drifts[weight] = objective.rehearse(texts, 0.0, lambda loss: None)
        lines = [json.loads(line) for line in (out / "log.jsonl").read_text().splitlines()]
        assert (lines[-1]["drift"] > 0) == (weight > 0)
        assert lines[-1]["loss"] < lines[0]["loss"]
    assert drifts[1.0] < 0.6 * drifts[0.0]


@pytest.mark.parametrize("kind", [{"rslora": True}, {"dora": True}, {"targets": ("q_proj", "v_proj")}])
def test_kinds_of_lora_have_the_gradients_of_separate_runs(tmp_path: Path, kind: dict[str, Any]) -> None:
    examples = make_examples(4, shared=60)
    model = prepare_model(tiny_weights(tmp_path), replace(CONFIG, **kind)).train()
    randomise(model)
    trained, parameters = count_parameters(model)
    assert 0 < trained < parameters
    loss, gradients = step_gradients(model, Objective(model, precision="fp32", token_budget=160, share=True), examples)
    expected_loss, expected = plain_gradients(model, examples)
    assert loss == pytest.approx(expected_loss, rel=1e-5)
    for name, gradient in gradients.items():
        error = (gradient - expected[name]).norm() / expected[name].norm().clamp_min(1e-8)
        assert error < 1e-5, f"{name}: {error:.1e}"


def test_an_adapter_on_the_output_layer_is_trained(tmp_path: Path) -> None:
    examples = make_examples(3, shared=40)
    config = replace(CONFIG, targets=("q_proj", "lm_head"))
    model = prepare_model(tiny_weights(tmp_path), config).train()
    randomise(model)
    loss, gradients = step_gradients(model, Objective(model, precision="fp32", token_budget=160, share=True), examples)
    expected_loss, expected = plain_gradients(model, examples)
    assert any("lm_head" in name for name in expected)
    assert loss == pytest.approx(expected_loss, rel=1e-5)
    for name, gradient in expected.items():
        assert (gradients[name] - gradient).norm() / gradient.norm().clamp_min(1e-8) < 1e-5, name


def test_logits_that_are_scaled_are_refused(tmp_path: Path) -> None:
    model = prepare_model(tiny_weights(tmp_path), CONFIG)
    model.get_base_model().config.logits_scaling = 8.0
    with pytest.raises(ModelError, match="scales its logits"):
        Objective(model, precision="fp32", token_budget=160, share=True)


def test_a_cap_on_logits_is_the_models_own(tmp_path: Path) -> None:
    """Gemma caps its logits softly; the loss is the one that the model itself would give."""
    examples = make_examples(2, shared=0)
    model = prepare_model(tiny_weights(tmp_path, "gemma3"), CONFIG)
    model.get_base_model().config.final_logit_softcapping = 2.0
    objective = Objective(model, precision="fp32", token_budget=160, share=True)
    expected, _ = plain_gradients(model, examples)
    model.get_base_model().config._attn_implementation = attention.ATTENTION
    assert objective.evaluate(examples) == pytest.approx(expected, rel=1e-5)


def test_a_base_in_4_bits_has_the_gradients_of_separate_runs(tmp_path: Path) -> None:
    """bitsandbytes on the CPU; its products are in bf16, so equal only as far as those are."""
    pytest.importorskip("bitsandbytes")
    examples = make_examples(4, shared=60)
    config = replace(CONFIG, load_in_4bit=True, precision="bf16")
    model = prepare_model(tiny_weights(tmp_path), config).train()
    randomise(model)
    kinds = {type(module.get_base_layer()).__name__ for module in model.modules() if hasattr(module, "get_base_layer")}
    assert kinds == {"Linear4bit"}
    full = prepare_model(tiny_weights(tmp_path / "full"), CONFIG)
    assert count_parameters(model) == count_parameters(full)
    assert Work(model).step(grow(examples)) == Work(full).step(grow(examples))
    gradients = [step_gradients(model, Objective(model, precision="bf16", token_budget=160, share=s), examples)[1]
                 for s in (True, False)]  # fmt: skip
    together, apart = (torch.cat([g.flatten() for g in found.values()]) for found in gradients)
    assert apart.norm() > 0
    assert (together - apart).norm() / apart.norm() < 0.03


def test_4_bits_need_bitsandbytes_and_bf16(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="compute in bf16"):
        replace(CONFIG, load_in_4bit=True, precision="fp32")


def test_targets_that_the_model_lacks_are_named(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="down_proj"):
        prepare_model(tiny_weights(tmp_path), replace(CONFIG, targets=("query",)))


def test_long_rows_are_computed_block_by_block_with_the_same_gradients(tmp_path: Path, monkeypatch: Any) -> None:
    examples = make_examples(3, shared=40, seed=3)
    model = prepare_model(tiny_weights(tmp_path, "gemma3"), CONFIG).train()
    objective = Objective(model, precision="fp32", token_budget=400, share=True)
    _, whole = step_gradients(model, objective, examples)
    monkeypatch.setattr(attention, "QUERY_BLOCK", 7)
    monkeypatch.setitem(fused.TARGET_BLOCK, "cpu", 5)
    _, blocks = step_gradients(model, objective, examples)
    for name, gradient in whole.items():
        torch.testing.assert_close(blocks[name], gradient, rtol=1e-4, atol=1e-6)


def test_the_split_of_a_step_changes_neither_loss_nor_gradients(tmp_path: Path) -> None:
    examples = make_examples(6, shared=50)
    model = prepare_model(tiny_weights(tmp_path), CONFIG).train()
    results = [
        step_gradients(model, Objective(model, precision="fp32", token_budget=budget, share=share), examples)
        for budget, share in ((1, True), (10_000, True), (300, False))
    ]
    for loss, gradients in results[1:]:
        assert loss == pytest.approx(results[0][0], rel=1e-5)
        for name, gradient in gradients.items():
            torch.testing.assert_close(gradient, results[0][1][name], rtol=1e-4, atol=1e-6)


def test_bf16_stays_near_fp32(tmp_path: Path) -> None:
    examples = make_examples(6, shared=50)
    weights = tiny_weights(tmp_path)
    losses = []
    for precision in ("fp32", "bf16"):
        torch.manual_seed(0)
        model = prepare_model(weights, replace(CONFIG, precision=precision)).train()
        objective = Objective(model, precision=precision, token_budget=200, share=True)
        losses.append(step_gradients(model, objective, examples)[0])
    assert losses[1] == pytest.approx(losses[0], rel=0.03)


def test_evaluating_gives_the_loss_of_a_step(tmp_path: Path) -> None:
    examples = make_examples(5, shared=40)
    model = prepare_model(tiny_weights(tmp_path), CONFIG).train()
    objective = Objective(model, precision="fp32", token_budget=200, share=True)
    assert objective.evaluate(examples) == pytest.approx(step_gradients(model, objective, examples)[0], rel=1e-5)


@pytest.mark.parametrize("window", [None, 9])
@pytest.mark.parametrize("attend", [attention.attend_rows, attention.attend_padded])
def test_attention_agrees_with_autograd(attend: Any, window: int | None) -> None:
    """Rows that see all, a part, two pieces or nothing of the front; two of them alike."""
    torch.manual_seed(0)
    lengths, kv, groups, front, dim = [20, 1, 14, 9, 6], 2, 3, 11, 4
    sees: list[tuple[attention.Piece, ...]] = [((0, 11),), ((0, 4), (7, 11)), ((0, 11),), ((2, 5),), ()]
    new = sum(lengths)
    shapes = [(kv * groups, new, dim), (kv, new, dim), (kv, new, dim), (kv, front, dim), (kv, front, dim)]
    tensors = [torch.randn(shape, dtype=torch.float64, requires_grad=True) for shape in shapes]
    query, key, value, front_key, front_value = tensors
    expected, begin = [], 0
    for length, pieces in zip(lengths, sees, strict=True):
        own, places = slice(begin, begin + length), [k for piece in pieces for k in range(*piece)]
        keys, values = (
            torch.cat((ahead[:, places], mine[:, own]), 1).repeat_interleave(groups, 0)
            for ahead, mine in ((front_key, key), (front_value, value))
        )
        seen, at = torch.arange(len(places) + length), torch.arange(len(places), len(places) + length)[:, None]
        hidden = (seen > at) | (at - seen >= (window or 10**6))
        scores = (query[:, own] @ keys.transpose(1, 2)).masked_fill(hidden, -torch.inf)
        expected.append(torch.softmax(scores, -1) @ values)
        begin += length
    out = attend(query, key, value, front_key, front_value, attention.Layout(lengths, sees), window)
    torch.testing.assert_close(out, torch.cat(expected, 1))
    upstream = torch.randn_like(out)
    for got, wanted in zip(
        torch.autograd.grad(out, tensors, upstream),
        torch.autograd.grad(torch.cat(expected, 1), tensors, upstream),
        strict=True,
    ):
        torch.testing.assert_close(got, wanted, rtol=1e-5, atol=1e-6)


def test_head_loss_is_cross_entropy() -> None:
    torch.manual_seed(0)
    hidden, weight = torch.randn(700, 8, requires_grad=True), torch.randn(30, 8)
    targets = torch.randint(0, 30, (700,))
    counts = torch.randint(1, 4, (700,)).float()
    loss = fused.head_loss(hidden, weight, targets, counts)
    expected = (torch.nn.functional.cross_entropy(hidden @ weight.t(), targets, reduction="none") * counts).sum()
    torch.testing.assert_close(loss, expected)
    torch.testing.assert_close(torch.autograd.grad(loss, hidden), torch.autograd.grad(expected, hidden))


def test_rms_norm_is_the_models_own() -> None:
    from transformers.models.llama.modeling_llama import LlamaRMSNorm

    torch.manual_seed(0)
    norm, x = LlamaRMSNorm(24, eps=1e-5), torch.randn(2, 5, 24, requires_grad=True)
    torch.nn.init.normal_(norm.weight)
    norm.weight.requires_grad_(False)
    out = fused.rms_norm(x, norm.weight, 1e-5, torch.float32)
    torch.testing.assert_close(out, norm(x))
    upstream = torch.randn_like(out)
    for got, wanted in zip(
        torch.autograd.grad(out, x, upstream), torch.autograd.grad(norm(x), x, upstream), strict=True
    ):
        torch.testing.assert_close(got, wanted)


def test_operations_are_those_that_torch_counts(tmp_path: Path) -> None:
    """Counted by torch over plain runs of the same dialogues."""
    from torch.utils.flop_counter import FlopCounterMode

    examples = make_examples(3, shared=0)
    model = prepare_model(tiny_weights(tmp_path), CONFIG).train()
    with FlopCounterMode(display=False) as counter:
        plain_gradients(model, examples)
    # What torch counts and we leave out: logits where nothing is trained, and pairs that the mask hides.
    everywhere = [replace(e, trained=(False, *[True] * (len(e.ids) - 1))) for e in examples]
    ours = Work(model).step(apart(everywhere))
    assert 0.75 < ours / counter.get_total_flops() < 1.1


def test_an_estimate_changes_nothing_and_counts_what_is_shared_once(tmp_path: Path) -> None:
    examples = make_examples(8, shared=60)
    model = prepare_model(tiny_weights(tmp_path), CONFIG).train()
    before = {n: p.detach().clone() for n, p in model.named_parameters()}
    drawn = torch.random.get_rng_state()
    shared = Objective(model, precision="fp32", token_budget=160, share=True)
    steps = [Batch(tuple(examples[:4])), Batch(tuple(examples[4:]))]
    found = estimate(model, shared, steps)
    watching = estimate(model, shared, steps, [examples] * 30)
    assert watching.seconds * watching.rate > 5 * found.seconds * found.rate  # 30 thirds of as much again
    assert found.seconds > 0
    assert found.peak_bytes > 1e6
    assert torch.equal(drawn, torch.random.get_rng_state())
    assert all(p.grad is None and torch.equal(p, before[n]) for n, p in model.named_parameters())
    work = Work(model)
    assert work.step(grow(examples)) < 0.75 * work.step(apart(examples))


# -- what is refused ------------------------------------------------------------


def refused(example: Example, **settings: Any) -> str:
    with pytest.raises(DialogueError) as caught:
        check_examples([example], **({"stop_ids": (STOP,), "max_length": 100} | settings))
    return str(caught.value)


def test_a_dialogue_without_a_trained_token_is_refused() -> None:
    assert "'a' has no trained token" in refused(Example("a", (5, 6, STOP), (False, False, False)))


def test_a_refusal_names_file_and_line() -> None:
    text = refused(Example("a", (5, 6, STOP), (False, False, False), ("dialogues/a.jsonl", 12)))
    assert text.startswith("dialogues/a.jsonl:12: dialogue 'a' has no trained token")


def test_an_untrained_stop_token_is_refused() -> None:
    assert "stop token (at token 1)" in refused(Example("a", (5, 6, STOP), (False, True, False)))


def test_a_reply_cut_before_its_stop_token_is_refused() -> None:
    assert "stop token (at token 2)" in refused(Example("a", (5, 6, 7), (False, True, True)))


def test_a_dialogue_that_is_too_long_is_refused_not_cut() -> None:
    text = refused(Example("a", (5, 6, STOP), (False, True, True)), max_length=2)
    assert "longer than max_length" in text
    assert "up to 2 tokens" in text


def test_a_mask_of_another_length_and_an_empty_set_are_refused() -> None:
    assert "mask entries" in refused(Example("a", (5, STOP), (False, True, True)))
    with pytest.raises(DialogueError, match="nothing to train on"):
        check_examples([], stop_ids=(STOP,), max_length=10)


@pytest.mark.parametrize(
    "bad",
    [
        {"batch_tokens": 0},
        {"learning_rate": -1.0},
        {"warmup": 1.0},
        {"steps": 0},
        {"stop_ids": ()},
        {"schedule": "sine"},
    ],
)
def test_settings_out_of_range_are_refused(bad: dict[str, Any]) -> None:
    with pytest.raises(ConfigError, match=next(iter(bad))):
        replace(CONFIG, **bad)


# -- who is computed together ------------------------------------------------------------


def test_steps_cover_every_dialogue_once_an_epoch_and_depend_on_the_seed() -> None:
    ten = {"trained": [5] * 10, "batch_tokens": 20}
    plan = plan_steps(**ten, epochs=2, steps=None, seed=0)
    assert [len(step) for step in plan] == [4, 4, 2, 4, 4, 2]
    assert sorted(k for step in plan[:3] for k in step) == list(range(10))
    assert plan[:3] != plan[3:]
    assert plan == plan_steps(**ten, epochs=2, steps=None, seed=0)
    assert plan != plan_steps(**ten, epochs=2, steps=None, seed=1)
    assert len(plan_steps(**ten, epochs=1, steps=8, seed=0)) == 8
    assert len(plan_steps([5] * 100, batch_tokens=20, epochs=0.5, steps=None, seed=0)) == 13


def test_a_step_holds_about_the_same_number_of_trained_tokens() -> None:
    draw = random.Random(1)
    trained = [draw.choice((20, 60, 500)) for _ in range(200)]
    plan = plan_steps(trained, batch_tokens=800, epochs=1, steps=None, seed=0)
    held = [sum(trained[k] for k in step) for step in plan]
    assert all(800 <= tokens < 800 + 500 for tokens in held[:-1])
    assert sum(held) == sum(trained)


# -- whole runs ------------------------------------------------------------


def losses(out: Path) -> list[float]:
    return [json.loads(line)["loss"] for line in (out / "log.jsonl").read_text().splitlines()]


def test_a_run_learns_reports_and_leaves_an_adapter_that_the_engine_loads(tmp_path: Path) -> None:
    weights = tiny_weights(tmp_path / "base")
    examples = make_examples(8, shared=40)
    seen: list[Progress] = []
    config = replace(CONFIG, steps=12, learning_rate=2e-2)
    result = fit(examples, {"held_back": examples[:3]}, config, weights, tmp_path / "run", on_progress=seen.append)
    assert [p.step for p in seen] == list(range(1, 13))
    assert seen[-1].seconds_left == 0
    assert seen[-1].tokens_per_second > 0
    assert losses(tmp_path / "run") == [p.loss for p in seen]
    assert result.final_loss < losses(tmp_path / "run")[0]
    curve = result.watched["held_back"]
    assert [step for step, _ in curve] == [0, 3, 6, 9, 12]
    assert curve[-1][1] < curve[0][1]
    assert result.words == in_words(losses(tmp_path / "run"), result.watched)
    assert result.computed < 0.8
    model = load_local(weights, adapter=result.adapter, precision="fp32", device="cpu")
    plain = load_local(weights, precision="fp32", device="cpu")
    assert model.fingerprint["adapter"] == result.adapter_sha256
    request = [Request(examples[0].ids[:50], "a")]
    assert model.generate(request, max_new_tokens=8) != plain.generate(request, max_new_tokens=8)
    other = replace(weights, sha256="0" * 64)
    with pytest.raises(FingerprintError, match="other weights"):
        load_local(other, adapter=result.adapter, precision="fp32", device="cpu")


def test_an_interrupted_run_is_taken_up_on_the_same_trajectory(tmp_path: Path) -> None:
    weights = tiny_weights(tmp_path / "base")
    examples = make_examples(10, shared=40)
    config = replace(CONFIG, steps=7, checkpoint_every=3, rehearsal=0.3)
    texts = make_examples(5, shared=0, seed=9)
    held = {"held_back": examples[:2]}
    whole = fit(examples, held, config, weights, tmp_path / "whole", general=texts)

    def interrupt(progress: Progress) -> None:
        if progress.step == 5:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        fit(examples, held, config, weights, tmp_path / "cut", general=texts, on_progress=interrupt)
    assert not (tmp_path / "cut" / "adapter").exists()
    resumed = fit(examples, held, config, weights, tmp_path / "cut", general=texts, resume=True)
    assert resumed.resumed_from == 3
    assert losses(tmp_path / "cut") == pytest.approx(losses(tmp_path / "whole"), rel=1e-6)
    assert resumed.final_loss == pytest.approx(whole.final_loss, rel=1e-6)
    assert [step for step, _ in resumed.watched["held_back"]] == [0, 2, 4, 6, 7]
    for (_, loss), (_, expected) in zip(resumed.watched["held_back"], whole.watched["held_back"], strict=True):
        assert loss == pytest.approx(expected, rel=1e-5)
    with pytest.raises(RunError, match="cannot resume"):
        fit(examples[1:], held, config, weights, tmp_path / "cut", general=texts, resume=True)
    with pytest.raises(RunError, match="cannot resume"):
        fit(examples, held, config, weights, tmp_path / "cut", general=texts[1:], resume=True)


def test_a_second_round_continues_from_the_adapter(tmp_path: Path) -> None:
    weights = tiny_weights(tmp_path / "base")
    examples = make_examples(8, shared=40)
    watched = {"held_back": examples}
    first = fit(examples, watched, replace(CONFIG, steps=6), weights, tmp_path / "one")
    second = fit(examples, watched, replace(CONFIG, steps=1), weights, tmp_path / "two", start_from=first.adapter)
    assert second.watched["held_back"][0][1] == pytest.approx(first.watched["held_back"][-1][1], rel=1e-5)
    with pytest.raises(FingerprintError):
        fit(examples, {}, CONFIG, replace(weights, sha256="0"), tmp_path / "four", start_from=first.adapter)


# -- which state is kept ------------------------------------------------------------


class Judge:
    """Scores adapters in a given order, and remembers which was which."""

    def __init__(self, *scores: float) -> None:
        self.scores = list(scores)
        self.seen: list[str] = []

    def __call__(self, adapter: Path) -> float:
        self.seen.append(adapter_sha256(adapter))
        return self.scores[len(self.seen) - 1]


@pytest.mark.parametrize(
    ("scores", "patience", "steps", "chosen"),
    [
        ((0.2, 0.9, 0.5), 2, 6, 1),  # the best, not the last
        ((0.2, 0.5, 0.5), 2, 6, 2),  # of equal ones the later
        ((0.9, 0.5, 0.7), 2, 6, 0),
        ((0.9, 0.5), 1, 4, 0),  # stopped before the end
    ],
)
def test_the_adapter_that_behaved_best_is_kept(
    tmp_path: Path, scores: tuple[float, ...], patience: int, steps: int, chosen: int
) -> None:
    weights = tiny_weights(tmp_path / "base")
    judge = Judge(*scores)
    config = replace(CONFIG, steps=6, checks=3, patience=patience)
    result = fit(make_examples(8, shared=40), {}, config, weights, tmp_path / "run", check=judge)
    assert result.checks == [(2 * (k + 1), score) for k, score in enumerate(scores)]
    assert (result.steps, result.chosen) == (steps, 2 * (chosen + 1))
    assert len(set(judge.seen)) == len(scores)
    assert result.adapter_sha256 == judge.seen[chosen]
    assert not list((tmp_path / "run" / "checks").glob("step-*"))


def test_checks_change_nothing_in_the_training(tmp_path: Path) -> None:
    weights = tiny_weights(tmp_path / "base")
    examples = make_examples(8, shared=40)
    config = replace(CONFIG, steps=6)
    plain = fit(examples, {}, config, weights, tmp_path / "plain")
    checked = fit(examples, {}, replace(config, checks=3), weights, tmp_path / "checked", check=Judge(0.1, 0.2, 0.3))
    assert checked.adapter_sha256 == plain.adapter_sha256
    assert losses(tmp_path / "checked") == losses(tmp_path / "plain")


def test_checks_survive_an_interruption(tmp_path: Path) -> None:
    weights = tiny_weights(tmp_path / "base")
    examples = make_examples(8, shared=40)
    config = replace(CONFIG, steps=8, checks=4, patience=9, checkpoint_every=3)

    def interrupt(progress: Progress) -> None:
        if progress.step == 5:
            raise KeyboardInterrupt

    first = Judge(0.9, 0.1)
    with pytest.raises(KeyboardInterrupt):
        fit(examples, {}, config, weights, tmp_path / "run", check=first, on_progress=interrupt)
    later = Judge(0.2, 0.3, 0.4)
    result = fit(examples, {}, config, weights, tmp_path / "run", resume=True, check=later)
    assert result.checks == [(2, 0.9), (4, 0.2), (6, 0.3), (8, 0.4)]  # step 4 was done again
    assert result.adapter_sha256 == first.seen[0]


# -- what is watched ------------------------------------------------------------


@pytest.mark.parametrize(
    ("steps", "found"), [(1, {0, 1}), (59, {0, 59}), (120, {0, 60, 120}), (973, {0, 244, 487, 730, 973})]
)
def test_short_runs_are_watched_less(steps: int, found: set[int]) -> None:
    assert due(steps, 50) == found


def test_what_losses_say_in_words() -> None:
    falling, flat = [2.0] * 60 + [0.5] * 60, [1.0] * 120
    overfitted = in_words(falling, {"held_back": [(0, 2.0), (60, 0.9), (90, 1.0), (120, 1.1)]})
    assert overfitted == [
        "training wording still improves, held-back dialogues do not since step 60 (0.900, now 1.100): overfitted"
    ]
    assert "training wording" not in in_words(flat, {"held_back": [(0, 2.0), (60, 0.9), (120, 1.1)]})[0]
    assert "still improve (10% since step 60)" in in_words(falling, {"held_back": [(0, 2.0), (60, 1.0), (120, 0.9)]})[0]
    assert "no longer improve" in in_words(falling, {"held_back": [(0, 2.0), (60, 1.0), (120, 0.999)]})[0]
    assert in_words(falling, {"general": [(0, 3.0), (120, 3.1)]}) == []
    assert "10% harder to predict" in in_words(falling, {"general": [(0, 3.0), (120, 3.3)]})[0]
    assert in_words([], {}) == in_words(falling, {"held_back": [(0, 2.0)]}) == []


def test_general_text_is_prose_and_every_token_counts() -> None:
    from demeanor.models.scripted import ByteTokenizer

    examples = general.prose(ByteTokenizer())
    assert len(examples) == 20
    assert all(e.trained == (False, *[True] * (len(e.ids) - 1)) and len(e.ids) > 250 for e in examples)


def test_dropout_switches_sharing_off(tmp_path: Path) -> None:
    weights = tiny_weights(tmp_path / "base")
    result = fit(make_examples(4, shared=40), {}, replace(CONFIG, steps=1, dropout=0.1), weights, tmp_path / "run")
    assert result.computed > 0.9  # all but what stands behind the last trained token
