"""What pydantic makes of a tool's hints: the JSON schema of an argument, its reader, and the shape of a result."""

from __future__ import annotations

import types
from collections.abc import Callable, Iterator, Mapping
from enum import Enum
from typing import Any

from pydantic import ConfigDict, TypeAdapter, ValidationError
from pydantic.errors import PydanticSchemaGenerationError, PydanticUserError
from pydantic_core import PydanticSerializationError, from_json, to_json

LOOSE = ConfigDict(coerce_numbers_to_str=True)
_NAMES = {"string": "str", "integer": "int", "number": "float", "boolean": "bool", "null": "null"}


class Unsupported(TypeError):
    """No JSON can be made of this hint, or of this value."""


def adapter(hint: Any) -> TypeAdapter[Any]:
    """The pydantic reader of a hint.

    Raises:
        Unsupported: pydantic knows no form of it.
    """
    try:
        try:
            return TypeAdapter(hint, config=LOOSE)
        except PydanticUserError as error:
            if error.code != "type-adapter-config-unused":  # a class of the user's brings its own
                raise
            return TypeAdapter(hint)
    except (PydanticSchemaGenerationError, PydanticUserError, TypeError) as error:
        raise Unsupported(str(error).splitlines()[0]) from None


def schema_of(kind: TypeAdapter[Any]) -> tuple[dict[str, Any], dict[str, Any]]:
    """The JSON schema of a type without titles, and the schemas that it refers to.

    Raises:
        Unsupported: JSON has no such value.
    """
    try:
        whole = _untitled(kind.json_schema())
    except PydanticUserError as error:
        raise Unsupported(str(error).splitlines()[0]) from None
    return {key: value for key, value in whole.items() if key != "$defs"}, whole.get("$defs", {})


def _untitled(schema: Any, names: bool = False) -> Any:
    """A schema without the titles that pydantic gives. `names`: its keys are names of the user's."""
    if isinstance(schema, list):
        return [_untitled(part) for part in schema]
    if not isinstance(schema, dict):
        return schema
    held = {key: value for key, value in schema.items() if names or key != "title"}
    return {
        key: value if key in ("default", "enum", "const") else _untitled(value, key in ("properties", "$defs"))
        for key, value in held.items()
    }


def shape_text(shape: Mapping[str, Any], defs: Mapping[str, Any], within: tuple[str, ...] = ()) -> str:
    """A schema in a few words: `int`, `a|b`, `list of {sku: str, quantity: int}`."""
    if name := str(shape.get("$ref", "")).rpartition("/")[2]:
        return name if name in within else shape_text(defs.get(name, {}), defs, (*within, name))
    if "enum" in shape:
        return "|".join(str(value) for value in shape["enum"])
    if "const" in shape:
        return str(shape["const"])
    if kinds := shape.get("anyOf", shape.get("oneOf")):
        said = [shape_text(kind, defs, within) for kind in kinds]
        return " or ".join(dict.fromkeys(word for word in said if word != "null"))
    if shape.get("type") == "array":
        return f"list of {shape_text(shape.get('items', {}), defs, within)}"
    if shape.get("type") == "object" and shape.get("properties"):
        parts = [f"{name}: {shape_text(inner, defs, within)}" for name, inner in shape["properties"].items()]
        return f"{{{', '.join(parts)}}}"
    kind = str(shape.get("format", "")) if shape.get("format") in ("date", "time", "date-time") else ""
    return kind or _NAMES.get(str(shape.get("type", "")), str(shape.get("type", "any")))


def reader(kind: TypeAdapter[Any], said: str) -> Callable[[Any], Any]:
    """Reads an argument: a JSON value, or the text of one. What cannot be read raises ValueError with a sentence.

    Args:
        said: the shape in words, for the sentence.
    """

    def read(value: Any) -> Any:
        problem: ValidationError | None = None
        text = value.strip() if isinstance(value, str) else value
        try:
            return kind.validate_python(text)
        except ValidationError as error:
            problem = error
        if isinstance(text, str) and text[:1] in ("[", "{"):
            try:
                return kind.validate_json(text)
            except ValidationError as error:
                problem = error
        first = problem.errors(include_url=False, include_context=False)[0]
        where = ".".join(str(part) for part in first["loc"])
        raise ValueError(f"{value!r} is not {said}" + (f" ({where}: {first['msg'].lower()})" if where else ""))

    return read


def result_shaper(tool: str, hint: Any) -> Callable[[Any], dict[str, Any]]:
    """Makes of what a tool returns the JSON object that the model reads.

    Days, decimals, models, dataclasses, rows and the like are written as JSON or text; a list or a single value stands
    under `result`. TypeError names the tool and what JSON lacks, or the result that is not of the hinted type.
    """
    expected = _checkable(hint)

    def shape(given: Any) -> dict[str, Any]:
        if expected is not None:
            try:
                given = expected.validate_python(given)
            except ValidationError as error:
                raise TypeError(f"{tool} returned what its hint does not allow: {error}") from None
        try:
            content = from_json(to_json(given, inf_nan_mode="strings", fallback=_plainly))
        except PydanticSerializationError as error:
            lacks = str(error).rpartition("TypeError: ")[2]
            raise TypeError(f"{tool} returned what JSON lacks: {lacks}") from None
        return content if isinstance(content, dict) else {"result": content}

    return shape


def _checkable(hint: Any) -> TypeAdapter[Any] | None:
    """A reader for results of a class of the user's; plain dicts are taken as they are."""
    if hint in (None, Any, types.NoneType, dict, dict[str, Any], dict[str, object]):
        return None
    try:
        return adapter(hint)
    except Unsupported:
        return None


def _plainly(value: Any) -> Any:
    """What pydantic does not know: a database's row becomes an object."""
    if hasattr(value, "_mapping"):
        return dict(value._mapping)
    if isinstance(value, Mapping):
        return dict(value)
    raise TypeError(f"a value of type {type(value).__name__}")


def leaves(name: str, value: Any) -> Iterator[tuple[str, Any]]:
    """The single values that an argument is made of, each with the name of its field. What is not given, or is what it
    is without a word, is none.
    """
    plain = _ANY.dump_python(value, exclude_defaults=True)
    if isinstance(plain, dict):
        for field, inner in plain.items():
            yield from leaves(str(field), inner)
    elif isinstance(plain, list | tuple | set | frozenset):
        for inner in plain:
            yield from leaves(name, inner)
    elif plain is not None:
        yield name, plain.value if isinstance(plain, Enum) else plain


_ANY: TypeAdapter[Any] = TypeAdapter(Any)
