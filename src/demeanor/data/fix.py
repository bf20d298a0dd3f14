"""What can be mended without asking a person: nothing that the agent says to a customer is worded anew.

Taken out: a dialogue that stands twice word for word, and around a message HTML, quoted mail, thoughts. What readers
put right on the way is written so, and personal data gets placeholders where it is asked for.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace

from demeanor.data.checks.together import text_hash
from demeanor.data.importing.clean import SIGNATURE, clean
from demeanor.data.private import Covering, people_of
from demeanor.dialogue import Dialogue, Message


@dataclass
class Fixing:
    """What is mended, and what was: `fixed` is what -> how often. `covering` puts placeholders, where there is one."""

    covering: Covering | None = None
    seen: set[str] = field(default_factory=set)
    fixed: Counter[str] = field(default_factory=Counter)

    def dialogues(self, found: Iterable[Dialogue]) -> Iterator[Dialogue]:
        """The dialogues as they should stand."""
        for dialogue in found:
            said = text_hash(dialogue)
            if said in self.seen:
                self.fixed["a dialogue that stood twice is taken out"] += 1
                continue
            self.seen.add(said)
            for _, words in dialogue.remarks:
                self.fixed[words.partition(":")[0]] += 1
            messages = tuple(self._message(message) for message in dialogue.messages)
            mended = replace(dialogue, messages=messages, remarks=())
            if self.covering is not None:
                covered = self.covering.dialogue(mended, people_of(mended, (), ()))
                self.fixed["a dialogue with personal data gets placeholders"] += covered != mended
                mended = covered
            yield mended

    def _message(self, message: Message) -> Message:
        if message.role == "tool" or not message.content:
            return message
        cleaned = clean(message.content, agent=message.role == "assistant")
        cut = [name for name in cleaned.cut if name != SIGNATURE]
        if not cut or not cleaned.text:
            return message
        self.fixed.update(cut)
        return replace(message, content=cleaned.text)
