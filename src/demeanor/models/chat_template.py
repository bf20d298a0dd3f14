"""A model's chat template: what it must be able to carry, where it ends a reply, and those that ship.

A conversation is rendered by the template that the model was taught with. One that cannot hold what an agent shows
its model (a system text, results of tools, a history that stays as it was) is refused when it is met, with the template
that would fit. `chat_template:` of agent.yaml puts a shipped one (`chat_templates/`) or a file in its place, also where
there is none; marks that the vocabulary lacks are added to it, and the rows of the embedding that nothing has taught
yet are trained.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from demeanor.errors import ConfigError, DialogueError

SHIPPED = Path(__file__).parent / "chat_templates"
FIELD = "chat_template"

# What stands between brackets and has no space in it: <|im_start|>, </s>, [INST], [/SYSTEM_PROMPT].
_MARK = re.compile(r"<[^<>\s]{1,40}>|\[/?[A-Z][A-Z_]{1,30}\]")

# A template that writes today's date makes another system text every day: it is given a day that stays, the one that
# Llama's own falls back to. One that can have the model think is told not to: a thought is no reply.
_DAY = {"%d": "26", "%b": "Jul", "%B": "July", "%m": "07", "%Y": "2024", "%y": "24", "%A": "Friday", "%a": "Fri",
        "%H": "12", "%M": "00", "%S": "00"}  # fmt: skip
_STEADY = {
    "strftime_now": "{%- macro strftime_now(form) -%}{{ form"
    + "".join(f' | replace("{code}", "{text}")' for code, text in _DAY.items())
    + " }}{%- endmacro %}{{ '' }}",
    "enable_thinking": "{%- set enable_thinking = false %}{{ '' }}",
}

_SYSTEM = "SYSTEM-TEXT"
_CALL, _RESULT = "<tool_call>CALL-TEXT</tool_call>", "<tool_response>RESULT-TEXT</tool_response>"
_ASKED, _SAID = ("FIRST-ASKED", "THEN-ASKED", "LAST-ASKED"), ("FIRST-SAID", "THEN-SAID")
Wire = Sequence[Mapping[str, str]]


@dataclass(frozen=True)
class Habits:
    """What a template does with a conversation. `stop`: the text behind every reply; `joins`: it wants roles to take
    turns, so neighbours of one role are joined; `trims`: it takes white space off the ends of replies."""

    stop: str
    joins: bool
    trims: bool


@dataclass(frozen=True)
class Marks:
    """Tokens that a chosen template leans on. `added`: id -> the ids of the pieces that its text was before; `trained`:
    ids whose rows nothing has taught the model."""

    added: Mapping[int, tuple[int, ...]] = field(default_factory=dict)
    trained: tuple[int, ...] = ()


def shipped() -> list[str]:
    """The names of the templates that ship."""
    return sorted(file.stem for file in SHIPPED.glob("*.jinja"))


def find_template(said: str, beside: Path) -> str:
    """The template of a name, or of a file beside agent.yaml.

    Raises:
        ConfigError: there is neither.
    """
    file = SHIPPED / f"{said}.jinja" if said in shipped() else beside / said
    if not file.is_file():
        raise ConfigError(
            "no such chat template",
            file=beside / "agent.yaml",
            field=FIELD,
            found=said,
            allowed=[*shipped(), "a file of Jinja, named from this folder"],
        )
    return file.read_text(encoding="utf-8").removesuffix("\n")


def template_of(tokenizer: Any) -> str:
    """The tokenizer's template, '' without one; of several the one for conversations."""
    found = getattr(tokenizer, "chat_template", None) or ""
    return str(found.get("default", "")) if isinstance(found, Mapping) else str(found)


def steady(template: str) -> str:
    """The template with what would change from day to day, or have the model think, held still."""
    for name, held in _STEADY.items():
        if name in template and held not in template:
            template = held + template
    return template


