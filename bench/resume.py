"""Kill a training at a random step and take it up again: python bench/resume.py PROJECT [--times 10] [--seed 0]

The project's own dialogues on its own base model, a short run. Each time a fresh process is killed (SIGKILL) when its
log has reached a random step, then another takes the run up. Reported: in how many of the times all losses and the
adapter's weights are those of a run that was never stopped, to the bit and within 1e-6.
"""

from __future__ import annotations

import argparse
import json
import multiprocessing
import os
import random
import signal
import tempfile
import time
from pathlib import Path

from demeanor.commands.common import spread
from demeanor.models.pretrained import find_stop_ids, read_model, read_tokenizer
from demeanor.models.weights import find_weights
from demeanor.project import ProjectFolder
from demeanor.runtime.workspace import Workspace
from demeanor.training.config import Example, TrainConfig
from demeanor.training.examples import make_examples
from demeanor.training.general import rehearsal
from demeanor.training.train import fit

DIALOGUES = 48


def prepared(folder: str) -> tuple[list[Example], TrainConfig, str]:
    """Some dialogues, spread over what there is, and settings for a run of some twenty steps."""
    from demeanor.dialogue import read_dialogues

    space = Workspace.load(ProjectFolder.find(Path(folder)))
    model, tokenizer = read_model(find_weights(space.agent.base_model))
    dialogues = [d for file in sorted(space.folder.dialogues_path.glob("*.jsonl")) for d in read_dialogues(file)]
    examples = make_examples(space, space.renderer(tokenizer), spread(dialogues, DIALOGUES))
    stop_ids = find_stop_ids(model, tokenizer)
    total = sum(sum(e.trained) for e in examples)
    return (
        examples,
        TrainConfig(stop_ids, batch_tokens=total // 24, checkpoint_every=3, rehearsal=1.0),
        space.agent.base_model,
    )


def run(examples: list[Example], config: TrainConfig, base: str, out: Path, resume: bool) -> None:
    weights = find_weights(base)
    texts = rehearsal(read_tokenizer(weights))
    fit(examples, {"held_back": examples[:2]}, config, weights, out, general=texts, resume=resume)


def losses(out: Path) -> list[float]:
    file = out / "log.jsonl"
    lines = file.read_text(encoding="utf-8").splitlines() if file.is_file() else []
    return [json.loads(line)["loss"] for line in lines]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("project")
    parser.add_argument("--times", type=int, default=10)
    parser.add_argument("--seed", type=int, default=0, help="of the steps at which it is killed")
    arguments = parser.parse_args()
    work = prepared(arguments.project)
    context = multiprocessing.get_context("spawn")
    draw = random.Random(arguments.seed)
    same = near = 0
    with tempfile.TemporaryDirectory() as scratch:
        whole = Path(scratch) / "whole"
        child = context.Process(target=run, args=(*work, whole, False))
        child.start()
        child.join()
        expected, adapter = losses(whole), (whole / "adapter" / "adapter_model.safetensors").read_bytes()
        for number in range(arguments.times):
            out = Path(scratch) / f"cut-{number}"
            until = draw.randrange(1, len(expected))
            child = context.Process(target=run, args=(*work, out, False))
            child.start()
            while child.is_alive() and len(losses(out)) < until:
                time.sleep(0.02)
            os.kill(child.pid or 0, signal.SIGKILL)
            child.join()
            child = context.Process(target=run, args=(*work, out, True))
            child.start()
            child.join()
            found = losses(out)
            exact = found == expected and (out / "adapter" / "adapter_model.safetensors").read_bytes() == adapter
            close = len(found) == len(expected) and max(abs(a - b) for a, b in zip(found, expected, strict=True)) < 1e-6
            same, near = same + exact, near + close
            print(
                json.dumps({"killed_at": until, "steps": len(expected), "same_bits": exact, "within_1e-6": close}),
                flush=True,
            )
    print(json.dumps({"times": arguments.times, "same_bits": same, "within_1e-6": near}))


if __name__ == "__main__":
    main()
