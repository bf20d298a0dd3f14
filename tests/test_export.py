"""Exports: the file that is written is the model that was tuned, down to tokens and stops, or it is refused."""

from __future__ import annotations

import hashlib
import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from demeanor.data.synthesize import Plan, synthesize
from demeanor.dialogue import dump_dialogues
from demeanor.errors import ConfigError, ModelError
from demeanor.models.scripted import CHATML
from demeanor.project import RunFolder
from demeanor.runtime.arm import fingerprint, freeze
from demeanor.runtime.workspace import Workspace
from demeanor.simulation.scenario import load_scenarios
from demeanor.training.config import Example, TrainConfig

torch = pytest.importorskip("torch")
transformers = pytest.importorskip("transformers")
pytest.importorskip("gguf")

from demeanor.models.gguf_file import write_gguf  # noqa: E402
from demeanor.models.pretrained import read_model, tokenizer_sha256  # noqa: E402
from demeanor.models.weights import find_weights  # noqa: E402
from demeanor.serving.export import DEVIATION, FORMATS, _compare, export, modelfile  # noqa: E402
from demeanor.training.lora import prepare_model  # noqa: E402
from demeanor.training.train import save_adapter  # noqa: E402

TEXTS = (
    "Good evening, I'd like a room from the 12th to the 15th of June.",
    '<note>guests: two; need: nothing</note>\nLovely! <tool_call>{"name": "search", "arguments": {}}</tool_call>',
    "Žák Dvořáková paid 1,250.50 euros\n\n  twice; naïve — 你好 🙂",
)
FAMILIES = {"llama": ("LlamaConfig", "gpt-2"), "qwen2": ("Qwen2Config", "qwen2"), "qwen3": ("Qwen3Config", "qwen2")}


QWEN2_SPLIT = (
    r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+"
)


def tokenizer(split: str = "gpt-2") -> Any:
    """A small byte-level BPE tokenizer with ChatML specials."""
    from tokenizers import Regex, Tokenizer, decoders, models, pre_tokenizers, trainers

    backend = Tokenizer(models.BPE())
    whole = pre_tokenizers.ByteLevel(add_prefix_space=False)
    parts = [pre_tokenizers.Split(Regex(QWEN2_SPLIT), "isolated"), pre_tokenizers.ByteLevel(False, use_regex=False)]
    backend.pre_tokenizer = whole
    backend.decoder = decoders.ByteLevel()
    specials = ["<|endoftext|>", "<|im_start|>", "<|im_end|>"]
    alphabet = pre_tokenizers.ByteLevel.alphabet()
    trainer = trainers.BpeTrainer(
        vocab_size=360, special_tokens=specials, initial_alphabet=alphabet, show_progress=False
    )
    backend.train_from_iterator((*TEXTS, "from 10 to 12 June 2026 for 150 euros " * 20), trainer)
    # Merges over digits, which splits by digit keep apart: whoever reads the file with another split shows it.
    backend.pre_tokenizer = {
        "gpt-2": whole,
        "smollm": pre_tokenizers.Sequence([pre_tokenizers.Digits(individual_digits=True), whole]),
        "qwen2": pre_tokenizers.Sequence(parts),
        "words": pre_tokenizers.WhitespaceSplit(),
    }[split]
    return transformers.PreTrainedTokenizerFast(
        tokenizer_object=backend, bos_token="<|im_start|>", eos_token="<|im_end|>", chat_template=CHATML
    )


def tiny(family: str = "llama", **sizes: Any) -> Any:
    torch.manual_seed(0)
    config = getattr(transformers, FAMILIES[family][0])(
        **{
            "vocab_size": 384,
            "hidden_size": 64,
            "intermediate_size": 96,
            "num_hidden_layers": 2,
            "num_attention_heads": 4,
            "num_key_value_heads": 2,
            "head_dim": 128 if family == "qwen3" else 16,  # transformers reads qwen3 from GGUF with 128 only
            "max_position_embeddings": 256,
            "tie_word_embeddings": True,
            "eos_token_id": 2,
            **sizes,
        }
    )
    model = transformers.AutoModelForCausalLM.from_config(config).eval()
    for parameter in model.parameters():
        torch.nn.init.normal_(parameter, std=0.15)
    return model


def logits(model: Any, ids: list[int]) -> Any:
    with torch.no_grad():
        return torch.log_softmax(model(torch.tensor([ids])).logits[0].float(), -1)


@pytest.mark.parametrize(("precision", "tolerance"), [("f16", 0.01), ("q8_0", 0.15)])
@pytest.mark.parametrize("family", list(FAMILIES))
def test_a_gguf_file_reads_back_as_the_model(tmp_path: Path, family: str, precision: str, tolerance: float) -> None:
    model, cut = tiny(family), tokenizer(FAMILIES[family][1])
    file = tmp_path / "model.gguf"
    write_gguf(model, cut, file, precision=precision, name="tiny", stop_id=2)
    again, cut_again = read_model(find_weights(str(file), tmp_path / "cache"))
    for text in TEXTS:
        ids = cut.encode(text)
        assert cut_again.encode(text) == ids
        assert (logits(again, ids) - logits(model, ids)).abs().max() < tolerance
    assert cut_again.chat_template == CHATML
    assert cut_again.eos_token == "<|im_end|>"


