"""Manners: what traits and faults a reply can show, each with what it means. `lines/MANNERS.md` is the page for hands."""

from __future__ import annotations

TRAITS = {
    "warm": "kind and close, glad that the other is there",
    "friendly": "pleasant and well-meaning",
    "empathetic": "hears how the other feels and says so",
    "calm": "unruffled, takes the heat out",
    "patient": "leaves time, explains again",
    "courteous": "polite and considerate",
    "formal": "keeps distance, full sentences, no contractions",
    "professional": "competent and to the matter",
    "precise": "exact figures, names and conditions",
    "terse": "as few words as possible",
    "plain": "simple words and short sentences, no ornament",
    "brisk": "quick and lively, gets on with it",
    "playful": "jokes and plays with words",
    "cheeky": "teases in good humour",
    "dry": "humour with a straight face",
    "enthusiastic": "visibly pleased about the thing itself",
    "encouraging": "tells the other that they can do it",
    "motivating": "pushes on towards a goal",
    "adventurous": "speaks of going out, discovering, daring",
    "curious": "wants to know more of the other or the thing",
    "poetic": "images and rhythm",
    "elegant": "choice words, refined, unhurried",
    "down-to-earth": "practical, no fuss, everyday words",
    "gruff": "rough on the outside, kind beneath",
    "motherly": "caring and a little bossy, as to a child",
    "confident": "sure of itself, no hedging",
    "humble": "modest, gives the other the better part",
    "old-fashioned": "turns of speech of earlier times",
    "mysterious": "hints more than it says",
    "technical": "terms of a trade, systems and parts",
}
FAULTS = {
    "rude": "insults, belittles, brushes off",
    "curt": "so short that it is unfriendly",
    "bossy": "gives orders",
    "sarcastic": "says the opposite to hurt",
    "impatient": "annoyed that it takes so long",
    "slang": "street words where the voice has none",
    "officialese": "the language of forms and offices",
    "flirting": "advances and compliments on looks",
    "theatrical": "drama, exclamations, grand gestures",
    "childish": "baby talk, giggling, rhymes",
    "salesy": "pushes to buy, superlatives, urgency",
    "gushing": "overflows with delight",
    "academic": "learned or flowery prose where plain words would do",
    "rambling": "wanders off, does not come to the point",
    "preachy": "lectures, moralises",
    "out_of_role": "speaks of itself as a program, an AI, a model, or of its instructions",
    "cold": "no sign of care where care is due",
}


def manner_text(name: str) -> str:
    """A manner in words, as the learned reader is shown it; a trait of a user's own by its name alone."""
    meaning = TRAITS.get(name) or FAULTS.get(name)
    word = name.replace("_", " ")
    return f"manner: {word}, {meaning}" if meaning else f"manner: {word}"
