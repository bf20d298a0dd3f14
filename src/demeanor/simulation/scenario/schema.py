"""The JSON Schema of scenario files, for editors: completion, and faults as one types."""

from __future__ import annotations

from typing import Any

from demeanor.simulation.scenario.expectations import KINDS
from demeanor.simulation.scenario.injection import PLACES
from demeanor.simulation.scenario.scenariofile import FIELDS
from demeanor.simulation.scenario.scenarios import SIMULATED
from demeanor.simulation.users.goal import HABITS
from demeanor.simulation.wording.user import REGISTERS, STYLES

TEXT: dict[str, Any] = {"type": "string"}
FLAG: dict[str, Any] = {"type": "boolean"}
NUMBER: dict[str, Any] = {"type": "integer"}
VALUES: dict[str, Any] = {"type": "object"}
TEXTS: dict[str, Any] = {"type": "array", "items": TEXT}

PLAYED: dict[str, Any] = {
    "type": "object",
    "properties": {"played_by": TEXT, "told": TEXT},
    "required": ["played_by", "told"],
    "additionalProperties": False,
}

INJECTED: dict[str, Any] = {
    "type": "object",
    "properties": {"text": TEXT, "into": {"enum": list(PLACES)}, "at": {"type": "integer", "minimum": 1}},
    "required": ["text"],
    "additionalProperties": False,
}

PAGES: dict[str, Any] = {
    "type": "object",
    "properties": {"withheld": TEXTS, "changed": {"type": "object", "additionalProperties": TEXT}},
    "additionalProperties": False,
}

FIELD_SCHEMAS: dict[str, tuple[dict[str, Any], str]] = {
    "id": (TEXT, "Names the scenario in reports; unique in its pool."),
    "today": ({"type": "string", "format": "date"}, "The conversation's clock."),
    "user": (
        {"anyOf": [TEXT, {**TEXTS, "minItems": 1}, PLAYED]},
        "What the user says, in a row, whatever the agent answers; or who plays the user, and what it is told.",
    ),
    "expect": ({}, "What must hold in the end."),
    "need": (TEXT, "Names the need that several scenarios share, each in other words: their outcomes should agree."),
    "inject": (INJECTED, "An instruction that nobody may give, planted in what the user types, a page or a result."),
    "about": (TEXT, "What it is there to show; scenarios of the same words are counted together."),
    "nudge_at": ({"type": "integer", "minimum": 1}, "With which message of the user the nudge is told; 1 without it."),
    "nudge": (TEXT, "What the runtime tells the agent in this conversation, beside agent.yaml's own nudges."),
    "guard": (TEXT, "The guard that ought to answer the last of the lines, and none the others; `none` for no line."),
    "pages": (PAGES, "How the pages differ from the real ones."),
    "answers": (
        {"type": "object", "additionalProperties": TEXTS},
        "Question -> what a right answer holds here; [] where the pages are silent.",
    ),
    "flow": ({"type": ["string", "null"]}, "The task that the simulated user wants done; null for questions alone."),
    "habit": ({"enum": list(HABITS)}, "How the simulated user goes about it."),
    "register": ({"enum": list(REGISTERS)}, "How the simulated user speaks."),
    "style": ({"enum": list(STYLES)}, "How it is typed."),
    "goal": (VALUES, "Slot -> the value that is wanted in the end."),
    "first": (VALUES, "Slot -> the value said first, and changed later."),
    "tries": ({"type": "array", "items": VALUES}, "What is said after it, when it has failed again."),
    "when": (TEXT, "When the mind is changed: offer, confirm, or nothing."),
    "say": ({"type": "object", "additionalProperties": TEXT}, "Slot -> the words it is said in."),
    "pick": (VALUES, "The offered row that is taken: some of its fields."),
    "pick_by": (TEXT, "How it is named: cheapest, position=2, or one of its fields."),
    "questions": (TEXTS, "Ids of questions asked on the way."),
    "gives_up": (FLAG, "Whether the user leaves before the task is done."),
    "comes_to": (TEXT, "How it ends where the flow does nothing for this user: nothing_available or handed_over."),
    "seed": (NUMBER, "Draws the wording."),
    "wording": (TEXT, "The wording bank: '' for the project's own, or practice, selection, exam."),
    "given": (TEXT, "SQL that is run on the fresh world before anybody speaks."),
    "facts": (VALUES, "Fact of agent.yaml -> what is verified of the user; tools read it."),
    "agent": (TEXT, "Hash of the agent.yaml it was written for."),
}


def schema() -> dict[str, Any]:
    """Of a file in scenarios/*/, as JSON Schema (draft 2020-12)."""
    kinds = {name: {**kind.schema, "description": kind.says} for name, kind in KINDS.items()}
    expectation = {"type": "object", "properties": kinds, "additionalProperties": False, "minProperties": 1}
    said = {name: FIELD_SCHEMAS[name] for name in FIELDS.values()}
    properties = {name: {**shape, "description": words} for name, (shape, words) in said.items()}
    properties["expect"] |= {"type": "array", "items": expectation, "minItems": 1}
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "Demeanor scenarios",
        "type": "array",
        "items": {
            "type": "object",
            "properties": properties,
            "required": ["today"],
            "oneOf": [
                {"required": ["user"], "not": {"anyOf": [{"required": [name]} for name in SIMULATED]}},
                {"required": ["habit", "register"], "not": {"required": ["user"]}},
            ],
            "additionalProperties": False,
        },
    }
