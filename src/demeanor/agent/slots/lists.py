"""Slots that hold several values (`list: true`): the items of a text, each read as one value of the slot's type."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import replace

from demeanor.agent.slots.types import Resolved, Slot, Unresolved

_BETWEEN = re.compile(
    r"\s*(?:[;\n]|,(?!\d)(?:\s*(?:and|plus|then|also|as well as))?|\b(?:and|plus|also|as well as)\b|&|\+(?!\d))\s*",
    re.IGNORECASE,
)
_OUT = re.compile(r"^\W*(?:but )?(?:not|no|without|except|instead of|never|leave out|drop)\b", re.IGNORECASE)
_LEFT_OPEN = re.compile(r"\b(?:or|either|maybe|perhaps|possibly)\b", re.IGNORECASE)
_RATHER = re.compile(r"\b(?:actually|sorry|i mean|make (?:it|that)|instead|wait)\b", re.IGNORECASE)
_SMALL = re.compile(r"\W*(?:yes|yeah|no|please|thanks?|thank you|ok|okay|that's all|that's it)\W*", re.IGNORECASE)
Read = Callable[[Slot, object], Resolved | Unresolved]


def resolve_list(slot: Slot, text: object, read: Read) -> Resolved | Unresolved:
    """Every item that a text names, without repeats, as a tuple; items may come as a list, too.

    A text that leaves an item open, or corrects one, is asked back: which items stay is not for guessing.
    """
    one = replace(slot, many=False)
    given = ", ".join(map(str, text)) if isinstance(text, list | tuple) else " ".join(str(text).split())[:600]
    if isinstance(text, list | tuple):
        return _all([read(one, item) for item in text], given)
    if _LEFT_OPEN.search(given):
        return Unresolved(_open(slot, given))
    if _RATHER.search(given):
        whole = read(one, given)
        return Resolved((whole.value,), given) if isinstance(whole, Resolved) else Unresolved(_open(slot, given))
    parts = [part for part in split_items(given) if not _SMALL.fullmatch(part)]
    read_parts = [(part, read(one, part)) for part in parts]
    items = [got for _, got in read_parts if isinstance(got, Resolved)]
    lost = [part for part, got in read_parts if isinstance(got, Unresolved) and _is_item(slot, part)]
    if lost and items:
        return Unresolved(f"It is not clear whether {lost[0][:40]!r} is one of the {slot.label}; name all of them.")
    return _all(items, given) if items else Unresolved(_none(slot, given, read(one, given)))


def _is_item(slot: Slot, part: str) -> bool:
    """Whether a part that was not read may be an item: for codes and the like it would have figures, or an @."""
    return bool(re.search(r"[\d@]", part)) if slot.type in ("code", "phone", "email", "date", "time") else True


def split_items(text: str) -> list[str]:
    """The parts of a text that can be items."""
    return [part for part in _BETWEEN.split(text) if re.search(r"\w", part) and not _OUT.match(part)]


def _all(items: Sequence[Resolved | Unresolved], given: str) -> Resolved | Unresolved:
    for item in items:
        if isinstance(item, Unresolved):
            return item
    return Resolved(tuple(dict.fromkeys(item.value for item in items if isinstance(item, Resolved))), given)


def _open(slot: Slot, given: str) -> str:
    return f"{given[:60]!r} leaves open which {slot.label} are meant; name all of them."


def _none(slot: Slot, given: str, whole: Resolved | Unresolved) -> str:
    return whole.reason if isinstance(whole, Unresolved) else _open(slot, given)