def adopt(tokenizer: Any, template: str) -> Marks:
    """Give a tokenizer a template, and the marks that its vocabulary lacks as special tokens.

    What the model's own template writes, and what begins and ends texts, it has met in training; every other mark it
    has not.

    Raises:
        ConfigError: the template cannot be read.
    """
    from tokenizers import AddedToken

    met = {str(getattr(tokenizer, name, None)) for name in ("bos_token", "eos_token")}
    met |= set(marks(tokenizer)) if template_of(tokenizer) else set()
    tokenizer.chat_template = steady(template)
    wanted = marks(tokenizer)
    pieces = {mark: tuple(tokenizer.encode(mark, add_special_tokens=False)) for mark in wanted}
    missing = [mark for mark in wanted if len(pieces[mark]) != 1 or pieces[mark][0] == tokenizer.unk_token_id]
    tokenizer.add_tokens([AddedToken(mark, special=True, normalized=False) for mark in missing], special_tokens=True)
    number = tokenizer.convert_tokens_to_ids
    trained = tuple(int(number(mark)) for mark in wanted if mark not in met)
    return Marks({int(number(mark)): pieces[mark] for mark in missing}, trained)


def specials(tokenizer: Any) -> set[str]:
    """The tokens with a meaning of their own in a tokenizer's vocabulary: [INST], <|turn>, <｜User｜>."""
    added = getattr(tokenizer, "added_tokens_decoder", None) or {}
    found = {str(token) for token in added.values() if getattr(token, "special", True)}
    found |= {str(token) for token in getattr(tokenizer, "all_special_tokens", None) or ()}
    return {token for token in found if token and not token.isspace()}


def marks(tokenizer: Any) -> list[str]:
    """The marks that a template writes around messages, each once."""
    turns = _wire("user", _ASKED[0], "assistant", _SAID[0], "user", _ASKED[1])
    text = _rendered(tokenizer, turns, due=True)
    if text is None:
        raise _refused(tokenizer, "refuses an ordinary conversation")
    return list(dict.fromkeys(_MARK.findall((_rendered(tokenizer, [*_wire("system", _SYSTEM), *turns]) or "") + text)))


def habits(tokenizer: Any) -> Habits:
    """What the template does with a conversation, tried on one.

    Raises:
        ConfigError: naming what it cannot carry, and the template that could.
    """
    if not template_of(tokenizer):
        fix = f"{FIELD}: {_fitting(tokenizer)} in agent.yaml (the tokens it needs are added and trained), or a model "
        raise ConfigError(
            "the model has no chat template: it was never taught to converse",
            field="base_model",
            fix=f"{fix}that was tuned to follow instructions",
        )
    joins = _rendered(tokenizer, _wire("user", _ASKED[0], "user", _ASKED[1])) is None
    stop = stop_of(tokenizer)
    system = _rendered(tokenizer, _wire("system", _SYSTEM, "user", _ASKED[0]), due=True)
    if system is None or _SYSTEM not in system:
        raise _refused(tokenizer, "cannot carry a system message", system or "it refuses the role")
    turns = _wire("system", _SYSTEM, "user", _ASKED[0], "assistant", _CALL, "user", _RESULT, "assistant", _SAID[0])
    turns += _wire("user", _ASKED[1], "assistant", _SAID[1], "user", _ASKED[2])
    whole = _rendered(tokenizer, turns[:4], due=True)
    if whole is None or _RESULT not in whole or _CALL + stop not in whole:
        raise _refused(tokenizer, "cannot carry tool calls and their results as text", whole or "it refuses them")
    try:
        cut(turns, stop, lambda wire, due: _rendered(tokenizer, joined(wire) if joins else wire, due) or "")
    except DialogueError as error:
        what = "rewrites earlier turns, or opens a reply otherwise once it is given: history does not stay as it was"
        raise _refused(tokenizer, what, str(error.found)) from error
    spaced = _rendered(tokenizer, _wire("user", _ASKED[0], "assistant", f"\n {_SAID[0]} \n")) or ""
    return Habits(stop, joins, f"\n {_SAID[0]} \n" not in spaced)


