"""What customers see of an untrained model: python bench/shown.py [--replies 10000] [--tokenizer FOLDER]

Random tokens with marks strewn in (notes, calls, results and contexts, whole, half, in other cases, nested, never
closed; calls without their tags) go through a session, told piece by piece and at once. Words that stand inside a note,
a call, a result or a context must be seen nowhere, nor a tag. Prints one JSON object; exit code 1 where something was
seen.
"""

from __future__ import annotations

import argparse
import json
import random
import re
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

from demeanor.models.model import Completion, Heard, Request
from demeanor.models.scripted import ScriptedModel
from demeanor.project import ProjectFolder, copy_template
from demeanor.runtime.session import Session
from demeanor.runtime.workspace import Workspace

TAGS = ("note", "tool_call", "tool_response", "context")
SEEN = re.compile(rf"</?(?:{'|'.join(TAGS)})\b|<\|im_(?:start|end)\|>|\"arguments\"\s*:", re.IGNORECASE)
SECRET = re.compile(r"zq\d+qz")
"""Words that the marks hide; nothing else spells them."""


@dataclass
class Untrained:
    """Writes what a model without any training could: `words` gives random tokens as text."""

    rng: random.Random
    words: Callable[[], str]
    number: int = 0

    def reply(self) -> str:
        """Text with up to nine pieces; a note comes first, as in a reply that was learned, or anywhere."""
        return "".join(self._piece() for _ in range(self.rng.randint(1, 9)))

    def _piece(self) -> str:
        kinds = (
            self.words,
            self.words,
            self._block,
            self._block,
            self._call,
            self._bare_call,
            self._mark,
            self._nested,
        )
        return self.rng.choice(kinds)()

    def _hidden(self) -> str:
        self.number += 1
        return f"zq{self.number}qz"

    def _case(self, tag: str) -> str:
        return self.rng.choice((tag, tag, tag, tag.upper(), tag.title()))

    def _block(self) -> str:
        tag = self._case(self.rng.choice(TAGS))
        inside = f"{self.words()} {self._hidden()} {self.words()}"
        return f"<{tag}>{inside}</{tag}>"

    def _call(self) -> str:
        """A call; with a part missing, now and then."""
        body = self._body()
        return f"<tool_call>{body[: self.rng.choice((len(body), len(body) - 1, len(body) - 2))]}</tool_call>"

    def _bare_call(self) -> str:
        return self._body()

    def _body(self) -> str:
        name = self.rng.choice(("search_rooms", "book_room", self._hidden()))
        arguments = {"check_in": self._hidden(), self._hidden(): self.words(), "guests": [1, {"of": self._hidden()}]}
        return json.dumps({"name": name, "arguments": arguments}, indent=self.rng.choice((None, None, 1)))

    def _mark(self) -> str:
        """A mark that hides nothing: the end of a block, a piece of a tag, a special token."""
        tag = self.rng.choice(TAGS)
        return self.rng.choice(
            (f"</{tag}>", f"<{tag[: self.rng.randint(1, len(tag))]} ", "<|im_end|>", "<|im_start|>", "<")
        )

    def _nested(self) -> str:
        outer, inner = self.rng.sample(TAGS, 2)
        return f"<{outer}>{self.words()}<{inner}>{self._hidden()}</{inner}>{self._hidden()}</{outer}>"


class Pieces(ScriptedModel):
    """Says what it is given, in pieces of a few letters."""

    def __init__(self, writer: Untrained) -> None:
        super().__init__(lambda prompt: writer.reply())
        self._rng = writer.rng

    def speak(self, request: Request, heard: Heard, *, max_new_tokens: int, **_: Any) -> Completion:
        """One reply, told in pieces of one to nine letters."""
        reply = self.generate([request], max_new_tokens=max_new_tokens)[0]
        at = 0
        while at < len(reply.text):
            size = self._rng.randint(1, 9)
            heard(reply.text[at : at + size])
            at += size
        return reply


def seen(session: Session, turns: int) -> list[str]:
    """What customers saw that is not theirs, in so many turns of a conversation."""
    found: list[str] = []
    for _ in range(turns):
        told: list[str] = []
        reply = session.say("Hello, is anybody there?", told.append)
        found += [text for text in (reply.text, "".join(told)) if SEEN.search(text) or SECRET.search(text)]
    return found


def random_tokens(rng: random.Random, tokenizer: Any) -> Callable[[], str]:
    """Up to twelve random tokens of a vocabulary, as text."""
    size = len(tokenizer)
    return lambda: str(tokenizer.decode([rng.randrange(size) for _ in range(rng.randint(0, 12))]))


def random_letters(rng: random.Random) -> Callable[[], str]:
    """Words of random letters and signs, where there is no vocabulary."""
    signs = "aeioulnrst  \n.,!?'\"<>/{}[]:;()0123456789éß犬"
    return lambda: "".join(rng.choice(signs) for _ in range(rng.randint(0, 30)))


def main(arguments: Sequence[str] | None = None) -> int:
    """Print one JSON object; 1 where something was seen."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--replies", type=int, default=10_000)
    parser.add_argument("--turns", type=int, default=5, help="of one conversation")
    parser.add_argument("--tokenizer", type=Path, help="a folder with tokenizer.json; random letters without")
    parser.add_argument("--seed", type=int, default=0)
    told = parser.parse_args(arguments)
    rng = random.Random(told.seed)
    words = random_letters(rng)
    if told.tokenizer:
        from transformers import AutoTokenizer

        words = random_tokens(rng, AutoTokenizer.from_pretrained(told.tokenizer, local_files_only=True))
    model, wrong, replies = Pieces(Untrained(rng, words)), list[str](), 0
    with tempfile.TemporaryDirectory() as scratch:
        copy_template("hotel", Path(scratch) / "hotel")
        space = Workspace.load(ProjectFolder.find(Path(scratch) / "hotel"))
        renderer = space.renderer(model.tokenizer)
        while replies < told.replies:
            world = space.new_world(date(2026, 6, 8))
            session = space.session(renderer, world, f"c{replies}", model=model, reply_tokens=4000)
            wrong += seen(session, told.turns)
            replies += sum(message.role == "assistant" for message in session.messages)
            world.close()
    print(json.dumps({"replies": replies, "seen": len(wrong), "examples": wrong[:5]}, ensure_ascii=False, indent=1))
    return 1 if wrong else 0


if __name__ == "__main__":
    raise SystemExit(main())
