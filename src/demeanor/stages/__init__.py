"""The commands as functions: each makes one run folder, does one stage's work in it, and returns the run.

`cli.py` parses and prints, `pipeline.py` puts stages in a row.
"""

from demeanor.stages.common import Told, find_project, quiet, selection_scenarios, spread, today_of
from demeanor.stages.curve import learning_curve
from demeanor.stages.evaluating import (
    Evaluation,
    compare_runs,
    evaluate,
    evaluate_arms,
    no_pages,
    read_card,
    read_comparison,
)
from demeanor.stages.learning import (
    AS_SAID,
    FIRST_ROUND,
    HELD_BACK,
    LATER_ROUND,
    gather,
    harvest_failures,
    hold_back,
    show_mask,
    train,
)
from demeanor.stages.writing import write_dialogues, write_scenarios

__all__ = [
    "AS_SAID",
    "FIRST_ROUND",
    "HELD_BACK",
    "LATER_ROUND",
    "Evaluation",
    "Told",
    "compare_runs",
    "evaluate",
    "evaluate_arms",
    "find_project",
    "gather",
    "harvest_failures",
    "hold_back",
    "learning_curve",
    "no_pages",
    "quiet",
    "read_card",
    "read_comparison",
    "selection_scenarios",
    "show_mask",
    "spread",
    "today_of",
    "train",
    "write_dialogues",
    "write_scenarios",
]
