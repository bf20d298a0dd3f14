"""A baseline: what was wrong on some day and is known, so that a check afterwards tells only what is new.

A finding is known again by its check, its file, its dialogue and its words, not by its line: lines move. Equal ones are
counted, so that a fourth of a kind is new where three were known.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable
from hashlib import sha256
from pathlib import Path

from demeanor.data.checks.problem import Problem
from demeanor.errors import ConfigError


def fingerprint(problem: Problem) -> str:
    """The same for one finding on two days."""
    where = problem.where
    parts = (problem.check, where.file, where.id or where.field, str(where.message), problem.message)
    return sha256("\0".join(part or "" for part in parts).encode()).hexdigest()[:20]


def dump_baseline(problems: Iterable[Problem]) -> str:
    """The text of a baseline."""
    counted = Counter(map(fingerprint, problems))
    return json.dumps({"version": 1, "known": dict(sorted(counted.items()))}, indent=1) + "\n"


def new_problems(problems: Iterable[Problem], file: Path) -> list[Problem]:
    """The problems that a baseline does not know.

    Raises:
        ConfigError: it is no baseline.
    """
    try:
        known = Counter(json.loads(file.read_text(encoding="utf-8"))["known"])
    except (OSError, ValueError, KeyError, TypeError) as error:
        fix = "write it: demeanor check --write-baseline FILE"
        raise ConfigError(f"no baseline: {error}", file=file, fix=fix) from None
    new = []
    for problem in problems:
        print_ = fingerprint(problem)
        known[print_] -= 1
        if known[print_] < 0:
            new.append(problem)
    return new
