"""The reference agent of bench/reference: it was trained on exactly what the model reads today."""

from __future__ import annotations

import json

import pytest

pytest.importorskip("torch")

from hotel_tokens import FILE, tokens


@pytest.mark.slow
def test_the_model_reads_what_the_reference_was_trained_on() -> None:
    kept, now = json.loads(FILE.read_text(encoding="utf-8")), tokens()
    assert now["retrieval"] == kept["retrieval"]
    assert now["renderer"] == kept["renderer"]
    assert [name for name, found in now["dialogues"].items() if found != kept["dialogues"][name]] == []
    assert now["dialogues"].keys() == kept["dialogues"].keys()
