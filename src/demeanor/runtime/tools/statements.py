"""What tools.py says to the database and asks of its caller, read without running it: a slip is told at once."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from demeanor.errors import ConfigError

OLD = ("execute", "executemany", "executescript")
FACTS = "world.session.facts"


def refuse_bare_sql(path: Path) -> None:
    """Refuse `world.db.execute("... ?", (value,))`, the way of sqlite3.

    Raises:
        ConfigError: with the line, and the line as it has to be.
    """
    tree = ast.parse(path.read_text(encoding="utf-8-sig"))
    for call, statement in _bare(tree):
        raise ConfigError(
            "world.db is a SQLAlchemy connection, which takes no bare text",
            file=path,
            line=call.lineno,
            found=" ".join(ast.unparse(call).split())[:120],
            fix=_named(call, statement),
        )


@dataclass(frozen=True)
class Statement:
    """SQL that stands in the file. `given`: the names of its values, None where they are only known when it runs."""

    line: int
    sql: str
    given: frozenset[str] | None


def statements_in(path: Path) -> list[Statement]:
    """The statements of `world.sql` that stand in the file as text."""
    tree = ast.parse(path.read_text(encoding="utf-8-sig"))
    texts = _texts(tree)
    found = []
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and ast.unparse(node.func) == "world.sql" and node.args:
            first = node.args[0]
            text = texts.get(first.id) if isinstance(first, ast.Name) else first
            if isinstance(text, ast.Constant) and isinstance(text.value, str):
                names = {keyword.arg for keyword in node.keywords}
                known = len(node.args) == 1 and None not in names
                found.append(Statement(node.lineno, text.value, frozenset(filter(None, names)) if known else None))
    return found


def facts_read(path: Path) -> list[tuple[int, str]]:
    """Where the file reads a fact of its caller by a name that stands there: (line, name)."""
    tree = ast.parse(path.read_text(encoding="utf-8-sig"))
    found = []
    for node in ast.walk(tree):
        key: ast.expr | None = None
        if isinstance(node, ast.Subscript) and ast.unparse(node.value) == FACTS:
            key = node.slice
        elif isinstance(node, ast.Call) and ast.unparse(node.func) == f"{FACTS}.get" and node.args:
            key = node.args[0]
        if isinstance(key, ast.Constant) and isinstance(key.value, str):
            found.append((key.lineno, key.value))
    return found


def _texts(tree: ast.Module) -> dict[str, ast.expr]:
    """The constants of a file that are text."""
    return {
        target.id: node.value
        for node in tree.body
        if isinstance(node, ast.Assign) and _is_text(node.value)
        for target in node.targets
        if isinstance(target, ast.Name)
    }


def _bare(tree: ast.Module) -> Iterator[tuple[ast.Call, ast.expr]]:
    """The calls of `world.db.execute` and its like with text, or with a constant of the file that is text."""
    texts = _texts(tree)
    for node in ast.walk(tree):
        if not (isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.args):
            continue
        first, where = node.args[0], node.func.value
        on_world = isinstance(where, ast.Attribute) and where.attr == "db" and ast.unparse(where.value) == "world"
        named = isinstance(first, ast.Name) and first.id in texts
        if on_world and node.func.attr in OLD and (named or _is_text(first)):
            yield node, first


def _is_text(node: ast.expr) -> bool:
    return isinstance(node, ast.JoinedStr) or (isinstance(node, ast.Constant) and isinstance(node.value, str))


def _named(call: ast.Call, statement: ast.expr) -> str:
    """The call with named parameters."""
    given = call.args[1] if len(call.args) > 1 else None
    parts = list(given.elts) if isinstance(given, ast.Tuple | ast.List) else []
    names = [part.id if isinstance(part, ast.Name) else f"value_{k}" for k, part in enumerate(parts, 1)]
    values = [f"{name}={ast.unparse(part)}" for name, part in zip(names, parts, strict=True)]
    if not isinstance(statement, ast.Constant):
        return f"world.sql({', '.join([ast.unparse(statement), *values])}), with :name for every ? in it"
    numbers = iter(names)
    text = re.sub(r"\?", lambda hole: f":{next(numbers, 'name')}", str(statement.value))
    return f"world.sql({', '.join([repr(text), *values])})"
