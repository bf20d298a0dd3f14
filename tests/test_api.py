"""The library as its users see it: the page's script runs, mypy passes on it, every public name has its example."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

import demeanor

ROOT = Path(__file__).parents[1]


def script(page: Path) -> str:
    """The Python blocks of a page, in a row."""
    return "\n".join(re.findall(r"^```python\n(.*?)^```$", page.read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL))


@pytest.fixture(scope="module")
def example() -> str:
    return script(ROOT / "docs" / "python.md")


def test_every_public_name_has_an_example(example: str) -> None:
    imported = {
        name.strip()
        for line in re.findall(r"^from demeanor import (.+)$", example, re.MULTILINE)
        for name in line.split(",")
    }
    assert imported == set(demeanor.__all__)


def test_every_public_name_is_there_and_documented() -> None:
    for name in demeanor.__all__:
        assert getattr(demeanor, name).__doc__, name
    assert set(demeanor.__all__) <= set(dir(demeanor))
    with pytest.raises(AttributeError, match="Projekt"):
        demeanor.Projekt  # noqa: B018


def test_every_public_method_of_a_project_and_a_run_is_documented() -> None:
    for kind in (demeanor.Project, demeanor.Run, demeanor.Session, demeanor.Scorecard, demeanor.Comparison):
        bare = [
            name
            for name, value in vars(kind).items()
            if not name.startswith("_") and callable(value) and not value.__doc__
        ]
        assert bare == []


def test_the_examples_run(example: str, tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-c", example], cwd=tmp_path, capture_output=True, text=True, timeout=300, check=False
    )
    assert done.returncode == 0, done.stderr
    assert "Task done (read from the database)" in done.stdout


def test_mypy_passes_on_code_that_uses_the_library(tmp_path: Path) -> None:
    for page in ("docs/python.md", "README.md"):
        (tmp_path / f"user_{Path(page).stem}.py").write_text(script(ROOT / page), encoding="utf-8")
    # As the project itself is checked: strictly, and what `make test` has read of it need not be read again.
    written = [str(tmp_path / f"user_{name}.py") for name in ("python", "README")]
    checked = subprocess.run(
        [sys.executable, "-m", "mypy", *written], cwd=ROOT, capture_output=True, text=True, timeout=600, check=False
    )
    assert checked.returncode == 0, checked.stdout


@pytest.mark.slow
def test_the_ten_lines_of_the_readme_run(tmp_path: Path) -> None:
    """As they stand, but on less: a few dialogues and scenarios, two steps of training."""
    smaller = {"synthesize(220)": "synthesize(12)", '"exam", 40': '"exam", 1', "train()": "train(steps=2)"}
    lines = script(ROOT / "README.md")
    assert len([line for line in lines.splitlines() if line.strip()]) <= 10
    for asked, less in smaller.items():
        assert asked in lines
        lines = lines.replace(asked, less)
    done: Any = subprocess.run(
        [sys.executable, "-c", lines], cwd=tmp_path, capture_output=True, text=True, timeout=900, check=False
    )
    assert done.returncode == 0, done.stderr
    assert re.search(r"n = \d+", done.stdout), done.stdout
