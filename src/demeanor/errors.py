"""What can go wrong, as one small tree.

    DemeanorError                 base of everything raised on purpose
    ├── ConfigError               the user's files are wrong: agent.yaml, scenarios, wording, knowledge, tools.py
    │   ├── ConfigErrors      several of them, found in one look
    │   └── FingerprintError      an adapter does not belong to these weights, this template or this renderer
    ├── DialogueError             a dialogue line is malformed, or cannot be trained on
    ├── ModelError                a model is missing, unreadable or failed while generating
    └── RunError                  a run folder is missing, incomplete, or cannot be written

An error says where (file, line, field), what was found, what is allowed and how to mend it. Only what is known is
printed. A conversation that goes badly is data, not an error: nothing here is raised for it.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any


class DemeanorError(Exception):
    """Base class. `str(error)` is the whole text for a user; the parts stay readable as attributes."""

    def __init__(
        self,
        message: str,
        *,
        file: str | Path | None = None,
        line: int | None = None,
        field: str | None = None,
        found: object = None,
        allowed: Iterable[object] | str | None = None,
        fix: str | None = None,
    ) -> None:
        self.message = message
        self.file = str(file) if file is not None else None
        self.line = line
        self.field = field
        self.found = found
        self.allowed = allowed if isinstance(allowed, str) or allowed is None else [str(a) for a in allowed]
        self.fix = fix
        super().__init__(self._text())

    def _text(self) -> str:
        where = ":".join(str(part) for part in (self.file, self.line) if part is not None)
        head = f"{where}: {self.message}" if where else self.message
        rows = [head]
        if self.field is not None:
            rows.append(f"  field:   {self.field}")
        if self.found is not None:
            rows.append(f"  found:   {self.found!r}")
        if self.allowed is not None:
            allowed = self.allowed if isinstance(self.allowed, str) else ", ".join(self.allowed)
            rows.append(f"  allowed: {allowed}")
        fix = self.fix or self._suggestion()
        if fix:
            rows.append(f"  fix:     {fix}")
        return "\n".join(rows)

    def _suggestion(self) -> str | None:
        """'did you mean ...' when one of the allowed words is close to what was found."""
        if not isinstance(self.found, str) or not isinstance(self.allowed, list):
            return None
        close = difflib.get_close_matches(self.found, self.allowed, n=1)
        return f"did you mean {close[0]!r}?" if close else None


class ConfigError(DemeanorError):
    """A file of the user's project is wrong."""


class ConfigErrors(ConfigError):
    """Several faults of the user's files, found in one look: `errors`; its text is theirs, one below the other."""

    def __init__(self, errors: Sequence[ConfigError]) -> None:
        first = errors[0]
        self.errors = tuple(errors)
        place = {"file": first.file, "line": first.line, "field": first.field, "found": first.found}
        super().__init__(first.message, **place, allowed=first.allowed, fix=first.fix)  # type: ignore[arg-type]

    def __str__(self) -> str:
        return "\n".join(str(error) for error in self.errors)


def as_one(errors: Sequence[ConfigError]) -> ConfigError:
    """One error for one or more."""
    return errors[0] if len(errors) == 1 else ConfigErrors(errors)


def faults_of(error: DemeanorError) -> list[Any]:
    """The errors that an error is made of."""
    return list(error.errors) if isinstance(error, ConfigErrors) else [error]


class FingerprintError(ConfigError):
    """An adapter was trained for other weights, another template, call format or renderer."""


class DialogueError(DemeanorError):
    """A dialogue is malformed or cannot be trained on."""


class ModelError(DemeanorError):
    """A model is missing, unreadable, or failed while generating."""


class RunError(DemeanorError):
    """A run folder is missing, incomplete or cannot be written."""
