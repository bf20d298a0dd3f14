"""Lines put into a bank that people write: in their place, and everything else of the file as it was."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import yaml

from demeanor.project import write_atomic
from demeanor.project.yamlfile import read_yaml

NEW = """\
# How users talk, by flow, detail and register (docs/wording.md). General lines are said beside these; without the next
# line, these stand in place of them.
general: beside
"""
INDENT = 2
_PLAIN = re.compile(r"[A-Za-z][\w.+=-]*(?: [\w.+=-]+)*")
_TAKEN = ("true", "false", "null", "yes", "no", "on", "off", "y", "n", "~")


def quoted(text: str, plain: bool = False) -> str:
    """A text as YAML has it: in double quotes, which look alike everywhere; `plain`: without, where nothing speaks
    against it.
    """
    if plain and _PLAIN.fullmatch(text) and text.lower() not in _TAKEN:
        return text
    return json.dumps(text, ensure_ascii=False)


def put(file: Path, lines: Mapping[tuple[str, ...], Sequence[str]]) -> None:
    """Add lines under their places (("open", "book_a_room", "terse")) to a bank, which is begun where there is none.

    Raises:
        ConfigError: the file is no YAML.
        RunError: it cannot be written.
    """
    text = file.read_text(encoding="utf-8") if file.exists() else NEW
    raw = (read_yaml(file, all_text=True)[0] if file.exists() else None) or {}
    for place, fresh in lines.items():
        text = _with(text, place, list(fresh))
        raw = merged(raw, place, list(fresh))
    write_atomic(file, text)
    wanted = {key: entry for key, entry in raw.items() if key != "general"}
    if {k: v for k, v in read_yaml(file, all_text=True)[0].items() if k != "general"} != wanted:
        # A form that the editing by line does not know: right, if without comments.
        head = {"general": raw["general"]} if "general" in raw else {}
        write_atomic(file, "\n".join(_rows({**head, **wanted}, 0)) + "\n")


def merged(entry: Any, place: Sequence[str], lines: list[str]) -> Any:
    """An entry of a bank with lines more; a bare list is one of neutral lines."""
    if isinstance(entry, list) and place not in ((), ("neutral",)):
        entry = {"neutral": entry}
    if isinstance(entry, list) or not place:
        return [*(entry or []), *lines]
    head, *rest = place
    entry = entry or {}
    return {**entry, head: merged(entry.get(head), tuple(rest), lines)}


def _with(text: str, place: tuple[str, ...], lines: list[str]) -> str:
    """The text of a bank with lines under a place."""
    node: yaml.Node | None = yaml.compose(text, yaml.SafeLoader)
    above: yaml.Node | None = None
    depth, indent = 0, 0
    while isinstance(node, yaml.MappingNode) and not node.flow_style and depth < len(place):
        above, indent = node, node.start_mark.column
        found = next((inner for key, inner in node.value if key.value == place[depth]), None)
        if found is None or (isinstance(found, yaml.ScalarNode) and not found.value):
            entry = merged(None, place[depth + 1 :], lines)
            at = _end(node) if found is None else found.end_mark.index
            if found is not None:  # "open:" without anything under it
                return _put(text, at, _rows(entry, indent + INDENT))
            return _put(text, at, _rows({place[depth]: entry}, indent))
        node, depth = found, depth + 1
    if node is None:  # an empty file
        return text.rstrip("\n") + "\n" * bool(text.strip()) + "\n".join(_rows(merged(None, place, lines), 0)) + "\n"
    rest = place[depth:]
    if isinstance(node, yaml.SequenceNode) and not node.flow_style and rest in ((), ("neutral",)):
        return _put(text, _end(node), _rows(lines, node.start_mark.column))
    # A list in one line, or one that needs registers now: it is written anew.
    rows = _rows(merged(_plain(node), rest, lines), indent + INDENT if above is not None else 0)
    return text[: node.start_mark.index].rstrip(" \n") + "\n" + "\n".join(rows) + text[_end(node) :]


def _plain(node: yaml.Node) -> Any:
    """What a node says, all of it as text."""
    if isinstance(node, yaml.SequenceNode):
        return [_plain(item) for item in node.value]
    if isinstance(node, yaml.MappingNode):
        return {key.value: _plain(item) for key, item in node.value}
    return node.value


def _end(node: yaml.Node) -> int:
    """Where the last sign of a node stands; comments and blank lines behind it are not its own."""
    if isinstance(node, yaml.CollectionNode) and not node.flow_style and node.value:
        last = node.value[-1]
        inner = last if isinstance(node, yaml.SequenceNode) else last[1]
        return _end(inner) if inner.start_mark.index != inner.end_mark.index else last[0].end_mark.index + 1
    return int(node.end_mark.index)


def _put(text: str, at: int, rows: list[str]) -> str:
    """Rows behind the line in which `at` lies."""
    end = text.find("\n", at)
    end = len(text) if end < 0 else end
    return text[:end] + "\n" + "\n".join(rows) + (text[end:] or "\n")


def _rows(entry: Any, indent: int) -> list[str]:
    """An entry as lines of YAML, two spaces deeper at each level."""
    pad = " " * indent
    if isinstance(entry, list):
        return [f"{pad}- {quoted(str(item))}" for item in entry]
    rows = []
    for key, inner in entry.items():
        name = quoted(str(key), plain=True)
        one = isinstance(inner, str)
        rows += (
            [f"{pad}{name}: {quoted(inner, plain=True)}"] if one else [f"{pad}{name}:", *_rows(inner, indent + INDENT)]
        )
    return rows