def _wire(*parts: str) -> list[dict[str, str]]:
    return [{"role": role, "content": text} for role, text in zip(parts[::2], parts[1::2], strict=True)]


def _rendered(tokenizer: Any, wire: Wire, due: bool = False) -> str | None:
    """What the template makes of messages; None where it refuses them."""
    from jinja2 import TemplateError

    try:
        return str(tokenizer.apply_chat_template(list(wire), tokenize=False, add_generation_prompt=due))
    except TemplateError:
        return None


def stop_of(tokenizer: Any) -> str:
    """The token that the template puts behind every reply. Raises ConfigError where there is none."""
    text = _rendered(tokenizer, _wire("user", _ASKED[0], "assistant", _SAID[0], "user", _ASKED[1]))
    if text is None:
        raise _refused(tokenizer, "refuses an ordinary conversation")
    behind = text.partition(_SAID[0])[2]
    ends = [token for token in specials(tokenizer) if behind.startswith(token)]
    if not ends:
        raise _refused(tokenizer, "ends replies with no token of its own, so the model cannot say that it has ended",
                       behind[:40])  # fmt: skip
    return max(ends, key=len)


def cut(wire: Wire, stop: str, render: Callable[[Wire, bool], str]) -> list[tuple[str, int]]:
    """A conversation's text in pieces: what stands before a reply, the reply with its stop token, and so on; with the
    index of a reply's message, -1 for what is none. Ends with the opening of the next reply if one is due.

    Args:
        wire: the system message first.
        render: messages and whether a reply follows -> text.

    Raises:
        DialogueError: what was shown before does not stay.
    """
    out: list[tuple[str, int]] = []
    shown = ""
    for k, message in enumerate(wire):
        if message["role"] != "assistant":
            continue
        head, whole = render(wire[:k], True), render(wire[: k + 1], False)
        reply = message["content"] + stop
        if not head.startswith(shown) or not whole.startswith(head + reply):
            raise DialogueError(
                "the chat template rewrites or trims earlier turns",
                field=f"messages[{k - 1}]",
                found=_parting(shown, head) or _parting(head + reply, whole),
                fix=f"{FIELD}: NAME in agent.yaml, one that only appends",
            )
        out += [(head[len(shown) :], -1), (reply, k)]
        shown = head + reply
    if wire and wire[-1]["role"] != "assistant":
        out.append((render(wire, True)[len(shown) :], -1))
    return out


def _parting(shown: str, now: str) -> str:
    """What stands now where a text that was shown is not there any more; '' where all of it is."""
    same = next((k for k, (a, b) in enumerate(zip(shown, now, strict=False)) if a != b), min(len(shown), len(now)))
    return "" if same == len(shown) else now[max(0, same - 30) : same + 90]


def joined(wire: Wire) -> list[dict[str, str]]:
    """Adjacent messages of one role as one message."""
    out: list[dict[str, str]] = []
    for message in wire:
        if out and out[-1]["role"] == message["role"]:
            out[-1]["content"] += f"\n{message['content']}"
        else:
            out.append(dict(message))
    return out


def _refused(tokenizer: Any, what: str, found: str = "") -> ConfigError:
    fix = f"{FIELD}: {_fitting(tokenizer)} in agent.yaml, or a file of your own"
    return ConfigError(f"the model's chat template {what}", field=FIELD, found=found[:160] or None,
                       allowed="a template that holds a system text and only appends", fix=fix)  # fmt: skip


def _fitting(tokenizer: Any) -> str:
    """The shipped template that has most marks in the vocabulary, and fewest that are not."""
    vocabulary = set(tokenizer.get_vocab()) if hasattr(tokenizer, "get_vocab") else set()

    def fit(name: str) -> int:
        writes = set(_MARK.findall((SHIPPED / f"{name}.jinja").read_text(encoding="utf-8")))
        return len(writes & vocabulary) - len(writes - vocabulary)

    return max(shipped(), key=fit)
