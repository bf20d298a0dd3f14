"""Names of persons and street addresses: tables of phrases, and laws on generated ones."""

from __future__ import annotations

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from demeanor.agent.slots.addresses import resolve_address
from demeanor.agent.slots.names import COMMON, resolve_name
from demeanor.agent.slots.types import Resolved, Slot
from demeanor.text import key, plain, words

NAME, ADDRESS = Slot("guest_name", "name"), Slot("address", "address")


def _name(text: object) -> object:
    got = resolve_name(NAME, text)
    return got.value if isinstance(got, Resolved) else None


def _address(text: object, slot: Slot = ADDRESS) -> object:
    got = resolve_address(slot, text)
    return got.value if isinstance(got, Resolved) else None


@pytest.mark.parametrize(
    ("said", "meant"),
    [
        ("Hello there, this is Ngozi Adeyemi-Clarke calling about my order", "Ngozi Adeyemi-Clarke"),
        ("Yeah hi, Siobhán O’Rourke speaking", "Siobhán O'Rourke"),
        ("put my wife down please, Ines Fox", "Ines Fox"),
        ("I'm Tom Fox but put it under Ines Fox", "Ines Fox"),
        ("It's Tom Baker, no sorry, Tim Baker", "Tim Baker"),
        ("Not under Smith, under Jones", "Jones"),
        ("not Smith but Jones", "Jones"),
        ("My maiden name was Weber, now it's Krause", "Krause"),
        ("I'm Svenja Albers, formerly Krüger", "Svenja Albers"),
        ("first name Chidi, surname Okafor", "Chidi Okafor"),
        ("Lina, and the surname is Braun", "Lina Braun"),
        ("I am Mr Wang Lei, family name Wang", "Wang Lei"),
        ("It's Lena again, Lena Voss from the bakery", "Lena Voss"),
        ("Rossi. R, O, double S, I. Luca Rossi.", "Luca Rossi"),
        ("the name's Bond, James Bond", "James Bond"),
        ("Pat Murphy, as in the postman", "Pat Murphy"),
        ("Cohen with a C", "Cohen"),
        ("the neighbour, Frau Lindqvist", "Lindqvist"),
        ("I'm Dr Yusuf Demir from the clinic", "Yusuf Demir"),
        ("my wife, ines fox", "Ines Fox"),
        ("vikram seth here", "Vikram Seth"),
        ("Thanks Mia, it's Tom Fox", "Tom Fox"),
        ("My mother is called Hannelore Brandt but the booking is under Tim Brandt", "Tim Brandt"),
        ("my name is anna berg and my number is 0170", "Anna Berg"),
        ("My name is Will Young", "Will Young"),
        ("J.R.R. Tolkien", "J.R.R. Tolkien"),
        ("In Soo Kim", "In Soo Kim"),
        ("María José Fernández de la Vega", "María José Fernández de la Vega"),
        ("ANNA BERG PLEASE", "Anna Berg"),
        ("王伟", "王伟"),
        ("My name is प्रिया शर्मा", "प्रिया शर्मा"),
        ("Mr", None),
        ("two of us, Ida Beck or Rasmus Beck", None),
        ("I'm Tom Fox and my wife Ines Fox will collect it", None),
        ("the driver is Tom Fox and I'm Gesa Kowalski", None),
        ("The invoice goes to Krause, but I'm Weber", None),
        ("Anna Berg. Sorry, Bergk.", None),
        ("Okafor, Chidi", None),
        ("two names: Lena Voss, Ole Voss", None),
        ("the doorbell says Yilmaz but I'm called Schmidt", None),
        ("Tom and Ines Fox", None),
        ("maybe Tom Fox", None),
        ("It might be under Hofer", None),
        ("my dog's name is Bella", None),
        ("The tortoise is called Bella", None),
        ("our company is called Lindner GmbH", None),
        ("my wife is pregnant", None),
        ("my wife loves it", None),
        ("in my husband's name", None),
        ("Anna's", None),
        ("Hello Mia", None),
        ("Thank You", None),
        ("Next Friday", None),
        ("In April", None),
        ("I'm from New York City", None),
        ("my company is Lindner Bau", None),
        ("I'm really annoyed", None),
        ("WHY DO YOU NEED THAT", None),
        ("its urgent", None),
        ("book it for Friday", None),
        ("Table 5", None),
        ("Can I speak to Anna Berg?", None),
        ("None of your business", None),
        ("Pardon?", None),
        ("не знаю", None),
        (None, None),
    ],
)
def test_names_are_found_where_they_are_introduced(said: object, meant: str | None) -> None:
    assert _name(said if said is not None else "") == meant


