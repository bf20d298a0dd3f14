"""A tuned agent as files that other engines serve, each read back and tried before it counts as exported.

    adapter       the LoRA adapter alone, for engines that load it beside the base
    safetensors   merged weights in bf16
    gguf-f16      one GGUF file for llama.cpp, Ollama, OpenVINO
    gguf-q8_0     the same at half the size, a little coarser

Beside the weights lie what they were tuned with: system text, tool schemas, chat template, stop token and how calls
are written (`export.json`), and ready-made lines for the engines. An export that reads other tokens, or whose next
words differ from the tuned model's, is not written.
"""

from __future__ import annotations

import json
import shutil
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import torch

from demeanor.dialogue import Dialogue, read_dialogues
from demeanor.errors import ConfigError, ModelError
from demeanor.evaluation.evaluate import Evaluator
from demeanor.improvement.gate import DEVIATION
from demeanor.models.gguf_file import write_gguf
from demeanor.models.local import load_local
from demeanor.models.pretrained import merge_adapter, read_model
from demeanor.models.weights import Weights, find_weights
from demeanor.project import RunFolder, write_atomic
from demeanor.runtime.arm import load_arm
from demeanor.runtime.prompt import CALL_CLOSE, CALL_OPEN, NOTE_CLOSE, NOTE_OPEN, RESULT_CLOSE, RESULT_OPEN, Renderer
from demeanor.runtime.workspace import Workspace
from demeanor.simulation.scenario import Scenario
from demeanor.training.config import Example
from demeanor.training.examples import make_examples

FORMATS = ("adapter", "safetensors", "gguf-f16", "gguf-q8_0")
PROBES = 8
VLLM = "vllm.txt"
VLLM_RANKS = (8, 16, 32, 64, 128, 256, 320, 512)
"""The values that vLLM's --max-lora-rank takes."""
MERGE_IT = "vLLM cannot load this adapter (DoRA, trained rows, or a rank above 512); merge it: --format safetensors"


@dataclass(frozen=True)
class Parity:
    """An export against the tuned model in fp32, over the trained tokens of some dialogues.

    `deviation`: how far the logits lie apart, as a share of their own spread (root mean squares, centred by position).
    `agreement`: share of positions with the same most likely token. `logprob`: the largest difference of the
    log-probability of a token that was written, in nats. `verdicts`: scenarios judged alike, of `scenarios`.
    """

    dialogues: int
    tokens: int
    deviation: float
    agreement: float
    logprob: float
    scenarios: int = 0
    verdicts: int = 0


def export(
    space: Workspace,
    run_name: str,
    form: str,
    folder: Path,
    scenarios: Sequence[Scenario] = (),
    on_step: Callable[[str], None] = lambda words: None,
) -> Parity:
    """Write the tuned agent of a training run into `folder`, which must not be there yet.

    Args:
        scenarios: played by the tuned model and by the export; their verdicts are compared.

    Raises:
        ConfigError: an unknown format, or the folder is there already.
        ModelError: the format cannot hold the model, or what was read back is not what was tuned.
    """
    if form not in FORMATS:
        raise ConfigError("no such export format", field="format", found=form, allowed=FORMATS)
    if folder.exists():
        raise ConfigError("there is something already", file=folder, fix="name a new folder")
    run = space.folder.run("latest:train" if run_name == "latest" else run_name)
    weights = space.base_weights()
    adapter = run.path / "adapter"
    on_step("merging the adapter")
    model, tokenizer = read_model(weights)
    tuned, _ = merge_adapter(model, adapter, weights)
    renderer = space.renderer(tokenizer, (run.path / "frozen" / "system.txt").read_text(encoding="utf-8"))
    folder.parent.mkdir(parents=True, exist_ok=True)
    beside = Path(tempfile.mkdtemp(prefix=f".{folder.name}-", dir=folder.parent))
    try:
        on_step(f"writing {form}")
        _write_weights(tuned, tokenizer, renderer, adapter, beside, form, space.agent.name)
        if form == "adapter":
            _name_base(beside / "adapter", weights)
        on_step("reading it back")
        parity = _check(space, tuned, renderer, weights, beside, form, run, scenarios)
        _write_facts(space, renderer, run, beside, form, parity)
        if form == "adapter" and not (beside / VLLM).exists():
            on_step(MERGE_IT)
        beside.chmod(0o755)
        beside.rename(folder)
    finally:
        shutil.rmtree(beside, ignore_errors=True)
    return parity


