"""Personal data in conversations: how it is found, and placeholders in its place.

Addresses and numbers are known by their form. Names have none, so they are taken from where a conversation gives them:
fields of an export, greetings ("Hi Anna,"), signatures, "my name is ...", addresses; then they are found wherever they
stand. What the agent tells to several customers and no customer tells is the business's own and stays.

A placeholder ([name-482913]) is made of the value and a key of the import, and of nothing else. So one person has the
same one in all files of an import, on however many machines they are read, and nobody can go back without the key.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from demeanor.dialogue import Dialogue, Message
from demeanor.text import key, plain

KINDS = ("name", "agent", "email", "phone", "card", "iban", "code", "secret")
"""Kinds of personal data; "agent" is the name of somebody who answered."""
FIGURES = 6
"""Figures of a placeholder: two of a thousand customers share one in every second import, which harms nothing."""
EMAIL = re.compile(r"[\w.+-]+@[\w-]+(?:\.[\w-]+)+")
RESERVED = re.compile(r"@(?:[\w-]+\.)*(?:example\.(?:com|net|org)|example|test|invalid|localhost)$", re.IGNORECASE)
CARD = re.compile(r"(?<![\w-])\d(?:[ -]?\d){12,18}(?![\w-])")
IBAN = re.compile(r"\b[A-Z]{2}\d{2}(?: ?[A-Z0-9]{4}){2,7}(?: ?[A-Z0-9]{1,4})?\b")
PHONE = re.compile(
    r"(?<![\w.,-])(?:\+|00|\(?0)[1-9](?:[ ()./-]{0,2}\d){7,13}(?!\w)"
    r"|(?<![\w-])\d{3}[-. ]\d{3}[-. ]\d{4}(?![\w-])"
)
DATE = re.compile(r"\d{1,4}([./-])\d{1,2}\1\d{2,4}|\d{4}-\d{2}-\d{2}T.*")
CODE = re.compile(
    r"(?<![\w/@.:-])(?=[A-Z0-9-]*\d)(?:[A-Z]{1,5}[-_]?\d{3,}[A-Z0-9]*|"
    r"(?=[A-Z0-9]*[A-Z])(?=(?:[A-Z]*\d){2})[A-Z0-9]{6,}|\d{6,})(?![\w/@-])"
)
"""References as systems give them: letters and figures, or six figures and more."""
SECRET = re.compile(
    r"\b(?:password|passcode|pass ?phrase|passwort|pin(?: code| number)?|cvv|cvc|security code|access code|api key|"
    r"token|social security(?: number)?|ssn)\b\s*(?:is|was|:|=)\s*(?P<value>[^\s,;]{3,})",
    re.IGNORECASE,
)
# Kept for fiction: in North America, and in Britain (Ofcom); what other countries keep is in no plan of theirs.
FICTION = re.compile(
    r"^1?\d{3}55501\d\d$|^(?:44|0)(?:2079460|1(?:1[3-8]|[2-6]1)4960|1914980|2920180|2896496|1632960)\d{3}$"
)
HINT = re.compile(r"@|\d[\d ()./-]{7,}")
_NAME = r"(?P<name>[A-ZÀ-Þ][\w'’-]+(?: [A-ZÀ-Þ][\w'’-]+){0,2})"
_GREETING = re.compile(
    r"(?:^|(?<=[.!\n]))\s*(?i:hi|hello|hey|dear|good (?:morning|afternoon|evening)|hallo|guten (?:tag|morgen)|lieber?|"
    r"bonjour|hola|ciao)(?i: there)?,? (?i:mr|mrs|ms|miss|dr|herr|frau)?\.? ?" + _NAME + r" *(?=[,!.\n:–-]|$)"
)
_OWN_NAME = re.compile(
    r"\b(?i:my (?:full )?name is|the name is|mein name ist|je m'appelle|me llamo|mi chiamo) " + _NAME
)
_AGENTS_NAME = re.compile(
    r"(?:\b(?i:this is|i'm|i am) (?P<name>[A-ZÀ-Þ][\w'’-]+)(?= (?:from|with|here)\b)"
    r"|(?<=[,.!?\n] )(?P<here>[A-ZÀ-Þ][\w'’-]+) here\b)"
)
_SHORTEST = 3
_NO_NAME = frozenset(("there", "all", "team", "everyone", "everybody", "sir", "madam", "support", "customer", "again"))


@dataclass(frozen=True)
class Found:
    """Personal data in a text."""

    kind: str
    value: str
    begin: int


def by_form(text: str) -> Iterator[Found]:
    """Addresses, cards, accounts and telephone numbers, from the surest form to the vaguest; none overlaps another."""
    taken: list[tuple[int, int]] = []

    def free(begin: int, end: int) -> bool:
        return all(end <= a or begin >= b for a, b in taken)

    for kind, form in (("email", EMAIL), ("iban", IBAN), ("card", CARD), ("phone", PHONE)):
        for match in form.finditer(text) if kind in ("iban",) or HINT.search(text) else ():
            value = match[0].strip()
            if kind == "card" and not passes_luhn(re.sub(r"\D", "", value)):
                continue
            if kind == "iban" and not passes_mod_97(value):
                continue
            if (kind == "phone" and DATE.fullmatch(value)) or not free(match.start(), match.end()):
                continue
            taken.append((match.start(), match.end()))
            yield Found(kind, value, match.start())


def passes_luhn(digits: str) -> bool:
    """The check digit that every payment card carries (ISO/IEC 7812)."""
    doubled = [int(d) * (2 if k % 2 else 1) for k, d in enumerate(reversed(digits))]
    return sum(n - 9 if n > 9 else n for n in doubled) % 10 == 0


def passes_mod_97(iban: str) -> bool:
    """The check digits of a bank account (ISO 13616)."""
    bare = iban.replace(" ", "")
    turned = bare[4:] + bare[:4]
    return 15 <= len(bare) <= 34 and int("".join(str(int(sign, 36)) for sign in turned)) % 97 == 1


def greeted(text: str) -> Iterator[str]:
    """Names in greetings."""
    for match in _GREETING.finditer(text):
        name = match["name"]
        if name[0].isupper() and key(name.split()[0]) not in _NO_NAME:
            yield name


def told_of_oneself(text: str) -> Iterator[str]:
    """Names that somebody gives as their own."""
    yield from (match["name"] for match in _OWN_NAME.finditer(text))


def introduced(text: str) -> Iterator[str]:
    """Names with which whoever answers introduces themselves: "this is Kim from ...", "Kim here"."""
    yield from (match["name"] or match["here"] for match in _AGENTS_NAME.finditer(plain(text)))


@dataclass(frozen=True)
class People:
    """How those who speak in a conversation are called."""

    customers: tuple[str, ...] = ()
    agents: tuple[str, ...] = ()

    def parts(self) -> Iterator[tuple[str, str, str]]:
        """(kind, what stands in a text, the person by whole name), the longest first."""
        out: dict[str, tuple[str, str]] = {}
        for kind, names in (("name", self.customers), ("agent", self.agents)):
            whole = [" ".join(name.split()) for name in names if _is_name(name)]
            for name in sorted(set(whole), key=lambda one: -len(one)):
                person = next((long for long in whole if set(key(name).split()) < set(key(long).split())), name)
                for part in (name, *name.split()):
                    if len(part.strip(".")) >= _SHORTEST and key(part) not in _NO_NAME:
                        out.setdefault(part, (kind, person))
        yield from ((kind, part, who) for part, (kind, who) in sorted(out.items(), key=lambda one: -len(one[0])))


def _is_name(text: str) -> bool:
    return "@" not in text and not any(sign.isdigit() for sign in text) and 0 < len(text.split()) <= 4


def people_of(dialogue: Dialogue, customers: Iterable[str], agents: Iterable[str]) -> People:
    """The people of a conversation: those that fields and signatures name, and those that greetings do."""
    customer, agent = list(customers), list(agents)
    for message in dialogue.messages:
        if message.role == "assistant":
            customer += greeted(message.content)
            agent += (*told_of_oneself(message.content), *introduced(message.content))
        elif message.role == "user":
            customer += told_of_oneself(message.content)
            agent += (name for name in greeted(message.content) if not _shares(name, customer))
    customer += [whole for name in customer for whole in _whole_names(name, dialogue)]
    return People(tuple(dict.fromkeys(customer)), tuple(dict.fromkeys(agent)))


def _whole_names(name: str, dialogue: Dialogue) -> Iterator[str]:
    """A customer's known name with the one that follows it where they say both: "Ana Ruiz" of Ana. A word that somebody
    in the conversation also writes small is none."""
    small = {word for message in dialogue.messages for word in re.findall(r"\w+", message.content) if word.islower()}
    both = re.compile(rf"(?<!\w){re.escape(name)} (?P<more>[A-ZÀ-Þ][\w'’-]+)")
    for message in dialogue.messages:
        for match in both.finditer(message.content) if message.role == "user" and name.strip() else ():
            if match["more"].lower() not in small:
                yield match[0]


def _shares(name: str, names: Iterable[str]) -> bool:
    return any(set(key(name).split()) & set(key(other).split()) for other in names)


# ---------------------------------------------------------------------- what is the business's own


@dataclass
class Own:
    """What is told to whom: value -> customers (two are enough), and what customers tell. Two of these add up."""

    told: dict[str, set[str]] = field(default_factory=dict)
    by_customers: set[str] = field(default_factory=set)

    def add(self, dialogue: Dialogue, customer: str) -> None:
        """Take in a conversation with a customer, who is known by any text that is the same for them alone."""
        for message in dialogue.messages:
            for found in (*by_form(message.content), *_codes(message.content)):
                value = normal(found.kind, found.value)
                if message.role == "user" and found.kind != "code":
                    self.by_customers.add(value)
                customers = self.told.setdefault(value, set())
                if len(customers) < 2:
                    customers.add(customer)

    def has(self, value: str) -> bool:
        """Whether it is the business's own, or of nobody: told to several customers, and by none."""
        return value not in self.by_customers and len(self.told.get(value, ())) > 1

    def merged(self, other: Own) -> Own:
        """Of two parts of an import."""
        told = {
            value: self.told.get(value, set()) | other.told.get(value, set()) for value in {*self.told, *other.told}
        }
        return Own(told, self.by_customers | other.by_customers)


