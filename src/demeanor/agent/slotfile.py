"""The slots of agent.yaml: every field checked with file and line, by what its type may say (`slots.KINDS`)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import time
from typing import Any, cast

from demeanor.agent.slots import KINDS, Slot
from demeanor.project.yamlfile import YamlReader

SLOT_TYPES = tuple(KINDS)
EVERY_SLOT = ("optional", "secret", "list", "ask", "examples", "cues")
SLOT_FIELDS = ("type", *EVERY_SLOT, *dict.fromkeys(name for kind in KINDS.values() for name in kind.fields))
LISTS = ("date", "time", "choice", "text", "code", "name", "address", "phone", "email")
# Where 6/7 is 7 June. Of CA both are written, so there it stays open.
MONTH_FIRST = frozenset(
    {"AS", "CN", "FM", "GU", "HU", "JP", "KR", "LT", "MH", "MN", "MP", "PH", "PR", "PW", "TW", "US", "VI"}
)
BOTH_WAYS = frozenset({"CA"})


def read_slots(reader: YamlReader, raw: Any, country: str) -> dict[str, Slot]:
    """Name -> slot.

    Raises:
        ConfigError: naming file, line, field, what was found and what is allowed.
    """
    month_first = None if not country or country in BOTH_WAYS else country in MONTH_FIRST
    given = reader.mapping(raw, ("slots",)).items()
    slots = {name: _slot(reader, name, spec, ("slots", name)) for name, spec in given}
    _check_references(reader, slots)
    begins = {slot.after for slot in slots.values()}
    return {
        name: replace(slot, begins=name in begins, country=country, month_first=month_first)
        for name, slot in slots.items()
    }


def _slot(reader: YamlReader, name: str, raw: Any, path: tuple[str, ...]) -> Slot:
    spec = reader.mapping(raw, path, SLOT_FIELDS)
    kind = spec.get("type")
    if kind not in SLOT_TYPES:
        raise reader.error("unknown slot type", (*path, "type"), found=kind, allowed=SLOT_TYPES)
    fitting = ("type", *EVERY_SLOT, *KINDS[kind].fields)
    for key in spec:
        if key not in fitting:
            raise reader.error(f"a slot of type {kind} has no such field", (*path, key), found=key, allowed=fitting)
    options: dict[str, Any] = {}
    for key, field in (("optional", "optional"), ("secret", "secret"), ("list", "many")):
        if key in spec:
            options[field] = reader.boolean(spec[key], (*path, key))
    if options.get("many") and kind not in LISTS:
        raise reader.error(f"a slot of type {kind} cannot be a list", (*path, "list"), found=True, allowed=LISTS)
    if "ask" in spec:
        options["ask"] = reader.text(spec["ask"], (*path, "ask"))
    for key in ("examples", "cues"):
        if key in spec:
            options[key] = reader.texts(spec[key], (*path, key))
    for index, cue in enumerate(options.get("cues", ())):
        reader.regex(cue, (*path, "cues", str(index)))
    return Slot(name=name, type=cast(Any, kind), **options, **_own_fields(reader, kind, spec, path))


def _own_fields(reader: YamlReader, kind: str, spec: Mapping[str, Any], path: tuple[str, ...]) -> dict[str, Any]:
    """The fields that only this type of slot has."""
    own: dict[str, Any] = {}
    if "after" in spec:
        own["after"] = reader.text(spec["after"], (*path, "after"))
    if "past" in spec:
        own["past"] = reader.boolean(spec["past"], (*path, "past"))
    if "unit" in spec:
        own["unit"] = reader.text(spec["unit"], (*path, "unit"))
    for key in ("min", "max"):
        if key in spec:
            own[key] = _bound(reader, kind, spec[key], (*path, key))
    if "min" in own and "max" in own and own["min"] > own["max"]:
        raise reader.error(
            "min is larger than max", (*path, "min"), found=own["min"], allowed=f"a number up to max, {own['max']}"
        )
    if kind == "choice":
        own["choices"] = _choices(reader, spec.get("choices"), (*path, "choices"))
    if kind == "code":
        if "pattern" not in spec:
            raise reader.error("a code needs a pattern", path, fix="pattern: 'AB-[0-9]{4}'")
        pattern = (*path, "pattern")
        own["pattern"] = reader.regex(reader.text(spec["pattern"], pattern), pattern)
    if kind == "option":
        tool, _, key = reader.text(spec.get("of"), (*path, "of")).partition(".")
        if not tool or not key:
            raise reader.error("expected tool.field", (*path, "of"), found=spec.get("of"), fix="of: search_rooms.offer")
        own["source"] = (tool, key)
    return own


def _bound(reader: YamlReader, kind: str, raw: Any, path: tuple[str, ...]) -> Any:
    """The least or the greatest value of a slot, as the slot's own type has it."""
    if kind != "time":
        return reader.integer(raw, path) if kind in ("int", "people") else reader.number(raw, path)
    if isinstance(raw, int) and 0 <= raw < 24 * 60:  # YAML reads a bare 10:30 as a number to the base of 60
        return time(raw // 60, raw % 60)
    try:
        return time.fromisoformat(str(raw))
    except ValueError:
        raise reader.error("expected a time of day", path, found=raw, fix=f"{path[-1]}: '08:30'") from None


def _choices(reader: YamlReader, raw: Any, path: tuple[str, ...]) -> dict[str, tuple[str, ...]]:
    if isinstance(raw, list) and raw:
        return {reader.text(value, path): () for value in raw}
    if isinstance(raw, dict) and raw:
        return {str(k): reader.texts(v, (*path, str(k))) if v else () for k, v in raw.items()}
    raise reader.error("a choice needs choices", path, found=raw, fix="choices: [standard, deluxe]")


def _check_references(reader: YamlReader, slots: Mapping[str, Slot]) -> None:
    for name, slot in slots.items():
        if slot.after is None:
            continue
        path = ("slots", name, "after")
        dates = [n for n, s in slots.items() if s.type == "date" and n != name]
        if slot.after == name:
            raise reader.error("a date cannot come after itself", path, found=name, allowed=dates)
        if slot.after not in dates:
            raise reader.error("must name a date slot", path, found=slot.after, allowed=dates)
        seen = [name]
        before: str | None = slot.after
        while before is not None:
            if before in seen:
                raise reader.error(
                    f"dates that wait for each other: {' after '.join([*seen, before])}",
                    path,
                    found=slot.after,
                    fix="one date must stand first, without `after:`",
                )
            seen.append(before)
            before = slots[before].after if before in slots else None
