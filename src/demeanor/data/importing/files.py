"""Files of other programs as rows: JSON lines, JSON arrays and tables, packed or not, read as a stream.

What kind a file is shows in its first bytes, not in its name.
"""

from __future__ import annotations

import bz2
import csv
import gzip
import io
import json
import lzma
import zipfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import chain
from pathlib import Path
from typing import IO, Any, cast

from demeanor.data.importing.pieces import LeftOut, Place, Row
from demeanor.errors import ConfigError

BLOCK = 1 << 16
"""Bytes that are looked at to tell what a file is, and characters of a JSON array that are read at once."""
MOST_CELL = 1 << 26
"""Characters of a table's cell, at most."""
_PACKED: dict[bytes, Callable[[Path], Any]] = {b"\x1f\x8b": gzip.open, b"BZh": bz2.open, b"\xfd7zXZ": lzma.open}
_FOREIGN = {
    b"PAR1": (
        "Parquet",
        "write it as JSON lines: pandas.read_parquet(FILE).to_json(NEW, orient='records', lines=True)",
    ),
    b"\x28\xb5\x2f\xfd": ("packed by zstd", "unpack it: zstd -d FILE"),
    b"\xd0\xcf\x11\xe0": ("an old Excel workbook", "save it as CSV"),
    b"SQLite": ("a database", "write the messages as CSV: sqlite3 -csv -header FILE 'select ...'"),
}


def rows(file: Path) -> Iterator[Row | LeftOut]:
    """The rows of a file; of an archive, those of the files in it.

    Raises:
        ConfigError: it is of a kind that cannot be read, with what to do.
    """
    with _opened(file) as streams:
        for name, stream in streams:
            yield from _rows(file, name, stream)


@contextmanager
def _opened(file: Path) -> Iterator[Iterator[tuple[str, IO[bytes]]]]:
    """(name, unpacked bytes) of a file, or of each file in an archive."""
    try:
        with file.open("rb") as stream:
            head = stream.read(8)
        if head.startswith(b"PK\x03\x04"):
            with zipfile.ZipFile(file) as archive:
                if "xl/workbook.xml" in archive.namelist():
                    raise ConfigError("an Excel workbook", file=file, fix="save it as CSV")
                inside = [one for one in archive.infolist() if not one.is_dir()]
                yield ((f"{file.name}/{one.filename}", archive.open(one)) for one in inside)
            return
        unpack = next((how for magic, how in _PACKED.items() if head.startswith(magic)), None)
        with cast("IO[bytes]", unpack(file) if unpack else file.open("rb")) as stream:
            yield iter([(file.name, stream)])
    except (OSError, EOFError, zipfile.BadZipFile, lzma.LZMAError) as error:
        raise ConfigError(f"cannot be read: {error}", file=file) from error


def _rows(file: Path, name: str, stream: IO[bytes]) -> Iterator[Row | LeftOut]:
    buffered = io.BufferedReader(cast("io.RawIOBase", stream), BLOCK) if not hasattr(stream, "peek") else stream
    head = cast("io.BufferedReader", buffered).peek(BLOCK)[:BLOCK]
    for magic, (what, fix) in _FOREIGN.items():
        if head.startswith(magic):
            raise ConfigError(f"{name} is {what}, which is not read", file=file, fix=fix)
    encoding = _encoding(head)
    start = head.decode(encoding, errors="replace").lstrip("\ufeff \t\r\n")
    if start.startswith("["):
        yield from _array(name, io.TextIOWrapper(buffered, encoding, errors="surrogateescape"), file)
    elif start.startswith("{"):
        yield from _objects(name, io.TextIOWrapper(buffered, encoding, errors="surrogateescape"), file)
    elif start:
        yield from _table(name, io.TextIOWrapper(buffered, encoding, errors="surrogateescape", newline=""), file)


def _encoding(head: bytes) -> str:
    """UTF-8 and UTF-16 by their marks or by what is valid; else the one of Western European Windows."""
    if head.startswith((b"\xff\xfe", b"\xfe\xff")):
        return "utf-16"
    try:
        head[:-4].decode("utf-8-sig")  # without its end, which may be half a character
    except UnicodeDecodeError as error:
        return "utf-8-sig" if error.start > len(head) - 8 else "cp1252"
    return "utf-8-sig"


# ---------------------------------------------------------------------- JSON


def _objects(name: str, text: IO[str], file: Path) -> Iterator[Row | LeftOut]:
    """One object a line; or one object over many lines, which is a single row."""
    first = ""
    for number, line in enumerate(text, 1):
        if not first and line.strip():
            first = line
            if not _is_json(line):
                yield from _whole(name, line + text.read(), file)
                return
        if line.strip():
            yield _row(Place(name, number), line)