def _write_weights(
    tuned: Any, tokenizer: Any, renderer: Renderer, adapter: Path, folder: Path, form: str, name: str
) -> None:
    if form == "adapter":
        shutil.copytree(adapter, folder / "adapter")
    elif form == "safetensors":
        # A copy of the numbers in bf16; the model itself stays in fp32 for the comparison.
        state = {key: tensor.to(torch.bfloat16) for key, tensor in tuned.state_dict().items()}
        tuned.save_pretrained(folder, state_dict=state)
        config = json.loads((folder / "config.json").read_text(encoding="utf-8"))
        write_atomic(folder / "config.json", json.dumps({**config, "dtype": "bfloat16"}, indent=2) + "\n")
        tokenizer.save_pretrained(folder)
    else:
        stop = renderer.stop_ids
        if len(stop) != 1:
            raise ModelError("GGUF names one stop token, and this template's is more", found=stop)
        precision = form.removeprefix("gguf-")
        write_gguf(tuned, tokenizer, folder / "model.gguf", precision=precision, name=name, stop_id=stop[0])


# ---------------------------------------------------------------------------------------------------- reading back


def _check(
    space: Workspace,
    tuned: Any,
    renderer: Renderer,
    weights: Weights,
    folder: Path,
    form: str,
    run: RunFolder,
    scenarios: Sequence[Scenario],
) -> Parity:
    probes = _probes(space)
    with tempfile.TemporaryDirectory(prefix="demeanor-") as cache:
        found, adapter = _exported(weights, folder, form, Path(cache))
        model, tokenizer = read_model(found)
        if adapter is not None:
            model, _ = merge_adapter(model, adapter, found)
        examples = make_examples(space, renderer, probes)
        if make_examples(space, space.renderer(tokenizer, renderer.system), probes) != examples:
            raise ModelError("the export cuts text into other tokens than the tuned model", file=folder)
        parity = _compare(tuned, model, examples)
        if not parity.deviation <= DEVIATION:
            raise ModelError(
                "the export's next words are not the tuned model's",
                found=f"logits {parity.deviation:.1%} apart over {parity.tokens} tokens",
                allowed=f"up to {DEVIATION:.0%}",
            )
        del model
        alike = _same_verdicts(space, run, found, adapter, renderer.system, scenarios) if scenarios else 0
    return Parity(**{**asdict(parity), "scenarios": len(scenarios), "verdicts": alike})


def _exported(weights: Weights, folder: Path, form: str, cache: Path) -> tuple[Weights, Path | None]:
    """What a reader of the folder would load: weights, and the adapter that goes with them."""
    if form == "adapter":
        return weights, folder / "adapter"
    return find_weights(str(folder / "model.gguf" if form.startswith("gguf") else folder), cache), None