def test_an_untied_output_layer_is_written(tmp_path: Path) -> None:
    model, cut = tiny(tie_word_embeddings=False), tokenizer()
    write_gguf(model, cut, tmp_path / "model.gguf", precision="f16", name="tiny", stop_id=2)
    again, _ = read_model(find_weights(str(tmp_path / "model.gguf"), tmp_path / "cache"))
    ids = cut.encode(TEXTS[0])
    assert (logits(again, ids) - logits(model, ids)).abs().max() < 0.01


def metadata(file: Path) -> dict[str, Any]:
    import gguf

    fields = gguf.GGUFReader(str(file)).fields
    return {name: field.contents() for name, field in fields.items()}


@pytest.mark.parametrize("split", ["gpt-2", "smollm", "qwen2"])
def test_the_file_names_how_text_is_split_and_where_replies_stop(tmp_path: Path, split: str) -> None:
    file = tmp_path / "model.gguf"
    write_gguf(tiny(), tokenizer(split), file, precision="f16", name="tiny", stop_id=2)
    facts = metadata(file)
    assert facts["tokenizer.ggml.pre"] == split
    assert facts["tokenizer.ggml.eos_token_id"] == 2
    assert facts["tokenizer.ggml.add_bos_token"] is False
    assert facts["tokenizer.chat_template"] == CHATML
    assert len(facts["tokenizer.ggml.tokens"]) == 384


def test_what_the_format_cannot_hold_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "model.gguf"

    def refused(model: Any, cut: Any, precision: str = "f16") -> str:
        with pytest.raises(ModelError) as caught:
            write_gguf(model, cut, file, precision=precision, name="tiny", stop_id=2)
        return str(caught.value)

    assert "no such GGUF precision" in refused(tiny(), tokenizer(), "q2")
    assert "no name in GGUF" in refused(tiny(), tokenizer("words"))
    gemma = transformers.AutoModelForCausalLM.from_config(
        transformers.Gemma3TextConfig(vocab_size=32, hidden_size=32, num_hidden_layers=1, intermediate_size=32)
    )
    assert "does not know this family" in refused(gemma, tokenizer())
    large = tiny()
    large.model.layers[0].mlp.up_proj.weight.data[0, 0] = 1e6
    assert "too large for f16" in refused(large, tokenizer())
    scaled = tiny(rope_parameters={"rope_type": "linear", "factor": 2.0, "rope_theta": 1e4})
    assert "rotary embedding" in refused(scaled, tokenizer())
    assert not file.exists()


