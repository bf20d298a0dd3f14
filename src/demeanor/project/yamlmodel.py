"""Files that people write, as pydantic models: every fault of a file in one look, each with its line, in our words."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, TypeVar, get_args

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, TypeAdapter, ValidationError
from pydantic_core import PydanticCustomError

from demeanor.errors import ConfigError, as_one
from demeanor.project.yamlfile import Lines, YamlReader

Read = TypeVar("Read")
YES = {"yes": "true", "on": "true", "y": "true", "no": "false", "off": "false", "n": "false"}


class FileModel(BaseModel):
    """A mapping in a file. A key that nothing reads is a fault; YAML's types are taken as they are."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)


def fault(message: str, *, at: tuple[str, ...] = (), **more: Any) -> PydanticCustomError:
    """What a validator raises. `at`: the place below the value; `more`: found, allowed and fix as in ConfigError."""
    return PydanticCustomError("fault", "{message}", {"message": message, "at": at, "more": more})


def read_model(
    kind: type[Read] | TypeAdapter[Read],
    raw: Any,
    file: Path,
    lines: Lines,
    path: tuple[str, ...] = (),
    context: Mapping[str, Any] | None = None,
) -> Read:
    """A parsed value as a model.

    Args:
        path: where the value stands in its file.
        context: what validators may look up, such as the names of other parts.

    Raises:
        ConfigError: all that is wrong with it.
    """
    adapter = kind if isinstance(kind, TypeAdapter) else TypeAdapter(kind)
    try:
        return adapter.validate_python(raw, context=dict(context or {}))
    except ValidationError as error:
        reader = YamlReader(file, lines)
        raise as_one([_told(one, kind, reader, path) for one in error.errors(include_url=False)]) from None


def _told(one: Any, kind: Any, reader: YamlReader, path: tuple[str, ...]) -> ConfigError:
    """One of pydantic's errors, in our words and with its line."""
    where = (*path, *(str(part) for part in one["loc"]))
    found, name = one["input"], str(one["loc"][-1]) if one["loc"] else ""
    match one["type"]:
        case "fault":
            context = one["ctx"]
            return reader.error(context["message"], (*where, *context["at"]), **context["more"])
        case "extra_forbidden":
            return reader.error("unknown field", where, found=name, allowed=_fields_at(kind, one["loc"][:-1]))
        case "missing":
            return reader.error(f"missing field {name!r}", where[:-1], fix=f"add `{name}:`")
        case "string_type":
            return reader.error("expected text", where, found=found)
        case "bool_type" | "bool_parsing":
            fix = f"write {YES[found.lower()]}" if str(found).lower() in YES else None
            return reader.error("expected true or false", where, found=found, allowed=("true", "false"), fix=fix)
        case "int_type" | "int_from_float" | "int_parsing":
            return reader.error("expected a whole number", where, found=found)
        case "float_type" | "float_parsing":
            return reader.error("expected a number", where, found=found)
        case "list_type" | "tuple_type":
            return reader.error("expected a list of text", where, found=found, fix=f"{name}: [one, another]")
        case "dict_type" | "model_type" | "model_attributes_type":
            return reader.error("expected a mapping (name: value)", where, found=found)
        case "literal_error":
            allowed = re.findall(r"'([^']*)'", one["ctx"]["expected"])
            return reader.error(f"no such {name}", where, found=found, allowed=allowed)
        case "too_short" if found is not None and not len(found):
            return reader.error(f"{name} is empty", where, found=found)
        case "greater_than_equal" | "greater_than":
            least = one["ctx"].get("ge", one["ctx"].get("gt"))
            word = "at least" if "ge" in one["ctx"] else "above"
            return reader.error(f"must be {word} {least:g}", where, found=found)
    return reader.error(_sentence(one["msg"]), where, found=found)


def _sentence(message: str) -> str:
    return message.removeprefix("Value error, ").removeprefix("Input ").strip()


def _fields_at(kind: Any, loc: tuple[Any, ...]) -> list[str] | None:
    """The fields of the model that stands at a place."""
    for part in loc:
        kind = _inner(kind, part)
    kind = _model(kind)
    return [field.alias or name for name, field in kind.model_fields.items()] if kind is not None else None


def _inner(kind: Any, part: Any) -> Any:
    model = _model(kind)
    if model is not None:
        found = {field.alias or name: field for name, field in model.model_fields.items()}.get(part)
        return found.annotation if found else None
    parts = [a for a in get_args(kind) if a is not Ellipsis]
    return parts[-1] if parts else None


def _model(kind: Any) -> type[BaseModel] | None:
    """The model in an annotation: in `Annotated`, or beside None."""
    if isinstance(kind, type) and issubclass(kind, BaseModel):
        return kind
    if isinstance(kind, type) or getattr(kind, "__origin__", None) in (dict, list, tuple, Mapping):
        return None
    return next((found for part in get_args(kind) if (found := _model(part)) is not None), None)


# ---------------------------------------------------------------------- kinds of values


def _said(text: str) -> str:
    if not text.strip():
        raise fault("expected text", found=text)
    return text.strip()


def _as_list(value: Any) -> Any:
    """One text may stand without its list."""
    return (value,) if isinstance(value, str) else _as_tuple(value)


def _as_tuple(value: Any) -> Any:
    return tuple(value) if isinstance(value, list) else value


def _regex(text: str) -> str:
    try:
        re.compile(text)
    except (re.error, OverflowError) as error:
        fix = "write \\ before a sign that stands for itself, such as ( [ . ? * +"
        raise fault(f"not a regular expression: {error}", found=text, fix=fix) from None
    return text


Text = Annotated[str, AfterValidator(_said)]
Regex = Annotated[Text, AfterValidator(_regex)]
TextList = Annotated[tuple[Text, ...], BeforeValidator(_as_tuple)]
Texts = Annotated[tuple[Text, ...], BeforeValidator(_as_list, json_schema_input_type=str | list[str])]
Regexes = Annotated[tuple[Regex, ...], BeforeValidator(_as_list, json_schema_input_type=str | list[str])]
Positive = Annotated[int, Field(ge=1)]
