"""AlteredPages to passages, and both ways to search them. The encoder in most tests is a small one without torch."""

from __future__ import annotations

import hashlib
import subprocess
import sys
from collections.abc import Sequence
from importlib.resources import files
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from demeanor.errors import ConfigError
from demeanor.project.packages import MINILM, cache_folder, unpacked_folder
from demeanor.runtime.knowledge import Examples, Retriever, read_examples, read_passages
from demeanor.runtime.knowledge.dense import can_encode, embed_once
from demeanor.runtime.knowledge.lexical import Lexical, features, stem

PETS = """# Pets

Pets are family.

## Fees

A dog costs 20 euros a night.

```
## not a heading
```

### Who pays

The guest.

## Which pets?

Dogs and cats are welcome.
"""


@pytest.fixture
def pages(tmp_path: Path) -> Path:
    folder = tmp_path / "knowledge"
    folder.mkdir()
    (folder / "pets.md").write_text(PETS)
    (folder / "breakfast.md").write_text("## Breakfast times\r\n\r\nFrom 7 to 10 in the morning.\r\n")
    return folder


# --- passages


def test_pages_become_passages(pages: Path) -> None:
    found = read_passages(pages)
    assert [p.id for p in found] == ["breakfast#breakfast-times", "pets#", "pets#fees", "pets#which-pets"]
    assert [p.title for p in found] == [
        "Breakfast: Breakfast times",
        "Pets",
        "Pets: Fees",
        "Pets: Which pets?",
    ]
    fees = found[2]
    assert "## not a heading" in fees.text
    assert fees.text.endswith("### Who pays\n\nThe guest.")
    assert fees.sha256 == hashlib.sha256(fees.text.encode()).hexdigest()[:12]
    assert found[0].text == "From 7 to 10 in the morning."


def test_a_hash_changes_with_its_section_alone(pages: Path) -> None:
    before = {p.id: p.sha256 for p in read_passages(pages)}
    (pages / "pets.md").write_text(PETS.replace("20 euros", "25 euros"))
    after = {p.id: p.sha256 for p in read_passages(pages)}
    assert [name for name in before if before[name] != after[name]] == ["pets#fees"]


def test_long_sections_are_cut_between_paragraphs(pages: Path) -> None:
    paragraphs = [f"p{k} " + "word " * 49 for k in range(5)]
    (pages / "long.md").write_text("## All of it\n\n" + "\n\n".join(paragraphs))
    found = [p for p in read_passages(pages) if p.id.startswith("long#")]
    assert [p.id for p in found] == ["long#all-of-it", "long#all-of-it-2", "long#all-of-it-3"]
    assert " ".join(p.text for p in found).split() == " ".join(paragraphs).split()
    assert all(len(p.text.split()) <= 120 for p in found)


HELP = """---
title: "Workshop fees"
labels: [internal-review, price_v3]
---

Prices
------

| Service | Price |
|---|---|
{rows}

Opening hours
-------------

* We are **open** from 9.
"""


def test_pages_of_a_help_centre(pages: Path) -> None:
    """Front matter is no text, underlined headings are headings, and every row of a long table can be found."""
    rows = "\n".join(f"| service number {k} of the workshop | {k + 10} euros |" for k in range(60))
    (pages / "help.md").write_text(HELP.format(rows=rows))
    found = [p for p in read_passages(pages) if p.id.startswith("help#")]
    assert [found[0].title, found[-1].id] == ["Workshop fees: Prices", "help#opening-hours"]
    assert found[-1].text == "* We are **open** from 9."
    tables = [p for p in found if p.id.startswith("help#prices")]
    assert len(tables) > 4
    assert all(p.text.startswith("| Service | Price |\n|---|---|\n| service") for p in tables)
    assert all(len(p.text.split()) <= 120 for p in tables)
    assert "\n".join(line for p in tables for line in p.text.split("\n")[2:]) == rows
    assert not [p for p in found if "price_v3" in p.text]


@pytest.mark.parametrize(
    "text",
    [
        " ".join(f"This is sentence number {k} of many." for k in range(60)),
        "\n".join(f"- point number {k} of a long list of many points" for k in range(40)),
    ],
)
def test_what_is_one_long_block_is_cut_too(pages: Path, text: str) -> None:
    (pages / "long.md").write_text(f"# Long\n\n{text}\n")
    found = [p for p in read_passages(pages) if p.id.startswith("long#")]
    assert all(len(p.text.split()) <= 120 for p in found)
    assert " ".join(p.text for p in found).split() == text.split()


