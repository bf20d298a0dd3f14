"""Telephone numbers and mail addresses: laws that hold for any of them, and tables of what people say."""

from __future__ import annotations

import re
from itertools import pairwise

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from demeanor.agent.slots.emails import cut_email, emails, resolve_email
from demeanor.agent.slots.phones import cut_phone, phones, resolve_phone
from demeanor.agent.slots.types import Resolved, Slot, Unresolved

WORDS = ["zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine"]
EMAIL = Slot("email", "email")


def phone(text: object, country: str = "DE") -> str | None:
    got = resolve_phone(Slot("phone", "phone", country=country), text)
    return got.value if isinstance(got, Resolved) else None


def email(text: object) -> str | None:
    got = resolve_email(EMAIL, text)
    return got.value if isinstance(got, Resolved) else None


@st.composite
def national(draw: st.DrawFn) -> tuple[str, str, str]:
    """(country, digits as dialled there, E.164)."""
    country, prefix, heads, rest = draw(
        st.sampled_from(
            [
                ("DE", "0", ["170", "151"], {"170": 7, "151": 8}),
                ("DE", "0", ["30", "221"], {"30": 7, "221": 7}),
                ("GB", "0", ["1632 960", "7700 900"], {"1632 960": 3, "7700 900": 3}),
                ("US", "", ["617555", "212555"], {"617555": 4, "212555": 4}),
            ]
        )
    )
    head = draw(st.sampled_from(heads))
    figures = draw(st.text("23456789", min_size=1, max_size=1)) + draw(
        st.text("0123456789", min_size=rest[head] - 1, max_size=rest[head] - 1)
    )
    whole = head.replace(" ", "") + figures
    return country, prefix + whole, {"DE": "+49", "GB": "+44", "US": "+1"}[country] + whole


@st.composite
def grouped(draw: st.DrawFn, digits: str) -> str:
    """Digits with a sign or a space after any of them."""
    signs = st.sampled_from(["", "", "", " ", "-", "/", ".", " - "])
    return "".join(digit + draw(signs) for digit in digits[:-1]) + digits[-1]


DATE = re.compile(r"\b[0-9]{1,2}([./-])[0-9]{1,2}\1[0-9]{4}\b")  # 03-02-1948 is a day, whatever follows


@settings(max_examples=150, deadline=None)
@given(st.data())
def test_any_number_in_any_grouping_reads_back(data: st.DataObject) -> None:
    country, dialled, value = data.draw(national())
    for digits, plus in ((dialled, ""), (value[1:], "+"), (value[1:], "00" if country != "US" else "011")):
        text = plus + data.draw(grouped(digits))
        assume(not DATE.search(text))
        assert phone(f"it's {text}", country) == value, text


@settings(max_examples=150, deadline=None)
@given(st.data())
def test_any_number_spoken_digit_by_digit_reads_back(data: st.DataObject) -> None:
    country, dialled, value = data.draw(national())
    pause = data.draw(st.sampled_from([" ", ", ", " ... ", " then "]))
    spoken = [WORDS[int(digit)] for digit in dialled]
    spoken = [data.draw(st.sampled_from(["oh", "zero", "null", "nought"])) if w == "zero" else w for w in spoken]
    assert phone(f"my number is {pause.join(spoken)}, thanks", country) == value
    doubled = " ".join(spoken)
    for word in {"five", "zero", "nine", "oh"}:
        doubled = doubled.replace(f"{word} {word}", f"double {word}")
    assert phone(doubled, country) == value


@settings(max_examples=100, deadline=None)
@given(national())
def test_a_number_reads_back_and_is_cut(number: tuple[str, str, str]) -> None:
    country, dialled, value = number
    for told in (dialled, value):
        assert phone(told, country) == value
        assert cut_phone(value, f"so {told} it is") == "so it is"
    assert cut_phone(value, "so 0171 5559999 it is") in ("so 0171 5559999 it is", "so it is")