def _codes(text: str) -> Iterator[Found]:
    for match in CODE.finditer(text):
        if not re.fullmatch(r"(?:19|20)\d{6}", match[0]):  # a day, written in eight figures
            yield Found("code", match[0], match.start())


def normal(kind: str, value: str) -> str:
    """One spelling of a value."""
    if kind == "email":
        return value.casefold()
    if kind == "phone":
        return re.sub(r"\D", "", value)[-9:]
    return key(value) if kind in ("name", "agent") else re.sub(r"[\W_]", "", value).casefold()


# ---------------------------------------------------------------------- placeholders


@dataclass
class Covering:
    """Puts placeholders in the place of personal data.

    Args:
        secret: the key of the import.
        own: what stays, because it is the business's.
        keep: kinds that stay.
        counts: how many of each kind were replaced.
    """

    secret: bytes
    own: Own = field(default_factory=Own)
    keep: frozenset[str] = frozenset()
    counts: dict[str, int] = field(default_factory=dict)

    def placeholder(self, kind: str, value: str) -> str:
        """The placeholder of a value; the same for all spellings of it."""
        digest = hmac.new(self.secret, f"{kind}\0{normal(kind, value)}".encode(), hashlib.sha256).digest()
        return f"[{kind}-{int.from_bytes(digest[:8], 'big') % 10**FIGURES:0{FIGURES}d}]"

    def dialogue(self, dialogue: Dialogue, people: People) -> Dialogue:
        """A dialogue without personal data: in what was said, called, answered and noted."""
        names = list(people.parts())
        codes = {
            normal("code", found.value)
            for message in dialogue.messages
            for found in _codes(message.content)
            if not self.own.has(normal("code", found.value))
        }
        return replace(dialogue, messages=tuple(self._message(m, names, codes) for m in dialogue.messages))

    def _message(self, message: Message, names: list[tuple[str, str, str]], codes: set[str]) -> Message:
        calls = tuple(replace(c, arguments=self._json(c.arguments, names, codes)) for c in message.calls)
        content = self._result(message.content, names, codes) if message.role == "tool" else None
        content = self.text(message.content, names, codes) if content is None else content
        return replace(message, content=content, calls=calls, note=self.text(message.note, names, codes))

    def _result(self, text: str, names: list[tuple[str, str, str]], codes: set[str]) -> str | None:
        """A tool's result; None where it is no JSON."""
        try:
            value = json.loads(text)
        except (ValueError, RecursionError):
            return None
        covered = self._json(value, names, codes)
        return text if covered == value else json.dumps(covered, ensure_ascii=False)

    def _json(self, value: Any, names: list[tuple[str, str, str]], codes: set[str]) -> Any:
        if isinstance(value, Mapping):
            return {k: self._json(v, names, codes) for k, v in value.items()}
        if isinstance(value, list):
            return [self._json(v, names, codes) for v in value]
        if isinstance(value, int) and not isinstance(value, bool) and len(str(value)) >= 6:
            covered = self.text(str(value), names, codes)
            return value if covered == str(value) else covered
        return self.text(value, names, codes) if isinstance(value, str) else value

    def text(self, text: str, names: list[tuple[str, str, str]], codes: set[str]) -> str:
        """A text without personal data."""
        spans: list[tuple[int, int, str, str]] = []
        for match in SECRET.finditer(text):
            spans.append((match.start("value"), match.end("value"), "secret", match["value"].rstrip(".!?")))
        for found in by_form(text):
            if not self.own.has(normal(found.kind, found.value)):
                spans.append((found.begin, found.begin + len(found.value), found.kind, found.value))
        for found in _codes(text):
            if normal("code", found.value) in codes:
                spans.append((found.begin, found.begin + len(found.value), "code", found.value))
        for kind, part, person in names:
            for match in re.finditer(
                rf"(?<![\w@]){re.escape(part)}(?![\w@])", text, re.IGNORECASE if " " in part else 0
            ):
                spans.append((match.start(), match.end(), kind, person))
        return self._replaced(text, spans)

    def _replaced(self, text: str, spans: list[tuple[int, int, str, str]]) -> str:
        out, last = [], 0
        for begin, end, kind, value in sorted(spans, key=lambda s: (s[0], -s[1])):
            if begin < last or kind in self.keep:
                continue
            end = begin + len(value) if kind == "secret" else end
            out += [text[last:begin], self.placeholder(kind, value)]
            last = end
            self.counts[kind] = self.counts.get(kind, 0) + 1
        return "".join([*out, text[last:]])
