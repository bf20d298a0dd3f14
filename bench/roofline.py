"""Where a training step goes: python bench/roofline.py [--rows 0x16,400x16]

One optimiser step of bench/training.py's dialogues under torch's profiler, after one that warms up: the share of the
time in products of weights (mm), in products of attention (bmm), and in everything else, the largest of it by name; and
the rate of the products against that of one large product on this machine. One JSON object a row.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent))

import torch
from torch.profiler import ProfilerActivity, profile

from demeanor.models.weights import find_weights
from demeanor.training.lora import prepare_model
from demeanor.training.objective import Objective
from training import NAME, config, dialogues, matmul_rate

PRODUCTS = {"aten::mm": "weights", "aten::addmm": "weights", "aten::bmm": "attention", "aten::baddbmm": "attention"}


def measured(prefix: int, count: int) -> dict[str, Any]:
    """Shares of the time of one step, and rates in TFLOP/s."""
    settings, step = config(), dialogues(prefix, count, (4, 12))
    model = prepare_model(find_weights(NAME), settings).train()
    objective = Objective(model, precision="bf16", token_budget=settings.token_budget, share=True)
    objective.step(step, lambda loss: loss.backward())
    started = time.monotonic()
    with profile(activities=[ProfilerActivity.CPU], with_flops=True) as found:
        objective.step(step, lambda loss: loss.backward())
    seconds = time.monotonic() - started
    times: dict[str, float] = {"weights": 0.0, "attention": 0.0}
    flops: dict[str, float] = {"weights": 0.0, "attention": 0.0}
    rest: dict[str, float] = {}
    for event in found.key_averages():
        kind, own = PRODUCTS.get(event.key), event.self_cpu_time_total / 1e6
        if kind:
            times[kind] += own
            flops[kind] += event.flops
        else:
            rest[event.key] = own
    other = sorted(rest, key=lambda name: -rest[name])[:6]
    return {
        "prefix": prefix,
        "dialogues": count,
        "seconds": round(seconds, 2),
        "share": {kind: round(t / seconds, 3) for kind, t in times.items()}
        | {"rest": round(sum(rest.values()) / seconds, 3)},
        "rest": {name: round(rest[name] / seconds, 3) for name in other},
        "tflops": {kind: round(flops[kind] / times[kind] / 1e12, 3) for kind in times if times[kind]},
        "matmul_tflops": round(matmul_rate() / 1e12, 3),
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", default="0x16,400x16")
    for part in parser.parse_args().rows.split(","):
        prefix, count = map(int, part.split("x"))
        print(json.dumps(measured(prefix, count)), flush=True)


if __name__ == "__main__":
    torch.manual_seed(0)
    main()