def _is_json(text: str) -> bool:
    try:
        json.loads(text)
    except ValueError:
        return not text.rstrip().endswith(("{", ",", "[", ":"))  # a spoiled first line is still a line
    return True


def _whole(name: str, text: str, file: Path) -> Iterator[Row | LeftOut]:
    try:
        yield from unwrapped(name, json.loads(text))
    except (ValueError, RecursionError) as error:
        raise ConfigError(f"{name} is not JSON: {error}", file=file) from None


def unwrapped(name: str, value: dict[str, Any]) -> Iterator[Row]:
    """The records of an answer of a server, `{"tickets": [...], "count": 2}`; or the object itself."""
    lists = {k: v for k, v in value.items() if isinstance(v, list) and v and all(isinstance(one, dict) for one in v)}
    plain = [k for k, v in value.items() if isinstance(v, str) and len(v) > 40]
    if len(lists) == 1 and not plain and not {"id", "messages", "conversations"} & set(value):
        for number, one in enumerate(next(iter(lists.values())), 1):
            yield Row(Place(name, number), one)
    elif "conversations" in lists and "id" not in value and "from" not in lists["conversations"][0]:
        for number, one in enumerate(lists["conversations"], 1):
            yield Row(Place(name, number), one)
    else:
        yield Row(Place(name, 1), value)


def _row(place: Place, text: str) -> Row | LeftOut:
    if any("\udc80" <= sign <= "\udcff" for sign in text):
        return LeftOut(place, "not UTF-8")
    try:
        value = json.loads(text)
    except (ValueError, RecursionError):
        return LeftOut(place, "not JSON")
    return Row(place, value) if isinstance(value, dict) else LeftOut(place, "no object of JSON")


def _array(name: str, text: IO[str], file: Path) -> Iterator[Row | LeftOut]:
    """The elements of an array one by one; its whole is never in memory."""
    decoder, buffer, number, ended = json.JSONDecoder(), "", 0, False
    text.read(0)
    while not buffer.lstrip("\ufeff \t\r\n"):
        buffer = text.read(BLOCK)
    buffer = buffer.lstrip("\ufeff \t\r\n")[1:]
    while True:
        buffer = buffer.lstrip(" \t\r\n,")
        if buffer.startswith("]"):
            return
        try:
            value, end = decoder.raw_decode(buffer)
            if end == len(buffer) and not ended:
                raise ValueError  # a number may go on
        except (ValueError, RecursionError):
            more = text.read(max(BLOCK, len(buffer)))
            if not more:
                raise ConfigError(f"{name} is not JSON behind its element {number}", file=file) from None
            buffer, ended = buffer + more, False
            continue
        number, buffer = number + 1, buffer[end:]
        place = Place(name, number)
        if isinstance(value, dict):
            yield Row(place, value)
        elif isinstance(value, list) and all(isinstance(one, dict) for one in value):
            yield Row(place, {"messages": value})
        else:
            yield LeftOut(place, "no object of JSON")


# ---------------------------------------------------------------------- tables


def _table(name: str, text: IO[str], file: Path) -> Iterator[Row | LeftOut]:
    """Rows by the names in the head; a cell may hold line breaks."""
    csv.field_size_limit(MOST_CELL)
    head = next((line for line in text if line.strip()), "")
    mark = max(",;\t|", key=_outside_quotes(head).count)
    if mark not in head:
        raise ConfigError(f"{name} is no table and no JSON", file=file, fix="docs/importing.md says what is read")
    reader = csv.reader(chain([head], text), delimiter=mark)
    names = _distinct(next(reader))
    number = 1
    while True:
        try:
            cells = next(reader, None)
        except csv.Error as error:
            raise ConfigError(f"{name} is no table: {error}", file=file, line=reader.line_num) from None
        if cells is None:
            return
        if not cells:
            continue  # a blank line
        number += 1
        place = Place(name, number)
        if not any(cell.strip() for cell in cells):
            yield LeftOut(place, "an empty row")
        elif len(cells) > len(names) and any(cells[len(names) :]):
            yield LeftOut(place, "more cells than the head has")
        elif any("\udc80" <= sign <= "\udcff" for cell in cells for sign in cell):
            yield LeftOut(place, "not UTF-8")
        else:
            yield Row(place, dict(zip(names, [*cells, *[""] * (len(names) - len(cells))], strict=False)))


def _outside_quotes(line: str) -> str:
    return "".join(line.split('"')[::2])


def _distinct(names: list[str]) -> list[str]:
    """Names of columns; a second one of a name gets a number."""
    out: list[str] = []
    for name in (one.strip("\ufeff ") for one in names):
        count = sum(one == name or one.startswith(f"{name} ") for one in out)
        out.append(f"{name} {count + 1}" if name in out else name)
    return out
