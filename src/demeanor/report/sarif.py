"""Problems as SARIF 2.1.0, which code hosts show beside the lines of a change."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from demeanor.data.baseline import fingerprint
from demeanor.data.checks import Problem
from demeanor.version import __version__

SCHEMA = "https://json.schemastore.org/sarif-2.1.0.json"


def sarif(problems: Sequence[Problem]) -> dict[str, Any]:
    """One run with a rule for each check. Fingerprints are those of a baseline: they do not hang on lines."""
    rules = list(dict.fromkeys(problem.check for problem in problems))
    driver = {
        "name": "demeanor",
        "version": __version__,
        "rules": [{"id": rule, "shortDescription": {"text": rule.replace("_", " ")}} for rule in rules],
    }
    return {
        "$schema": SCHEMA,
        "version": "2.1.0",
        "runs": [{"tool": {"driver": driver}, "results": [_result(one, rules) for one in problems]}],
    }


def _result(problem: Problem, rules: Sequence[str]) -> dict[str, Any]:
    where = problem.where
    inside = ", ".join(
        filter(None, (where.id, f"messages[{where.message}]" if where.message is not None else where.field))
    )
    text = ". ".join(filter(None, (f"{problem.message} ({inside})" if inside else problem.message, problem.fix)))
    out: dict[str, Any] = {
        "ruleId": problem.check,
        "ruleIndex": rules.index(problem.check),
        "level": problem.severity,
        "message": {"text": text},
        "partialFingerprints": {"demeanor/v1": fingerprint(problem)},
    }
    if where.file:
        place: dict[str, Any] = {"artifactLocation": {"uri": where.file}}
        if where.line:
            place["region"] = {"startLine": where.line}
        out["locations"] = [{"physicalLocation": place}]
    return out
