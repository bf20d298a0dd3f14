"""The commands as functions: each makes one run folder, does one stage's work in it, and returns the run.

`cli/` parses and prints, `pipeline.py` puts stages in a row.
"""

from demeanor.commands.common import Told, selection_scenarios, today_of
from demeanor.commands.curve import learning_curve
from demeanor.commands.evaluating import compare_runs, evaluate, evaluate_arms, precision_of, read_card, read_comparison
from demeanor.commands.explaining import explain_run
from demeanor.commands.judging import judge_run
from demeanor.commands.learning import harvest_failures, show_mask, train
from demeanor.commands.writing import import_scenarios, write_dialogues, write_scenarios

__all__ = [
    "Told",
    "compare_runs",
    "evaluate",
    "evaluate_arms",
    "explain_run",
    "harvest_failures",
    "import_scenarios",
    "judge_run",
    "learning_curve",
    "precision_of",
    "read_card",
    "read_comparison",
    "selection_scenarios",
    "show_mask",
    "today_of",
    "train",
    "write_dialogues",
    "write_scenarios",
]
