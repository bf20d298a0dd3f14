"""What a reply says about money and rights needs a page or a result that says so, in whatever word for it."""

from __future__ import annotations

import pytest

from conftest import TODAY
from demeanor.evaluation.evaluate import Evaluator
from demeanor.reading.claims import Evidence, invented
from demeanor.runtime.workspace import Workspace

PETS = "A pet costs 20 euros a night."
CANCEL = "You can cancel free of charge until 3 days before the day of arrival."


@pytest.mark.parametrize(
    ("reply", "text", "found"),
    [
        ("We charge 20 euros a night for a pet.", PETS, []),
        ("There is a fee of 20 euros a night for a pet.", PETS, []),
        ("We charge for that.", "Breakfast is from 7:00 to 10:00.", ["policy: charge"]),
        ("There is a fee for that.", "Breakfast is from 7:00 to 10:00.", ["policy: fee"]),
        ("You get a refund for that.", PETS, ["policy: refund"]),
        ("A deposit is needed.", PETS, ["policy: deposit"]),
        ("That is free of charge.", CANCEL, []),
        ("Shall I look up whether there is a fee?", "Breakfast is from 7:00 to 10:00.", []),
    ],
)
def test_policy_words_need_a_source(workspace: Workspace, reply: str, text: str, found: list[str]) -> None:
    assert invented(workspace.agent, reply, Evidence((text,), False, TODAY)) == found


@pytest.mark.parametrize(
    ("reply", "found"),
    [
        ("You can cancel free of charge until 3 days before arrival.", []),
        ("I'm afraid I'm unable to assist further with your cancellation.", []),  # talk, not a step
        ("Can the refund go to another bank account?", []),
        ("For the refund, please fill in our online form.", ["policy: fill, form, online"]),
        ("Your payment is returned once the manager signs it off.", ["policy: manager, returned, signs"]),
    ],
)
def test_steps_that_nobody_spoke_of_are_invented(evaluator: Evaluator, reply: str, found: list[str]) -> None:
    """Not one of the words is in the agent's pages or wording."""
    evidence = Evidence((CANCEL, "a refund"), False, TODAY)
    assert invented(evaluator.space.agent, reply, evidence, evaluator.lexicon) == found


def test_a_name_with_an_apostrophe_that_a_result_holds_is_nobody_s_invention(workspace: Workspace) -> None:
    seen = Evidence(("L-1139 The Mapmaker's Son, due on Friday",), False, TODAY)
    assert invented(workspace.agent, "You have The Mapmaker's Son at home.", seen) == []
    assert invented(workspace.agent, "You have The Baker's Son at home.", seen) == ["name Baker's"]
