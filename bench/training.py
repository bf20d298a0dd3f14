"""Training against its peers: python bench/training.py [--rows 0x16,400x16,1500x16] [--peers trl,trl-packed,trainer]

Random dialogues of a chat's shape (--turns of 20 tokens of a user and 40 trained ones of an agent) behind a
shared prefix, on SmolLM2 135M, or on a random model of its shape or of Llama 3 8B's (--model llama-135m, llama-8b),
with the same LoRA (rank 16, all linear layers), in bf16, with the same trained tokens for all. A row is
PREFIXxDIALOGUES: tokens of prefix, dialogues an optimiser step. On a GPU where there is one.

    demeanor     the objective of training/, whole steps with the optimiser's
    demeanor-beginning  the same, sharing nothing but what all dialogues begin with
    trl          TRL's SFTTrainer, padded batches, no gradient checkpointing, its own (chunked) loss
    trl-packed   the same with padding_free, all of a batch in one row
    trl-liger    trl with Liger's kernels (a GPU's), trl-packed-liger likewise
    trainer      transformers' Trainer with labels

Every contender has a process of its own, and its line the median of its steps after the first. Peers are slow: they get
at most --peer-dialogues of a step, in batches of --batch, and are compared by dialogues a second. `flops_ratio` is what
sharing saves in floating-point operations, by training.estimate.Work. With --replies K, each K dialogues share all but
their last turn, which alone is trained: corrections, or replies to choose from, of one history. TRL has to be installed
beside: `pip install trl==1.16.0`. One JSON object a line.
"""

from __future__ import annotations

import argparse
import json
import multiprocessing
import random
import resource
import statistics
import tempfile
import time
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

NAME, VOCABULARY, STOP = "smollm2-135m-instruct", range(1000, 40000), 2
USER, AGENT = 20, 40
WARM = 64  # dialogues of our first step, which is not counted


def dialogues(prefix: int, count: int, turns: tuple[int, int], replies: int = 1) -> list[Any]:
    """Examples that share their first `prefix` tokens; `turns`: the fewest and most of them. With `replies`, so many
    in a row share all turns but the last."""
    from demeanor.training.config import Example

    draw = random.Random(f"{prefix} {count}")
    ids = lambda n: [draw.choice(VOCABULARY) for _ in range(n)]  # noqa: E731
    shared, made = ids(prefix), []
    while len(made) < count:
        tokens, trained = list(shared), [False] * prefix
        turn = [False] * USER + [True] * AGENT
        for _ in range(draw.randint(*turns) - 1):
            tokens += [*ids(USER), *ids(AGENT - 1), STOP]
            trained += turn if replies == 1 else [False] * len(turn)
        tokens += ids(USER)
        for _ in range(min(replies, count - len(made))):
            last = (*tokens, *ids(AGENT - 1), STOP)
            made.append(Example(f"d{len(made)}", last, (*trained, *turn)))
    return made


def config(**more: Any) -> Any:
    from demeanor.training.config import TrainConfig

    return TrainConfig(stop_ids=(STOP,), precision="bf16", **more)


SHAPES = {
    "llama-8b": {
        "vocab_size": 128256, "hidden_size": 4096, "intermediate_size": 14336, "num_hidden_layers": 32,
        "num_attention_heads": 32, "num_key_value_heads": 8, "max_position_embeddings": 8192,
    },
    "llama-135m": {
        "vocab_size": 49152, "hidden_size": 576, "intermediate_size": 1536, "num_hidden_layers": 30,
        "num_attention_heads": 9, "num_key_value_heads": 3, "max_position_embeddings": 8192,
        "tie_word_embeddings": True,
    },
}  # fmt: skip


def device() -> str:
    import torch

    return "cuda" if torch.cuda.is_available() else "cpu"


def base(name: str, kind: str) -> Any:
    """The frozen base on its device, in a precision."""
    import torch
    import transformers

    from demeanor.models.pretrained import read_model
    from demeanor.models.weights import find_weights

    if name not in SHAPES:
        return read_model(find_weights(name))[0].to(getattr(torch, kind)).to(device())
    torch.manual_seed(0)
    with torch.device(device()):
        return transformers.AutoModelForCausalLM.from_config(
            transformers.LlamaConfig(**SHAPES[name]), dtype=getattr(torch, kind)
        )


def plain_model(name: str) -> Any:
    """The base in bf16 with a fresh adapter of peft's own layers (in fp32, as peft makes them): a peer's fastest."""
    import peft

    lora = peft.LoraConfig(r=16, lora_alpha=32, target_modules="all-linear", task_type="CAUSAL_LM")
    return peft.get_peft_model(base(name, "bfloat16"), lora)


