"""A call, and what came of it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from demeanor.dialogue import ToolCall

NOT_AGREED = "not done: the user has not clearly agreed to exactly this; ask for a clear yes first"


@dataclass(frozen=True)
class CallRecord:
    """A call with what came of it. `values` are the resolved arguments; `refused` says that it never reached the tool:
    there is no such tool, the user has not agreed, or a detail was made up. `trace` and `where`: of a tool that broke.
    """

    message: int
    call: ToolCall
    result: dict[str, Any]
    values: dict[str, Any]
    failed: bool = False
    refused: bool = False
    trace: str = ""
    where: str = ""

    @property
    def ok(self) -> bool:
        return not self.failed and not self.refused and "error" not in self.result

    @property
    def unconfirmed(self) -> bool:
        """Whether it was refused for want of a clear yes, so that the question has to be asked (again)."""
        return self.refused and str(self.result.get("error")).startswith(NOT_AGREED)
