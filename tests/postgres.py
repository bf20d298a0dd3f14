"""A PostgreSQL server of the tests' own: private to a folder, without a network, gone afterwards.

python tests/postgres.py     installs Debian's package where it is missing and may be installed
"""

from __future__ import annotations

import os
import pwd
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

PLACES = "/usr/lib/postgresql"  # where Debian keeps the programs of each version
MISSING = "PostgreSQL is not installed (initdb, pg_ctl); Debian: apt-get install postgresql"


def programs() -> Path | None:
    """The folder of initdb and pg_ctl; None where they are missing, or where root has nobody to run them as."""
    if os.geteuid() == 0 and not _has_owner():
        return None
    found = shutil.which("initdb")
    if found and shutil.which("pg_ctl"):
        return Path(found).parent
    places = sorted(Path(PLACES).glob("*/bin/initdb"))
    return places[-1].parent if places else None


def _has_owner() -> bool:
    try:
        return bool(pwd.getpwnam("postgres"))
    except KeyError:
        return False


@contextmanager
def server() -> Iterator[str]:
    """The URL of a new server, for as long as it is needed."""
    bin = programs()
    if bin is None:
        raise RuntimeError(MISSING)
    folder = Path(tempfile.mkdtemp(prefix="demeanor-postgres-"))
    as_owner: list[str] = []
    if os.geteuid() == 0:  # the server refuses to run as root
        shutil.chown(folder, "postgres")
        as_owner = ["setpriv", "--reuid", "postgres", "--regid", "postgres", "--clear-groups"]

    def run(*words: str) -> None:
        subprocess.run([*as_owner, *words], check=True, capture_output=True, cwd=folder)

    data = str(folder / "data")
    run(str(bin / "initdb"), "-D", data, "-U", "postgres", "-A", "trust", "--no-sync", "-E", "UTF8", "--locale=C")
    options = f"-k {folder} -c listen_addresses='' -c fsync=off -c max_connections=200"
    run(str(bin / "pg_ctl"), "-D", data, "-w", "-o", options, "-l", str(folder / "log"), "start")
    try:
        yield f"postgresql+psycopg://postgres@/postgres?host={folder}"
    finally:
        run(str(bin / "pg_ctl"), "-D", data, "-m", "immediate", "stop")
        shutil.rmtree(folder, ignore_errors=True)


def install() -> str:
    """Install Debian's package where that is possible; what came of it."""
    if programs() is not None:
        return f"PostgreSQL is in {programs()}"
    if shutil.which("apt-get") is None or os.geteuid() != 0:
        return f"{MISSING}. The tests that need it are skipped."
    environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    for words in (["apt-get", "update", "-q"], ["apt-get", "install", "-y", "-q", "postgresql"]):
        done = subprocess.run(words, env=environment, capture_output=True, text=True, check=False)
        if done.returncode:
            return f"{' '.join(words)} failed: {done.stderr.strip()[-200:]}. The tests that need it are skipped."
    return f"PostgreSQL was installed in {programs()}"


if __name__ == "__main__":
    sys.stdout.write(install() + "\n")
