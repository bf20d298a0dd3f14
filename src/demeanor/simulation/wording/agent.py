"""The voice's ways to do each act: a phrase is a habit, not a tic, so every key has several."""

from __future__ import annotations

import random
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from demeanor.agent import Agent
from demeanor.simulation.wording.user import fill, sentences


class AgentBank:
    """The voice's ways to do each act: key (`ask.guests`, `present.search_rooms.one`) -> sentences."""

    def __init__(self, agent: Agent, raw: Mapping[str, Any], file: Path) -> None:
        self.agent = agent
        self.file = file
        self.lines: dict[str, list[str]] = {}
        self._read("", raw)

    def _read(self, prefix: str, raw: Mapping[str, Any]) -> None:
        for key, entry in raw.items():
            name = f"{prefix}.{key}" if prefix else str(key)
            if isinstance(entry, dict):
                self._read(name, entry)
            else:
                self.lines[name] = sentences(entry, self.file, tuple(name.split(".")))

    def keys(self) -> tuple[str, ...]:
        """Every key that has sentences, in order."""
        return tuple(sorted(self.lines))

    def pick(self, key: str, values: Mapping[str, str], rng: random.Random) -> str:
        """One way to say `key`, filled; an empty text when the bank has none that fits the values."""
        filled = [text for line in self.lines.get(key, ()) if (text := fill(line, values)) is not None]
        return rng.choice(filled) if filled else ""