def test_sections_are_of_the_highest_level_below_the_title(pages: Path) -> None:
    (pages / "deep.md").write_text("# Deep\n\n### One\n\nA.\n\n#### More\n\nB.\n\n### Two\n\n> ### Said\n\nC.\n")
    found = {p.id: p.text for p in read_passages(pages) if p.id.startswith("deep#")}
    assert found == {"deep#one": "A.\n\n#### More\n\nB.", "deep#two": "> ### Said\n\nC."}


def test_pages_in_folders_and_other_scripts(pages: Path) -> None:
    (pages / "old town").mkdir()
    (pages / "old town" / "pets.md").write_text(
        "## Gebühren für Hunde\n\nKeine.\n\n## 犬\n\nはい。\n", encoding="utf-8"
    )
    ids = [p.id for p in read_passages(pages)]
    assert ids[1:3] == ["old town/pets#gebuhren-fur-hunde", "old town/pets#犬"]


@pytest.mark.parametrize(
    ("content", "message", "line"),
    [
        (b"# Pets\n\n", "empty page", 1),
        (b"", "empty page", 1),
        (b"## Fees\n\nA.\n\n## fees!\n\nB.\n", r"second time \(first at line 1\)", 5),
        (b"## Fees\n\n## Limits\n\nB.\n", "heading without text", 1),
        (b"## ???\n\nB.\n", "heading without a word", 1),
        (b"## Fees\n\nzw\xf6lf\n", "not UTF-8", 3),
    ],
)
def test_errors_name_file_and_line(tmp_path: Path, content: bytes, message: str, line: int) -> None:
    (tmp_path / "bad.md").write_bytes(content)
    with pytest.raises(ConfigError, match=message) as caught:
        read_passages(tmp_path)
    assert (caught.value.file, caught.value.line) == (str(tmp_path / "bad.md"), line)


def test_no_folder_and_no_pages(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="no such folder"):
        read_passages(tmp_path / "knowledge")
    assert read_passages(tmp_path) == []


# --- by words


@pytest.mark.parametrize(
    "group",
    [
        "cancel cancels cancelled canceled cancelling cancellation",
        "fee fees",
        "park parks parked parking",
        "reserve reserved reserving reservation reservations",
        "city cities",
        "stop stopped stopping",
    ],
)
def test_stems(group: str) -> None:
    assert len({stem(word) for word in group.split()}) == 1


def test_stems_stay_apart() -> None:
    apart = ["bus", "pass", "dog", "dodge", "spa", "space", "king", "bed", "bee", "glass", "gas"]
    assert len({stem(word) for word in apart}) == len(apart)


def test_features_are_stems_and_parts() -> None:
    assert list(features("What fees?")) == ["what", "~<wha", "~what", "~hat>", "fee", "~<fee", "~fee>", "?"]


def test_lexical_similarities_are_cosines() -> None:
    texts = ["A dog costs 20 euros a night.", "Breakfast is served from 7.", "The pool is open from 7."]
    scorer = Lexical(texts)
    rows = scorer.similarities([*texts, "brekfast?", "doggos", "Xu", ""])
    assert all(0 <= value <= 1.000001 for row in rows for value in row)
    for k in range(3):
        assert rows[k][k] == pytest.approx(1)
        assert rows[k].index(max(rows[k])) == k
    assert rows[3].index(max(rows[3])) == 1
    assert rows[4].index(max(rows[4])) == 0
    assert rows[5] == rows[6] == [0.0, 0.0, 0.0]
    assert Lexical([]).similarities(["dog"]) == [[]]


def test_a_retriever_without_the_encoder(pages: Path) -> None:
    retriever = Retriever(read_passages(pages), method="lexical")
    assert retriever.name == "lexical (tf-idf)"
    hits = retriever.search("what are the breakfast times?")
    assert [hit.passage.id for hit in hits] == ["breakfast#breakfast-times"]
    assert retriever.search("My name is Wei Chen") == []
    assert retriever.search("") == []
    assert retriever.search_many(["breakfast times", ""])[0][0].passage == hits[0].passage
    assert retriever.search_many([]) == []


def test_bounds_of_the_threshold_and_top(pages: Path) -> None:
    passages = read_passages(pages)
    assert len(Retriever(passages, method="lexical", threshold=0.0, top=3).search("x")) == 3
    assert Retriever(passages, method="lexical", threshold=1.01).search("breakfast times") == []
    assert Retriever([], method="lexical").search("breakfast") == []


