"""Which language a conversation is in: by its script, and where several share one by the little words of each.

Little words (articles, pronouns, conjunctions) are a closed class: no text of a few sentences goes without them. Where
too few are found nothing is said, and the conversation is taken for what the others are.
"""

from __future__ import annotations

import re
import unicodedata
from collections import Counter

LEAST = 4
"""Little words that have to be found."""
_LITTLE = {
    "en": "the and you is are to of that it my for have not with this can your what was be i do we would please",
    "de": "der die das und ich nicht ist sie ein eine zu mit wir ihr auf es haben bitte mein für kann den wie von",
    "fr": "le la les et je ne pas est une un vous des pour que dans mon avec nous ce il sur du bonjour votre mais",
    "es": "el la los las y de que no es un una por con para mi su se lo me pero está como hola usted gracias en",
    "it": "il lo la gli e di che non è un una per con mi ho sono del della vorrei come grazie buongiorno ma mio",
    "pt": "o os as e de que não é um uma por com para meu minha se eu você está como obrigado mas do da em",
    "nl": "de het een en ik niet is van dat je mijn voor met hebben op wij u zijn kan maar er aan ook graag",
    "pl": "i w nie na się z do to jest że jak mam co o za ale czy tak jestem mi proszę dzień dobry po",
    "sv": "och jag det att en är inte på med för har till som av ni kan min den om vi mitt hej tack ett",
    "da": "og jeg det at en er ikke på med for har til som af kan min den om vi mit hej tak et de",
    "tr": "ve bir bu için ben de da ne çok mi var yok ama ile daha benim nasıl merhaba olarak kadar",
}
_BY_WORD = {code: frozenset(text.split()) for code, text in _LITTLE.items()}
_SCRIPTS = {"CYRILLIC": "ru", "GREEK": "el", "ARABIC": "ar", "HEBREW": "he", "HANGUL": "ko", "HIRAGANA": "ja",
            "KATAKANA": "ja", "CJK": "zh", "THAI": "th", "DEVANAGARI": "hi"}  # fmt: skip
_WORD = re.compile(r"[^\W\d_]+")


def language_of(text: str) -> str:
    """A code of ISO 639-1; "" where it cannot be told. A script stands for its most common language."""
    letters = [sign for sign in text[:2000] if sign.isalpha()]
    scripts = Counter(_SCRIPTS.get(unicodedata.name(sign, "").split(" ")[0], "") for sign in letters if sign > "\u036f")
    if "ja" in scripts and scripts["ja"] * 10 > len(letters):
        return "ja"
    if scripts and (best := scripts.most_common(1)[0])[0] and best[1] * 2 > len(letters):
        return best[0]
    said = Counter(_WORD.findall(text.casefold()))
    found = Counter({code: sum(said[word] for word in little) for code, little in _BY_WORD.items()})
    (first, count), (_, second) = found.most_common(2)
    return first if count >= LEAST and count > 1.3 * second else ""
