"""No code knows a hotel: what is particular to a trade stands in templates, in trades/, and in the lines of hands."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

SOURCE = Path(__file__).parents[1] / "src" / "demeanor"
HOTEL = re.compile(
    r"\b(?:hotels?|suites?|deluxe|check.?(?:in|out)s?|rooms?|guests?|receptionists?|nights?|bookings?|reservations?|"
    r"stays?|breakfasts?|sea.?view)\b",
    re.IGNORECASE,
)
# Values are said in general English ("for two nights", "room 12"); the others name the template or show an example.
EXEMPT = ("templates", "agent/slots/", "agent/slotfile.py", "cli/project.py", "commands/loop.py")
EXAMPLES = ("data/checks/labels.py", "simulation/scenario/expectations.py")
VERBS = re.compile(r"\b(?:it|file|database|what is done here|that|history does not|lasting database) stays?\b")


def strings(tree: ast.Module) -> Iterator[tuple[int, str]]:
    """(line, text) of every string that is no docstring."""
    told = {
        id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)
    }
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in told:
            yield node.lineno, node.value


def test_no_code_knows_a_hotel() -> None:
    found = []
    for file in sorted(SOURCE.rglob("*.py")):
        name = file.relative_to(SOURCE).as_posix()
        if name.startswith(EXEMPT) or name in EXAMPLES:
            continue
        for line, text in strings(ast.parse(file.read_text(encoding="utf-8"))):
            found += [(name, line, match[0]) for match in HOTEL.finditer(VERBS.sub(" ", text))]
    assert found == []


def test_the_test_sees_them() -> None:
    assert [match[0] for match in HOTEL.finditer("Is a suite free for the check-in of two guests?")] == [
        "suite",
        "check-in",
        "guests",
    ]
