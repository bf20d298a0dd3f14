"""The command line: parse, call one method of a Project, print.

Exit codes: 0 well, 1 the command found what it looks for (problems in `check`), 2 wrong use or a broken configuration,
130 interrupted. Heavy libraries are imported inside them, so that --help and `check` start at once.
"""

# A command is known to the group once its module is imported.
from demeanor.cli import evaluating, learning, project, promoting, serving, watching, wording
from demeanor.cli.base import main

__all__ = ["evaluating", "learning", "main", "project", "promoting", "serving", "watching", "wording"]
