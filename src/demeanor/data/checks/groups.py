"""Problems by cause: what happened a thousand times is read once, with a count, three examples and one fix."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from demeanor.data.checks.problem import Problem, Severity

EXAMPLES = 3
_OWN = re.compile(r"""'(?:[^'\\\n]|\\.)*'|"[^"\n]*"|\b\d[\d.,:/-]*\b|\b\w+\.\.\.\w*|\S*/\S+""")
"""What is of one problem alone: quoted words, numbers, masked addresses, paths."""


@dataclass(frozen=True)
class Group:
    """Problems with one cause. `says`: the message, where it is the same for all, else with ... for what differs."""

    severity: Severity
    check: str
    says: str
    count: int
    fix: str
    examples: Sequence[Problem]


def grouped(problems: Iterable[Problem]) -> list[Group]:
    """Errors first, then what is found most often."""
    by_cause: dict[tuple[str, str, str], list[Problem]] = {}
    for problem in problems:
        cause = _OWN.sub("...", problem.message)
        by_cause.setdefault((problem.severity, problem.check, cause), []).append(problem)
    groups = [_group(cause, found) for (_, _, cause), found in by_cause.items()]
    return sorted(groups, key=lambda group: (group.severity != "error", -group.count))


def _group(cause: str, found: list[Problem]) -> Group:
    same = all(problem.message == found[0].message for problem in found)
    fix = Counter(problem.fix for problem in found).most_common(1)[0][0]
    examples = _spread(found)
    return Group(found[0].severity, found[0].check, found[0].message if same else cause, len(found), fix, examples)


def _spread(found: list[Problem]) -> tuple[Problem, ...]:
    """The first of each different message, then others in the order of the files."""
    first = list({problem.message: problem for problem in reversed(found)}.values())[::-1]
    rest = [problem for problem in found if problem not in first[:EXAMPLES]]
    return tuple([*first, *rest][:EXAMPLES])