@pytest.mark.parametrize(
    ("ask", "said", "meant"),
    [
        ("Your full name?", "it's Sarah", None),
        ("Your first and last name?", "It's Mr. Delacroix", None),
        ("Your surname?", "It's Mr. Delacroix", "Delacroix"),
        ("Your full name?", "K. Lindner", None),
        ("Your full name?", "I only have the one name, Wulandari", "Wulandari"),
        ("Your full name?", "BERG, ANNA", "Anna Berg"),
        ("Your full name?", "my boss is Mr Falkenrath and I'm Ines Fox", "Ines Fox"),
        ("What name should the table be under?", "I'm Tom Fox, my boss, Ms Berg, would like it under hers", "Berg"),
        ("What is the child's full name?", "she's called Ada Berg, I'm her dad Tom", "Ada Berg"),
        ("Who is the contact on site?", "Ada King will be there, I'm her assistant, Hope Price", "Ada King"),
        ("Whose name is it?", "not my husband, that's Tom Fox. Use mine, Ines Fox", "Ines Fox"),
        ("Your name as in the passport?", "They call me Kit Ash, but in the passport I'm Chris Ash", "Chris Ash"),
        ("Name?", "Prof. Dr. Henning Graf", "Henning Graf"),
        ("Name?", "it's for Mr and Mrs Lindgren", "Lindgren"),
        ("Name?", "we're the Finch party", "Finch"),
        ("Name?", "put it under o keefe, o apostrophe k double e f e", "O'Keefe"),
        ("Name?", "Anni Mayer, no wait, you'll write it the wrong way. M e i e r", "Anni Meier"),
        ("Name?", "Petersen. Spelled P e t e r s o n.", None),
        ("Name?", "S-Z-A-B-O and the first name is Vendel", "Vendel Szabo"),
        ("Name?", "Dziedzic, first name's Marek", "Marek Dziedzic"),
        ("Name?", "initials a dot b dot, then the surname, castellano", "A. B. Castellano"),
        ("Name?", "uli kramer but with an umlaut, so krämer", "Uli Krämer"),
        ("Name?", "Szcz... ah forget it", None),
        ("Name?", "soy la señora Beatriz Olmedilla", "Beatriz Olmedilla"),
    ],
)
def test_the_question_says_whose_name_is_meant_and_how_much_of_it(ask: str, said: str, meant: str | None) -> None:
    got = resolve_name(Slot("guest_name", "name", ask=ask), said)
    assert (got.value if isinstance(got, Resolved) else None) == meant


