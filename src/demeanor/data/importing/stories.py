"""Rasa's training data as dialogues: stories, with the examples of their intents and the responses of the domain.

A story names what users mean; what they say stands in `nlu`, what the agent says in the domain's `responses`. A story
takes the examples of an intent in turn, so that every one is used where there are stories enough.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from demeanor.data.importing.pieces import LeftOut, Piece, Place, Thread
from demeanor.project.yamlfile import read_yaml

PARTS = ("stories", "rules", "nlu", "responses")
"""What is read of a domain and of training data; every other key is named as left out."""
_MARKED = re.compile(r"\[([^\]]+)\](?:\([^)]*\)|\{[^}]*\})")
LISTEN = frozenset({"action_listen", "..."})


def is_training(file: Path) -> bool:
    """Whether a YAML file holds Rasa's training data or domain."""
    raw = read_yaml(file, all_text=True)[0]
    return isinstance(raw, dict) and "test_cases" not in raw and bool({*PARTS, "intents"} & set(raw))


def story_threads(files: Sequence[Path]) -> Iterator[Thread | LeftOut]:
    """The stories of some files, worded by the examples and responses of all of them."""
    raw = {file.name: read_yaml(file, all_text=True)[0] for file in files}
    examples: dict[str, list[str]] = {}
    responses: dict[str, list[str]] = {}
    for name, one in raw.items():
        for number, key in enumerate(one, 1):
            if key not in (*PARTS, "version"):
                yield LeftOut(Place(name, number), f"{key} of Rasa: a person writes it into agent.yaml or tools.py")
        for entry in one.get("nlu") or ():
            if isinstance(entry, Mapping) and "intent" in entry:
                examples.setdefault(str(entry["intent"]), []).extend(_examples(entry.get("examples")))
        for key, said in (one.get("responses") or {}).items():
            texts = [str(v["text"]) for v in said or () if isinstance(v, Mapping) and v.get("text")]
            responses.setdefault(str(key), []).extend(texts)
    used: Counter[str] = Counter()
    for name, one in raw.items():
        told = [*(one.get("stories") or ()), *(one.get("rules") or ())]
        for number, story in enumerate(told, 1):
            yield from _story(Place(name, number), story, examples, responses, used)


def _examples(raw: Any) -> list[str]:
    """Lines of a block "- text", or items of a list; without the marks of entities."""
    listed = raw.split("\n") if isinstance(raw, str) else raw or ()
    lines = [str(one.get("text", one)) if isinstance(one, Mapping) else str(one) for one in listed]
    plain = [_MARKED.sub(r"\1", line.strip().removeprefix("- ").strip()) for line in lines]
    return [line for line in plain if line]


def _story(
    place: Place,
    story: Any,
    examples: Mapping[str, Sequence[str]],
    responses: Mapping[str, Sequence[str]],
    used: Counter[str],
) -> Iterator[Thread | LeftOut]:
    if not isinstance(story, Mapping) or not isinstance(story.get("steps"), list):
        yield LeftOut(place, "no story: it has no steps")
        return
    id = re.sub(r"\W+", "-", str(story.get("story") or story.get("rule") or f"{place.file}-{place.row}").lower()).strip(
        "-"
    )
    pieces: list[Piece] = []
    for part, step in enumerate(story["steps"]):
        at = Place(place.file, place.row, part)
        speaker, texts, missing = _step(step, examples, responses)
        if texts:
            key = f"{speaker} {step}"
            pieces.append(Piece(at, "user" if speaker == "user" else "assistant", texts[used[key] % len(texts)]))
            used[key] += 1
        else:
            yield LeftOut(at, missing, id)
    if pieces:
        yield Thread(id, tuple(pieces))


def _step(
    step: Any, examples: Mapping[str, Sequence[str]], responses: Mapping[str, Sequence[str]]
) -> tuple[str, Sequence[str], str]:
    """(who, ways to say it, why there is none)."""
    if not isinstance(step, Mapping):
        return "", (), "a step that is no mapping"
    if step.get("user"):
        return "user", [_MARKED.sub(r"\1", str(step["user"]))], ""
    if step.get("intent"):
        return "user", examples.get(str(step["intent"]), ()), f"no example of the intent {step['intent']}"
    if step.get("bot"):
        return "agent", [str(step["bot"])], ""
    if step.get("action"):
        action = str(step["action"])
        return "agent", responses.get(action, ()), f"the action {action} says nothing that is known"
    return "", (), f"steps of the kind {next(iter(step), '')}"