NAME = st.from_regex(r"[b-hj-z][a-z]{2,7}[0-9]{0,2}", fullmatch=True).filter(
    lambda word: word not in {"dot", "plus", "dash", "minus", "point", "punkt", "period", "hyphen", "double", "triple"}
)
SIGN = st.sampled_from([(".", "dot"), ("_", "underscore"), ("-", "dash"), ("-", "minus"), ("+", "plus")])
DOMAIN = st.sampled_from(["example.org", "example.co.uk", "my-firm.example", "mail.example.net"])


@settings(max_examples=200, deadline=None)
@given(NAME, SIGN, NAME, DOMAIN)
def test_any_address_reads_back_written_and_spoken(first: str, sign: tuple[str, str], last: str, domain: str) -> None:
    address = f"{first}{sign[0]}{last}@{domain}"
    said = f"{first} {sign[1]} {last} at {domain.replace('.', ' dot ').replace('-', ' dash ')}"
    local = f"{first}{sign[0]}{last}"
    for text in (address, said, said.title(), f"{local} (at) {domain}", f"{local} at {domain}"):
        assert email(text) == address, text
        assert email(f"you can use {text}, thanks") == address, text
        assert cut_email(address, f"so {text}, right?") == "so , right?"


@settings(max_examples=100, deadline=None)
@given(st.from_regex(r"[b-hj-z]{3,7}", fullmatch=True))
def test_an_address_spelled_reads_back(name: str) -> None:
    assert email(f"{'-'.join(name.upper())} at example dot org") == f"{name}@example.org"
    assert email(f"{' '.join(name)} at example dot org") == f"{name}@example.org"


PARTS = (
    "0170 5550123 +49 00 oh double triple five fives hundred twenty no sorry or , . - / ( ) @ at dot jo "
    "example.org the end minus plus one word all İ ß ٣ order number \n 12.06.2026"
)
PIECES = st.lists(st.sampled_from(PARTS.split(" ")), max_size=40).map(" ".join)


@settings(max_examples=300, deadline=None)
@given(st.one_of(st.text(), PIECES), st.sampled_from(["", "DE", "GB", "US", "XX", "de", "IT", "001"]))
def test_no_text_raises_and_positions_are_in_the_form(text: str, country: str) -> None:
    slot = Slot("contact", "phone", country=country)
    for read in (phones, emails):
        form, found = read(slot, text)
        assert all(0 <= one.begin < one.end <= len(form) for one in found)
        assert all(one.end <= other.begin for one, other in pairwise(found))
    for resolve in (resolve_phone, resolve_email):
        assert isinstance(resolve(slot, text), Resolved | Unresolved)
    cut_phone("+491705550123", text)
    cut_email("jo@example.org", text)


@pytest.mark.parametrize("given_object", [None, 5, 1705550123, [], {"a": 1}, b"0170"])
def test_what_is_no_text_does_not_raise(given_object: object) -> None:
    phone(given_object)
    email(given_object)


