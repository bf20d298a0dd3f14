"""What a reply says about money and rights needs a page or a result that says so, in whatever word for it."""

from __future__ import annotations

import pytest

from conftest import TODAY
from demeanor.understanding.claims import Evidence, invented
from demeanor.workspace import Workspace

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