# --- examples for and against


WORDING = """
values:
  check_in: ["{check_in.day} {check_in.month}"]
  guests=1: [just me]
  offer.hotel: ["the one at {hotel}"]
  hotel=a: [Hotel A]
  reference: ["{reference}"]
open: {book: {neutral: ["A place for {guests} on {check_in}?"], rude: ["{offer}, quick"]}}
inform: {reference: {neutral: ["It is {reference}."]}, other: {neutral: ["Something {else_here}"]}}
"""
QUESTIONS = """
- id: a
  passage: pets#fees
  asks: {neutral: ["What do you charge for a labrador?", "How much is a labrador?"]}
- {id: b, passage: null, asks: {neutral: ["Do you have a helipad?"]}}
- {id: c, passage: gone#x, asks: {neutral: ["Is it gone?"]}}
"""


@pytest.fixture
def wording(tmp_path: Path) -> Path:
    folder = tmp_path / "wording"
    folder.mkdir()
    (folder / "user.yaml").write_text(WORDING)
    (folder / "questions.yaml").write_text(QUESTIONS)
    return folder


def test_examples_are_read_and_filled(wording: Path) -> None:
    examples = read_examples(wording)
    assert examples.others == (
        "A place for just me on 12 June?",
        "the one at Hotel A, quick",
        "It is AB-1234.",
        "Something else here",
    )
    assert examples.asks[0] == ("pets#fees", "What do you charge for a labrador?")
    assert [name for name, _ in examples.asks] == ["pets#fees", "pets#fees", "gone#x"]
    assert read_examples(wording / "nowhere") == Examples()


@pytest.mark.parametrize("name", ["user.yaml", "questions.yaml"])
def test_broken_wording_is_named(wording: Path, name: str) -> None:
    for text, line in (("a: [b\n", 2), ("just text", None)):
        (wording / name).write_text(text)
        with pytest.raises(ConfigError) as caught:
            read_examples(wording)
        assert (caught.value.file, caught.value.line) == (str(wording / name), line)


def test_an_ask_finds_its_passage_and_others_speak_against(pages: Path, wording: Path) -> None:
    passages, examples = read_passages(pages), read_examples(wording)
    plain = Retriever(passages, method="lexical", threshold=0.1)
    taught = Retriever(passages, method="lexical", threshold=0.1, examples=examples)
    assert taught.name == "lexical (tf-idf) with examples"
    assert plain.search("How much for a labrador?") == []
    assert taught.search("How much for a labrador?")[0].passage.id == "pets#fees"
    assert plain.search("A dog and me on 12 June?") != []
    assert taught.search("A dog and me on 12 June?") == []


def test_an_unseen_query_does_not_find_itself(pages: Path, wording: Path) -> None:
    retriever = Retriever(read_passages(pages), method="lexical", examples=read_examples(wording))
    seen, unseen = (retriever.search("How much is a labrador?", unseen=flag)[0].score for flag in (False, True))
    assert seen > 0.8 > unseen
    (other,) = retriever.scores(["It is AB-1234."], unseen=True)
    (same,) = retriever.scores(["It is AB-1234."])
    assert max(other) > max(same)


def test_a_question_in_passing_is_found(pages: Path, wording: Path) -> None:
    retriever = Retriever(read_passages(pages), method="lexical", examples=read_examples(wording))
    hits = retriever.search("A place for just me on 12 June. Oh, and what are the breakfast times?")
    assert hits[0].passage.id == "breakfast#breakfast-times"
    (alone,) = retriever.scores(["Oh, and what are the breakfast times?"])
    assert hits[0].score == max(alone)


# --- by meaning


class Letters:
    """An encoder that counts letters; counts its own work, too."""

    name = "letters"
    id = "letters-1"

    def __init__(self) -> None:
        self.encoded: list[str] = []

    def encode(self, texts: Sequence[str]) -> NDArray[np.float32]:
        self.encoded += texts
        rows = [[text.lower().count(chr(97 + k)) + 0.01 for k in range(26)] for text in texts]
        found = np.array(rows, dtype=np.float32)
        return found / np.linalg.norm(found, axis=1, keepdims=True)


@pytest.fixture
def own_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("DEMEANOR_CACHE", str(tmp_path / "cache"))
    return tmp_path / "cache"