ONE = "+491705550123"
PHONES = [
    ("0170 / 555 01 23", ONE),
    ("(0170) 555-0123", ONE),
    ("+49 (0)170 5550123", ONE),
    ("tel:+49-170-5550123", ONE),
    ("plus four nine, one seven oh, triple five, oh one two three", ONE),
    ("0170, then three fives, 01 23", ONE),
    ("49 170 5550123", ONE),
    ("0170 5550123, 2 people, 8 pm", ONE),
    ("0170 5550123 for 2 people at 8", ONE),
    ("room 12, 0170 5550123", ONE),
    ("order 4421077, phone 0170 5550123", ONE),
    ("call me tomorrow 09.06.2026 at 14:30 on 0170 5550123", ONE),
    ("0170-5550123, booked for 08.06., 19 h", ONE),
    ("0170 5550123, I'm free between 9 and 5", ONE),
    ("sorry for the delay, 0170 5550123", ONE),
    ("0170 5550124, no, sorry, 0170 5550123", ONE),
    ("0170 5550132 is wrong, it's 0170 5550123", ONE),
    ("not 0171 5550124, that's my ex's, use 0170 5550123", ONE),
    ("0170 5550123, again: 0170 555 01 23", ONE),
    ("Mobil: 0170-5550123, Fax: 030-5558141", ONE),
    ("0170 5550123, my wife's 0171 5550124 is switched off", ONE),
    ("030 5558140 2 adults 1 child", "+49305558140"),
    # Invented numbers, a digit short of the real range, where they stand alone.
    ("0152 5550167, thanks", "+491525550167"),
    ("it's +49 152 5550167 for 2 people", "+491525550167"),
    ("oh one five two, triple five, oh one six seven", "+491525550167"),
    ("0152 5550167, no, 0152 5550168", "+491525550168"),
    ("0170 5550124, sorry, 125 at the end", "+491705550125"),
    ("it was 0170 5550124, now it's the same but with 31 at the end", "+491705550131"),
    ("0170 5550124, no, ends in 23", ONE),
    ("017O 555 O123, the zero key is broken", ONE),
    ("030 5558123, the extension is included, it's the 123 at the end", "+49305558123"),
    ("030 5558140, then press extension 12", "+49305558140"),
    ("oh one seven oh. Got it? Five five five. Oh one two three", ONE),
    ("my licence is number 882134, my mobile 0170 5550123", ONE),
    ("0170 5550123 xx", ONE),
    ("my British SIM, 07700 900339", "+447700900339"),
    ("in Vienna: 01 555 3064", "+4315553064"),
    ("I'm in Vienna, my mobile is 0170 5550123", ONE),
    ("my US number is 0170 5550123", None),
    ("0170 555012", None),
    # In part corrected, incomplete, or more than one: asked back.
    ("0170 5550124... no, 0125", None),
    ("0170 5550124, the last digit is a five", None),
    ("0170 5550123 but with a 4 instead of the 3", None),
    ("0170 5550123, I mean 32 not 23", None),
    ("0170 5550123 minus the last digit", None),
    ("same number as my sister except a 4 at the end, hers is 0170 5550123", None),
    ("ends in 0123", None),
    ("the 0170 one, I don't remember the rest", None),
    ("0170 555 01 and then I forgot", None),
    ("0170 5550123 ext 12", None),
    ("my old number was 0170 5550123", None),
    ("my landline is 030 5558140 and my mobile is 0170 5550123", None),
    ("0170 5550123 until 8 pm, after that 030 5558140", None),
    ("0170 5550123 and if I don't pick up 0171 5550124", None),
    ("for the delivery 0170 5550123, for the invoice 030 5558140", None),
    ("0170 5550123 or 0171 5550124", None),
    ("maybe 0170 5550123", None),
    ("0152 5550167, the last digit is missing", None),
    ("0152 5550167 and something", None),
    ("0152 55501", None),
    ("order 0152 5550167", None),
    ("oh one seventy five fifty five oh one twenty three", None),
    ("0170 5550123 was my number", None),
    ("0170 5550123? no 0171 5550124", "+491715550124"),
    ("5550123", None),
    ("my iban is DE89 3704 0044 0532 0130 00", None),
    ("see you on 12.06.2026 at 19:30", None),
]


@pytest.mark.parametrize(("text", "value"), PHONES)
def test_phones_as_people_give_them(text: str, value: str | None) -> None:
    assert phone(text) == value


@pytest.mark.parametrize(
    ("country", "text", "value"),
    [
        ("", "0170 5550123", None),
        ("", "+49 170 5550123", ONE),
        ("", "0049 170 5550123", ONE),
        ("GB", "oh seven seven double oh, nine hundred, one six four", "+447700900164"),
        ("GB", "01632 960 123 mate", "+441632960123"),
        ("GB", "7700 900164", None),
        ("US", "1-617-555-0142", "+16175550142"),
        ("US", "555-0142", None),
        ("US", "eight hundred five five five oh one nine nine", "+18005550199"),
        ("FR", "06 39 98 01 23", "+33639980123"),
        ("AT", "0664 5550123", "+436645550123"),
    ],
)
def test_phones_of_a_country(country: str, text: str, value: str | None) -> None:
    assert phone(text, country) == value