def test_a_truncated_file_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "model.gguf"
    write_gguf(tiny(), tokenizer(), file, precision="f16", name="tiny", stop_id=2)
    file.write_bytes(file.read_bytes()[: file.stat().st_size // 2])
    with pytest.raises(ModelError, match="cannot read this GGUF"):
        find_weights(str(file), tmp_path / "cache")


# -- a tuned agent, from its run to a folder ------------------------------------------------------------


def tuned_run(space: Workspace, folder: Path, family: str = "llama", split: str = "", dora: bool = False) -> RunFolder:
    """A training run with a random adapter on a tiny model, and four short dialogues."""
    model = tiny(family, max_position_embeddings=8192)
    model.save_pretrained(folder)
    tokenizer(split or FAMILIES[family][1]).save_pretrained(folder)
    space.agent = replace(space.agent, base_model=str(folder))
    weights = find_weights(str(folder))
    _, cut = read_model(weights)
    for file in space.folder.dialogues_path.glob("*.jsonl"):
        file.unlink()
    openings = list(synthesize(Plan(space, "training", seed=3, openings=True), 4))
    (space.folder.dialogues_path / "a.jsonl").write_text(dump_dialogues(openings), encoding="utf-8")
    config = TrainConfig(stop_ids=(2,), precision="fp32", rank=4, device="cpu", dora=dora)
    with space.folder.new_run("train", {"a": "b"}) as run:
        adapted = prepare_model(weights, config)
        for name, parameter in adapted.named_parameters():
            if "lora_B" in name:
                torch.nn.init.normal_(parameter, std=0.1)
        save_adapter(adapted, run.path / "adapter", weights, config)
        identity = {
            "weights": weights.sha256,
            "tokenizer": tokenizer_sha256(cut),
            "template": hashlib.sha256(CHATML.encode()).hexdigest(),
            "stop_ids": "2",
        }
        freeze(run, space, fingerprint(identity, space.renderer(cut)))
    return run


@pytest.mark.parametrize("form", FORMATS)
def test_an_export_is_read_back_and_says_what_it_is(own_workspace: Workspace, tmp_path: Path, form: str) -> None:
    run = tuned_run(own_workspace, tmp_path / "model")
    folder = tmp_path / "out" / form
    parity = export(own_workspace, run.id, form, folder)
    assert parity.tokens > 100
    assert parity.deviation < 0.03  # half of what is refused
    assert parity.agreement > 0.9
    facts = json.loads((folder / "export.json").read_text(encoding="utf-8"))
    assert facts["parity"]["deviation"] == parity.deviation
    assert (facts["run"], facts["stop"], facts["stop_ids"]) == (run.id, "<|im_end|>", [2])
    assert facts["writes"]["call"] == ["<tool_call>", "</tool_call>"]
    assert (folder / "system.txt").read_text(encoding="utf-8") == own_workspace.system
    assert (folder / "template.jinja").read_text(encoding="utf-8") == CHATML
    assert (folder / ("Modelfile" if form.startswith("gguf") else "vllm.txt")).exists()
    assert [p.name for p in folder.parent.iterdir()] == [form]  # nothing half-written is left


def test_an_adapter_names_a_base_and_a_rank_that_engines_take(own_workspace: Workspace, tmp_path: Path) -> None:
    run = tuned_run(own_workspace, tmp_path / "model")
    export(own_workspace, run.id, "adapter", tmp_path / "out")
    named = json.loads((tmp_path / "out" / "adapter" / "adapter_config.json").read_text())["base_model_name_or_path"]
    assert (Path(named) / "config.json").is_file()
    line = (tmp_path / "out" / "vllm.txt").read_text()
    assert line.startswith(f"vllm serve {named} ")
    assert "--max-lora-rank 8 " in line


def test_an_adapter_that_vllm_cannot_load_is_not_offered_to_it(own_workspace: Workspace, tmp_path: Path) -> None:
    run = tuned_run(own_workspace, tmp_path / "model", dora=True)
    told: list[str] = []
    export(own_workspace, run.id, "adapter", tmp_path / "out", on_step=told.append)
    assert not (tmp_path / "out" / "vllm.txt").exists()
    assert "--format safetensors" in told[-1]
    export(own_workspace, run.id, "safetensors", tmp_path / "merged")
    assert (tmp_path / "merged" / "vllm.txt").exists()


def test_scenarios_are_played_by_both_and_counted(own_workspace: Workspace, tmp_path: Path) -> None:
    """A random model does no task before or after; that an export behaves is seen on the real one (docs/export.md)."""
    run = tuned_run(own_workspace, tmp_path / "model")
    scenarios = load_scenarios(own_workspace.folder.scenarios_path / "selection", own_workspace.agent)[:1]
    parity = export(own_workspace, run.id, "gguf-f16", tmp_path / "out", scenarios)
    assert (parity.scenarios, parity.verdicts) == (1, 1)


def test_an_export_that_reads_other_tokens_is_refused(own_workspace: Workspace, tmp_path: Path) -> None:
    """transformers splits the text of llama files in one way, whatever the file says."""
    run = tuned_run(own_workspace, tmp_path / "model", split="smollm")
    with pytest.raises(ModelError, match="other tokens"):
        export(own_workspace, run.id, "gguf-f16", tmp_path / "out" / "a")
    assert not list((tmp_path / "out").iterdir())


def test_a_wrong_layout_shows_in_the_next_words(own_workspace: Workspace, tmp_path: Path) -> None:
    model, cut = tiny(), tokenizer()
    examples = [Example("a", tuple(ids), (False, *[True] * (len(ids) - 1))) for ids in map(cut.encode, TEXTS)]
    swapped = tiny()
    weight = swapped.model.layers[1].mlp.gate_proj.weight
    weight.data = weight.data.flip(0)  # one matrix of one layer
    assert _compare(model, model, examples).deviation == 0.0
    assert _compare(model, swapped, examples).deviation > 2 * DEVIATION


def test_what_cannot_be_asked_for_is_refused(own_workspace: Workspace, tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="no such export format"):
        export(own_workspace, "latest", "onnx", tmp_path / "out")
    with pytest.raises(ConfigError, match="something already"):
        export(own_workspace, "latest", "adapter", tmp_path)


def test_a_modelfile_renders_like_the_template(own_workspace: Workspace) -> None:
    cut = tokenizer()
    text = modelfile(own_workspace.renderer(cut))
    assert '{{ if eq .Role "system" }}<|im_start|>system\n{{ .Content }}' in text
    assert '{{ else if eq .Role "user" }}<|im_end|>\n<|im_start|>user\n{{ .Content }}' in text
    assert text.count("<|im_end|>\n<|im_start|>assistant\n") == 2  # before a reply that was given, and one that is due
    assert 'PARAMETER stop "<|im_end|>"' in text
    # The system text in front of the first user message, as Gemma has it, is more than a frame around each message.
    cut.chat_template = CHATML.replace(
        "<|im_end|>\n{% endfor", "{% if not loop.first %}<|im_end|>\n{% endif %}{% endfor"
    )
    cut.chat_template = cut.chat_template.replace(
        "<|im_start|>{{ message['role'] }}\n",
        "{% if loop.index0 != 1 %}<|im_start|>{{ message['role'].replace('system', 'user') }}\n{% endif %}",
    )
    with pytest.raises(ModelError, match="begins the first user message otherwise"):
        modelfile(own_workspace.renderer(cut))
