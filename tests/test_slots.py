"""The resolver against a table of phrases, and its properties on generated ones."""

from __future__ import annotations

import datetime as dt
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from demeanor.slots import Resolved, Slot, Unresolved, dates_in, format_day, format_stay, numbers_in, resolve

TODAY = dt.date(2026, 5, 20)
SLOTS = {
    slot.name: slot
    for slot in (
        Slot("check_in", "date"),
        Slot("check_out", "date", after="check_in"),
        Slot("guests", "int", min=1, max=6),
        Slot(
            "room_type",
            "choice",
            choices={
                "standard": ("normal", "regular", "basic", "cheapest"),
                "deluxe": ("luxury",),
                "suite": ("junior suite",),
            },
        ),
        Slot(
            "view",
            "choice",
            optional=True,
            choices={"sea": ("sea view", "ocean"), "garden": ("garden view",), "city": ("town",)},
        ),
        Slot(
            "hotel",
            "choice",
            optional=True,
            choices={"harbour": ("Seaview Harbour", "harbor", "port"), "cliffs": ("cliff",), "old town": ("town",)},
        ),
        Slot("guest_name", "text"),
        Slot("reference", "code", pattern="SV-[0-9]{4}", examples=("SV-1042",)),
        Slot("offer", "option", source=("search_rooms", "offer")),
    )
}


def _value(slot: str, text: object, today: dt.date, known: dict[str, object]) -> object:
    got = resolve(SLOTS[slot], text, today, known)
    return got.value if isinstance(got, Resolved) else None


def _rows() -> Iterator[tuple[str, object, object, object]]:
    """(slot, text, expected, got) for every expectation of the table."""
    path = Path(__file__).parent / "data" / "slot_phrases.yaml"
    for group in yaml.safe_load(path.read_text(encoding="utf-8")):
        today, known = group["today"], group.get("known", {})
        for text, *expected in group["rows"]:
            if group["slot"] == "stay":
                start = _value("check_in", text, today, {})
                end = _value("check_out", text, today, {"check_in": start} if start else {})
                yield "stay", text, tuple(expected), (start, end)
                alone = _value("check_out", text, today, {})
                yield "stay, end alone", text, end, alone
            else:
                yield group["slot"], text, expected[0], _value(group["slot"], text, today, known)


def test_table_of_phrases() -> None:
    rows = list(_rows())
    wrong = [f"{slot}: {text!r}: expected {want}, got {got}" for slot, text, want, got in rows if want != got]
    print(f"{len(rows) - len(wrong)} of {len(rows)} phrases\n" + "\n".join(wrong))
    assert len(rows) >= 220
    assert len(wrong) <= 0.03 * len(rows), "\n".join(wrong)
