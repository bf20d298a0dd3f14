"""What agent.yaml says of users and asks them, turned round into what they say themselves.

`when: the customer wants a bike repaired` is somebody's "I want a bike repaired"; `ask: What does your bike need?` is
answered by "My bike needs {service}.". Only sentences of these few forms are turned; of any other nothing is made.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

QUESTIONS = ("where", "when", "what", "which", "who", "how", "why", "whether", "if")
_WANTS = r"wants|asks|wishes|would like|needs|requires|has|is|does not|complains|reports|looks for|\w+s"
_PERSON = re.compile(
    rf"(?:the|an?) (?P<noun>[\w-]+) (?P<said>(?:{_WANTS})\b.*)|(?P<any>some(?:body|one)) (?P<told>(?:{_WANTS})\b.*)"
)
_WISHES = re.compile(r"(?:the|an?) ([\w-]+) (?:wants|asks|wishes|would like)\b")
_NEXT = re.compile(r",? (?:or|and) (?=(?:wants|asks|wishes|would like|needs|has|is|complains|reports|looks for) )")
_MINE = {"they": "I", "them": "me", "their": "my", "theirs": "mine", "themselves": "myself"}
_TURNED = {
    "you": "I", "your": "my", "yours": "mine", "yourself": "myself", "i": "you", "we": "you", "me": "you", "us": "you",
    "my": "your", "our": "your",
}  # fmt: skip
_AUXILIARY = "do|does|is|are|was|were|will|would|can|could|may|might|must|shall|should"
_PREPOSITION = "on|in|from|until|till|at|for|to|under|by|with|since|after|before"
_ASKED = re.compile(
    rf"(?:(?:and|so|then),? )?(?:(?P<prep>{_PREPOSITION}) )?"
    rf"(?P<wh>what|which|when|where|how)\b(?: (?!(?:{_AUXILIARY})\b)[\w-]+){{0,3}}? "
    rf"(?P<aux>{_AUXILIARY}) (?P<rest>.+)",
    re.IGNORECASE,
)
_SUBJECT = re.compile(
    r"(?P<who>you|i|we|it|they|there|(?:the|your|an?|our|my) [\w'-]+)(?: (?P<does>.+))?", re.IGNORECASE
)
_PRONOUNS = ("you", "i", "we", "it", "they", "there")
_ENDS = re.compile(rf"(\w+ [\w'-]+) ({_PREPOSITION})")
_AMID = re.compile(rf"\b(?:{_PREPOSITION}|each|a|now|you|me|us) (?:\w|$)(?!o\b)")
_AGREED = {
    ("i", "are"): "am",
    ("i", "were"): "was",
    ("you", "am"): "are",
    ("you", "shall"): "can",
    ("i", "shall"): "will",
}


def people(whens: Iterator[str] | list[str]) -> set[str]:
    """Who users are called where flows say who needs them: whoever wants or asks something there."""
    return {match[1] for when in whens for match in [_WISHES.match(when)] if match}


def said_of(when: str, people: set[str]) -> list[str]:
    """What is said of a user in `when`, one predicate each: "wants a bike repaired"; none where it is not of a user."""
    match = _PERSON.match(when.strip().rstrip("."))
    if match is None or (match["noun"] and match["noun"] not in people):
        return []
    return _NEXT.split(match["said"] or match["told"])


def wishes(said: str) -> list[str]:
    """What a user wants by a predicate, as it stands behind "I'd like to"; none where it tells no wish, or leaves one
    open ("a bigger or a smaller plan").
    """
    if match := re.match(r"(?:(?:wants|wishes|would like) to (?:know|ask|find out)|asks) (?:about |for )?(.+)", said):
        found = [_asked(part) for part in _parts(match[1])]
    elif match := re.match(r"(?:(?:wants|wishes|would like) to (?=\w)|(?=(?:complains|reports|looks for) ))(.+)", said):
        verb, _, rest = re.split(r",? or to |, or ", match[1])[0].partition(" ")
        found = [_first_person(f"{_base(verb) if said.startswith(verb) else verb} {rest}".strip())]
    elif match := re.match(r"(?:wants|would like) (?!(?:it|them)\b)(.+)", said):
        found = [f"get {_first_person(re.split(r',? or to |, or ', match[1])[0])}"]
    else:
        found = []
    return [wish for wish in found if " or " not in wish]


def statements(said: str) -> list[str]:
    """The predicate in the first person, where somebody would open with it: "has lost a card" -> "I have lost a
    card"; one a thing where several are listed.
    """
    if re.match(r"(?:asks|wishes|would|complains|reports|looks for|wants (?:to|it|them))\b", said):
        return []
    verb, _, rest = said.partition(" ")
    things = _parts(rest) if verb in ("has", "needs") and "," in rest else [rest]
    made = [_first_person(f"I {_base(verb)} {thing}".strip()) for thing in things]
    return [text for text in made if " or " not in text]


def _parts(text: str) -> list[str]:
    """ "opening hours, fees or what to bring" -> its three items; what points back to another one is left out."""
    items = [item for part in text.split(" or ") for item in part.rstrip(",").split(", ")]
    return [item for k, item in enumerate(items) if not k or not re.search(r"\b(?:it|them|one)\b", item)]


def _asked(part: str) -> str:
    first = part.split()[0]
    return _first_person(f"find out {part}" if first in QUESTIONS else f"ask about {part}")


def _first_person(text: str) -> str:
    return re.sub(r"[a-z]+", lambda m: _MINE.get(m[0], m[0]), text) if any(w in text for w in _MINE) else text


def _base(verb: str) -> str:
    """ "wants" -> "want", as it stands behind "I"."""
    known = {"has": "have", "is": "am", "does": "do", "was": "was", "would": "would"}
    if verb in known:
        return known[verb]
    if verb.endswith("ies"):
        return f"{verb[:-3]}y"
    return verb[:-2] if re.search(r"(?:sh|ch|x|ss|o)es$", verb) else verb.removesuffix("s")


def _third(verb: str) -> str:
    """ "need" -> "needs"."""
    return {"have": "has", "be": "is", "do": "does"}.get(
        verb, f"{verb}es" if re.search(r"(?:sh|ch|x|ss|o)$", verb) else f"{verb}s"
    )


def answers(ask: str, place: str) -> list[str]:
    """The answer that a question asks for, in its own words, with a place for the value; none where it has no such
    form.

    Args:
        place: the slot's place, "{day}".
    """
    asked = re.search(r"([^.!?]+)\?\s*$", ask.replace("hat's", "hat is"))
    match = _ASKED.fullmatch(re.split(r",(?! (?:I|you|we)\b)", asked[1].strip())[0]) if asked else None
    if match is None:
        return []
    subject = _SUBJECT.fullmatch(match["rest"])
    aux, prep = match["aux"].lower(), f"{match['prep']} ".lower() if match["prep"] else ""
    if subject is None:  # "which day would suit you": what is asked for is the subject
        known = not prep and match["wh"].lower() not in ("when", "where")
        return [f"{place} {aux} {_turned(match['rest'], True)}."] if known else []
    who, does = subject["who"], subject["does"] or ""
    pronoun = who.lower() in _PRONOUNS
    if aux in ("is", "are", "was", "were") and not pronoun:
        ends = _ENDS.fullmatch(match["rest"])  # "what is the visit for", and not "what is the number on your ticket"
        what, prep = (ends[1], f"{ends[2]} ") if ends else (match["rest"], prep)
        text = f"{_turned(what)} {aux} {prep}{place}"
    elif (not pronoun and aux not in ("do", "does") and not does.startswith("be ")) or does.startswith("not "):
        text = ""  # "may the claims desk write": where its name ends is not to be seen
    elif not prep and _AMID.search(does):
        text = ""  # "shall I put on the tag": the answer stands in the middle
    else:
        verb = _verb(_turned(who), aux, _turned(does, True))
        text = f"{_turned(who)} {verb} {prep}{place}" if verb else ""
    return [f"{text[:1].upper()}{text[1:]}."] if text else []


def _verb(who: str, aux: str, does: str) -> str:
    """Auxiliary and verb in the order of a statement."""
    if aux == "do":
        return does
    if aux == "does":
        first, _, rest = does.partition(" ")
        return f"{_third(first)} {rest}".strip() if first else ""
    return f"{_AGREED.get((who.lower(), aux), aux)} {does}".strip()


def _turned(text: str, behind_the_verb: bool = False) -> str:
    """From the agent's mouth into the user's: "your bike" -> "my bike", and "suit you" -> "suit me"."""
    turned = _TURNED | ({"you": "me"} if behind_the_verb else {})
    return re.sub(r"\b[a-zA-Z]+\b", lambda m: turned.get(m[0].lower(), m[0]), text)