def ours(name: str, step: Sequence[Any], steps: int, batch: int, beginning: bool = False) -> dict[str, Any]:
    """Whole optimiser steps, and what the work in one is. `beginning`: only what all begin with is shared."""
    import torch

    from demeanor.training.estimate import Work
    from demeanor.training.lora import adapt
    from demeanor.training.objective import Objective
    from demeanor.training.tree import apart

    settings = config()
    model = adapt(base(name, "float32"), settings).to(device()).train()
    # What saves more than most of what the common beginning can save is that beginning.
    alike = next(k for k, tokens in enumerate(zip(*(e.ids for e in step), strict=False)) if len(set(tokens)) > 1)
    saving = (len(step) - 1) * (alike - 1) if beginning else None
    objective = Objective(model, precision="bf16", token_budget=settings.token_budget, share=True, saving=saving)
    optimizer = torch.optim.AdamW([p for p in model.parameters() if p.requires_grad], lr=1e-3)
    budget = objective.size_passes(max(step, key=lambda e: len(e.ids)))
    seconds = []
    for turn in range(steps):
        started = time.monotonic()
        objective.step(step if turn else step[:WARM], lambda loss: loss.backward())
        optimizer.step()
        optimizer.zero_grad(set_to_none=True)
        synchronize()
        seconds.append(time.monotonic() - started)
    work = Work(model)
    shared, alone = work.step(objective.tree(step)), work.step(apart(step))
    rate = shared / statistics.median(seconds[1:])
    return {
        "seconds": seconds,
        "pass_tokens": budget,
        "flops_ratio": alone / shared,
        "tflops": rate / 1e12,
        "matmul_tflops": matmul_rate() / 1e12,
    }


def matmul_rate() -> float:
    """Operations a second of a large bf16 product on this machine."""
    import torch

    size = 8192 if device() == "cuda" else 2048
    a, b = (torch.randn(size, size, device=device()).to(torch.bfloat16) for _ in "ab")
    times = []
    for _ in range(6):
        synchronize()
        started = time.monotonic()
        torch.mm(a, b)
        synchronize()
        times.append(time.monotonic() - started)
    return float(2 * size**3 / statistics.median(times[1:]))


def synchronize() -> None:
    import torch

    if device() == "cuda":
        torch.cuda.synchronize()


def peak_gib() -> float:
    """The most memory used: the GPU's where there is one, else this process's."""
    import torch

    if device() == "cuda":
        return torch.cuda.max_memory_allocated() / 2**30
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20


def timed(trainer: Any) -> list[float]:
    """The seconds of every optimiser step of a transformers trainer."""
    import transformers

    class Clock(transformers.TrainerCallback):
        seconds: list[float] = []  # noqa: RUF012

        def on_step_begin(self, *_: Any, **__: Any) -> None:
            synchronize()
            self.started = time.monotonic()

        def on_step_end(self, *_: Any, **__: Any) -> None:
            synchronize()
            self.seconds.append(time.monotonic() - self.started)

    clock = Clock()
    trainer.add_callback(clock)
    trainer.remove_callback(transformers.PrinterCallback)  # its summary is not JSON
    trainer.train()
    return clock.seconds


