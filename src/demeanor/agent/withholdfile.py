"""What agent.yaml withholds: knowledge that the agent keeps until something holds."""

from __future__ import annotations

import re

from pydantic import ValidationInfo, model_validator

from demeanor.agent.conditions import FORMS, Unreadable, read_condition, tools_of, wrong_term
from demeanor.agent.description import Withheld
from demeanor.agent.slotfile import slot_of
from demeanor.project.yamlmodel import FileModel, Text, Texts, fault

_SQL = re.compile(r"(?:select|with|values)\b", re.IGNORECASE)


class WithholdFile(FileModel):
    """One piece of knowledge: what it is, where it stands, until when it is kept."""

    text: Text
    pages: Texts = ()
    until: Text = ""
    say: Text

    @model_validator(mode="after")
    def until_is_read(self, info: ValidationInfo) -> WithholdFile:
        """`until` is SQL, or a condition over the agent's slots and results of tools (context: `slots`)."""
        if not self.until or _SQL.match(self.until):
            return self
        forms = ("SELECT ...", *FORMS)
        try:
            condition = read_condition(self.until)
        except Unreadable as wrong:
            raise fault(wrong.problem, at=("until",), found=wrong.found, allowed=forms) from None
        raw = (info.context or {}).get("slots") or {}
        slots = {name: slot_of(raw, name) for name in raw}
        if (problem := wrong_term(condition, slots, tools_of(condition))) is not None:
            allowed = problem.allowed or list(raw) or forms
            raise fault(problem.problem, at=("until",), found=problem.found, allowed=allowed)
        return self

    def withheld(self, name: str) -> Withheld:
        """What the runtime keeps."""
        sql = self.until if _SQL.match(self.until) else ""
        condition = read_condition(self.until) if self.until and not sql else None
        return Withheld(name, self.text, self.say, self.pages, sql, condition)
