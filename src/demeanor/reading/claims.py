"""What a reply claims, and whether anything it has seen supports it.

A claim is a number, a date, a code, a name, a statement about a policy topic, or "it is done". Each must be found in the
evidence: the user's words, the tool results, the passages shown, the description of the agent. What is found nowhere was
invented. The reader errs towards silence where language is vague: only things that can be looked up are claims.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date

from demeanor.agent import Agent
from demeanor.agent.slots import dates_in, numbers_in
from demeanor.reading.reader import Reader, Spoken
from demeanor.text import sentences

_WORD = re.compile(r"[A-Za-zÀ-ÿ][A-Za-zÀ-ÿ'’-]*")
_ADDRESS = re.compile(
    r"\b(?:https?://\S+|www\.[\w.-]+\w|[\w.+-]+@[\w-]+\.[\w.]+\w|[\w-]+\.(?:com|org|net|example|co\.uk|de))\b",
    re.IGNORECASE,
)
_DEMAND = re.compile(r"\W*(?:and |so |then )?(?:could|can|would|will) you\b", re.IGNORECASE)
# "Your booking number is", "please save this number"; and where somebody else has said so.
_GIVEN_OUT = r"(?:\b(?:your|the|a|new|its|this) (?:\w+ ){0,2}(?:number|code|reference|id)(?: for [\w ]+)?(?: is| will be|:|,)|^\W*(?:\w+ )?(?:reference|number|code):?)"
_DENIED = re.compile(
    r"\b(?:no|not|never|cannot|without|under|said|gave|given|told|wrote|typed|read|heard)\b|n['’]t\b", re.IGNORECASE
)
_PERSONAL = re.compile(r"\b(?:i|we|you|your|yours)\b", re.IGNORECASE)
HARDLY = 0.1  # a sentence below this says nothing of a deed that its reply speaks of
RULE = 4
"""Longer words that a rule has at least; of fewer, some page is bound to have all."""
_ORDINAL = re.compile(r"\b(?:first|second|third)\b(?! of [A-Z])", re.IGNORECASE)
# Words about money and rights that no reply may use about a policy unless something it has seen uses them too.
_TOPICS = (
    "refund",
    "deposit",
    "fee",
    "surcharge",
    "discount",
    "voucher",
    "complimentary",
    "guarantee",
    "penalty",
    "charge",
    "free",
)
# Words of the bank, the law and the office that no reply may use unless a page or somebody has; one is enough.
_BANK = (
    r"(?:reimburs\w*|re-?pay\w*|repaid|compensat\w*|goodwill|re-?credit\w*|store credit|credit(?:ed| notes?| cards?| as| voucher)|debit\w*|pre-?pa(?:id|y\w*)|pre-?authori[sz]\w*|"
    r"non-?refundable|invoic\w*|billed|billing|tax(?:es|ed)?|surtax|bank(?! holiday)\w*|iban|sort code|cheques?|wired|instal?ments?|down payment|chargeback|coupons?|gift cards?|paypal|"
    r"deduct\w*|forfeit\w*|waiv\w+|pro-?rat\w+|per ?cent|percentage|commission|bond|escrow)"
)
_LAW = (
    r"(?:insur\w+|ombudsman|lawyers?|solicitors?|tribunal|arbitration|by law|legal\w*|statut\w+|contracts?|clauses?|terms and conditions|liab\w+|entitle\w*|eligib\w+|exempt\w*|"
    r"transferable|transferred to\b(?! (?:an?|my|our|the|one of) (?:\w+ )?(?:colleagues?|team|desk|manager|agent|person|human))|appeal (?:to|against)\b(?! (?:you|me|us)\b)|right of withdrawal|cooling-off)"
)
_OFFICIAL = (
    r"(?:certificates?|signatures?|signed|countersign\w*|notari[sz]ed|affidavit|declaration|paperwork|proof of|police report|passports?|photo id|id card|(?:doctor's|medical) (?:note|certificate|attestation|proof)|attestation|fortnight|"
    r"head office|supervisor|finance (?:team|department|colleagues)|accounts? (?:team|department|line)|accounting|refunds? (?:team|department|desk)|"
    r"cancell?ation (?:code|form|letter|slip)|(?:claim|refund|request|application) (?:form|sheet|slip|number)|case number|loyalty|club members?)"
)
_MONEY_BACK = (
    r"(?:\b(?:in|as|by) cash\b|\bpay(?:s|ing)? (?:you )?(?:out|back)\b|"
    r"\b(?:given|paid|wired?|transfer(?:red)?)(?: (?!you\b|nothing\b)[\w-]+){0,3} (?:back|out)\b)"
)
_OFFICE = re.compile(rf"\b{_BANK}\b|\b{_LAW}(?!\w)|\b{_OFFICIAL}\b|{_MONEY_BACK}|\d+(?:[.,]\d+)? ?%", re.IGNORECASE)
# What says the same: "we charge 20 euros for a pet" is what the page means by "a pet costs 20 euros".
_SAME = {"charge": ("cost", "fee", "price", "pay"), "fee": ("cost", "charge", "price", "pay")}
_CAPITAL_OK = frozenset(
    "I I'm I'll I'd I've OK AI Mr Mrs Ms Dr Sir Madam Monday Tuesday Wednesday Thursday Friday Saturday Sunday January February March "
    "April May June July August September October November December Mon Tue Wed Thu Fri Sat Sun Jan Feb Mar Apr Jun Jul Aug "
    "Sep Oct Nov Dec English AM PM EUR USD GBP CHF".lower().split()
)


@dataclass(frozen=True)
class Evidence:
    """All that a reply may lean on: texts it has seen, and tools that wrote something."""

    texts: tuple[str, ...]
    written: bool
    today: date


def vocabulary(texts: Iterable[str]) -> frozenset[str]:
    """Lower-case words of some texts."""
    return frozenset(w.lower().replace("’", "'").strip("'-") for t in texts for w in _WORD.findall(t))


def _stem(word: str) -> str:
    return re.sub(r"(?:ies|y|es|e|s|ed|able|ing)$", "", word.lower())


# A sentence with one of these (as stems) is about money or rights, or about what somebody has to do to get them.
_RIGHTS = frozenset(
    _stem(word)
    for word in (
        *(topic for topic in _TOPICS if topic != "free"),
        *("cancel", "cancelled", "canceled", "cancellation", "pay", "paid", "payment", "money", "reimburse", "amount"),
        *("receipt", "approve", "approval", "credit"),
    )
)
# How assistants talk of themselves; nothing about the product is said with these.
_TALK = frozenset(
    _stem(word)
    for word in (
        *("assist", "assistance", "assistant", "unable", "able", "further", "feel", "specific", "misunderstanding"),
        *("confusion", "inconvenience", "apologize", "apologies", "equipped", "ensure", "information", "provide"),
        *("provided", "additional", "understand", "appreciate", "patience", "glad", "hello", "proceed", "proceeding"),
        *("regarding", "concerning", "unfortunately", "currently", "directly", "however", "therefore"),
    )
)


def deeds(reader: Reader, reply: str, before: str = "") -> list[str]:
    """The sentences of a reply, behind the user's message `before`, that say that something has been changed in the
    world; none where the reader is not sure that the reply does."""
    if not reply.strip() or "done" not in reader.read([Spoken("agent", reply, before)])[0].surely:
        return []
    parts = sentences(reply)
    said = [one.acts["done"] for one in reader.read([Spoken("agent", part, before) for part in parts])]
    return [part for part, p in zip(parts, said, strict=True) if p >= max(HARDLY, min(0.5, max(said)))]


def invented(
    agent: Agent,
    reply: str,
    evidence: Evidence,
    lexicon: frozenset[str] = frozenset(),
    told_deeds: Sequence[str] = (),
) -> list[str]:
    """The claims of a reply that nothing supports, in words a person understands; empty when all is well.

    Args:
        lexicon: words of the agent's own wording and pages: no names although capitalised, no strange words about money.
        told_deeds: the sentences that say that something has been done (`deeds`).
    """
    return [
        *_numbers(reply, evidence),
        *_dates(reply, evidence),
        *_codes(agent, reply, evidence),
        *_names(reply, evidence, lexicon),
        *_addresses(reply, evidence),
        *_policies(reply, evidence),
        *_offices(reply, evidence, lexicon),
        *_steps(reply, evidence, lexicon),
        *_done(agent, reply, evidence, told_deeds),
    ]


def _numbers(reply: str, evidence: Evidence) -> list[str]:
    known = {float(n) for text in evidence.texts for n in (*numbers_in(text), *numbers_in(_figures(text)))}
    digits = [float(n) for n in numbers_in(_figures(reply))]
    return [f"number {n:g}" for n in dict.fromkeys(digits) if n not in known]


def _figures(text: str) -> str:
    """Only the figures of a text: words and codes taken out, so that 'may 12' is the number 12."""
    plain = re.sub(r"\b[A-Za-z]{1,4}-?\d{3,}\b|\b(\d{1,2})(?:st|nd|rd|th)\b", r" \1 ", text)
    return re.sub(r"[A-Za-zÀ-ÿ]+", " ; ", plain)


def _dates(reply: str, evidence: Evidence) -> list[str]:
    known = {(d.month, d.day) for text in evidence.texts for d in dates_in(text, evidence.today)}
    # Agents write the month with a capital: "children under 14 may swim" names no day. Nor does "I need your dates first".
    plain = _ORDINAL.sub("one", re.sub(r"\bmay\b", "can", reply))
    said = dict.fromkeys(dates_in(plain, evidence.today))
    return [f"date {d:%d %B}" for d in said if (d.month, d.day) not in known]


def _codes(agent: Agent, reply: str, evidence: Evidence) -> list[str]:
    out: list[str] = []
    seen = re.sub(r"[\s-]", "", " ".join(evidence.texts)).lower()
    for slot in agent.slots.values():
        if slot.type == "code" and slot.pattern:
            out += [f"code {c}" for c in re.findall(slot.pattern, reply) if c.replace("-", "").lower() not in seen]
    return out


def _names(reply: str, evidence: Evidence, lexicon: frozenset[str]) -> list[str]:
    """Capitalised words inside a sentence that nobody has said."""
    seen = vocabulary(evidence.texts) | lexicon | _CAPITAL_OK
    out: list[str] = []
    for sentence in sentences(reply):
        for word in _WORD.findall(sentence)[1:]:
            plain = word.lower().replace("’", "'").removesuffix("'s").strip("'-")
            whole = word.lower().replace("’", "'").strip("'-")
            if (
                word[0].isupper()
                and not {plain, whole} & seen
                and not re.search(rf"[:\"“(-]\s*{re.escape(word)}", sentence)
            ):
                out.append(f"name {word}")
    return list(dict.fromkeys(out))


def _policies(reply: str, evidence: Evidence) -> list[str]:
    seen = {_stem(word) for word in vocabulary(evidence.texts)}
    out: list[str] = []
    for sentence in sentences(reply):
        words = {_stem(word) for word in vocabulary([sentence])}
        if sentence.endswith("?"):
            continue
        for topic in _TOPICS:
            same = {_stem(t) for t in (topic, *_SAME.get(topic, ()))}
            if topic != "free" and _stem(topic) in words and not same & seen:
                out.append(f"policy: {topic}")
        if (
            _stem("free") in words
            and _stem("free") not in seen
            and re.search(r"free (?:of charge|cancel|parking|wi|access|upgrade)|for free", sentence, re.I)
        ):
            out.append("policy: free")
    return out


def _offices(reply: str, evidence: Evidence, lexicon: frozenset[str]) -> list[str]:
    """Words of the law, the bank and the office that have no source at all."""
    if not lexicon:
        return []
    seen = " ".join(evidence.texts).replace("’", "'").lower()
    words = {_stem(word) for word in (*vocabulary(evidence.texts), *lexicon)}
    told = [s.replace("’", "'") for s in sentences(reply) if not s.endswith("?") or _DEMAND.match(s)]
    found = dict.fromkeys(m.group(0).strip().lower() for s in told for m in _OFFICE.finditer(s))
    return [f"policy: {word}" for word in found if word not in seen and _stem(word) not in words]


def _steps(reply: str, evidence: Evidence, lexicon: frozenset[str]) -> list[str]:
    """Sentences about money and rights that bring in things which nobody spoke of: a form, a department, a manager.

    One strange word may be a way of saying it; two have no source in all of the pages, the agent's own wording and what
    was said.
    """
    if not lexicon:
        return []
    seen = {_stem(word) for word in (*vocabulary(evidence.texts), *lexicon)}
    out: list[str] = []
    for sentence in sentences(reply):
        words = {w.removesuffix("'s") for w in vocabulary([sentence])}
        words = {w for w in words if len(w) > 3 and "'" not in w}
        strange = sorted(w for w in words if _stem(w) not in seen | _TALK)
        if (
            (not sentence.endswith("?") or _DEMAND.match(sentence))
            and len(strange) >= 2
            and {_stem(w) for w in words} & _RIGHTS
        ):
            out.append(f"policy: {', '.join(strange)}")
    return out


def _done(agent: Agent, reply: str, evidence: Evidence, told: Sequence[str]) -> list[str]:
    if evidence.written:
        return []
    # What a page says of how things are ("your room is held until six") is no deed of the agent's.
    seen = " ".join(evidence.texts).replace("’", "'").lower()
    claims = [*told, *_new_references(agent, reply, re.sub(r"[\s-]", "", seen))]
    texts = [text.replace("’", "'").lower() for text in evidence.texts]
    return [f"says it is done: {c}" for c in claims if c.lower() not in seen and not _is_a_rule(c.lower(), texts)]


def _is_a_rule(claim: str, texts: Iterable[str]) -> bool:
    """Whether a claim says in other order what one text says of everybody: "one night is charged and the rest refunded"."""
    words = {w for w in _WORD.findall(claim) if len(w) > 3}
    if len(words) < RULE or _PERSONAL.search(claim):
        return False
    return any(words <= set(_WORD.findall(text)) for text in texts)


def _new_references(agent: Agent, reply: str, seen: str) -> list[str]:
    """A code given out as the guest's own: only what has been written has one."""
    patterns = [slot.pattern for slot in agent.slots.values() if slot.type == "code" and slot.pattern]
    out: list[str] = []
    for sentence in sentences(reply):
        for pattern in patterns if not sentence.endswith("?") else ():
            given = re.search(rf"(?i:{_GIVEN_OUT})\W*(?:{pattern})|(?:{pattern})(?i: is (?:the|your)\b)", sentence)
            codes = re.findall(pattern, sentence)
            if given and not _DENIED.search(sentence[: given.end()]):
                out += [given.group(0) for c in codes[:1] if c.replace("-", "").lower() not in seen]
    return out


def _addresses(reply: str, evidence: Evidence) -> list[str]:
    """Sites and mail addresses that stand nowhere."""
    seen = " ".join(evidence.texts).lower()
    return [f"address {found}" for found in dict.fromkeys(_ADDRESS.findall(reply)) if found.lower() not in seen]
