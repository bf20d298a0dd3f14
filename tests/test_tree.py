"""What dialogues share: all that has to be read stands in the tree once, and trained tokens count for all of them."""

from __future__ import annotations

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from demeanor.training.config import Example
from demeanor.training.tree import Node, apart, grow, pack

STOP = 2


@st.composite
def families(draw: st.DrawFn) -> list[Example]:
    """Dialogues that branch off each other anywhere, with tokens from so few that many agree by chance."""
    token = st.integers(3, 5)
    made: list[Example] = []
    for number in range(draw(st.integers(1, 8))):
        origin = draw(st.sampled_from([None, *made]))
        ids = list(origin.ids[: draw(st.integers(0, len(origin.ids)))]) if origin else []
        ids += draw(st.lists(token, min_size=0 if ids[1:] else 2, max_size=20))
        trained = [False, *draw(st.lists(st.booleans(), min_size=len(ids) - 1, max_size=len(ids) - 1))]
        if not any(trained):
            trained[-1] = True
        made.append(Example(f"d{number}", tuple(ids), tuple(trained)))
    return made


def path(tree: list[Node], example: Example) -> list[Node]:
    """The segments that a dialogue runs through."""
    return [s for root in tree for s in root.walk() if any(e is example for e in s.examples)]


@given(examples=families(), least=st.sampled_from([1, 3, 32]))
def test_every_dialogue_is_read_up_to_what_predicts_its_last_trained_token(examples: list[Example], least: int) -> None:
    tree = grow(examples, least)
    for example in examples:
        segments = path(tree, example)
        assert [s.start for s in segments] == [0, *(s.end for s in segments)][: len(segments)]
        read = [token for s in segments for token in s.ids]
        last = max(k for k, trained in enumerate(example.trained) if trained)
        assert tuple(read) == example.ids[:last]


@given(examples=families(), least=st.sampled_from([1, 3, 32]))
def test_every_trained_token_counts_once_for_each_of_its_dialogues(examples: list[Example], least: int) -> None:
    tree = grow(examples, least)
    for example in examples:
        aims = {s.start + t.place + 1: t.token for s in path(tree, example) for t in s.targets()}
        assert {k: example.ids[k] for k, trained in enumerate(example.trained) if trained}.items() <= aims.items()
    counted = sum(t.weight for root in tree for s in root.walk() for t in s.targets())
    assert counted == sum(sum(e.trained) for e in examples)


@given(examples=families(), least=st.sampled_from([1, 3, 32]))
def test_nothing_worth_sharing_stands_twice(examples: list[Example], least: int) -> None:
    """Siblings agree on so few tokens that none of them is worth a segment."""

    def siblings(together: list[Node]) -> None:
        for k, a in enumerate(together):
            for b in together[:k]:
                length = min(a.end, b.end)
                same = next((t for t in range(length) if a.examples[0].ids[t] != b.examples[0].ids[t]), length)
                assert same - a.start <= least
            siblings(list(a.children))

    siblings(grow(examples, least))


def test_a_tree_of_corrections() -> None:
    """Two dialogues behind one system text; one of them has two corrections at different messages."""
    system = tuple(range(100, 150))

    def dialogue(name: str, *parts: tuple[int, int]) -> Example:
        ids = system + tuple(begin + k for begin, count in parts for k in range(count)) + (STOP,)
        return Example(name, ids, (False,) * (len(ids) - 5) + (True,) * 5)

    other = dialogue("other", (500, 60))
    early, late = dialogue("early", (200, 40), (300, 8)), dialogue("late", (200, 40), (400, 70))
    (root,) = grow([late, other, early])
    assert (root.start, root.end, len(root.examples)) == (0, 49, 3)
    shared, alone = sorted(root.children, key=lambda s: -len(s.examples))
    assert [e.id for e in alone.examples] == ["other"]
    assert (shared.start, shared.end) == (49, 89)
    assert {s.examples[0].id: (s.start, s.end) for s in shared.children} == {"early": (89, 98), "late": (89, 160)}
    assert [s.end for s in apart([early])] == [98]


def test_a_run_that_saves_too_little_is_not_shared() -> None:
    examples = [Example(f"e{k}", (*range(3, 60), 60 + k, STOP), (False,) * 57 + (True,) * 2) for k in range(4)]
    assert len(grow(examples, saving=3 * 56)) == 1
    assert [s.end for s in grow(examples, saving=3 * 56 + 1)] == [58] * 4


def test_pairs_are_shared_where_what_all_share_is_too_short() -> None:
    """Eight histories of 900 tokens behind a common beginning of 40, two replies to each."""
    front = tuple(range(1000, 1040))
    examples = [
        Example(f"{k}-{r}", (*front, *(k,) * 900, 500 + r, STOP), (False,) * 940 + (True,) * 2)
        for k in range(8)
        for r in range(2)
    ]
    assert len(grow(examples)) == 1
    roots = grow(examples, saving=700)
    assert sorted(len(root.examples) for root in roots) == [2] * 8
    assert {root.end for root in roots} == {939}
    assert len(grow(examples, saving=10_000)) == 16


def test_dialogues_that_are_the_same_are_computed_once() -> None:
    one = Example("a", (*range(3, 80), STOP), (False,) * 50 + (True,) * 28)
    (root,) = grow([one, replace(one, id="b")])
    assert (root.start, root.end, root.children) == (0, 77, ())
    assert {t.weight for t in root.targets()} == {2}


@given(lengths=st.lists(st.integers(1, 200), max_size=40), budget=st.integers(1, 300))
def test_rows_are_packed_under_the_budget_and_nobody_is_lost(lengths: list[int], budget: int) -> None:
    batches = pack(lengths, budget)
    assert sorted(k for batch in batches for k in batch) == list(range(len(lengths)))
    assert all(len(batch) == 1 or sum(lengths[k] for k in batch) <= budget for batch in batches)
