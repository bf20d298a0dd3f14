"""Arrows point down only, and light commands stay light.

Every module is read with ast, imports inside functions and under TYPE_CHECKING included, and held against the
floors below. A wing that is on no floor is a failure: decide where it stands, then add it here.
"""

from __future__ import annotations

import ast
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

import demeanor

SOURCE = Path(demeanor.__file__).parent
HOTEL = SOURCE / "templates" / "hotel"

# From the bottom up. A wing may import itself and the floors below its own.
FLOORS: tuple[tuple[str, ...], ...] = (
    ("version", "errors", "text"),
    ("dialogue", "project"),
    ("agent", "models"),
    ("reading",),
    ("runtime",),
    ("simulation",),
    ("training", "data"),
    ("evaluation",),
    ("improvement",),
    ("report", "serving"),
    ("commands",),
    ("",),  # the package itself: the public names, imported by nothing here
    ("cli",),
    ("__main__",),
)
HEAVY = ("torch", "transformers", "peft", "numpy", "dateparser", "fastapi", "bm25s")


def modules() -> dict[str, Path]:
    """'demeanor.data.check' -> its file. The templates are the user's code, not ours."""
    found = {}
    for path in sorted(SOURCE.rglob("*.py")):
        parts = path.relative_to(SOURCE).with_suffix("").parts
        if parts[0] != "templates":
            parts = parts[:-1] if parts[-1] == "__init__" else parts
            found[".".join(("demeanor", *parts))] = path
    return found


MODULES = modules()
RANK = {wing: rank for rank, floor in enumerate(FLOORS) for wing in floor}


def imports(path: Path) -> Iterator[tuple[int, str]]:
    """(line, full name) of everything of demeanor's that a file imports, wherever the import stands."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}:{node.lineno}: write absolute imports"
            module = node.module or ""
            below = [f"{module}.{alias.name}" for alias in node.names]
            names = [name if name in MODULES else module for name in below]
        else:
            continue
        for name in dict.fromkeys(names):
            if name.split(".")[0] == "demeanor":
                yield node.lineno, name


def wing(module: str) -> str:
    """'demeanor.data.checks.calls' -> 'data'."""
    return [*module.split("."), ""][1]


def test_every_wing_has_its_floor() -> None:
    wings = {wing(name) for name in MODULES}
    assert wings <= set(RANK), f"on no floor: {sorted(wings - set(RANK))}"


@pytest.mark.parametrize("module", MODULES)
def test_arrows_point_down(module: str) -> None:
    wrong = [
        f"{MODULES[module].relative_to(SOURCE)}:{line} imports {name}"
        for line, name in imports(MODULES[module])
        if wing(name) != wing(module) and RANK[wing(name)] >= RANK[wing(module)]
    ]
    assert wrong == []


def test_imports_name_modules_that_exist() -> None:
    missing = [
        f"{path.relative_to(SOURCE)}:{line} imports {name}"
        for path in MODULES.values()
        for line, name in imports(path)
        if name not in MODULES
    ]
    assert missing == []


def test_no_cycles() -> None:
    graph = {name: sorted({target for _, target in imports(path)} - {name}) for name, path in MODULES.items()}
    done: set[str] = set()

    def walk(name: str, trail: tuple[str, ...]) -> None:
        assert name not in trail, " -> ".join((*trail[trail.index(name) :], name))
        if name not in done:
            for target in graph.get(name, ()):
                walk(target, (*trail, name))
            done.add(name)

    for name in graph:
        walk(name, ())


def test_templates_need_only_what_a_user_may_import() -> None:
    for path in (SOURCE / "templates").rglob("*.py"):
        assert {name for _, name in imports(path)} <= {"demeanor"}


# --- light to start


def loaded_by(code: str, *arguments: object) -> set[str]:
    """The heavy libraries that a fresh Python has loaded after `code`."""
    script = f"{code}\nimport sys\nprint('loaded', *[m for m in {HEAVY!r} if m in sys.modules])"
    command = [sys.executable, "-c", script, *map(str, arguments)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stderr
    return set(done.stdout.splitlines()[-1].split()[1:])


def test_the_command_line_is_light() -> None:
    assert loaded_by("import demeanor.cli") == set()


def test_checking_is_light(tmp_path: Path) -> None:
    shutil.copytree(HOTEL, tmp_path / "hotel", ignore=shutil.ignore_patterns("__pycache__", "dialogues"))
    dialogues = tmp_path / "hotel" / "dialogues" / "a.jsonl"
    dialogues.parent.mkdir(exist_ok=True)
    dialogues.write_text(
        '{"id": "a", "messages": [{"role": "user", "content": "A room for 2 from 12 to 15 June?"}, '
        '{"role": "assistant", "content": "That is 4 guests, 600 euros."}]}\n',
        encoding="utf-8",
    )
    code = (
        "import sys, pathlib\n"
        "from demeanor.data.check import check_project\n"
        "from demeanor.project import ProjectFolder\n"
        "report = check_project(ProjectFolder(pathlib.Path(sys.argv[1])), content=True)\n"
        "assert report.counts.dialogues == 1 and report.problems, report\n"
    )
    assert loaded_by(code, tmp_path / "hotel") == set()


TENSORS = ("demeanor.evaluation.explain", "demeanor.serving.export", "demeanor.reading.learn")
LIGHT = [name for name in MODULES if wing(name) not in ("models", "training") and not name.startswith(TENSORS)]


def test_no_module_outside_the_tensors_loads_them_when_imported() -> None:
    existing = [name for name in LIGHT if not name.endswith("__main__")]
    assert loaded_by("\n".join(f"import {name}" for name in existing)) == set()
