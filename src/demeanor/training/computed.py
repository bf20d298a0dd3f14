"""What a training would take on some machine, worked out from the model's shape: nothing is run, nothing measured.

For models and GPUs that are not here. `estimate.py` tries two steps of a run that is about to begin, and knows better.
The constants come from the rows of bench/results/training.md that name them; what they were not taken from is a guess.
"""

from __future__ import annotations

import os
import time
from collections.abc import Sequence
from dataclasses import dataclass

from demeanor.training.batching import Batch
from demeanor.training.shape import Shape
from demeanor.training.tree import WORTH_SHARING, Node, apart, grow

CPU_BUDGET, MOST_TOKENS, MEMORY_SHARE = 2048, 32768, 0.4
"""Tokens of a pass, and the share of a GPU's free memory that one may hold, as `objective.py` chooses them."""
LAYER_LAUNCHES = 8e-3
"""Seconds that starting a layer's kernels takes on a GPU, forward and backward."""
OF_THE_PEAK = 1 / 3
"""Operations that a step reaches, of those that a card's maker gives for dense bf16 (240 to 330 of 989 TFLOP/s)."""
OF_A_PRODUCT = 0.54
"""On a CPU, of the rate of one large bf16 product."""
SLOWER_IN_4_BITS = 1.4
"""Weights of 4 bits are unpacked at every use. Others report this; it was not measured here."""
BYTES_IN_4_BITS = 0.516  # nf4 in blocks of 64, scales of 8 bits with scales of their own in blocks of 256
CPU_HELD = 2.1
"""On a CPU a token holds so many times what it holds on a GPU: fitted to the row of 4.0 GiB."""
PROGRAM = {False: 0.9e9, True: 1.0e9}
"""Bytes of Python and its libraries, on a CPU; of CUDA's context and workspaces, on a GPU."""
USABLE = 0.92
LOGITS = {False: 256, True: 2048}
"""Trained tokens whose logits are there at once, on a CPU and on a GPU (`fused.py`), in fp32 and bf16."""
PRODUCT = 2048
ADAM = 16  # bytes a trained weight: itself, its gradient and two moments in fp32


@dataclass(frozen=True)
class Machine:
    """`rate`: dense bf16 operations a second, of a GPU as its maker gives them, of a CPU of one large product.
    `memory`: bytes."""

    name: str
    memory: float
    rate: float
    gpu: bool = True