@pytest.mark.parametrize(
    ("said", "meant"),
    [
        ("22 Orchard Road, Leeds", "22 Orchard Road, Leeds"),
        ("221B Baker Street, London NW1 6XE", "221B Baker Street, London NW1 6XE"),
        ("it's 4 high street, bath", "4 High Street, Bath"),
        ("12 rue de Rivoli, 75001 Paris", "12 rue de Rivoli, 75001 Paris"),
        ("Calle de Alcalá 48, 28014 Madrid", "Calle de Alcalá 48, 28014 Madrid"),
        ("bahnhofstr. 5, 80335 münchen please", "Bahnhofstr. 5, 80335 München"),
        ("Hauptstr. 12, 60311 Frankfurt am Main, c/o Lindner", "Hauptstr. 12, 60311 Frankfurt am Main"),
        ("An der Alster 14 in Hamburg, it's the white one", "An der Alster 14, Hamburg"),
        ("10 Main St, Springfield, IL 62704", "10 Main St, Springfield, IL 62704"),
        ("twenty-one Mill Lane, York", "21 Mill Lane, York"),
        ("It's 17 Castle Street, no sorry, 19 Castle Street, Dundee", "19 Castle Street, Dundee"),
        ("Not Lindenweg 3 but Lindenweg 5, Kassel", "Lindenweg 5, Kassel"),
        ("My old address was Birkenweg 12, Kassel, now it's Lindenweg 4, Fulda", "Lindenweg 4, Fulda"),
        ("ship from 5 Mill Road, Leeds to 9 Park Lane, York", "9 Park Lane, York"),
        ("ringstr 9 in hanau by 5 pm", "Ringstr 9, Hanau"),
        ("Kirchgasse 4, Weimar, no, sorry, 14", None),
        ("Lindenweg 3, Kassel or Eichweg 4, Kassel", None),
        ("Lindenweg 3, Kassel and Eichweg 4, Kassel", None),
        ("the meter is at 5 Market Street, Leeds and the bill goes to 9 Park Lane, York", None),
        ("We moved from Birkenweg 12, Kassel", None),
        ("Wiesenstraße 3", None),
        ("Wiesenstraße 3, Anna Berg", None),
        ("4 Mill Lane, Heworth, York", None),
        ("Theresienstraße 12 or 14, München", None),
        ("the big house on Mill Lane in York", None),
        ("I live in Kiel", None),
        ("somewhere in 34117 Kassel", None),
        ("Room 12, Berlin", None),
        ("Version 3 in Kassel", None),
        ("5 minutes from Castle Street, Dundee", None),
        ("i have 2 kids in my street, london", None),
        ("", None),
    ],
)
def test_addresses_are_a_street_a_number_and_a_town(said: str, meant: str | None) -> None:
    assert _address(said) == meant


@pytest.mark.parametrize(
    ("said", "meant"),
    [
        ("flat 3, 41 tannery row, bristol bs3 5qt", "41 Tannery Row, Flat 3, Bristol BS3 5QT"),
        ("12 rue des Trois Noyers, 3e étage, 69003 Lyon", "12 rue des Trois Noyers, 3e étage, 69003 Lyon"),
        ("Calle del Olivar 5, 2º B, 41003 Sevilla", "Calle del Olivar 5, 2º B, 41003 Sevilla"),
        ("C/ Mayor 12, 28013 Madrid", "C/ Mayor 12, 28013 Madrid"),
        ("ul. Srebrnych Wierzb 7/12, 30-415 Kraków", "ul. Srebrnych Wierzb 7/12, 30-415 Kraków"),
        ("2280 Cottonmill Rd, Apt 4C, Dayton, OH 45402", "2280 Cottonmill Rd, Apt 4C, Dayton, OH 45402"),
        ("12 KESTREL AVENUE, SWINDON SN2 7PL", "12 Kestrel Avenue, Swindon SN2 7PL"),
        ("1420 Maple Crescent, Kingston ON K7L 3N6", "1420 Maple Crescent, Kingston ON K7L 3N6"),
        ("Mlýnská stezka 9, 602 00 Brno", "Mlýnská stezka 9, 602 00 Brno"),
        ("pihlajapolku 5, 33500 tampere", "Pihlajapolku 5, 33500 Tampere"),
        ("4 Kōwhai Terrace, Nelson 7010, ta", "4 Kōwhai Terrace, Nelson 7010"),
        ("14 Sandpiper Way, Herne Bay", "14 Sandpiper Way, Herne Bay"),
        ("at 6 Sixpenny Drove, Luton", "6 Sixpenny Drove, Luton"),
        ("number double two, Bank Gardens, Leicester", "22 Bank Gardens, Leicester"),
        ("Kirschring, number one hundred and twelve, 76185 Karlsruhe", "Kirschring 112, 76185 Karlsruhe"),
        ("Amselweg 5, then nine six zero four nine bamberg", "Amselweg 5, 96049 bamberg"),
        ("Spindelweg 13 in Jena, the postcode's 07743", "Spindelweg 13, 07743 Jena"),
        ("Birkenhain 16, no, sorry, 61, 22359 Hamburg", "Birkenhain 61, 22359 Hamburg"),
        ("I'm at Eibenweg 17, not 19 like the map says, 24105 Kiel", "Eibenweg 17, 24105 Kiel"),
        ("31 b, b as in Berta, and the street is Sandstieg, 23966 Wismar", "Sandstieg 31b, 23966 Wismar"),
        ("Q9, 14, 68161 Mannheim", "Q9, 14, 68161 Mannheim"),
        ("I have 2 Golden Retrievers, Kassel", None),
        ("Neue Str. 4. There's one in Oberfeld", None),
    ],
)
def test_streets_of_many_countries_keep_their_signs(said: str, meant: str | None) -> None:
    assert _address(said) == meant


