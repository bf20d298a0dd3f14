"""The built wheel, installed alone: it starts, brings its templates, and talks."""

from __future__ import annotations

import subprocess
import sys
import sysconfig
import venv
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent


def run(*command: str | Path, cwd: Path, said: str = "") -> str:
    done = subprocess.run([str(c) for c in command], cwd=cwd, input=said, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout + done.stderr


@pytest.mark.slow
def test_the_wheel_alone_inits_checks_and_chats(tmp_path: Path) -> None:
    build = (sys.executable, "-m", "pip", "wheel", "-q", "--no-deps", "--no-build-isolation", "-w", tmp_path, ROOT)
    run(*build, cwd=tmp_path)
    wheel = next(tmp_path.glob("*.whl"))
    home = tmp_path / "env"
    venv.create(home, with_pip=True)
    python, demeanor = home / "bin" / "python", home / "bin" / "demeanor"
    run(python, "-m", "pip", "install", "-q", "--no-deps", wheel, cwd=tmp_path)
    # The dependencies are this environment's; a path file does not follow the links to the source that it may hold.
    site = Path(run(python, "-c", "import sysconfig; print(sysconfig.get_path('purelib'))", cwd=tmp_path).strip())
    (site / "dependencies.pth").write_text(sysconfig.get_path("purelib") + "\n", encoding="utf-8")
    assert str(home) in run(python, "-c", "import demeanor; print(demeanor.__file__)", cwd=tmp_path)
    for template in ("hotel", "blank", "card", "innkeeper", "companion"):
        run(demeanor, "init", template, "--template", template, cwd=tmp_path)
        assert "0 errors" in run(demeanor, "check", cwd=tmp_path / template)
    told = run(demeanor, "chat", "echo", cwd=tmp_path / "hotel", said="A room for two, please.\n/quit\n")
    assert told.count("A room for two, please.") >= 1