def this_machine() -> Machine:
    """The machine that this runs on, its rate tried with one large product."""
    import torch

    gpu = torch.cuda.is_available()
    kind = torch.device("cuda" if gpu else "cpu")
    matrix = torch.ones(PRODUCT, PRODUCT, dtype=torch.bfloat16, device=kind)
    matrix @ matrix  # kernels are loaded, threads woken
    times = []
    for _ in range(3):
        started = time.perf_counter()
        matrix @ matrix
        if gpu:
            torch.cuda.synchronize()
        times.append(time.perf_counter() - started)
    rate = 2 * PRODUCT**3 / min(times)
    if gpu:
        # A card reaches some three quarters of what its maker gives, in a large product.
        return Machine(torch.cuda.get_device_name(), float(torch.cuda.mem_get_info()[1]), rate / 0.75)
    memory = float(os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES"))
    return Machine(f"this machine, {torch.get_num_threads()} threads", memory, rate, gpu=False)


GPUS = (
    Machine("L4, 24 GB", 24.1e9, 121e12),
    Machine("RTX 4090, 24 GB", 25.7e9, 165e12),
    Machine("L40S, 48 GB", 48.3e9, 362e12),
    Machine("A100, 80 GB", 85.9e9, 312e12),
    Machine("H100, 80 GB", 85.5e9, 989e12),
)
"""Cards with bf16, as their makers describe them."""


@dataclass(frozen=True)
class Computed:
    """What a training would take. `needs`: bytes with the smallest passes, `uses`: with those that the machine has room
    for; `seconds` for all steps; `pass_tokens`: tokens at a time."""

    machine: Machine
    four_bits: bool
    needs: float
    uses: float
    seconds: float
    pass_tokens: int

    @property
    def fits(self) -> bool:
        """Whether the smallest passes fit, with some room for what memory loses in pieces."""
        return self.needs <= USABLE * self.machine.memory


def weights_bytes(shape: Shape, rank: int, four_bits: bool) -> float:
    """The base and its adapter as training holds them: matrices in bf16 or nf4, the embedding in fp32, the output layer
    in bf16, and for the adapter what Adam needs."""
    matrices = shape.linear * (BYTES_IN_4_BITS if four_bits else 2)
    return matrices + shape.embedding * (4 + 2) + shape.adapter(rank) * ADAM


def compute(
    shape: Shape,
    steps: Sequence[Batch],
    machine: Machine,
    *,
    rank: int = 16,
    four_bits: bool = False,
    share: bool = True,
) -> Computed:
    """What these steps would take on a machine."""
    still = weights_bytes(shape, rank, four_bits) + PROGRAM[machine.gpu] + LOGITS[machine.gpu] * shape.vocabulary * 6
    token = shape.held() * (1 if machine.gpu else CPU_HELD)
    budget = CPU_BUDGET
    if machine.gpu and machine.memory > still:
        room = int(MEMORY_SHARE * (machine.memory - still) / token)
        budget = min(MOST_TOKENS, max(CPU_BUDGET, 1 << max(room, 1).bit_length() - 1))
    forests = [trees(shape, step, machine, share) for step in steps]
    fullest = max((_together(forest, budget) for forest in forests), default=0)
    return Computed(
        machine,
        four_bits,
        needs=still + token * max((_together(forest, CPU_BUDGET) for forest in forests), default=0),
        uses=still + token * fullest,
        seconds=sum(_seconds(shape, forest, machine, rank, budget) for forest in forests)
        * (SLOWER_IN_4_BITS if four_bits else 1),
        pass_tokens=budget,
    )


def trees(shape: Shape, step: Batch, machine: Machine, share: bool) -> tuple[list[Node], list[Node]]:
    """What a step computes: its dialogues, sharing where it pays on this machine, and its general text."""
    starting = LAYER_LAUNCHES * shape.layers * machine.rate * OF_THE_PEAK
    saving = int(starting / (6 * (shape.linear + shape.embedding))) if machine.gpu else 0
    dialogues = grow(step.dialogues, WORTH_SHARING, saving) if share else apart(step.dialogues)
    return dialogues, apart(step.general)


def _seconds(shape: Shape, forest: tuple[list[Node], list[Node]], machine: Machine, rank: int, budget: int) -> float:
    dialogues, general = forest
    operations = shape.operations(rank)
    amount = operations.step(dialogues)
    rehearsed = operations.step(general) * 4 / 3  # read once more, by the untuned model
    if not machine.gpu:
        return (amount + rehearsed) / (machine.rate * OF_A_PRODUCT)
    nodes = [node for root in dialogues for node in root.walk()]
    shared = sum(len(node) for node in nodes if node.children)
    tokens = sum(map(len, nodes))
    inner = amount * shared / tokens
    started, rate = LAYER_LAUNCHES * shape.layers, machine.rate * OF_THE_PEAK
    # A pass takes at least what starting its kernels does: the shared one, those of the ends, that of general text.
    ends = max((amount - inner) / rate, -(-(tokens - shared) // budget) * started)
    return (
        ends
        + (max(inner / rate, started) if shared else 0)
        + (max(rehearsed / rate, started * 4 / 3) if general else 0)
    )


def _together(forest: tuple[list[Node], list[Node]], budget: int) -> int:
    """The most tokens that are held at once: a pass, and the shared runs that its dialogues go on from."""
    nodes = [node for root in forest[0] for node in root.walk()]
    ends = [len(node) for node in nodes if not node.children]
    shared = sum(len(node) for node in nodes if node.children)
    return min(max(budget, max(ends, default=0)), sum(ends)) + shared
