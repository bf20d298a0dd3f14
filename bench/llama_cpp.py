"""Does llama.cpp answer as what was tuned? python bench/llama_cpp.py --project proof --python LLAMA_VENV/bin/python

The tuned agent is exported to GGUF, served by llama-cpp-python's server from an environment of its own
(`pip install 'llama-cpp-python[server]'`), and asked as any server is: messages, which it renders by the template that
travels in the file and stops by the token that stands there. The same scenarios of the selection pool are played by the
reference (transformers, fp32, the adapter merged in). One JSON object for each format: how many replies and how many
whole conversations are the same to the last character, and the verdicts with the paired difference and its 95%
interval. Conversations that part go to standard error, from the reply where they do.
"""

from __future__ import annotations

import argparse
import json
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from demeanor.commands.common import selection_scenarios
from demeanor.dialogue import Message
from demeanor.evaluation.evaluate import Evaluator
from demeanor.evaluation.statistics import paired_difference
from demeanor.evaluation.trial import Trial
from demeanor.models.endpoint import Endpoint, EndpointModel
from demeanor.models.local import load_local
from demeanor.models.weights import find_weights
from demeanor.project import ProjectFolder
from demeanor.runtime.arm import load_arm
from demeanor.runtime.workspace import Workspace
from demeanor.serving.export import export

START_SECONDS = 120


@contextmanager
def served(python: Path, file: Path) -> Iterator[str]:
    """llama.cpp's server on a free port, with only the file to go by; the URL."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [str(python), "-m", "llama_cpp.server", "--model", str(file), "--port", str(port), "--n_ctx", "8192"]
    url = f"http://127.0.0.1:{port}/v1"
    server = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        for _ in range(START_SECONDS):
            try:
                urllib.request.urlopen(f"{url}/models", timeout=5).read()
                break
            except OSError:
                time.sleep(1)
        yield url
    finally:
        server.terminate()
        server.wait()


def replies(trial: Trial) -> list[Message]:
    return [m for m in trial.episode.session.messages if m.role == "assistant"]


def as_said(message: Message) -> tuple[object, ...]:
    return message.content, message.note, [(c.name, c.arguments) for c in message.calls]


def compared(found: Sequence[Trial], wanted: Sequence[Trial]) -> dict[str, object]:
    """Replies up to where a conversation parts, whole conversations, and verdicts."""
    same = asked = whole = 0
    for trial, reference in zip(found, wanted, strict=True):
        ours, theirs = map(replies, (trial, reference))
        pairs = [as_said(a) == as_said(b) for a, b in zip(ours, theirs, strict=False)]
        until = pairs.index(False) if False in pairs else len(pairs)
        whole += until == len(ours) == len(theirs)
        same, asked = same + until, asked + until + (False in pairs)
        if False in pairs:
            print(f"{trial.scenario.id}\n  - {as_said(theirs[until])}\n  + {as_said(ours[until])}", file=sys.stderr)
    tasks = [(t.verdicts.task, r.verdicts.task) for t, r in zip(found, wanted, strict=True)]
    graded = [(float(a), float(b)) for a, b in tasks if a is not None and b is not None]
    gap = paired_difference([a for a, _ in graded], [b for _, b in graded], seed=0)
    return {
        "conversations": len(found),
        "same_conversations": whole,
        "replies_until_parted": asked,
        "same_replies": same,
        "n": len(graded),
        "tasks": sum(a for a, _ in graded),
        "reference_tasks": sum(b for _, b in graded),
        "parted_verdicts": sum(a != b for a, b in graded),
        "difference": [None if x is None else round(x, 4) for x in (gap.delta, gap.low, gap.high)],
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--project", type=Path, required=True)
    parser.add_argument("--python", type=Path, required=True, help="of the environment with llama-cpp-python[server]")
    parser.add_argument("--run", default="latest")
    parser.add_argument("--scenarios", type=int, default=20)
    arguments = parser.parse_args()
    space = Workspace.load(ProjectFolder.find(arguments.project))
    arm = load_arm(space, arguments.run, engine="transformers")
    system, run = arm.renderer.system, arm.run
    del arm
    scenarios, evaluator = selection_scenarios(space, arguments.scenarios), Evaluator(space)
    adapter = space.folder.run(run).path / "adapter"
    reference = load_local(find_weights(space.agent.base_model), adapter=adapter, precision="fp32", device="cpu")
    wanted = evaluator.run(scenarios, reference, space.renderer(reference.tokenizer, system))
    del reference
    for form in ("gguf-f16", "gguf-q8_0"):
        with tempfile.TemporaryDirectory() as folder:
            export(space, run, form, Path(folder) / form)
            with served(arguments.python, Path(folder) / form / "model.gguf") as url:
                model = EndpointModel(Endpoint("llama.cpp", url, "exported", at_once=1, timeout=600))
                began = time.perf_counter()
                found = evaluator.run(scenarios, model, space.renderer(model.tokenizer, system), at_once=2)
                seconds = round(time.perf_counter() - began, 1)
        print(json.dumps({"form": form, **compared(found, wanted), "seconds": seconds}), flush=True)


if __name__ == "__main__":
    main()
