"""Two processes train the adapter that one would: gloo on the CPU, as several GPUs would by nccl."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

torch = pytest.importorskip("torch")

from hypothesis import given  # noqa: E402
from hypothesis import strategies as st  # noqa: E402
from safetensors.torch import load_file  # noqa: E402

from demeanor.runtime.workspace import Workspace  # noqa: E402
from demeanor.training.config import Example  # noqa: E402
from demeanor.training.objective import Objective  # noqa: E402
from demeanor.training.parallel import split  # noqa: E402
from demeanor.training.tree import grow  # noqa: E402
from test_export import tuned_run  # noqa: E402
from test_training import CONFIG, losses, make_examples, randomise, step_gradients, tiny_weights  # noqa: E402

HERE = Path(__file__).parent


# Without a GPU the processes speak by gloo; --multi_gpu is what makes accelerate start several on one machine.
ACCELERATE = ("-m", "accelerate.commands.launch", "--multi_gpu", "--num_machines=1", "--mixed_precision=no",
              "--dynamo_backend=no", "--main_process_port=0")  # fmt: skip


def together(processes: int, *arguments: object) -> dict[str, Any]:
    """Started by `accelerate launch`; the command itself, below, by torchrun."""
    script = [str(HERE / "train_together.py"), *map(str, arguments)]
    launch = [*ACCELERATE, f"--num_processes={processes}"] if processes > 1 else []
    environment = {**os.environ, "OMP_NUM_THREADS": "1", "PYTHONPATH": str(HERE)}
    done = subprocess.run(
        [sys.executable, *launch, *script], env=environment, capture_output=True, text=True, timeout=300, check=False
    )
    assert done.returncode == 0, done.stderr[-3000:]
    return dict(json.loads(done.stdout.splitlines()[-1]))


@given(st.lists(st.integers(2, 60), max_size=12), st.integers(1, 5))
def test_parts_are_the_whole_and_evenly_loaded(lengths: list[int], parts: int) -> None:
    examples = [Example(f"e{k}", (100 + k, *range(n - 1)), (False, *(True,) * (n - 1))) for k, n in enumerate(lengths)]
    found = split(examples, parts)
    assert len(found) == parts
    assert sorted(e.id for part in found for e in part) == sorted(e.id for e in examples)
    loads = [sum(len(e.ids) - 1 for e in part) for part in found]
    assert max(loads) - min(loads) <= max(lengths, default=0)


def test_what_shares_a_history_stays_in_one_process() -> None:
    """Eight pairs of 300 tokens behind one beginning: each process computes half of the tree, and the beginning."""
    front = tuple(range(1000, 1050))
    pairs = [
        Example(f"{k}-{r}", (*front, *(k,) * 300, 500 + r, 2), (False,) * 350 + (True,) * 2)
        for k in range(8)
        for r in range(2)
    ]

    def computed(examples: list[Example]) -> int:
        return sum(len(s) for root in grow(examples) for s in root.walk())

    parts = split(pairs, 2)
    assert [len(part) for part in parts] == [8, 8]
    assert all(computed(part) < computed(pairs) / 2 + 60 for part in parts)


@given(st.lists(st.tuples(st.integers(0, 3), st.integers(2, 80)), max_size=12), st.integers(2, 4))
def test_nobody_is_lost_whatever_is_shared(kinds: list[tuple[int, int]], parts: int) -> None:
    examples = [Example(f"e{k}", (7 + kind, *range(n)), (False, *(True,) * n)) for k, (kind, n) in enumerate(kinds)]
    found = split(examples, parts)
    assert sorted(e.id for part in found for e in part) == sorted(e.id for e in examples)


def test_parts_of_a_step_add_up_to_it(tmp_path: Path) -> None:
    from demeanor.training.lora import prepare_model

    model = prepare_model(tiny_weights(tmp_path), CONFIG)
    randomise(model)
    objective = Objective(model, precision="fp32", token_budget=90, share=True)
    examples = make_examples(7, shared=40)
    loss, whole = step_gradients(model, objective, examples)
    parts = split(examples, 3)
    sums: dict[str, Any] = {}
    total = 0.0
    for part in parts:
        model.zero_grad()
        total += objective.step(examples, lambda value: value.backward(), part)
        for name, parameter in model.named_parameters():
            if parameter.grad is not None and parameter.requires_grad:
                sums[name] = sums.get(name, 0) + parameter.grad.clone()
    assert total == pytest.approx(loss, rel=1e-5)
    for name, gradient in whole.items():
        torch.testing.assert_close(sums[name], gradient, rtol=1e-4, atol=1e-6)


@pytest.mark.slow
def test_two_processes_train_what_one_does(tmp_path: Path) -> None:
    weights = tmp_path / "base"
    tiny_weights(weights)
    alone, both = (together(n, weights, tmp_path / f"of-{n}") for n in (1, 2))
    assert (alone["processes"], both["processes"]) == (1, 2)
    assert losses(tmp_path / "of-2") == pytest.approx(losses(tmp_path / "of-1"), rel=1e-4)
    one, two = (load_file(tmp_path / f"of-{n}" / "adapter" / "adapter_model.safetensors") for n in (1, 2))
    for name, tensor in one.items():
        torch.testing.assert_close(two[name], tensor, rtol=1e-3, atol=1e-4)
    assert (tmp_path / "of-2" / "watched.jsonl").read_text().count("\n") > 1
    # a group left to its destructors aborts its process now and then
    assert [(tmp_path / "of-2" / f"left-{rank}").read_text() for rank in range(2)] == ["False", "False"]


@pytest.mark.slow
def test_all_processes_stop_when_the_first_says_so(tmp_path: Path) -> None:
    weights = tmp_path / "base"
    tiny_weights(weights)
    assert together(2, weights, tmp_path / "out", 5)["steps"] == 2  # the best check is the first, patience one


@pytest.mark.slow
def test_the_command_keeps_one_run(own_workspace: Workspace, tmp_path: Path) -> None:
    """Started by torchrun: one run folder, one summary, one voice."""
    tuned_run(own_workspace, tmp_path / "model")
    project = own_workspace.folder
    text = re.sub(r"^base_model: .*$", f"base_model: {tmp_path / 'model'}", project.agent_path.read_text(), flags=re.M)
    project.agent_path.write_text(text, encoding="utf-8")
    (project.root / "train.yaml").write_text("steps: 2\nbatch_tokens: 60\nprecision: fp32\n", encoding="utf-8")
    before = {run.id for run in project.runs("train")}
    command = ["-m", "torch.distributed.run", "--standalone", "--nproc-per-node=2", "-m", "demeanor"]
    done = subprocess.run(
        [sys.executable, *command, "-C", str(project.root), "train", "--json"],
        env={**os.environ, "OMP_NUM_THREADS": "1"}, capture_output=True, text=True, timeout=300, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr[-3000:]
    made = [run for run in project.runs("train") if run.id not in before]
    assert [run.status for run in made] == ["done"]
    said = [json.loads(line) for line in done.stdout.splitlines() if line.startswith("{")]
    assert [line["run"] for line in said] == [made[0].id]
    assert said[0]["steps"] == 2
    assert (made[0].path / "frozen" / "fingerprint.json").is_file()
