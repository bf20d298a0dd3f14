"""The project templates that come with the package."""

from __future__ import annotations

import importlib.resources
import secrets
import shutil
from importlib.resources.abc import Traversable
from pathlib import Path

from demeanor.errors import ConfigError
from demeanor.project.files import cannot_write, is_byproduct


def templates() -> list[str]:
    """Names of the project templates that come with the package."""
    folder = importlib.resources.files("demeanor") / "templates"
    if not folder.is_dir():
        return []
    return sorted(child.name for child in folder.iterdir() if child.is_dir() and not is_byproduct(child.name))


def copy_template(template: str, target: Path) -> None:
    """Copy a template to `target`, which must be new, or empty but for hidden files.

    Everything is copied beside its place first, so a failure leaves nothing behind.

    Raises:
        ConfigError: no such template, or the target is in use.
        RunError: the target cannot be written.
    """
    if template not in templates():
        raise ConfigError("no such template", field="template", found=template, allowed=templates())
    source = importlib.resources.files("demeanor") / "templates" / template
    _refuse_if_used(target, source)
    beside = (target if target.is_dir() else target.absolute().parent) / f".new-{secrets.token_hex(4)}"
    try:
        beside.parent.mkdir(parents=True, exist_ok=True)
        _copy_tree(source, beside)
        if target.is_dir():  # may be the shell's own folder, so it is filled and not replaced
            for child in sorted(beside.iterdir()):
                child.rename(target / child.name)
        else:
            beside.rename(target)
    except OSError as error:
        raise cannot_write(target, error) from error
    finally:
        shutil.rmtree(beside, ignore_errors=True)


def _refuse_if_used(target: Path, source: Traversable) -> None:
    if not target.exists():
        return
    if not target.is_dir():
        raise ConfigError("there is a file of this name", file=target, fix="choose another folder")
    coming = {child.name for child in source.iterdir()}
    used = sorted(c.name for c in target.iterdir() if not c.name.startswith(".") or c.name in coming)
    if used:
        raise ConfigError(
            "the folder is not empty",
            file=target,
            found=", ".join(used[:5]) + (", ..." if len(used) > 5 else ""),
            fix="choose a new folder; nothing was changed",
        )


def _copy_tree(source: Traversable, target: Path) -> None:
    """Copy what may lie in a folder or inside an archive."""
    target.mkdir()
    for child in source.iterdir():
        if child.name == "__pycache__" or child.name.endswith(".pyc"):
            continue
        if child.is_dir():
            _copy_tree(child, target / child.name)
        else:
            (target / child.name).write_bytes(child.read_bytes())
