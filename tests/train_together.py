"""What each process of `test_parallel.py` runs: train_together.py WEIGHTS OUT. The first one says what came of it."""

from __future__ import annotations

import atexit
import json
import os
import sys
from dataclasses import replace
from pathlib import Path

import torch.distributed as dist

from demeanor.models.weights import find_weights
from demeanor.training import parallel
from demeanor.training.train import fit
from test_training import CONFIG, make_examples

if __name__ == "__main__":
    weights, out = find_weights(sys.argv[1]), Path(sys.argv[2])
    # handlers run in reverse order: this one sees what those registered later left
    atexit.register(lambda: (out / f"left-{os.environ.get('RANK', 0)}").write_text(str(dist.is_initialized())))
    examples = make_examples(9, shared=40)
    # the first step's gradients are those of B alone: A's are zero until B has moved
    texts = make_examples(5, shared=0, seed=9)
    config = replace(CONFIG, steps=5, rehearsal=0.3, checks=int(sys.argv[3]) if len(sys.argv) > 3 else 0, patience=1)
    scores = iter((0.9, 0.1, 0.1, 0.1, 0.1))
    watched = {"held_back": examples[:2]}
    result = fit(examples, watched, config, weights, out, general=texts, check=lambda adapter: next(scores))
    if parallel.is_first():
        print(json.dumps({"processes": parallel.size(), "steps": result.steps, "loss": result.final_loss}))
