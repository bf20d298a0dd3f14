"""Pages to passages, and both ways to search them. The encoder in most tests is a small honest one without torch."""

from __future__ import annotations

import hashlib
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from demeanor.errors import ConfigError
from demeanor.knowledge import Passage, Retriever, read_passages
from demeanor.knowledge.dense import MiniLM, can_encode, embed_once
from demeanor.knowledge.lexical import Lexical, stem, words
from demeanor.packages import cache_folder, unpacked_folder

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
    assert len({stem(word) for word in "bus pass dog dodge spa space king bed bee glass gas".split()}) == 11


def test_words_of_grammar_are_left_out() -> None:
    assert words("What's the fee, please, for my DOGS?") == ["fee", "dog"]


def test_lexical_scores_are_shares(pages: Path) -> None:
    passages = read_passages(pages)
    scorer = Lexical(passages)
    rows = scorer.scores(["dog", "what does a dog cost", "Wei Chen", "", "the the", "brekfast"])
    assert all(0 <= score <= 1 for row in rows for score in row)
    assert rows[2] == rows[3] == rows[4] == [0.0] * len(passages)
    assert rows[1].index(max(rows[1])) == 2
    assert rows[5].index(max(rows[5])) == 0
    assert Lexical([]).scores(["dog"]) == [[]]


def test_a_retriever_without_the_encoder(pages: Path) -> None:
    retriever = Retriever(read_passages(pages), method="lexical", threshold=0.3)
    assert retriever.name == "lexical (BM25)"
    hits = retriever.search("what are the breakfast times?")
    assert [hit.passage.id for hit in hits] == ["breakfast#breakfast-times"]
    assert retriever.search("My name is Wei Chen") == []
    assert retriever.search_many(["breakfast times", ""]) == [hits, []] or retriever.search("") == []


def test_bounds_of_the_threshold_and_top(pages: Path) -> None:
    passages = read_passages(pages)
    assert len(Retriever(passages, method="lexical", threshold=0.0, top=3).search("x")) == 3
    assert Retriever(passages, method="lexical", threshold=1.01).search("breakfast times") == []
    assert Retriever([], method="lexical").search("breakfast") == []


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
        "import sys; from demeanor.knowledge import *; p = Passage('a#b', 'A: B', 'text', '0');"
        "r = Retriever([p]); Retriever([p], method='lexical').search('text');"
        "print([m for m in ('torch', 'transformers', 'numpy') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=False)
    assert done.stdout.strip() == "[]", done.stderr
