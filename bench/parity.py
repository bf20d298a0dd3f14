"""Does an export or an engine answer as what was tuned? python bench/parity.py --project proof [--run latest]

The reference is transformers in fp32 with the adapter merged in. Every other row is one way to run the same agent:

    bf16        transformers (models/local.py)
    openvino    OpenVINO GenAI in bf16 (models/openvino.py), as evaluation runs it
    openvino-f32
    openvino-constrained   calls held to the schemas of the tools
    gguf-f16, gguf-q8_0   the exported files, read back and run by OpenVINO in bf16

`replies` are greedy replies to the same prompts (fresh dialogues in the wording of the selection pool), `same` those
that are equal to the last character. `logprob_max` and `logprob_mean` are differences of the log-probabilities (nats)
that the way and the reference give to the tokens they both wrote, up to where a reply parts from the reference's.
`deviation`, `agreement` and `logprob` (export.Parity) compare next tokens over trained text by transformers, for what
was read back of an export.
`tasks` are scenarios of the selection pool; the difference to the reference is paired, with a 95% interval, `parted`
those that end otherwise in either direction. One JSON object a line.
"""

from __future__ import annotations

import argparse
import json
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from demeanor.commands.common import selection_scenarios
from demeanor.data.synthesize import Plan, synthesize
from demeanor.evaluation.evaluate import Evaluator
from demeanor.evaluation.explain import MOST_TOKENS, cases_of
from demeanor.evaluation.statistics import paired_difference
from demeanor.models.local import load_local
from demeanor.models.model import CallForm, Completion, Model, Request
from demeanor.models.openvino import load_openvino
from demeanor.models.weights import find_weights
from demeanor.project import ProjectFolder
from demeanor.runtime.arm import load_arm
from demeanor.runtime.prompt import CALL_CLOSE, CALL_OPEN
from demeanor.runtime.workspace import Workspace
from demeanor.serving.export import export

SEED = 4711


def ways(space: Workspace, run: str, folder: Path) -> dict[str, tuple[Callable[[], Model], dict[str, Any]]]:
    """Name -> how to load it, and what its export said."""
    base = find_weights(space.agent.base_model)
    adapter = space.folder.run(run).path / "adapter"
    calls = CallForm(CALL_OPEN, CALL_CLOSE, [tool.schema() for tool in space.tools.values()])
    found: dict[str, tuple[Callable[[], Model], dict[str, Any]]] = {
        "reference": (lambda: load_local(base, adapter=adapter, precision="fp32", device="cpu"), {}),
        "bf16": (lambda: load_local(base, adapter=adapter, precision="bf16", device="cpu"), {}),
        "openvino": (lambda: load_openvino(base, adapter=adapter), {}),
        "openvino-f32": (lambda: load_openvino(base, adapter=adapter, precision="fp32"), {}),
        "openvino-constrained": (lambda: load_openvino(base, adapter=adapter, calls=calls), {}),
    }
    for form in ("gguf-f16", "gguf-q8_0"):
        parity = export(space, run, form, folder / form)
        said = {
            "deviation": round(parity.deviation, 4),
            "agreement": round(parity.agreement, 4),
            "logprob": round(parity.logprob, 4),
            "tokens": parity.tokens,
        }
        weights = find_weights(str(folder / form / "model.gguf"), folder / "cache")
        found[form] = (lambda weights=weights: load_openvino(weights), said)  # type: ignore[misc]
    return found


def differences(replies: Sequence[Completion], reference: Sequence[Completion]) -> list[float]:
    """|log-probability - the reference's| of every token before the first that another was written in place of."""
    found = []
    for reply, wanted in zip(replies, reference, strict=True):
        pairs = zip(reply.ids, wanted.ids, reply.logprobs or (), wanted.logprobs or (), strict=False)
        for a, b, likely, expected in pairs:
            if a != b:
                break
            found.append(abs(likely - expected))
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--project", type=Path, required=True)
    parser.add_argument("--run", default="latest")
    parser.add_argument("--dialogues", type=int, default=32)
    parser.add_argument("--scenarios", type=int, default=60)
    parser.add_argument("--ways", help="names with a comma between, beside the reference; all")
    arguments = parser.parse_args()
    space = Workspace.load(ProjectFolder.find(arguments.project))
    arm = load_arm(space, arguments.run, engine="transformers")
    system, run = arm.renderer.system, arm.run
    del arm
    fresh = synthesize(Plan(space, "selection", seed=SEED), arguments.dialogues)
    cases = [case for dialogue in fresh for case in cases_of(space, dialogue)]
    scenarios = selection_scenarios(space, arguments.scenarios)
    evaluator = Evaluator(space)
    reference: tuple[list[Completion], list[float | None]] | None = None
    with tempfile.TemporaryDirectory() as folder:
        chosen = {"reference", *arguments.ways.split(",")} if arguments.ways else None
        for name, (load, said) in ways(space, run, Path(folder)).items():
            if chosen and name not in chosen:
                continue
            model = load()
            renderer = space.renderer(model.tokenizer, system)
            requests = [Request(renderer.render(list(c.before)).ids, c.name, logprobs=True) for c in cases]
            began = time.perf_counter()
            replies = model.generate(requests, max_new_tokens=MOST_TOKENS)
            seconds = time.perf_counter() - began
            model.forget([r.conversation for r in requests])
            verdicts = [t.verdicts.task for t in evaluator.run(scenarios, model, renderer)]
            tasks = [None if v is None else float(v) for v in verdicts]
            del model
            reference = reference or (replies, tasks)
            graded = [(a, b) for a, b in zip(tasks, reference[1], strict=True) if a is not None and b is not None]
            gap = paired_difference([a for a, _ in graded], [b for _, b in graded], seed=0)
            apart = differences(replies, reference[0])
            line = {
                "way": name,
                "replies": len(replies),
                "same": sum(a.text == b.text for a, b in zip(replies, reference[0], strict=True)),
                "logprob_max": round(max(apart), 4),
                "logprob_mean": round(sum(apart) / len(apart), 5),
                "tokens_compared": len(apart),
                "tasks": sum(a for a, _ in graded),
                "n": len(graded),
                "parted": sum(a != b for a, b in graded),
                "difference": [None if x is None else round(x, 4) for x in (gap.delta, gap.low, gap.high)],
                "seconds_for_replies": round(seconds, 1),
                **said,
            }
            print(json.dumps(line), flush=True)


if __name__ == "__main__":
    main()