def test_passages_are_embedded_once(pages: Path, own_cache: Path) -> None:
    first, second = Letters(), Letters()
    passages = read_passages(pages)
    one = Retriever(passages, encoder=first, threshold=0.0).search("dogs")
    assert len(first.encoded) == len(passages) + 1
    (pages / "pets.md").write_text(PETS.replace("20 euros", "25 euros"))
    two = Retriever(read_passages(pages), encoder=second, threshold=0.0).search("dogs")
    assert len(second.encoded) == 2  # the changed passage and the query
    assert one[0].passage.id == two[0].passage.id


@pytest.mark.parametrize("broken", ["a file in its place", "no database"])
def test_a_cache_that_cannot_be_used_changes_nothing(own_cache: Path, broken: str) -> None:
    if broken == "no database":
        own_cache.mkdir()
        (own_cache / "embeddings.db").write_text("this is not a database " * 100)
    else:
        own_cache.write_text("")
    found = embed_once(["a", "b", "a"], Letters())
    assert found.shape == (3, 26)
    assert (found[0] == found[2]).all()


def test_many_equals_one_by_one_and_nothing_is_encoded_twice(pages: Path, own_cache: Path) -> None:
    encoder = Letters()
    retriever = Retriever(read_passages(pages), encoder=encoder, threshold=0.5)
    queries = ["dogs", "breakfast", "dogs", "when"]
    together = retriever.search_many(queries)
    assert together == [retriever.search(query) for query in queries]
    assert len(encoder.encoded) == len(set(encoder.encoded))


def test_name_and_fingerprint_tell_retrievers_apart(pages: Path, own_cache: Path) -> None:
    passages = read_passages(pages)
    (pages / "pets.md").write_text(PETS.replace("20 euros", "25 euros"))
    retrievers = [
        Retriever(passages, method="lexical"),
        Retriever(passages, method="lexical", threshold=0.9),
        Retriever(read_passages(pages), method="lexical"),
        Retriever(passages, encoder=Letters()),
    ]
    assert len({retriever.fingerprint() for retriever in retrievers}) == 4
    assert retrievers[0].fingerprint() == Retriever(passages, method="lexical").fingerprint()


def test_torch_waits_for_the_first_dense_search() -> None:
    script = (
        "import sys; from demeanor.runtime.knowledge import *; p = Passage('a#b', 'A: B', 'text', '0');"
        "r = Retriever([p]); Retriever([p], method='lexical').search('text');"
        "print([m for m in ('torch', 'transformers', 'numpy', 'yaml') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=False)
    assert done.stdout.strip() == "[]", done.stderr


# --- the real encoder, the hotel's own pages


HOTEL = files("demeanor") / "templates" / "hotel"


@pytest.fixture(scope="module")
def hotel() -> Retriever:
    if not can_encode() or not unpacked_folder(MINILM[0], cache_folder()).is_dir():
        pytest.skip("the sentence encoder is not in the cache: a dense search fetches it")
    folder = Path(str(HOTEL))
    return Retriever(read_passages(folder / "knowledge"), examples=read_examples(folder / "wording"))


@pytest.mark.slow
@pytest.mark.parametrize(
    ("message", "page"),
    [
        ("can I bring my dog?", "pets"),
        ("do u have wifi in the rooms", "wifi-and-business"),
        ("Two adults please. By the way, where do I leave my car?", "parking"),
        ("A deluxe room for two from 12 to 15 June", None),
        ("Yes, please book it.", None),
        ("It's Wei Chen.", None),
        ("We'd rather have the suite.", None),
    ],
)
def test_the_hotel_pages(hotel: Retriever, message: str, page: str | None) -> None:
    hits = hotel.search(message)
    assert hotel.name == "dense (all-MiniLM-L6-v2) with examples"
    assert [hit.passage.id.partition("#")[0] for hit in hits][:1] == ([page] if page else [])


@pytest.mark.slow
def test_asks_are_found_and_other_messages_find_little(hotel: Retriever) -> None:
    """Every example is left out while it is asked; the bounds leave room for a small sample."""
    asks, others = hotel.examples.asks[::4], hotel.examples.others[::12]
    found = hotel.search_many([ask for _, ask in asks], unseen=True)
    right = sum(name in {hit.passage.id for hit in hits} for (name, _), hits in zip(asks, found, strict=True))
    assert right / len(asks) > 0.8
    assert sum(map(bool, hotel.search_many(others, unseen=True))) / len(others) < 0.06
