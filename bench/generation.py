"""Generation engines side by side: python bench/generation.py [--rounds 3]

Conversations of several turns that begin with the same prefix, as an agent's do, with replies of a fixed length (stop
tokens are off), so that every engine writes the same number of tokens. Engines take turns within a round; the line of
an engine has its medians over the rounds. One JSON object a line.

    transformers  transformers' own generate in bf16 (models/local.py), all conversations as one padded batch a turn
    openvino      OpenVINO GenAI (models/openvino.py)
"""

from __future__ import annotations

import argparse
import json
import os
import random
import statistics
import time
from collections.abc import Callable
from typing import Any

from demeanor.models.local import load_local
from demeanor.models.model import Model, Request
from demeanor.models.openvino import installed, load_openvino

NAME = "smollm2-135m-instruct"
PREFIX, TURNS, SAID, WRITTEN = 400, 8, 30, 60
VOCABULARY = range(1000, 40000)  # no specials
NEVER = 49151  # the vocabulary's last entry


def talk(model: Any, conversations: int, seed: int) -> tuple[int, float]:
    """Tokens written and seconds for whole conversations side by side, turn by turn."""
    draw = random.Random(seed)
    front = [draw.choice(VOCABULARY) for _ in range(PREFIX)]
    histories = [list(front) for _ in range(conversations)]
    written = 0
    began = time.perf_counter()
    for _ in range(TURNS):
        for history in histories:
            history += [draw.choice(VOCABULARY) for _ in range(SAID + draw.randrange(-10, 11))]
        requests = [Request(tuple(h), f"{seed}-{k}") for k, h in enumerate(histories)]
        for history, reply in zip(histories, model.generate(requests, max_new_tokens=WRITTEN), strict=True):
            history += reply.ids
            written += len(reply.ids)
    seconds = time.perf_counter() - began
    model.forget([f"{seed}-{k}" for k in range(conversations)])
    return written, seconds


def first_token(model: Any, conversations: int, seed: int) -> float:
    """Seconds until all of so many fresh conversations have their first token."""
    draw = random.Random(f"first {seed}")
    requests = [
        Request(tuple(draw.choice(VOCABULARY) for _ in range(PREFIX + SAID)), f"f{seed}-{k}")
        for k in range(conversations)
    ]
    began = time.perf_counter()
    model.generate(requests, max_new_tokens=1)
    seconds = time.perf_counter() - began
    model.forget([r.conversation for r in requests])
    return seconds


def engines() -> dict[str, Callable[[], Any]]:
    found: dict[str, Callable[[], Any]] = {"transformers": lambda: endless(load_local(NAME))}
    if installed():
        found["openvino"] = lambda: endless(load_openvino(NAME))
    return found


def endless(model: Model) -> Model:
    """The model with a stop token that it never writes: every reply has its full length."""
    model.stop_ids = (NEVER,)
    return model


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--sizes", type=int, nargs="+", default=[1, 32])
    arguments = parser.parse_args()
    models = {name: make() for name, make in engines().items()}
    for model in models.values():
        talk(model, 2, seed=0)  # warm-up
    rows: dict[tuple[str, int], list[float]] = {}
    for round_number in range(1, arguments.rounds + 1):
        for size in arguments.sizes:
            for name, model in models.items():
                written, seconds = talk(model, size, seed=round_number * 100 + size)
                rows.setdefault((name, size), []).append(written / seconds)
    for (name, size), rates in rows.items():
        rate, stock = statistics.median(rates), statistics.median(rows["transformers", size])
        line = {
            "engine": name,
            "conversations": size,
            "turns": TURNS,
            "prefix": PREFIX,
            "tokens_per_second": round(rate, 1),
            "times_transformers": round(rate / stock, 2),
            "rounds": len(rates),
            "cores": os.cpu_count(),
        }
        print(json.dumps(line), flush=True)
    for name, model in models.items():
        line = {
            f"first_token_{n}": round(statistics.median(first_token(model, n, k) for k in range(3)), 3)
            for n in (1, 8, 32)
        }
        print(json.dumps({"engine": name, **line}), flush=True)


if __name__ == "__main__":
    main()
