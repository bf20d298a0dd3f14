"""Files that appear whole or not at all: written beside their place and renamed into it; and hashes of them."""

from __future__ import annotations

import errno
import hashlib
import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO

from demeanor.errors import RunError
from demeanor.project.packages import hash_file


def write_atomic(path: Path, text: str | bytes) -> None:
    """Write a file so that it is there whole or, on any failure, stays as it was. Missing parents are made.

    Raises:
        RunError: the disk is full, or the place cannot be written; names the path and what to do.
    """
    data = text.encode("utf-8") if isinstance(text, str) else text
    beside = path.with_name(f".{path.name}.{os.getpid()}-{secrets.token_hex(4)}")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with beside.open("xb") as stream:
            stream.write(data)
            stream.flush()
            os.fsync(stream.fileno())
        os.replace(beside, path)
    except OSError as error:
        raise cannot_write(path, error) from error
    finally:
        with suppress(OSError):  # only still there when something failed, Ctrl-C included
            beside.unlink(missing_ok=True)


@contextmanager
def streamed(path: Path) -> Iterator[IO[str]]:
    """A text file of any size that is there whole when the block ends; when it fails, the file stays as it was.

    Raises:
        RunError: as `write_atomic`.
    """
    beside = path.with_name(f".{path.name}.{os.getpid()}-{secrets.token_hex(4)}")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with beside.open("x", encoding="utf-8") as stream:
            yield stream
            stream.flush()
            os.fsync(stream.fileno())
        os.replace(beside, path)
    except OSError as error:
        raise cannot_write(path, error) from error
    finally:
        with suppress(OSError):
            beside.unlink(missing_ok=True)


def cannot_write(path: Path, error: OSError) -> RunError:
    full = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)
    fix = "check that the folder exists and may be written to"
    if error.errno in full:
        fix = f"free space on the disk that holds {path.parent}, then run the same command again"
    return RunError(f"cannot write: {error.strerror or error}", file=path, fix=fix)


def hash_tree(folder: Path) -> str:
    """One sha256 (hex) over the names and contents of all files below `folder`; hidden and cached files
    left out.

    Raises:
        RunError: there is no such folder.
    """
    if not folder.is_dir():
        raise RunError("no such folder", file=folder)
    digest = hashlib.sha256()
    for path in sorted(folder.rglob("*")):
        name = path.relative_to(folder)
        if path.is_file() and not any(is_byproduct(part) for part in name.parts):
            digest.update(f"{name.as_posix()}\0{hash_file(path)}\n".encode())
    return digest.hexdigest()


def is_byproduct(name: str) -> bool:
    return name.startswith(".") or name == "__pycache__" or name.endswith(".pyc")


def make_folder(parent: Path, stem: str) -> Path:
    """A new folder `stem` in `parent`; `stem-2` and so on when two runs start within a second."""
    for name in (stem, *(f"{stem}-{k}" for k in range(2, 1000))):
        try:
            (parent / name).mkdir(parents=True)
        except FileExistsError:
            continue
        except OSError as error:
            raise cannot_write(parent / name, error) from error
        return parent / name
    raise RunError("too many runs within one second", file=parent / stem)


def cut_half_line(path: Path) -> None:
    """A process that was killed may have left half a last line: cut it off before a new one is joined to
    it.
    """
    if not path.is_file():
        return
    data = path.read_bytes()
    if data and not data.endswith(b"\n"):
        os.truncate(path, data.rfind(b"\n") + 1)


def append_whole(stream: IO[bytes], line: bytes) -> None:
    """Append all of `line` or, when the disk fills up in its middle, take back what was written."""
    before = os.fstat(stream.fileno()).st_size
    try:
        rest = memoryview(line)
        while rest:
            rest = rest[os.write(stream.fileno(), rest) :]
    except BaseException:
        os.ftruncate(stream.fileno(), before)
        raise
