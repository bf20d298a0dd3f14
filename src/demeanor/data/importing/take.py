"""The whole way of an import: look at files, read them, and write dialogues, with an account of every row.

Two passes: what is the business's own, and which language is the common one, is known when all conversations have been
seen; the second puts placeholders in the place of personal data. Between them they lie in a file, not in memory.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from hashlib import blake2b
from itertools import islice
from pathlib import Path
from typing import IO, Any

from demeanor.data.importing.chat import chat_threads, is_chat
from demeanor.data.importing.columns import Columns, flat, guess, of_customer, said_instead
from demeanor.data.importing.files import rows
from demeanor.data.importing.pieces import LeftOut, Place, Row, Thread
from demeanor.data.importing.records import HEADS, Said, messages_of, of_record, of_row
from demeanor.data.importing.shaping import Taken, shaped
from demeanor.data.importing.stories import story_threads
from demeanor.data.importing.threads import threads
from demeanor.data.private import Covering, Own, People
from demeanor.dialogue import Dialogue, Message
from demeanor.errors import ConfigError

SAMPLE = 400
"""Rows that a guess is made from."""
UNKNOWN = "of no form that is known"
OTHER_LANGUAGE = "in another language: "
CHAT, RECORDS, TABLE, STORIES = "chat", "records", "table", "stories"


@dataclass(frozen=True)
class Looked:
    """What a file is, before it is read whole.

    Args:
        kind: "chat" (dialogues for training), "records" (each with its messages), "table" (a message or a pair a row),
            "stories" (Rasa's).
        columns: for records and tables.
        lists: for records, the name of the list with the messages.
        beside: for stories, the files with their wording.
    """

    file: Path
    kind: str
    columns: Columns | None = None
    lists: str = ""
    beside: tuple[Path, ...] = ()

    def shown(self) -> list[tuple[str, str]]:
        """(what, where) of what was guessed, for people."""
        says = {
            CHAT: "dialogues for training",
            STORIES: "Rasa's stories",
            RECORDS: f"conversations, their messages in {self.lists}",
        }
        wide = self.columns is not None and self.columns.wide
        table = "a question and its answer a row" if wide else "a message a row"
        found = [("is", says.get(self.kind, table))]
        for what, where in self.columns.shown() if self.columns else ():
            if self.kind != RECORDS or not what.startswith("a conversation's rows"):
                found.append((what, where))
        return found


def look_at(files: Sequence[Path], said: Mapping[str, str] | None = None) -> list[Looked]:
    """What some files are; Rasa's are read together.

    Raises:
        ConfigError: it cannot be told.
    """
    yaml = [file for file in files if file.suffix in (".yml", ".yaml")]
    stories = [Looked(yaml[0], STORIES, beside=tuple(yaml[1:]))] if yaml else []
    return [*(look(file, said) for file in files if file not in yaml), *stories]


def look(file: Path, said: Mapping[str, str] | None = None) -> Looked:
    """What a file is and which of its columns hold what, from its first rows.

    Args:
        said: what --map says in place of a guess.

    Raises:
        ConfigError: it cannot be told.
    """
    sample = [row for row in islice(rows(file), SAMPLE) if isinstance(row, Row)]
    if not sample:
        raise ConfigError("nothing in it can be read", file=file, fix="docs/importing.md says what is read")
    if not said and sum(is_chat(row.value) for row in sample) * 2 > len(sample):
        return Looked(file, CHAT)
    nested = [(messages_of(row.value), flat(row.value)) for row in sample]
    if sum(bool(listed) for (_, listed), _ in nested) * 2 > len(sample):
        messages = [flat(one) for (_, listed), _ in nested for one in listed]
        owners = [record for (_, listed), record in nested for _ in listed]
        lists = Counter(name for (name, _), _ in nested if name).most_common(1)[0][0]
        columns = _columns(file, messages, owners, said or {})
        taken = {columns.owner, "id", *(name for name in HEADS)}
        beside = dict.fromkeys(
            n for record in owners for n in record if not of_customer(n) and n.split(".")[0] not in taken
        )
        own = [name for name in beside if name not in taken]
        return Looked(file, RECORDS, replace(columns, unread=(*own, *columns.unread)), lists)
    return Looked(file, TABLE, _columns(file, [flat(row.value) for row in sample], (), said or {}))


def _columns(
    file: Path, found: Sequence[Mapping[str, Any]], owners: Sequence[Mapping[str, Any]], said: Mapping[str, str]
) -> Columns:
    names = list(dict.fromkeys(name for row in found for name in row))
    columns = guess(found, owners)
    if said:
        columns = said_instead(columns, said, names, lambda name: [row.get(name) for row in found])
    if columns is None or not (columns.wide or (columns.text and columns.speaker)):
        fix = "say it: --map text=COLUMN --map speaker=COLUMN --map conversation=COLUMN; see docs/importing.md"
        raise ConfigError("cannot tell who says what in it", file=file, found=", ".join(names), fix=fix)
    return columns


def conversations(looked: Looked, unread: Counter[str]) -> Iterator[Thread | LeftOut]:
    """The conversations of a file.

    Args:
        unread: gets the keys of which nothing is taken, with their number.
    """
    if looked.kind == STORIES:
        yield from story_threads((looked.file, *looked.beside))
    elif looked.kind == CHAT:
        for row in rows(looked.file):
            if isinstance(row, LeftOut):
                yield row
            elif is_chat(row.value):
                yield from chat_threads(row, lambda key: unread.update([key]))
            else:
                yield LeftOut(row.place, UNKNOWN)
    else:
        stem = looked.file.name.partition(".")[0]
        for thread in threads(_said(looked)):
            if isinstance(thread, Thread):
                yield replace(thread, id=f"{stem}-{thread.id}")
            else:
                yield replace(thread, conversation=f"{stem}-{thread.conversation}") if thread.conversation else thread


def _said(looked: Looked) -> Iterator[Said | LeftOut]:
    assert looked.columns is not None
    for row in rows(looked.file):
        if isinstance(row, LeftOut):
            yield row
        elif looked.kind == RECORDS:
            yield from of_record(row, looked.columns)
        else:
            yield from of_row(row, looked.columns)


def peek(looked: Looked, keep: Sequence[str] = (), count: int = 2) -> list[Dialogue]:
    """The first dialogues of a file, as they would be written but for numbers that are the business's own."""
    covering = Covering(b"peek", keep=frozenset(keep))
    found = (item for item in shaped(conversations(looked, Counter())) if isinstance(item, Taken))
    return [covering.dialogue(item.dialogue, item.people) for item in islice(found, count)]


# ---------------------------------------------------------------------- the account


@dataclass
class Account:
    """What became of everything that was read.

    Args:
        read: messages and rows that came out of the files; each is in `taken` or in `left_out`, never in both.
        left_out: reason -> how many; cut: what was cut from messages -> how many messages.
        unread: keys of which nothing is taken; private: kind -> placeholders that were put in.
        languages: language -> conversations; "" where it cannot be told.
    """

    dialogues: int = 0
    messages: int = 0
    read: int = 0
    taken: int = 0
    left_out: Counter[str] = field(default_factory=Counter)
    cut: Counter[str] = field(default_factory=Counter)
    unread: Counter[str] = field(default_factory=Counter)
    private: Counter[str] = field(default_factory=Counter)
    languages: Counter[str] = field(default_factory=Counter)

    @property
    def adds_up(self) -> bool:
        """Whether nothing fell out on the way."""
        return self.read == self.taken + sum(self.left_out.values())

    def to_json(self) -> dict[str, Any]:
        counted = {name: dict(getattr(self, name).most_common()) for name in ("left_out", "cut", "unread", "private")}
        plain = {name: getattr(self, name) for name in ("dialogues", "messages", "read", "taken")}
        return {**plain, **counted, "languages": dict(self.languages.most_common())}


@dataclass(frozen=True)
class Taking:
    """How to take files over.

    Args:
        secret: the key of placeholders.
        keep: kinds of personal data that stay.
        languages: of the conversations that are wanted; none: the most common one, and what cannot be told.
    """

    secret: bytes
    keep: frozenset[str] = frozenset()
    languages: tuple[str, ...] = ()


def take(
    looked: Sequence[Looked],
    taking: Taking,
    between: IO[str],
    note: Callable[[LeftOut], None],
    account: Account,
) -> Iterator[Dialogue]:
    """The dialogues of files.

    Args:
        between: a file for what lies between the passes, opened for writing and reading.
        note: told of everything that is left out.
        account: is filled; it is complete when the last dialogue was given.
    """

    def leave(left: LeftOut) -> None:
        account.left_out[left.reason] += 1
        note(left)

    own = Own()
    for one in looked:
        counted = _counted(conversations(one, account.unread), account)
        for item in shaped(counted):
            if isinstance(item, LeftOut):
                leave(item)
            else:
                own.add(item.dialogue, item.customer)
                account.languages[str(item.dialogue.metadata.get("language", ""))] += 1
                between.write(json.dumps(_to_json(item)) + "\n")
    between.seek(0)
    wanted = taking.languages or tuple(_most_common(account.languages))
    covering = Covering(taking.secret, own, taking.keep)
    ids: set[bytes] = set()
    for line in between:
        item = _from_json(json.loads(line))
        language = str(item.dialogue.metadata.get("language", ""))
        if language and wanted and language not in wanted:
            for place in item.places:
                leave(LeftOut(place, OTHER_LANGUAGE + language, item.dialogue.id))
            continue
        account.taken += len(item.places)
        account.cut += item.cut
        dialogue = covering.dialogue(item.dialogue, item.people)
        account.dialogues += 1
        account.messages += len(dialogue.messages)
        yield replace(dialogue, id=_free_id(dialogue.id, ids))
    account.private = Counter(covering.counts)


def _counted(items: Iterable[Thread | LeftOut], account: Account) -> Iterator[Thread | LeftOut]:
    for item in items:
        account.read += 1 if isinstance(item, LeftOut) else len(item.pieces)
        yield item


def _most_common(languages: Counter[str]) -> list[str]:
    told = Counter({language: count for language, count in languages.items() if language})
    return [language for language, _ in told.most_common(1)]


def _free_id(id: str, ids: set[bytes]) -> str:
    """An id that no dialogue before has; of the others only hashes are kept."""
    name, number = id, 2
    while (digest := blake2b(name.encode(), digest_size=8).digest()) in ids:
        name, number = f"{id}-{number}", number + 1
    ids.add(digest)
    return name


def _to_json(item: Taken) -> dict[str, Any]:
    people = [list(item.people.customers), list(item.people.agents)]
    places = [[place.file, place.row, place.part] for place in item.places]
    said = {"dialogue": item.dialogue.to_json(), "people": people, "customer": item.customer}
    return {**said, "places": places, "cut": item.cut}


def _from_json(raw: Mapping[str, Any]) -> Taken:
    said = raw["dialogue"]
    dialogue = Dialogue(said["id"], tuple(Message.from_json(one) for one in said["messages"]), said["metadata"])
    places = tuple(Place(*place) for place in raw["places"])
    return Taken(dialogue, People(*map(tuple, raw["people"])), raw["customer"], places, Counter(raw["cut"]))