def test_the_question_says_which_address_and_whether_a_town_is_needed() -> None:
    said = "ship it to 5 Cooper Street, York, but bill it to 88 Mill Road, York"
    assert _address(said, Slot("address", "address", ask="What's the billing address?")) == "88 Mill Road, York"
    assert (
        _address("Lindenweg 23, third floor", Slot("a", "address", ask="Where in town?")) == "Lindenweg 23, third floor"
    )


def test_a_street_alone_is_enough_where_the_examples_are_streets() -> None:
    short = Slot("address", "address", examples=("Birkenweg 12",))
    assert _address("Wiesenstraße 3, please", short) == "Wiesenstraße 3"
    assert _address("to 9 Park Lane", short) == "9 Park Lane"
    assert _address("Wiesenstraße", short) is None


def test_the_start_of_a_movement_is_meant_where_it_is_asked_for() -> None:
    said = "from 5 Mill Road, Leeds to 9 Park Lane, York"
    assert _address(said, Slot("pickup_address", "address")) == "5 Mill Road, Leeds"
    assert _address(said) == "9 Park Lane, York"


# Laws on generated phrases.

FIRST = [
    "Anna",
    "Chidi",
    "Jean-Luc",
    "Siobhán",
    "Ngozi",
    "Þóra",
    "Владимир",
    "D'Arcy",
    "Bjørn",
    "María",
    "Ayşe",
    "Μαρία",
]
SURNAMES = [
    "Berg",
    "O'Neill",
    "Okafor",
    "de Vries",
    "van der Berg",
    "Núñez",
    "Smith-Jones",
    "Петров",
    "Łukasik",
    "Fox",
    "Young",
]
EVERYDAY = [
    "Michael Brown",
    "Can Ozturk",
    "Ludovico dell'Acqua",
    "In Soo Kim",
    "April May",
    "Rose Summer",
    "Bill White",
    "Hope Price",
    "Le Thu Ha",
    "Ada Day",
    "Sander van 't Hof",
    "Nur Aisyah binti Rahman",
]
FULL = st.builds(lambda *parts: " ".join(parts), st.sampled_from(FIRST), st.sampled_from(SURNAMES))
INTRODUCED = [
    "{}", "{}.", "{}, please", "my name is {}", "My name's {}", "I'm {}", "it's {}", "this is {}", "Name: {}",
    "Hi, this is {} speaking", "under {}", "for {}", "in the name of {}", "put {} down", "Put it under {}, please",
    "call me {}", "his name's {}", "my mother, {}", "our caretaker {}", "{} speaking", "{} is my name",
    "It is for my colleague {}", "{}, like the singer", "ok, I am {} and I need it tomorrow", "no, not Meyer, it's {}",
]  # fmt: skip