EMAILS = [
    ("Jo.Burns@Example.ORG", "Jo.Burns@example.org"),
    ("JO DOT BURNS AT EXAMPLE DOT ORG", "jo.burns@example.org"),
    ("jo [at] example [dot] org", "jo@example.org"),
    ("kim(dot)lee(at)example(dot)org", "kim.lee@example.org"),
    ("jo burns at example dot org, all one word", "joburns@example.org"),
    ("it's joburns, all one word, all lower case, at example dot org", "joburns@example.org"),
    ("j as in juliet, o as in oscar at example dot org", "jo@example.org"),
    ("K I M dot L double E at example dot org", "kim.lee@example.org"),
    ("jo dot burns 99 at example dot org", "jo.burns99@example.org"),
    ("info at example hyphen hotel dot de please", "info@example-hotel.de"),
    ("mailto:jo@example.org", "jo@example.org"),
    ("<jo@example.org>.", "jo@example.org"),
    ("wait@example.org", "wait@example.org"),
    ("reach me at jo@example.org please", "jo@example.org"),
    ("jo@example.org, not jo@example.com", "jo@example.org"),
    ("my old one jo@example.com is dead, write to jo@example.org", "jo@example.org"),
    ("jo@example.com is no longer valid. jo@example.org", "jo@example.org"),
    ("jo@example.org, sorry for the typo earlier", "jo@example.org"),
    ("write me at kim dot lee at example dot org", "kim.lee@example.org"),
    ("kim, dot, lee, at example dot org", "kim.lee@example.org"),
    ("it's kim, then a dash, then lee, at example dot org", "kim-lee@example.org"),
    ("K. I. M. Dot. L. At. Example. Dot. Org.", "kim.l@example.org"),
    ("jo dot kim, k i m, at example dot org", "jo.kim@example.org"),
    ("marc with a c, dot, lee, at example dot org", "marc.lee@example.org"),
    ("I'm Ines Fox, it's first name dot last name at example dot org", "ines.fox@example.org"),
    ("jo at example com, with a dot before com", "jo@example.com"),
    ("four two at example dot org, just the digits", "42@example.org"),
    ("jo@example.org, sorry, .com", "jo@example.com"),
    ("JO.BURNS@EXAMPLE.ORG", "jo.burns@example.org"),
    ("Jo@example.org with a small j", "jo@example.org"),
    ("n0ra@example.org with a zero. I mean it!", "n0ra@example.org"),
    ("lena vogt@example.org", None),
    ("Lena Vogt lena.vogt@example.org", "lena.vogt@example.org"),
    ("m@m@example.com", None),
    ("just @example.com", None),
    ("first name dot last name at example dot org", None),
    ("jo burns at example dot org", None),
    ("anna, with two n, at example dot org", None),
    ("jo, burns at example dot org", None),
    ("kim, then seven, at example dot org", None),
    ("jo underscore burns, no, dash burns, at example dot org", None),
    ("jo dot burns at example dot org, sorry, burnes", None),
    ("jo dot burns at example dot org but not sure about the dot", None),
    ("jo dot burnes at example dot org, without the e", None),
    ("jo@example.org or jo.b@example.org", None),
    ("private jo@example.org, work jo@firm.example", None),
    ("jo@example.org; if it bounces lee@example.org", None),
    ("you can reach me at example.org", None),
    ("I work at google dot com", None),
    ("jo at my company dot com", None),
    ("anything @example.org", None),
    ("jo dot burns at gmail", None),
    ("jo@localhost", None),
    ("jo..b@example.org", None),
]


@pytest.mark.parametrize(("text", "value"), EMAILS)
def test_emails_as_people_give_them(text: str, value: str | None) -> None:
    assert email(text) == value


def test_what_is_asked_back_says_what_is_allowed() -> None:
    slot = Slot("contact_phone", "phone", country="DE")
    two = resolve_phone(slot, "0170 5550123 is me, 0171 5550124 is my wife")
    assert isinstance(two, Unresolved)
    assert ONE in two.reason
    none = resolve_email(EMAIL, "I have none")
    assert isinstance(none, Unresolved)
    assert "name@example.org" in none.reason
