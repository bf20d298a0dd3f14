"""YAML files that people write: parsed with the line of every node, so that a complaint can name it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any, ClassVar

import yaml

from demeanor.errors import ConfigError


class YamlReader:
    """Walks a YAML tree with positions, so that every complaint names a line."""

    def __init__(self, file: Path, lines: Lines) -> None:
        self.file = file
        self.lines = lines

    def error(self, message: str, path: tuple[str, ...], **more: Any) -> ConfigError:
        """The error at a place, with the line of the nearest node that stands in the file."""
        line = next((self.lines[path[:k]] for k in range(len(path), -1, -1) if path[:k] in self.lines), None)
        if "fix" not in more and message.startswith("expected text") and path in self.lines.written:
            more["fix"] = f'quote it: "{self.lines.written[path]}"'
        return ConfigError(message, file=self.file, line=line, field=".".join(path) or None, **more)

    def mapping(self, raw: Any, path: tuple[str, ...], allowed: tuple[str, ...] | None = None) -> dict[str, Any]:
        if not isinstance(raw, dict):
            raise self.error("expected a mapping (name: value)", path, found=raw)
        for key in raw:
            if allowed is not None and key not in allowed:
                raise self.error("unknown field", (*path, str(key)), found=str(key), allowed=allowed)
        return {str(key): value for key, value in raw.items()}

    def text(self, raw: Any, path: tuple[str, ...]) -> str:
        if not isinstance(raw, str) or not raw.strip():
            raise self.error("expected text", path, found=raw)
        return raw.strip()

    def texts(self, raw: Any, path: tuple[str, ...]) -> tuple[str, ...]:
        """A list of texts; one text may stand without its list."""
        return self.text_list(raw, path) if isinstance(raw, list) else (self.text(raw, path),)

    def text_list(self, raw: Any, path: tuple[str, ...]) -> tuple[str, ...]:
        if not isinstance(raw, list):
            raise self.error("expected a list of text", path, found=raw, fix=f"{path[-1]}: [one, another]")
        return tuple(self.text(value, (*path, str(index))) for index, value in enumerate(raw))

    def boolean(self, raw: Any, path: tuple[str, ...]) -> bool:
        if not isinstance(raw, bool):
            raise self.error("expected true or false", path, found=raw, allowed=("true", "false"))
        return raw

    def regex(self, raw: str, path: tuple[str, ...]) -> str:
        try:
            re.compile(raw)
        except (re.error, OverflowError) as error:
            raise self.error(
                f"not a regular expression: {error}",
                path,
                found=raw,
                fix="write \\ before a sign that stands for itself, such as ( [ . ? * +",
            ) from error
        return raw


class Lines(dict[tuple[str, ...], int]):
    """Path of every YAML node -> its line (1-based). `written`: unquoted values that YAML does not take for text, as
    they stand in the file.
    """

    def __init__(self) -> None:
        super().__init__()
        self.written: dict[tuple[str, ...], str] = {}


# The C parser where PyYAML was built with it: ten times faster on a wording bank.
_Parser: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


class _Loader(_Parser):  # type: ignore[misc]
    """YAML 1.2's idea of what is no text. PyYAML's own, of YAML 1.1, takes `no` for false, 10:30 for 630 and 1e3 for
    text: a choice of yes and no, an opening hour and a learning rate would each be something else than what was meant.
    """

    yaml_implicit_resolvers: ClassVar[dict[str, list[tuple[str, re.Pattern[str]]]]] = {}


for _tag, _pattern, _first in (
    ("bool", r"true|True|TRUE|false|False|FALSE", "tTfF"),
    ("int", r"[-+]?[0-9]+|0o[0-7]+|0x[0-9a-fA-F]+", "-+0123456789"),
    (
        "float",
        r"[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?|[-+]?\.(?:inf|Inf|INF)|\.(?:nan|NaN|NAN)",
        "-+0123456789.",
    ),
    ("null", r"~|null|Null|NULL|", ["~", "n", "N", ""]),
    ("timestamp", r"\d{4}-\d\d-\d\d(?:[Tt ]\d\d:\d\d:\d\d\S*)?", "0123456789"),
    ("merge", r"<<", "<"),
):
    _Loader.add_implicit_resolver(f"tag:yaml.org,2002:{_tag}", re.compile(f"^(?:{_pattern})$"), list(_first))


def _number(loader: Any, node: yaml.ScalarNode) -> int:
    base = {"0o": 8, "0x": 16}.get(node.value[:2], 10)
    return int(node.value, base)


_Loader.add_constructor("tag:yaml.org,2002:int", _number)


def _line_numbers(root: yaml.Node | None, file: Path) -> Lines:
    """Where everything stands.

    Raises:
        ConfigError: a key stands twice in a mapping (YAML would quietly keep the last), or an anchor holds itself.
    """
    lines = Lines()
    above: list[yaml.Node] = []

    def children(node: yaml.Node, path: tuple[str, ...]) -> Iterator[tuple[str, yaml.Node]]:
        if isinstance(node, yaml.SequenceNode):
            yield from ((str(index), value) for index, value in enumerate(node.value))
        elif isinstance(node, yaml.MappingNode):
            _refuse_twins(node, path, file)
            yield from ((str(key.value), value) for key, value in node.value)

    def walk(node: yaml.Node, path: tuple[str, ...]) -> None:
        if any(node is other for other in above):
            raise ConfigError(
                "an anchor that holds itself",
                file=file,
                line=node.start_mark.line + 1,
                field=".".join(path) or None,
                fix="write the value out in place of the *name",
            )
        lines[path] = node.start_mark.line + 1
        if isinstance(node, yaml.ScalarNode) and not node.style and not node.tag.endswith((":str", ":null")):
            lines.written[path] = node.value
        above.append(node)
        for name, value in children(node, path):
            walk(value, (*path, name))
        above.pop()
        if isinstance(node, yaml.MappingNode):
            # What a user looks for is the line of the name, not that of the value below it.
            lines.update({(*path, str(key.value)): key.start_mark.line + 1 for key, _ in node.value})

    if root is not None:
        walk(root, ())
    return lines


def _refuse_twins(node: yaml.MappingNode, path: tuple[str, ...], file: Path) -> None:
    first: dict[tuple[str, str], int] = {}
    for key, _ in node.value:
        line = key.start_mark.line + 1
        name = (key.tag, str(key.value))
        if name in first:
            raise ConfigError(
                f"this key stands twice (first in line {first[name]})",
                file=file,
                line=line,
                field=".".join((*path, name[1])),
                found=name[1],
                fix="keep one of the two",
            )
        first[name] = line


class _TextLoader(_Parser):  # type: ignore[misc]
    """Every value is text, as it stands in the file: for files that hold what people say."""

    yaml_implicit_resolvers: ClassVar[dict[str, list[tuple[str, re.Pattern[str]]]]] = {}


_TextLoader.add_implicit_resolver("tag:yaml.org,2002:null", re.compile(r"^(?:~|null|)$"), ["~", "n", ""])


def read_yaml(file: Path, *, all_text: bool = False) -> tuple[Any, Lines]:
    """Parsed YAML and the line of every node.

    Args:
        all_text: `Yes`, `12` and `10:30` are what somebody says, not values.

    Raises:
        ConfigError: the file is missing, not UTF-8 or not YAML, a key stands twice, or an anchor holds itself (with
            the line).
    """
    try:
        text = file.read_text(encoding="utf-8-sig")
    except FileNotFoundError as error:
        raise ConfigError("no such file", file=file, fix="demeanor init NAME writes a project") from error
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(f"cannot be read: {error}", file=file) from error
    try:
        loader = (_TextLoader if all_text else _Loader)(text)
        root = loader.get_single_node()
        lines = _line_numbers(root, file)
        return (loader.construct_document(root) if root is not None else None), lines
    except (yaml.YAMLError, RecursionError) as error:
        mark = getattr(error, "problem_mark", None)
        raise ConfigError(
            f"not YAML: {getattr(error, 'problem', None) or error}",
            file=file,
            line=mark.line + 1 if mark else None,
            fix="check indentation, and quote text that holds ': ' or '#'",
        ) from error
    except ValueError as error:  # a day that no calendar has
        raise ConfigError(f"not YAML: {error}", file=file, fix="quote what is no date") from error
