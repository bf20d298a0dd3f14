"""The slots of agent.yaml, by what each type may say (`slots.KINDS`)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import time
from typing import Annotated, Any, Literal, cast

from pydantic import BeforeValidator, Field, ValidationError, model_validator

from demeanor.agent.slots import KINDS, Slot
from demeanor.errors import ConfigError
from demeanor.project.yamlfile import YamlReader
from demeanor.project.yamlmodel import FileModel, Regex, Regexes, Text, Texts, fault

SLOT_TYPES = tuple(KINDS)
EVERY_SLOT = ("type", "optional", "secret", "list", "ask", "examples", "cues")
LISTS = ("date", "time", "choice", "text", "code", "name", "address", "phone", "email")
# Where 6/7 is 7 June. Of CA both are written, so there it stays open.
MONTH_FIRST = frozenset(
    {"AS", "CN", "FM", "GU", "HU", "JP", "KR", "LT", "MH", "MN", "MP", "PH", "PR", "PW", "TW", "US", "VI"}
)
BOTH_WAYS = frozenset({"CA"})


def _known_type(kind: Any) -> Any:
    if kind not in SLOT_TYPES:
        raise fault("unknown slot type", found=kind, allowed=SLOT_TYPES)
    return kind


def _choices(raw: Any) -> Any:
    """Words, or words with their synonyms: both as word -> synonyms."""
    if not isinstance(raw, list | dict) or not raw:
        raise fault("a choice needs choices", found=raw, fix="choices: [standard, deluxe]")
    if isinstance(raw, list):
        return dict.fromkeys((_word(value) for value in raw), ())
    return {_word(name): () if also is None else also for name, also in raw.items()}


def _word(value: Any) -> str:
    if not isinstance(value, str) or not value.strip():
        raise fault("expected text", found=value, fix=f'quote it: "{value}"')
    return value.strip()


class SlotFile(FileModel):
    """A slot of agent.yaml. Which fields may stand beside `type` depends on the type."""

    type: Annotated[Literal[*SLOT_TYPES], BeforeValidator(_known_type)]  # type: ignore[valid-type]
    optional: bool = False
    secret: bool = False
    many: bool = Field(False, alias="list")
    ask: Text = ""
    examples: Texts = ()
    cues: Regexes = ()
    after: Text | None = None
    past: bool = False
    unit: Text = ""
    min: Any = Field(None, json_schema_extra={"type": ["integer", "number", "string"]})
    max: Any = Field(None, json_schema_extra={"type": ["integer", "number", "string"]})
    choices: Annotated[
        dict[str, Texts],
        BeforeValidator(_choices, json_schema_input_type=list[str] | dict[str, str | list[str] | None]),
    ] = Field(default_factory=dict)
    pattern: Regex | None = None
    of: Text = ""

    @model_validator(mode="before")
    @classmethod
    def fields_fit_the_type(cls, raw: Any) -> Any:
        """Only fields that its type has, and those that it needs."""
        kind = raw.get("type") if isinstance(raw, dict) else None
        if kind not in SLOT_TYPES:
            return raw
        fitting = (*EVERY_SLOT, *KINDS[kind].fields)
        for key in raw:
            if key not in fitting:
                raise fault(f"a slot of type {kind} has no such field", at=(str(key),), found=key, allowed=fitting)
        if kind == "choice" and "choices" not in raw:
            raise fault("a choice needs choices", at=("choices",), fix="choices: [standard, deluxe]")
        if kind == "code" and "pattern" not in raw:
            raise fault("a code needs a pattern", fix="pattern: 'AB-[0-9]{4}'")
        return raw

    @model_validator(mode="after")
    def values_fit_together(self) -> SlotFile:
        """What one field says fits the others."""
        if self.many and self.type not in LISTS:
            raise fault(f"a slot of type {self.type} cannot be a list", at=("list",), found=True, allowed=LISTS)
        least, most = self.bound("min"), self.bound("max")
        if least is not None and most is not None and least > most:
            raise fault("min is larger than max", at=("min",), found=least, allowed=f"a number up to max, {most}")
        if self.type == "option" and not all(self.source()):
            raise fault("expected tool.field", at=("of",), found=self.of or None, fix="of: search_rooms.offer")
        return self

    def source(self) -> tuple[str, str]:
        """Tool and field of an option."""
        tool, _, key = self.of.partition(".")
        return tool, key

    def bound(self, which: str) -> Any:
        """The least or the greatest value, as the slot's own type has it."""
        raw = getattr(self, which)
        if raw is None:
            return None
        if self.type == "time":
            try:
                return time.fromisoformat(str(raw))
            except ValueError:
                raise fault("expected a time of day", at=(which,), found=raw, fix=f"{which}: '08:30'") from None
        whole = self.type in ("int", "people")
        if isinstance(raw, bool) or not isinstance(raw, int if whole else int | float):
            raise fault(f"expected a {'whole ' if whole else ''}number", at=(which,), found=raw)
        return raw

    def slot(self, name: str, country: str = "", begins: bool = False) -> Slot:
        """The slot that this describes."""
        month_first = None if not country or country in BOTH_WAYS else country in MONTH_FIRST
        return Slot(
            name=name,
            type=cast(Any, self.type),
            optional=self.optional,
            after=self.after,
            min=self.bound("min"),
            max=self.bound("max"),
            choices=dict(self.choices),
            pattern=self.pattern,
            ask=self.ask,
            examples=self.examples,
            cues=self.cues,
            source=self.source() if self.type == "option" else None,
            begins=begins,
            past=self.past,
            unit=self.unit,
            country=country,
            month_first=month_first,
            secret=self.secret,
            many=self.many,
        )


def wrong_afters(slots: Mapping[str, Any], reader: YamlReader) -> Iterator[ConfigError]:
    """Dates that come after no other date, or wait for each other; of slots as they stand in the file."""
    every = [name for name, spec in slots.items() if isinstance(spec, dict) and spec.get("type") == "date"]
    for name in every:
        after, path = slots[name].get("after"), ("slots", name, "after")
        dates = [other for other in every if other != name]
        if not isinstance(after, str):
            continue
        if after == name:
            yield reader.error("a date cannot come after itself", path, found=name, allowed=dates)
        elif after not in dates:
            yield reader.error("must name a date slot", path, found=after, allowed=dates)
        else:
            chain = [name]
            for before in _befores(name, slots):
                if before in chain:
                    fix, chain = "one date must stand first, without `after:`", [*chain, before]
                    text = f"dates that wait for each other: {' after '.join(chain)}"
                    yield reader.error(text, path, found=after, fix=fix)
                    break
                chain.append(before)


def _befores(name: str, slots: Mapping[str, Any]) -> Iterator[str]:
    """The dates before a date, one after the other; without end where they wait for each other."""
    while isinstance(spec := slots.get(name), dict) and isinstance(spec.get("after"), str):
        name = spec["after"]
        yield name


def slot_of(slots: Mapping[str, Any], name: str) -> Slot | None:
    """A slot of a file by name, where it is described rightly."""
    try:
        return SlotFile.model_validate(slots[name], context={"slots": slots}).slot(name)
    except (ValidationError, ConfigError):
        return None