def _probes(space: Workspace) -> list[Dialogue]:
    """Some of the project's dialogues, spread over its files."""
    files = space.folder.dialogue_files()
    written = [d for file in files for d in read_dialogues(file)]
    if not written:
        raise ConfigError("no dialogues to compare the export on", file=space.folder.dialogues_path)
    return [written[k * len(written) // PROBES] for k in range(min(PROBES, len(written)))]


@torch.no_grad()
def _compare(tuned: Any, exported: Any, examples: Sequence[Example]) -> Parity:
    alike = tokens = 0
    worst = apart = spread = 0.0
    for example in examples:
        ids = torch.tensor([example.ids])
        wanted = torch.tensor(example.trained[1:])
        a, b = (m(ids).logits[0, :-1][wanted].float() for m in (tuned, exported))
        centred = [logits - logits.mean(-1, keepdim=True) for logits in (a, b)]
        apart += float((centred[0] - centred[1]).square().sum())
        spread += float(centred[0].square().sum())
        written = ids[0, 1:][wanted][:, None]
        chances = [torch.log_softmax(logits, -1).gather(1, written) for logits in (a, b)]
        worst = max(worst, float((chances[0] - chances[1]).abs().max()))
        alike += int((a.argmax(-1) == b.argmax(-1)).sum())
        tokens += len(written)
    return Parity(len(examples), tokens, (apart / spread) ** 0.5, alike / tokens, worst)


def _same_verdicts(
    space: Workspace, run: RunFolder, found: Weights, adapter: Path | None, system: str, scenarios: Sequence[Scenario]
) -> int:
    """How many scenarios the tuned model and the export end alike."""
    evaluator = Evaluator(space)
    verdicts = []
    for model in (load_arm(space, run.id, engine="transformers").model, load_local(found, adapter=adapter)):
        trials = evaluator.run(scenarios, model, space.renderer(model.tokenizer, system))
        verdicts.append([t.verdicts.task for t in trials])
    return sum(a == b for a, b in zip(*verdicts, strict=True))


# ---------------------------------------------------------------------------------------------------- what goes with it


def _write_facts(space: Workspace, renderer: Renderer, run: RunFolder, folder: Path, form: str, parity: Parity) -> None:
    """The description that the weights were tuned with, and lines for engines."""
    for name in ("system.txt", "tools.json"):
        shutil.copy(run.path / "frozen" / name, folder / name)
    write_atomic(folder / "template.jinja", str(renderer.tokenizer.chat_template))
    facts: dict[str, Any] = {
        "agent": space.agent.name,
        "run": run.id,
        "format": form,
        "fingerprint": json.loads((run.path / "frozen" / "fingerprint.json").read_text(encoding="utf-8")),
        "stop": renderer.stop,
        "stop_ids": list(renderer.stop_ids),
        "writes": {"note": [NOTE_OPEN, NOTE_CLOSE], "call": [CALL_OPEN, CALL_CLOSE]},
        "reads": {"result": [RESULT_OPEN, RESULT_CLOSE], "result_role": "user"},
        "parity": asdict(parity),
    }
    if form.startswith("gguf"):
        write_atomic(folder / "Modelfile", modelfile(renderer))
    elif line := _vllm_line(space, folder, form):
        write_atomic(folder / VLLM, line)
    write_atomic(folder / "export.json", json.dumps(facts, indent=1, ensure_ascii=False) + "\n")


def modelfile(renderer: Renderer) -> str:
    """An Ollama Modelfile that renders conversations as the agent was trained.

    Raises:
        ModelError: the chat template does more than put something before each message.
    """
    system, user, assistant, reply = _frame(renderer)
    template = (
        "{{ range .Messages }}"
        f'{{{{ if eq .Role "system" }}}}{system}{{{{ .Content }}}}'
        f'{{{{ else if eq .Role "user" }}}}{user}{{{{ .Content }}}}'
        f'{{{{ else if eq .Role "assistant" }}}}{assistant}{{{{ .Content }}}}{{{{ end }}}}'
        f"{{{{ end }}}}{reply}"
    )
    quoted = renderer.system.replace('"""', "'''")
    return (
        f'FROM ./model.gguf\nTEMPLATE """{template}"""\nSYSTEM """{quoted}"""\n'
        f"PARAMETER stop {json.dumps(renderer.stop)}\nPARAMETER temperature 0\n"
    )


def _frame(renderer: Renderer) -> tuple[str, str, str, str]:
    """What the chat template puts before a system, a user and an assistant message, and before the reply that is due.

    The end of a message belongs to the next one's beginning, so nothing needs to be known about either alone.
    """
    roles = ("system", "user", "assistant", "user")
    marks = [f"MARK-{k}-{role}" for k, role in enumerate(roles)]
    wire = [{"role": role, "content": mark} for role, mark in zip(roles, marks, strict=True)]
    text = str(renderer.tokenizer.apply_chat_template(wire, tokenize=False, add_generation_prompt=True))
    before: list[str] = []
    for mark in marks:
        head, found, text = text.partition(mark)
        if not found:
            raise ModelError("the chat template drops or moves a message, which a Modelfile cannot say", found=mark)
        before.append(head)
    if before[1] != before[3]:
        raise ModelError("the chat template begins the first user message otherwise than later ones", found=before[1])
    return before[0], before[1], before[2], text


def _name_base(adapter: Path, weights: Weights) -> None:
    """Name the base as whoever loads the adapter can find it: a hub's by its id, every other by its folder."""
    file = adapter / "adapter_config.json"
    config = json.loads(file.read_text(encoding="utf-8"))
    write_atomic(file, json.dumps({**config, "base_model_name_or_path": base_name(weights)}, indent=2) + "\n")


def base_name(weights: Weights) -> str:
    """The hub's id of weights that came from a hub, else their folder."""
    return weights.name if weights.source.startswith("hub ") else str(weights.path)


def _vllm_line(space: Workspace, folder: Path, form: str) -> str:
    """What starts vLLM; '' for an adapter that it cannot load."""
    name = space.agent.name.lower().replace(" ", "-")
    if form == "safetensors":
        return f"vllm serve . --served-model-name {name} --chat-template template.jinja\n"
    config = json.loads((folder / "adapter" / "adapter_config.json").read_text(encoding="utf-8"))
    rank = next((size for size in VLLM_RANKS if size >= config["r"]), None)
    if config.get("use_dora") or config.get("trainable_token_indices") or rank is None:
        return ""
    return (
        f"vllm serve {config['base_model_name_or_path']} --served-model-name base --enable-lora --max-lora-rank {rank} "
        f"--lora-modules {name}=./adapter --chat-template template.jinja\n"
    )