@given(name=FULL, shape=st.sampled_from(INTRODUCED), apostrophe=st.sampled_from("'’ʼ`"))
def test_a_name_reads_back_in_every_introduction(name: str, shape: str, apostrophe: str) -> None:
    assert _name(shape.format(name.replace("'", apostrophe))) == name


@pytest.mark.parametrize("name", EVERYDAY)
def test_a_name_is_one_whatever_words_it_is_of(name: str) -> None:
    for shape in ("{}", "{}.", "Sure, {}", "Hello, {}!", "I'm {}, nice to meet you", "Put {} on it", "Under {}"):
        assert _name(shape.format(name)) == name


@given(name=st.sampled_from(FIRST), shape=st.sampled_from(["{}", "My name is {}", "it's {}", "Call me {}", "under {}"]))
def test_one_word_is_a_name_where_it_is_introduced(name: str, shape: str) -> None:
    assert _name(shape.format(name)) == name


@given(one=FULL, other=FULL)
def test_two_names_are_asked_back(one: str, other: str) -> None:
    if key(one) != key(other):
        assert _name(f"{one} or {other}") is None
        assert _name(f"under {one} or {other}") is None


@given(words_=st.lists(st.sampled_from(sorted(COMMON)), max_size=8))
def test_everyday_words_are_no_name(words_: list[str]) -> None:
    assert _name(" ".join(words_)) is None
    assert _name(" ".join(words_).title()) is None


STREETS = ["Birkenweg", "Lange Straße", "An der Werft", "Straße des Friedens", "Goethestraße", "Am Alten Hafen"]
LANES = ["Castle Street", "Mill Lane", "Queen's Road", "High Street"]
TOWNS = ["Kassel", "York", "Bad Homburg", "Tübingen", "Newcastle upon Tyne", "Frankfurt am Main", "Celle"]
AROUND = [
    "{}",
    "{}.",
    "It's {}, thanks",
    "to {} please",
    "we live at {}",
    "my address: {}, third floor",
    "{}, by nine o'clock",
]


@given(
    street=st.sampled_from(STREETS),
    lane=st.sampled_from(LANES),
    number=st.integers(1, 999),
    letter=st.sampled_from(["", "a", "B"]),
    code=st.sampled_from(["", "34117 ", "01067 "]),
    town=st.sampled_from(TOWNS),
    around=st.sampled_from(AROUND),
)
def test_an_address_reads_back(
    street: str, lane: str, number: int, letter: str, code: str, town: str, around: str
) -> None:
    for address in (f"{street} {number}{letter}, {code}{town}", f"{number}{letter} {lane}, {town}"):
        assert _address(around.format(address)) == address


CHATTER = [
    "name", "is", "my", "I'm", "Anna", "Berg", "anna", "not", "or", "and", "no,", "sorry,", "under", "for", "12",
    "Mill", "Lane,", "York", "in", "34117", "Kassel", "Birkenweg", "from", "to", "Mr", "Dr.", "d'", "van", "(", "?",
    "S-M-I-T-H", ".", "mother,", "first name", "surname", "4, no, 14", "street", "was", "that", "'s", "-", "St.",
]  # fmt: skip
TEXTS = st.one_of(st.text(max_size=80), st.lists(st.sampled_from(CHATTER), max_size=14).map(" ".join))


@settings(max_examples=500)
@given(text=st.one_of(TEXTS, st.integers(), st.none(), st.floats()))
def test_no_text_raises_and_a_name_stands_in_its_text(text: object) -> None:
    value = _name(text)
    if value is not None:
        given_words = words(plain(str(text))).split()
        assert all(word in given_words or word in "".join(given_words) for word in words(str(value)).split())


@settings(max_examples=500)
@given(text=st.one_of(TEXTS, st.integers(), st.none(), st.floats()))
def test_no_text_raises_and_an_address_stands_in_its_text(text: object) -> None:
    value = _address(text)
    if value is not None:
        assert re.search(r"\d", str(value))
        given_words = words(plain(str(text))).split()
        assert all(word in given_words for word in words(str(value)).split())
