"""Answers to questions that take yes or no, and answers that name one of a few things: phrases and laws."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from demeanor.agent.slots.choices import choices_found, resolve_choice
from demeanor.agent.slots.types import Resolved, Slot, Unresolved
from demeanor.agent.slots.yes_no import resolve_yes_no, yes_no_found

YES = {
    "Do you have a helmet?": (
        "I have two",
        "we've got our own helmets",
    ),
    "Is the boiler still under warranty?": ("It is, until March",),
    "Are there steps to the front door?": ("there are, three of them",),
    "Shall I send the invoice by post?": (
        "yes please, how long does it take?",
        "👍",
        "please do, if you don't mind",
    ),
    "Can the vet come in through the back gate?": (
        "sure, no problem",
        "she can",
    ),
    "Did the plumber fix the leak?": ("he did, and well",),
    "Have you ever had an operation?": ("I have, in 2009",),
    "Will you need a taxi?": (
        "no, wait, yes I will",
        "that would be lovely",
        "I'd be very grateful",
    ),
    "Do you need a ladder?": (
        "I need a ladder for the roof",
        "y3s pl3ase",
        "not much, but yes",
        "a ladder would be great",
    ),
    "Is your child over six?": ("he is",),
    "May I put you on hold?": ("of course",),
    "Would you like to join the waiting list?": ("oui, merci",),
    "Should we ring the bell?": ("ring it please",),
    "Was the room clean?": ("it was",),
    "Do you need a translator?": (
        "yes definitely, mine is on holiday",
        "Need one, yes",
        "Yes for Polish",
        "Oh yes please!!",
        "We need a translator because my father is deaf",
    ),
    "Have you brought your x-rays?": (
        "Yes ma'am",
        "I brought them",
    ),
    "Is the horse shod?": (
        "he is indeed",
        "aye",
    ),
    "Should we cut the hedge as well?": (
        "please",
        "cut it please",
        "you should, it's wild",
        "why not!",
        "why not?",
        "I don't see why not",
    ),
    "Does your car have a tow bar?": ("it has a tow bar",),
    "Do you want to cancel the order?": ("cancel it",),
    "Would you like us to call you back?": (
        "that'd be good",
        "call me back please",
        "I would, after six",
    ),
    "Did everyone get a certificate?": ("we all did",),
    "Do you take sugar?": ("no milk, but yes to sugar",),
    "Is there parking at the site?": ("on the street, yes",),
    "Are you the owner?": ("I am the owner",),
    "Can you be at home between 8 and 12?": (
        "I can",
        "of course I can, I'm retired",
        "sure, my neighbour will be there",
        "yes from nine",
    ),
    "Does the roof leak?": ("it leaks",),
    "Would you like gravy?": (
        "I'd love some",
        "God yes",
        "yes yes yes",
        "ja bitte",
        "sounds lovely",
        "lovely",
        "ok",
    ),
    "Is the patient pregnant?": ("yes, no doubt",),
    "Shall I cancel your appointment?": (
        "cancel it please",
        "please cancel my appointment",
        "go ahead and cancel",
        "that's fine",
        "Thanks, that's great",
    ),
    "Do you want us to sharpen the skates?": (
        "yeah go on",
        "sharpen them please",
    ),
    "May we use the photo of your garden?": (
        "you may",
        "feel free",
        "use it",
        "no objection",
    ),
    "Did you find everything?": ("I did thanks",),
    "Has the fridge been defrosted?": ("it has",),
    "Are you bringing your own towels?": (
        "we are",
        "yes we'll bring them",
    ),
    "Do you have a fever?": ("I have, since Sunday",),
    "Any allergies?": ("yes, nuts",),
    "Do you accept the terms?": (
        "I accept",
        "I accept the terms",
    ),
    "Is the pool heated?": ("it's heated",),
    "Was that all?": ("yes, that was all",),
    "Is this correct?": ("correct",),
}
NO = {
    "Would you like a bag?": ("I'm good, thanks",),
    "Do you have a helmet?": (
        "no helmet, sorry",
        "Haven't got one",
        "not yet",
    ),
    "Is the boiler still under warranty?": ("not any more",),
    "Are there steps to the front door?": (
        "there aren't any",
        "no steps at all",
    ),
    "Does anyone in the party have a nut allergy?": (
        "none of us",
        "nobody has",
    ),
    "Shall I send the invoice by post?": ("please don't, email is enough",),
    "Can the vet come in through the back gate?": ("he can't, it's locked",),
    "Do you mind if we film the lesson?": ("not at all",),
    "Don't you want the insurance?": ("I don't",),
    "Did the plumber fix the leak?": ("he did not",),
    "Have you ever had an operation?": ("never",),
    "Will you need a taxi?": (
        "yes... no, actually my son picks me up",
        "we won't",
    ),
    "Do you need a ladder?": (
        "nooooo",
        "We won't be needing a ladder",
    ),
    "Is your child over six?": ("she isn't, five",),
    "May I put you on hold?": ("of course not",),
    "Would you like to join the waiting list?": ("I'd rather not",),
    "Is smoking allowed on the balcony?": (
        "it isn't allowed",
        "not allowed",
    ),
    "Should we ring the bell?": (
        "don't ring it",
        "don't ring, the baby sleeps",
    ),
    "Was the room clean?": (
        "not clean at all",
        "It was not very clean",
    ),
    "Do you drink alcohol?": ("I don't drink",),
    "Do you smoke?": ("I do not smoke",),
    "Do you need a translator?": (
        "Nah we're fine, my daughter speaks it",
        "We do not require one.",
        "that's very kind of you, but no",
        "thanks but no thanks",
        "not for now",
        "Not anymore, cheers",
        "it is not necessary sir",
        "No not really, thank you though",
        "dont need",
        "no need",
        "nope all sorted",
    ),
    "Have you brought your x-rays?": ("I have not brought any x-rays",),
    "Is the horse shod?": ("Not shod, no",),
    "Should we cut the hedge as well?": (
        "that's not necessary",
        "not the hedge, no",
        "no, leave it",
    ),
    "Are you over eighteen?": ("I'm not",),
    "Does your car have a tow bar?": (
        "it does not",
        "it doesn't have one",
    ),
    "Do you want to cancel the order?": (
        "no, keep it",
        "Don't cancel",
        "I do not want to cancel the order",
    ),
    "Would you like us to call you back?": ("don't call me",),
    "Is it your first visit?": (
        "it's not",
        "not my first, no",
    ),
    "Is your dog good with children?": (
        "he is not",
        "not good",
    ),
    "Do you take sugar?": ("I don't take sugar",),
    "Is there parking at the site?": ("there is none",),
    "Are you the owner?": ("No, the tenant",),
    "Have you paid the deposit?": (
        "I have not paid it",
        "Haven't",
    ),
    "Can you be at home between 8 and 12?": ("I can't",),
    "Does the roof leak?": ("it doesn't leak any more",),
    "Would you like gravy?": (
        "I wouldn't",
        "hell no",
        "nein danke",
        "non merci",
        "No, no, no!",
    ),
    "Is the patient pregnant?": (
        "not that I know of",
        "no longer",
        "thank God no",
    ),
    "Shall I cancel your appointment?": (
        "don't cancel it, move it",
        "no don't",
    ),
    "Do you want us to sharpen the skates?": (
        "no, they are sharp",
        "don't sharpen them",
    ),
    "Is your passport valid for six more months?": (
        "it isn't valid",
        "no it ran out",
    ),
    "May we use the photo of your garden?": (
        "you may not",
        "I'd prefer not",
        "please don't use it",
    ),
    "Has the fridge been defrosted?": (
        "hasn't",
        "it has not been defrosted",
    ),
    "Are you bringing your own towels?": (
        "we're not",
        "not bringing any",
    ),
    "Do you have a fever?": (
        "I don't have a fever but a cough",
        "no fever",
    ),
    "Any allergies?": (
        "none",
        "no allergies",
    ),
    "Anything else?": ("no that's it",),
    "Do you accept the terms?": (
        "I don't accept them",
        "I do not",
    ),
    "Is this correct?": ("not correct",),
    "Do you need help carrying it up?": ("nah, I've got two strong lads",),
}
OPEN = {
    "Would you like sugar?": ("just a splash of milk thanks",),
    "Do you have a helmet?": (
        "I have a bicycle",
        "I used to",
    ),
    "Is the boiler still under warranty?": (
        "it was",
        "I believe so",
        "expired last year",
    ),
    "Shall I send the invoice by post?": (
        "yes, how much is it?",
        "send it by email",
        "ok so I don't need it",
        "Yeah, nah",
        "only if it's free",
    ),
    "Can the vet come in through the back gate?": ("not on Mondays",),
    "Do you mind if we film the lesson?": (
        "yes",
        "go ahead",
    ),
    "Don't you want the insurance?": ("no",),
    "Did the plumber fix the leak?": (
        "half of it",
        "I didn't see him",
    ),
    "Do you need a ladder?": (
        "I don't need a ladder on Monday",
        "I don't need a hammer",
        "Got one already",
        "I have one already, thanks",
        "my brother needs one",
        "No more than two",
        "sure is a nice day",
        "Thank you",
        "I could use one",
        "no idea",
        "Yes but only the short one",
        "No, we do need one",
        "he said no ladders",
    ),
    "Is your child over six?": (
        "she's seven",
        "just turned six",
    ),
    "Would you like to join the waiting list?": (
        "I would like to cancel",
        "not if it's longer than a week",
        "Is it long?",
        "Yes, unfortunately not",
        "why would I?",
        "who wouldn't?",
    ),
    "Should we ring the bell?": ("just knock",),
    "Was the room clean?": ("very clean",),
    "Do you drink alcohol?": (
        "now and then",
        "I don't drink coffee",
    ),
    "Do you smoke?": (
        "I quit last year",
        "yes I don't",
    ),
    "Do you live alone?": ("I live with my mother",),
    "Do you need a translator?": (
        "we'd be lost without one",
        "only for the contract",
        "I don't know if I need one",
        "Do you charge for it?",
        "me? no. my mother? yes",
        "My mother does",
        "I did last time",
        "I can't do without one",
    ),
    "Have you brought your x-rays?": (
        "forgot them, sorry",
        "I've got them here",
        "my husband has",
    ),
    "Is the horse shod?": (
        "all four",
        "not the back feet",
        "yes, well, no, only in front",
    ),
    "Should we cut the hedge as well?": (
        "don't you dare",
        "leave the hedge",
        "the hedge can stay",
        "no harm in it",
        "yes but not too short",
        "It wouldn't hurt",
    ),
    "Are you over eighteen?": (
        "I'm 17",
        "I am 18",
        "eighteen",
        "not quite",
    ),
    "Does your car have a tow bar?": (
        "it has a roof rack",
        "My wife's does",
    ),
    "Do you want to cancel the order?": (
        "I want to keep the order",
        "never mind",
    ),
    "Would you like us to call you back?": (
        "you can call me back at 5",
        "I'll call you",
    ),
    "Did everyone get a certificate?": (
        "not everyone",
        "one of us did",
    ),
    "Is it your first visit?": ("second",),
    "Is your dog good with children?": (
        "good as gold",
        "no trouble at all",
        "she's great with children",
    ),
    "Do you take sugar?": (
        "two please",
        "without",
        "just milk",
        "never touch the stuff",
    ),
    "Is there parking at the site?": (
        "no parking whatsoever",
        "plenty",
        "there's parking behind the church",
        "yes in the yard but not for trucks",
    ),
    "Are you the owner?": (
        "my father is",
        "I'm the tenant",
        "the owner is my wife",
        "co-owner",
    ),
    "Have you paid the deposit?": (
        "not yet paid",
        "I will",
        "I'm going to pay it tomorrow",
        "paid",
    ),
    "Can you be at home between 8 and 12?": (
        "can't be home before ten",
        "ten would be better",
        "No earlier than nine",
        "I can be at home from nine",
    ),
    "Does the roof leak?": (
        "it leaks when it rains from the west",
        "like a sieve",
        "not a drop",
        "no it does",
    ),
    "Would you like gravy?": (
        "who says no to gravy",
        "lots please",
        "on the side please",
        "Yes, no gravy please",
        "no gravy, yes to the peas",
        "right you are",
        "not half",
        "hm",
        "?",
        "what gravy?",
        "does the pope wear a hat?",
        "I never say no",
        "my wife says no",
        "the doctor says no",
    ),
    "Is the patient pregnant?": (
        "she was last year",
        "in her fifth month",
        "she could be",
        "wouldn't that be something",
    ),
    "Shall I cancel your appointment?": (
        "leave it as it is",
        "cancel",
        "if you must",
        "you'd better",
        "OK, when is the next one free?",
    ),
    "Do you want us to sharpen the skates?": (
        "sharp as a knife please",
        "they were sharpened last week",
        "both pairs",
        "mine yes, hers no",
    ),
    "Is your passport valid for six more months?": (
        "valid till 2031",
        "I've to look",
        "expires in July",
    ),
    "May we use the photo of your garden?": (
        "only without my name",
        "I object",
        "not with my face in it",
    ),
    "Did you find everything?": (
        "everything",
        "almost",
        "we found nothing",
    ),
    "Has the fridge been defrosted?": (
        "it has been",
        "it was, yesterday",
        "I do it tonight",
    ),
    "Are you bringing your own towels?": ("we'd like to hire some",),
    "Do you have a fever?": (
        "39.2 this morning",
        "I don't have a cough",
        "a bit",
        "I had",
        "don't think so",
        "no fever, but I feel hot, so maybe",
    ),
    "Any allergies?": (
        "nuts",
        "not to my knowledge",
    ),
    "Anything else?": ("that's all",),
    "Do you accept the terms?": ("which terms?",),
    "Will it rain on the wedding?": ("God willing not",),
    "Is the pool heated?": (
        "it's freezing",
        "unheated",
    ),
    "Is this correct?": ("incorrect",),
    "Is the blood test negative?": ("negative",),
    "Do you need help carrying it up?": (
        "we can carry it ourselves",
        "I can't carry it",
        "we can carry it",
    ),
    "Is there a lift?": ("the kitchen yes, the bath no",),
    "Do you need the long ladder?": ("the doctor says no",),
}
QUESTIONS = sorted({*YES, *NO, *OPEN})


def says(ask: str, text: object) -> bool | None:
    got = resolve_yes_no(Slot("answer", "yes_no", ask=ask), text)
    return got.value if isinstance(got, Resolved) else None


@pytest.mark.parametrize(("table", "value"), [(YES, True), (NO, False), (OPEN, None)], ids=["yes", "no", "open"])
def test_phrases(table: dict[str, tuple[str, ...]], value: bool | None) -> None:
    wrong = [(ask, text) for ask, texts in table.items() for text in texts if says(ask, text) is not value]
    assert not wrong


def test_plain_values_pass_through() -> None:
    for ask in ("Do you need a ladder?", "Don't you need a ladder?"):
        assert [says(ask, text) for text in (True, False, "true", "FALSE")] == [True, False, True, False]
    assert says("Do you need a ladder?", "no") is False
    assert says("Don't you need a ladder?", "no") is None


PLAIN = [ask for ask in QUESTIONS if not ask.startswith(("Do you mind", "Don't"))]
AGREES = ("yes", "Yes please", "yep", "of course", "Absolutely!", "oh yes", "y3s")
REFUSES = ("no", "No thanks", "nope", "not at all", "certainly not", "God, no", "n0pe")
DOUBTS = ("maybe", "I don't know yet", "it depends", "not sure", "I'd have to ask my wife", "if it is free")


@given(st.sampled_from(PLAIN), st.sampled_from(AGREES), st.sampled_from(REFUSES), st.sampled_from((". ", ", ", "! ")))
def test_yes_and_no_together_are_asked_back(ask: str, yes: str, no: str, joint: str) -> None:
    assert says(ask, yes) is True
    assert says(ask, no) is False
    assert says(ask, f"{yes}{joint}{no}") is None
    assert says(ask, f"{no}{joint}{yes}") is None


@given(st.sampled_from(PLAIN), st.sampled_from(AGREES), st.sampled_from(REFUSES), st.sampled_from(("wait", "I mean")))
def test_a_correction_leaves_what_follows_it(ask: str, yes: str, no: str, mark: str) -> None:
    assert says(ask, f"{yes}. {mark}, {no}") is False
    assert says(ask, f"{no}. {mark}, {yes}") is True


@given(st.sampled_from(QUESTIONS), st.sampled_from((*AGREES, *REFUSES)), st.sampled_from(DOUBTS))
def test_a_doubt_leaves_it_open(ask: str, said: str, doubt: str) -> None:
    assert says(ask, f"{said}, {doubt}") is None
    assert says(ask, f"{doubt}. {said}") is None


TEXTS = st.one_of(
    st.text(), st.lists(st.sampled_from((*AGREES, *REFUSES, *DOUBTS, "go on", "?", ",", "but"))).map(" ".join)
)


@given(st.one_of(st.text(), st.sampled_from(QUESTIONS)), st.one_of(TEXTS, st.none(), st.integers(), st.floats()))
def test_no_text_raises(ask: str, text: object) -> None:
    slot = Slot("answer", "yes_no", ask=ask)
    assert isinstance(resolve_yes_no(slot, text), Resolved | Unresolved)
    read, found = yes_no_found(slot, str(text))
    assert all(0 <= one.begin <= one.end <= len(read) for one in found)


CHOICES: dict[tuple[str, str], dict[str, str | None]] = {
    ("Which membership?", "basic,plus,premium"): {
        "plus please": "plus",
        "premium, no wait, basic": "basic",
        "not basic, not plus": None,
        "not premium": None,
        "How much is premium?": None,
        "can I have premium?": "premium",
        "premium if it's under 30 euros": None,
        "basic if that's ok": "basic",
        "maybe plus": None,
        "What about plus?": "plus",
        "plus or premium": None,
        "plus or whatever is cheaper": None,
        "premuim": "premium",
        "nothing but premium": "premium",
        "anything but premium": None,
        "I had basic last year, now plus": "plus",
        "I'd rather take plus than basic": "plus",
        "basic is too little, so plus": "plus",
    },
    ("Which board thickness?", "8 mm,12 mm,18 mm"): {
        "eight millimetres": None,
        "eight mm please": "8 mm",
        "the 12": "12 mm",
        "the eighteen one": "18 mm",
        "14 mm": None,
        "12 sheets please": None,
        "18mm": "18 mm",
        "1.8 mm": None,
    },
    ("Which roof tile?", "matt red,matt black,glossy red"): {
        "the red one": None,
        "the gloss": "glossy red",
        "black please": "matt black",
        "matt": None,
        "the matt one or black": None,
        "my car is black": None,
        "not the black one": None,
    },
    ("Collection or delivery?", "collection,delivery"): {
        "deliver it please": "delivery",
        "have it delivered": "delivery",
        "no delivery, thanks": "collection",
        "I don't need delivery": "collection",
        "not delivery if it costs extra": None,
        "neither delivery nor collection": None,
        "no delivery came last time": None,
        "I've never had a delivery": None,
        "collection? no, delivery": "delivery",
        "Is delivery free?": None,
        "Not delivery, I'm never in. Collection.": "collection",
        "anything but delivery": "collection",
        "delivery only": "delivery",
    },
    ("Which service?", "oil change,brake check,full inspection"): {
        "the brakes please": "brake check",
        "the oil one": "oil change",
        "full please": "full inspection",
        "the full inspection, if possible": "full inspection",
        "my brakes squeal and it loses oil": None,
        "I changed the oil myself, only the brake check": "brake check",
        "check it": None,
    },
    ("Which grave?", "single grave,double grave"): {
        "a double": "double grave",
        "double": "double grave",
        "the single one is fine": "single grave",
        "a grave": None,
    },
    ("Which train class?", "first,second"): {
        "second class": "second",
        "2nd": None,
        "first I need to ask my wife": None,
    },
    ("How shall we travel?", "coach,train,plane"): {
        "at my place": None,
        "I have training until six": None,
        "by tren": None,
        "plane? never again": None,
        "the train is cancelled so the coach": "coach",
        "the planes are too late": None,
        "rather train than plane": "train",
    },
    ("Which language?", "Français,Español,Türkçe"): {
        "francais": "Français",
        "espanol por favor": "Español",
        "turkce": "Türkçe",
    },
    ("Which cut?", "men's cut,women's cut,children's cut"): {
        "mens": "men's cut",
        "the children's one": "children's cut",
        "a womens cut": "women's cut",
        "I have two children": None,
        "a cut": None,
    },
    ("Which colour?", "dark blue,dark green,yellow"): {
        "dark or yellow": None,
        "the green": "dark green",
        "not the dark ones": None,
        "yellow, not the dark one": "yellow",
        "light blue": None,
    },
    ("Sunny or shady plot?", "sunny,shady"): {
        "a bit of sun please": None,
        "the sunny one": "sunny",
        "the shade": "shady",
        "not too sunny": None,
        "don't mind": None,
        "we can't stand shady": "sunny",
        "not shady, not sunny": None,
        "not shady unless it's cheaper": None,
    },
    ("Which crust?", "thin,thick,stuffed"): {
        "make it thick": "thick",
        "thin, oh wait, stuffed": "stuffed",
        "thick as a brick": "thick",
        "not thin but not too thick": None,
        "no thin no thick": None,
    },
    ("Which frame?", "steel,aluminium,carbon"): {
        "aluminum": "aluminium",
        "alu": None,
        "steal": "steel",
        "carbon is out of my budget": None,
        "carbon would be nice but I'll take steel": "steel",
        "steel then, carbon is too dear": "steel",
        "I had steel all my life": None,
        "what is better, steel or carbon?": None,
        "steel or carbon, carbon I think": None,
    },
    ("Which slot?", "early morning,late morning,evening"): {
        "morning": None,
        "late morning": "late morning",
        "the early one": "early morning",
        "late": "late morning",
        "I'll be late": None,
        "evenings only": "evening",
        "even later": None,
    },
    ("Which pack?", "pack of 6,pack of 12,pack of 24"): {
        "a dozen": None,
        "twelve": "pack of 12",
        "twenty four": None,
        "the six pack": "pack of 6",
        "12 or 24": None,
        "not the 24, 12": "pack of 12",
        "a pack": None,
        "16": None,
    },
    ("Which milk?", "whole milk,oat milk,no milk"): {
        "no milk": "no milk",
        "oat": "oat milk",
        "oats please": "oat milk",
        "without milk": None,
        "not oat milk": None,
        "the whole thing": None,
        "milk": None,
        "no oat milk please": None,
    },
    ("Which lane?", "slow,medium,fast"): {
        "as fast as possible": "fast",
        "not so fast": None,
        "is the slow one full?": None,
        "I'm slow": "slow",
        "is medium ok?": None,
        "medium?": "medium",
        "medium to fast": None,
        "between slow and medium": None,
        "slow and medium": None,
        "breakfast": None,
    },
    ("Smoking or non-smoking?", "smoking,non-smoking"): {
        "non smoking": "non-smoking",
        "nonsmoking": "non-smoking",
        "no smoking": "non-smoking",
        "I don't smoke": None,
        "smoke": None,
    },
}


def chosen(slot: Slot, text: object) -> str | None:
    got = resolve_choice(slot, text)
    return got.value if isinstance(got, Resolved) else None


def choice(ask: str, names: str) -> Slot:
    return Slot("kind", "choice", ask=ask, choices=dict.fromkeys(names.split(","), ()))


def test_phrases_of_choices() -> None:
    wrong = [
        (text, value, got)
        for (ask, names), texts in CHOICES.items()
        for text, value in texts.items()
        if (got := chosen(choice(ask, names), text)) != value
    ]
    assert not wrong


def test_a_project_has_its_own_words() -> None:
    slot = Slot("shipping", "choice", choices={"standard": ("normal", "regular mail"), "express": ("fast lane",)})
    assert chosen(slot, "the normal one, no hurry") == "standard"
    assert chosen(slot, "regular please") == "standard"
    assert chosen(slot, "not the normal one, thanks") == "express"


def test_another_persons_choice_is_not_yours() -> None:
    slot = choice("Which ski group should you be in?", "beginner,intermediate,advanced")
    assert chosen(slot, "my wife she is advanced") is None
    assert chosen(slot, "I am advanced") == "advanced"


SLOTS = [choice(ask, names) for ask, names in CHOICES if not names.startswith(("smoking", "pack", "whole"))]
FRAMES = ("{}", "{} please", "I'd like the {}", "Well, {}, thanks", "{}!", "make it {}", "so {} then")


@given(st.sampled_from(SLOTS), st.data(), st.sampled_from(FRAMES))
def test_one_choice_that_is_named_is_read(slot: Slot, data: st.DataObject, frame: str) -> None:
    name = data.draw(st.sampled_from(sorted(slot.choices)))
    assert chosen(slot, frame.format(name)) == name
    assert chosen(slot, frame.format(name.upper())) == name


@given(st.sampled_from(SLOTS), st.data(), st.sampled_from(FRAMES))
def test_two_choices_joined_by_or_are_asked_back(slot: Slot, data: st.DataObject, frame: str) -> None:
    one, other = data.draw(st.permutations(sorted(slot.choices)))[:2]
    assert chosen(slot, frame.format(f"{one} or {other}")) is None


@given(st.sampled_from(SLOTS), st.data())
def test_a_choice_is_corrected_and_refused(slot: Slot, data: st.DataObject) -> None:
    one, other = data.draw(st.permutations(sorted(slot.choices)))[:2]
    assert chosen(slot, f"{one}, no wait, {other}") == other
    assert chosen(slot, f"not {one}, {other}") == other
    refused = chosen(slot, f"not the {one} please")
    assert refused == (other if len(slot.choices) == 2 else None)


@given(st.sampled_from(SLOTS), st.one_of(st.text(), st.none(), st.integers(), st.booleans()))
def test_no_text_raises_for_a_choice(slot: Slot, text: object) -> None:
    assert isinstance(resolve_choice(slot, text), Resolved | Unresolved)
    read, found = choices_found(slot, str(text))
    assert all(0 <= one.begin < one.end <= len(read) for one in found)
