"""An arm: one way to build the agent. The base model or a tuned one, with or without a prompt, examples and pages.

A training run freezes the description it trained with (agent.yaml, system text, tool schemas) and the fingerprint of
what turned it into tokens. Loading a run checks the fingerprint: another weight, tokenizer, template or renderer is an
error; a persona or schema that has changed since is drift, reported and never silent.
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from demeanor.agent import Agent
from demeanor.agent.description import HAND_OVER
from demeanor.agent.instructions import instructions
from demeanor.dialogue import Message, ToolCall, read_dialogues
from demeanor.errors import ConfigError, FingerprintError, ModelError, RunError
from demeanor.models.endpoint import FILE as ENDPOINTS
from demeanor.models.endpoint import Endpoint, EndpointModel, Price, key_of, read_endpoints
from demeanor.models.model import CallForm, Model
from demeanor.models.scripted import ScriptedModel
from demeanor.models.weights import PACKAGED, Weights, adapter_sha256
from demeanor.project import Promotions, RunFolder
from demeanor.runtime.few_shot import worked_examples
from demeanor.runtime.prompt import CALL_CLOSE, CALL_OPEN, Renderer, reply_text
from demeanor.runtime.workspace import Workspace


def _hands_over(agent: Agent) -> ScriptedModel:
    """Gives every conversation to the first who takes any."""
    call = ToolCall(HAND_OVER, {"to": next(iter(agent.handoffs), ""), "reason": "asked for"})
    return ScriptedModel.always(reply_text(Message("assistant", "", (call,))), "hand_over")


# Agents that can do nothing: they say nothing, repeat the user, or leave all to a colleague, in words or at once.
DUMMIES: dict[str, Callable[[Agent], ScriptedModel]] = {
    "silent": lambda agent: ScriptedModel.silent(),
    "echo": lambda agent: ScriptedModel.echo(),
    "defer": lambda agent: ScriptedModel.always(agent.when_unsure, "defer"),
    "hand_over": _hands_over,
}
PARTS = ("prompt", "few-shot", "retrieval")
ENGINES = ("auto", "openvino", "openvino-constrained", "transformers")
HARD = ("weights", "tokenizer", "template", "stop_ids", "renderer")


@dataclass(frozen=True)
class Arm:
    """A model with the renderer that feeds it. `drift` says in words what has changed since the adapter was trained,
    `engine_note` why the fast engine could not be used, `retrieval` whether pages are looked up for it, `price` of
    its tokens, where an endpoint charges for them."""

    label: str
    model: Model
    renderer: Renderer
    run: str = ""
    drift: tuple[str, ...] = ()
    engine_note: str = ""
    retrieval: bool = True
    price: Price | None = None

    @property
    def fingerprint(self) -> dict[str, str]:
        return fingerprint(self.model.fingerprint, self.renderer)


def fingerprint(model: Mapping[str, str], renderer: Renderer) -> dict[str, str]:
    """What identifies an arm: the model's own fingerprint and the renderer's."""
    return {**model, "renderer": renderer.fingerprint()}


def freeze(run: RunFolder, workspace: Workspace, identity: Mapping[str, str]) -> None:
    """Keep what the run trains with beside its adapter (design/contract.md, 8)."""
    run.write_text("frozen/agent.yaml", workspace.agent.file.read_text(encoding="utf-8"))
    run.write_text("frozen/system.txt", workspace.system)
    run.write_json("frozen/tools.json", _schemas(workspace))
    run.write_json("frozen/fingerprint.json", dict(identity))


def _schemas(workspace: Workspace) -> list[dict[str, Any]]:
    return [tool.schema() for tool in workspace.tools.values()]


def load_arm(workspace: Workspace, name: str, *, device: str | None = None, engine: str = "auto") -> Arm:
    """'base', a training run by id, unique prefix or 'latest', 'promoted', an endpoint by its name, or one of the
    agents that can do nothing.

    Args:
        engine: see `load_model`.

    Raises:
        RunError: no such run, or it holds no adapter.
        FingerprintError: the adapter does not belong to what would serve it.
        ModelError: the weights are missing.
    """
    if name in DUMMIES:
        dummy = DUMMIES[name](workspace.agent)
        return Arm(name, dummy, workspace.renderer(dummy.tokenizer))
    if (endpoint := read_endpoints(workspace.folder.root / ENDPOINTS).get(name)) is not None:
        return _endpoint_arm(workspace, endpoint)
    local_needed()
    if name == "base":
        model, why = load_model(workspace.base_weights(), device=device, engine=engine, calls=_schemas(workspace))
        return Arm("base", model, workspace.renderer(model.tokenizer), engine_note=why)
    run, frozen, system = _trained(workspace, name)
    how: dict[str, Any] = {"adapter": run.path / "adapter", "device": device, "engine": engine}
    model, why = load_model(workspace.base_weights(), **how, calls=_schemas(workspace))
    renderer = workspace.renderer(model.tokenizer, system)
    _check(frozen, fingerprint(model.fingerprint, renderer), run.path)
    _check_promoted(workspace, run, str(model.fingerprint.get("adapter", "")))
    label = str(run.manifest.get("label") or "tuned")
    return Arm(label, model, renderer, run.id, _drift(system, workspace), why)


def _check_promoted(workspace: Workspace, run: RunFolder, adapter: str) -> None:
    """The promoted agent is the one that was examined, to the last byte."""
    record = Promotions(workspace.folder.root).current()
    if record is None or record.run != run.id or record.lineage.get("adapter") in (None, adapter):
        return
    raise FingerprintError(
        "the promoted agent's adapter is not the one that was promoted",
        file=run.path,
        field="adapter",
        found=adapter,
        allowed=str(record.lineage["adapter"]),
        fix="restore the run's folder, or demeanor rollback",
    )


def load_player(workspace: Workspace, name: str) -> Model:
    """The endpoint that plays a user.

    Raises:
        ConfigError: there is none of that name, or it serves a tuned agent.
    """
    endpoints = read_endpoints(workspace.folder.root / ENDPOINTS)
    plain = {n: e for n, e in endpoints.items() if not e.run}
    if name not in plain:
        raise ConfigError(
            "no such endpoint to play a user",
            file=workspace.folder.root / ENDPOINTS,
            field="played_by",
            found=name,
            allowed=list(plain),
            fix="name it there, without `run`",
        )
    return EndpointModel(plain[name], key=key_of(plain[name], os.environ))


def _trained(workspace: Workspace, name: str) -> tuple[RunFolder, dict[str, Any], str]:
    """A finished training run, its frozen fingerprint and its system text."""
    run = workspace.folder.run("latest:train" if name == "latest" else name)
    if not (run.path / "adapter").is_dir():
        raise RunError("this run holds no adapter", file=run.path, fix="name a run of `demeanor train` that is done")
    frozen = _read(run.path / "frozen" / "fingerprint.json")
    return run, frozen, (run.path / "frozen" / "system.txt").read_text(encoding="utf-8")


def _drift(system: str, workspace: Workspace) -> tuple[str, ...]:
    said = "the system text (persona, voice or tools) has changed since training"
    return (said,) if system != workspace.system else ()


def _endpoint_arm(workspace: Workspace, endpoint: Endpoint) -> Arm:
    """The arm of an endpoint. Whether it runs the weights of the run it is said to run cannot be seen; that prompts
    are made as in training is checked.
    """
    key = key_of(endpoint, os.environ)
    if not endpoint.run:
        model = EndpointModel(endpoint, key=key)
        return Arm(endpoint.name, model, workspace.renderer(model.tokenizer), price=endpoint.price)
    local_needed()
    from demeanor.models.pretrained import read_tokenizer, tokenizer_identity

    run, frozen, system = _trained(workspace, endpoint.run)
    tokenizer = read_tokenizer(workspace.base_weights())
    stop_ids = tuple(int(i) for i in str(frozen["stop_ids"]).split(","))
    identity = {**tokenizer_identity(tokenizer), "adapter": adapter_sha256(run.path / "adapter")}
    model = EndpointModel(endpoint, key=key, tokenizer=tokenizer, stop_ids=stop_ids, identity=identity)
    renderer = workspace.renderer(tokenizer, system)
    now = {**fingerprint(model.fingerprint, renderer), "weights": str(frozen.get("weights"))}
    _check(frozen, now, run.path)
    return Arm(endpoint.name, model, renderer, run.id, _drift(system, workspace), price=endpoint.price)


def load_composed(workspace: Workspace, name: str, *, device: str | None = None, engine: str = "auto") -> Arm:
    """An arm of an ablation by its parts, with '+' between: exactly what is said, nothing else.

    The model first: 'base', 'tuned' (the latest run), a run's id, or weights by name or by a path with a '/' ('base'
    may be left out); then 'prompt' (the description as rules), 'few-shot' (rules and examples), 'retrieval' (pages).

    Raises:
        ConfigError: an unknown part, or one said twice.
    """
    parts = name.split("+")
    first, rest = ("base", parts) if parts[0] in PARTS else (parts[0], parts[1:])
    if odd := [p for k, p in enumerate(rest) if p not in PARTS or p in rest[:k]]:
        raise ConfigError("no such part of an arm", field="arms", found=odd[0], allowed=PARTS)
    if first in PACKAGED or first.endswith(".gguf") or "/" in first:
        local_needed()
        model, why = load_model(first, device=device, engine=engine, calls=_schemas(workspace))
        arm = Arm(first, model, workspace.renderer(model.tokenizer), engine_note=why)
    else:
        arm = load_arm(workspace, "latest" if first == "tuned" else first, device=device, engine=engine)
    system = [arm.renderer.system]
    if "prompt" in rest or "few-shot" in rest:
        system.append(instructions(workspace.agent))
    if "few-shot" in rest:
        files = workspace.folder.dialogue_files()
        system.append(worked_examples([d for file in files for d in read_dialogues(file)]))
    renderer = workspace.renderer(arm.model.tokenizer, "\n\n".join(system))
    return replace(arm, label=name, renderer=renderer, retrieval="retrieval" in rest)


def load_model(
    name: str | Weights,
    *,
    adapter: Path | None = None,
    device: str | None = None,
    engine: str = "auto",
    calls: Sequence[Mapping[str, Any]] = (),
) -> tuple[Model, str]:
    """Weights, also by name, with an adapter merged in, in an engine; why it is not the fast one, if that was tried.

    Args:
        engine: "transformers", "openvino", or "auto": OpenVINO on a CPU where its package is installed and can read the
            model, transformers otherwise; "openvino-constrained": calls can only be those of `calls`, schemas of tools.
            Which one it is stands in the model's fingerprint.

    Raises:
        ConfigError: no such engine.
        ModelError: the weights are missing, or the named engine cannot run them.
    """
    if engine not in ENGINES:
        raise ConfigError("no such engine", field="engine", found=engine, allowed=ENGINES)
    from demeanor.models.local import load_local

    if engine in ("openvino", "openvino-constrained"):
        from demeanor.models.openvino import load_openvino

        form = CallForm(CALL_OPEN, CALL_CLOSE, calls) if engine == "openvino-constrained" and calls else None
        return load_openvino(name, adapter=adapter, calls=form), ""
    why = ""
    if engine == "auto" and device in (None, "cpu") and find_spec("openvino_genai") and not _has_gpu():
        from demeanor.models.openvino import load_openvino

        try:
            return load_openvino(name, adapter=adapter), ""
        except ModelError as error:  # a family or tokenizer that it cannot read; missing weights fail below as well
            why = error.message
    return load_local(name, adapter=adapter, device=device), why


def _has_gpu() -> bool:
    import torch

    return bool(torch.cuda.is_available())


def local_needed() -> None:
    """Raises ModelError, with the way to mend it, when the libraries for local models are not installed."""
    missing = [name for name in ("torch", "transformers", "peft") if find_spec(name) is None]
    if missing:
        raise ModelError(
            f"a local model needs {', '.join(missing)}",
            found="not installed",
            fix="pip install 'demeanor[local]' (the arms 'echo' and 'silent' work without)",
        )


def _read(file: Path) -> dict[str, Any]:
    try:
        return dict(json.loads(file.read_text(encoding="utf-8")))
    except (OSError, ValueError) as error:
        raise RunError(f"the run's fingerprint cannot be read: {error}", file=file, fix="train again") from error


def _check(frozen: Mapping[str, Any], now: Mapping[str, str], path: Path) -> None:
    for key in HARD:
        if str(frozen.get(key)) != str(now.get(key)):
            raise FingerprintError(
                f"the adapter was trained with another {key}",
                file=path,
                field=key,
                found=now.get(key),
                allowed=str(frozen.get(key)),
                fix="serve it with what it was trained on, or train again",
            )
