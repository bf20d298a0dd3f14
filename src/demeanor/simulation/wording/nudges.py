"""Runtime nudges: short orders of the day, how a reply shows that one was obeyed, and how it obeys.

A tuned agent is steered by what it learned; whether a sentence in the context block still moves it is worth knowing
before one relies on it, and has to be taught. The plain ones are for trying. `wording/nudges.yaml` has those that are
taught, `wording/exam/nudges.yaml` may replace the plain ones.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

from pydantic import TypeAdapter, model_validator

from demeanor.project.yamlfile import YamlReader, read_yaml
from demeanor.project.yamlmodel import FileModel, Regex, Text, Texts, fault, read_model

REPLY = "{reply}"


@dataclass(frozen=True)
class Nudge:
    """What the runtime tells the agent, and a regular expression that an obedient reply matches, whatever the case.

    `says`: ways to obey, around the reply that would be given without it: "{reply} By the way, the lift is broken."
    """

    text: str
    obeyed: str
    says: tuple[str, ...] = ()


PLAIN = (
    Nudge(
        "Our telephone is out of order today; tell every user.",
        r"\b(?:tele)?phones?\b[^.?!]*\b(?:out of order|work\w*|down|unavailable|reach\w*)\b",
    ),
    Nudge("Begin your first reply with the words 'Good day'.", r"^\W*good day\b"),
    Nudge("Tell the user that replies may take longer today.", r"\btake[sn]? (?:\w+ ){0,3}longer\b"),
    Nudge("Say that our office is closed on Monday.", r"\bclosed\b[^.?!]*\bmonday\b|\bmonday\b[^.?!]*\bclosed\b"),
    Nudge("End your first reply with the word 'cheers'.", r"\bcheers\W*$"),
    Nudge("Tell the user about our new newsletter.", r"\bnewsletter\b"),
    Nudge("Call the user 'dear friend'.", r"\bdear friend\b"),
    Nudge("Apologise for yesterday's power cut.", r"\bpower cut\b"),
)


class NudgeFile(FileModel):
    """An entry of nudges.yaml."""

    text: Text
    obeyed: Regex
    says: Texts = ()

    @model_validator(mode="after")
    def ways_obey(self) -> NudgeFile:
        """Every way to obey holds the reply, and obeys."""
        for index, one in enumerate(self.says):
            if one.count(REPLY) != 1 or not re.search(self.obeyed, one.replace(REPLY, ""), re.IGNORECASE):
                fix = "'{reply} ...', as obeyed"
                raise fault("does not obey, or lacks the reply", at=("says", str(index)), found=one, fix=fix)
        return self


def load_nudges(file: Path) -> tuple[Nudge, ...]:
    """`- {text: ..., obeyed: REGEX, says: ["... {reply}"]}`, one after the other.

    Raises:
        ConfigError: all that is wrong, with file, line and field.
    """
    raw, lines = read_yaml(file)
    if not isinstance(raw, list) or not raw:
        fix = "- {text: ..., obeyed: ...}"
        raise YamlReader(file, lines).error("expected a list of nudges", (), found=raw, fix=fix)
    read = read_model(TypeAdapter(list[NudgeFile]), raw, file, lines)
    return tuple(Nudge(one.text, one.obeyed, one.says) for one in read)