def common(folder: str, steps: int, rows: int, batch: int) -> dict[str, Any]:
    return {
        "output_dir": folder,
        "max_steps": steps,
        "per_device_train_batch_size": min(batch, rows),
        "gradient_accumulation_steps": max(1, rows // batch),
        "bf16": True,
        "use_cpu": device() == "cpu",
        "gradient_checkpointing": False,
        "report_to": "none",
        "save_strategy": "no",
        "logging_strategy": "no",
        "disable_tqdm": True,
        "dataloader_pin_memory": False,
    }


def trl(
    name: str, step: Sequence[Any], steps: int, batch: int, packed: bool = False, liger: bool = False
) -> dict[str, Any]:
    """TRL on the same tokens and mask."""
    import datasets
    from trl import SFTConfig, SFTTrainer

    from demeanor.models.pretrained import read_tokenizer
    from demeanor.models.weights import find_weights

    columns = {
        "input_ids": [list(e.ids) for e in step] * steps,
        "assistant_masks": [[int(t) for t in e.trained] for e in step] * steps,
    }
    # With a fingerprint of its own: `datasets` cannot hash what some versions of pyarrow put into a table.
    rows = datasets.Dataset(datasets.table.InMemoryTable.from_pydict(columns), fingerprint="bench")
    with tempfile.TemporaryDirectory() as folder:
        more = {"max_length": None, "shuffle_dataset": False, "padding_free": packed, "use_liger_kernel": liger}
        trainer = SFTTrainer(
            model=plain_model(name),
            args=SFTConfig(**common(folder, steps, len(step), batch), **more),
            train_dataset=rows,
            processing_class=read_tokenizer(find_weights(NAME)),
        )
        return {"seconds": timed(trainer)}


def trainer(name: str, step: Sequence[Any], steps: int, batch: int) -> dict[str, Any]:
    """transformers' Trainer on padded labels."""
    import torch
    import transformers

    def collate(items: Sequence[dict[str, list[int]]]) -> dict[str, torch.Tensor]:
        width = max(len(i["input_ids"]) for i in items)
        pad = {"input_ids": 0, "labels": -100, "attention_mask": 0}
        return {k: torch.tensor([i[k] + [p] * (width - len(i[k])) for i in items]) for k, p in pad.items()}

    rows = [
        {
            "input_ids": list(e.ids),
            "labels": [t if on else -100 for t, on in zip(e.ids, e.trained, strict=True)],
            "attention_mask": [1] * len(e.ids),
        }
        for e in step
    ]
    with tempfile.TemporaryDirectory() as folder:
        arguments = transformers.TrainingArguments(**common(folder, steps, len(step), batch))
        made = transformers.Trainer(
            model=plain_model(name), args=arguments, train_dataset=rows * steps, data_collator=collate
        )
        return {"seconds": timed(made)}


CONTENDERS: dict[str, Callable[..., dict[str, Any]]] = {
    "demeanor": ours,
    "demeanor-beginning": partial(ours, beginning=True),
    "trl": trl,
    "trl-packed": partial(trl, packed=True),
    "trl-liger": partial(trl, liger=True),
    "trl-packed-liger": partial(trl, packed=True, liger=True),
    "trainer": trainer,
}


def row(
    model: str, name: str, prefix: int, count: int, turns: tuple[int, int], replies: int, steps: int, batch: int
) -> dict[str, Any]:
    """One contender in this process; peak memory is the process's, or the GPU's."""
    step = dialogues(prefix, count, turns, replies)
    found = CONTENDERS[name](model, step, steps, batch)
    seconds = statistics.median(found.pop("seconds")[1:])
    return {
        "contender": name,
        "model": model,
        "device": device_name(),
        "prefix": prefix,
        "dialogues": count,
        "turns": turns,
        "replies": replies,
        "batch": None if name.startswith("demeanor") else min(batch, count),
        "seconds": round(seconds, 3),
        "dialogues_per_second": round(count / seconds, 3),
        "trained_tokens_per_second": round(sum(sum(e.trained) for e in step) / seconds, 1),
        "peak_gib": round(peak_gib(), 2),
        **{k: round(v, 3) for k, v in found.items()},
    }


def device_name() -> str:
    import torch

    return torch.cuda.get_device_name() if device() == "cuda" else "cpu"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", default="0x16,400x16,1500x16,0x64,400x64,1500x64")
    parser.add_argument("--peers", default="trl,trainer")
    parser.add_argument("--model", default=NAME, help="or a random one: llama-8b, llama-135m")
    parser.add_argument("--steps", type=int, default=4, help="of ours; the first warms up")
    parser.add_argument("--peer-steps", type=int, default=3)
    parser.add_argument("--peer-dialogues", type=int, default=16)
    parser.add_argument("--batch", type=int, default=8, help="a peer's dialogues a batch")
    parser.add_argument("--replies", type=int, default=1, help="dialogues that share all but their last reply")
    parser.add_argument("--turns", default="4,12", help="the fewest and the most turns of a dialogue")
    given = parser.parse_args()
    low, high = map(int, given.turns.split(","))
    multiprocessing.set_start_method("spawn")
    for prefix, count in (map(int, part.split("x")) for part in given.rows.split(",")):
        for name in ("demeanor", *filter(None, given.peers.split(","))):
            mine = name.startswith("demeanor")
            rows, steps = (count, given.steps) if mine else (min(count, given.peer_dialogues), given.peer_steps)
            with multiprocessing.Pool(1) as pool:  # a process each: nobody's caches, threads or memory are another's
                found = pool.apply(
                    row, (given.model, name, prefix, rows, (low, high), given.replies, steps, given.batch)
                )
                print(json.dumps(found), flush=True)


if __name__ == "__main__":
    main()
