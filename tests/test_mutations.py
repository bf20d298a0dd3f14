"""Spoiled files of every kind: read, or refused with the file's name; no traceback, no key lost in silence."""

from __future__ import annotations

import tempfile
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mutations import KINDS, try_out


@pytest.mark.parametrize("name", KINDS)
@settings(max_examples=60)
@given(seed=st.integers(0, 10**9))
def test_a_spoiled_file_is_read_or_named(name: str, seed: int) -> None:
    """Sixty of each kind, as bench/mutations.py tries ten thousand."""
    with tempfile.TemporaryDirectory() as folder:
        assert try_out(KINDS[name], Path(folder), seed).wrong == ""
