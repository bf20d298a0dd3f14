"""Messages as the encoder's tokens: what was said before, and the message itself, told apart by their kind."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

BEFORE, PASSAGE, TEXT, DESCRIPTION = 48, 160, 160, 40  # tokens; of what stands before the end counts


@dataclass(frozen=True)
class Tokens:
    """Padded to one length; all are (messages, tokens). `text`: the tokens of the message itself; `offsets`: where
    they stand in it, first and behind the last character.
    """

    ids: list[list[int]]
    mask: list[list[int]]
    kinds: list[list[int]]
    text: list[list[bool]]
    offsets: list[list[tuple[int, int]]]


class Tokenizer:
    """The encoder's own tokenizer, without transformers."""

    def __init__(self, file: Path) -> None:
        import tokenizers

        loaded: Any = tokenizers.Tokenizer.from_file(str(file))
        loaded.no_truncation()
        loaded.no_padding()
        self._tokenizer = loaded
        self._open: int = int(loaded.token_to_id("[CLS]"))
        self._close: int = int(loaded.token_to_id("[SEP]"))

    def messages(self, pairs: Sequence[tuple[str, str]], most: int = BEFORE) -> Tokens:
        """(what was said before, the message) -> [CLS] before [SEP] message [SEP]; `most`: tokens of the first."""
        before = self._encode([pair[0] for pair in pairs])
        text = self._encode([pair[1] for pair in pairs])
        rows = []
        for said, own in zip(before, text, strict=True):
            head = [self._open, *said.ids[-most:], self._close]
            ids, places = own.ids[:TEXT], own.offsets[:TEXT]
            rows.append((head, ids, places))
        return _padded(rows, self._close)

    def descriptions(self, texts: Sequence[str]) -> Tokens:
        """Texts by themselves -> [CLS] text [SEP]."""
        rows = [([self._open], e.ids[:DESCRIPTION], e.offsets[:DESCRIPTION]) for e in self._encode(texts)]
        return _padded(rows, self._close)

    def _encode(self, texts: Sequence[str]) -> list[Any]:
        found: list[Any] = self._tokenizer.encode_batch(list(texts), add_special_tokens=False)
        return found


def _padded(rows: Sequence[tuple[list[int], list[int], list[tuple[int, int]]]], close: int) -> Tokens:
    length = max((len(head) + len(ids) + 1 for head, ids, _ in rows), default=0)
    out = Tokens([], [], [], [], [])
    for head, ids, places in rows:
        used, rest = len(head) + len(ids) + 1, length - len(head) - len(ids) - 1
        out.ids.append([*head, *ids, close, *([0] * rest)])
        out.mask.append([1] * used + [0] * rest)
        kind = 1 if len(head) > 1 else 0
        out.kinds.append([0] * len(head) + [kind] * (len(ids) + 1) + [0] * rest)
        out.text.append([False] * len(head) + [True] * len(ids) + [False] * (rest + 1))
        out.offsets.append([(0, 0)] * len(head) + list(places) + [(0, 0)] * (rest + 1))
    return out
