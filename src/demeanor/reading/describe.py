"""Slots and tools in words, as the learned reader is shown them: what there is to know of each from agent.yaml
alone."""

from __future__ import annotations

from demeanor.agent.slots import Slot

SHOWN = 3  # examples; choices are all shown, since a message names any of them


def slot_text(slot: Slot) -> str:
    """ "new day, date. Which day works better? 12 June, next Friday" """
    kind = " ".join(
        filter(None, ("past" if slot.past else "", slot.type.replace("_", " "), f"in {slot.unit}" if slot.unit else ""))
    )
    values = [*slot.choices, *(e for e in slot.examples if e not in slot.choices)][: max(SHOWN, len(slot.choices))]
    return " ".join(filter(None, (f"{slot.label}, {kind}.", slot.ask, ", ".join(values))))


def tool_text(name: str, description: str) -> str:
    """ "freeze cards. Freeze one card or several at once." """
    return f"{name.replace('_', ' ')}. {description}".strip()
