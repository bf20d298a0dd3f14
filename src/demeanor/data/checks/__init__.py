"""The checks on dialogues, in the order in which they run. A check's name says what it finds."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

from demeanor.data.checks.calls import (
    missing_arguments,
    unknown_arguments,
    unknown_calls,
    write_without_a_yes,
)
from demeanor.data.checks.content import (
    around_the_reply,
    injected_instructions,
    near_text,
    other_facts,
    same_opening,
    seen_exam,
    told_secrets,
)
from demeanor.data.checks.grounding import changed_passages, unsupported_numbers
from demeanor.data.checks.labels import (
    asks_again,
    misspelt_metadata,
    unknown_acts,
    unknown_flow,
    unknown_outcome,
    unread_metadata,
    unreadable_labels,
)
from demeanor.data.checks.privacy import personal_data
from demeanor.data.checks.problem import Finding, Known, Placed, Problem, Severity, Where
from demeanor.data.checks.shape import (
    cut_reply,
    empty_reply,
    marks_in_reply,
    nothing_trained,
    put_right,
    two_in_a_row,
    wrong_ends,
)
from demeanor.data.checks.together import mixed_notes, same_id, same_text
from demeanor.data.checks.voice import avoided_phrase, long_reply
from demeanor.dialogue import Dialogue

__all__ = [
    "CHECKS",
    "CONTENT_CHECKS",
    "CONTENT_SET_CHECKS",
    "SET_CHECKS",
    "Finding",
    "Known",
    "Placed",
    "Problem",
    "Severity",
    "Where",
]

CHECKS: tuple[Callable[[Dialogue, Known], Iterator[Finding]], ...] = (
    put_right,
    wrong_ends,
    two_in_a_row,
    nothing_trained,
    empty_reply,
    cut_reply,
    marks_in_reply,
    around_the_reply,
    told_secrets,
    unknown_calls,
    unknown_arguments,
    missing_arguments,
    unreadable_labels,
    misspelt_metadata,
    unread_metadata,
    unknown_flow,
    unknown_outcome,
    unknown_acts,
    asks_again,
    avoided_phrase,
    long_reply,
    changed_passages,
)
"""Form, keys and places: quick."""
CONTENT_CHECKS: tuple[Callable[[Dialogue, Known], Iterator[Finding]], ...] = (
    write_without_a_yes,
    unsupported_numbers,
    injected_instructions,
)
"""What has to be read and understood: slower, and sometimes wrong."""
SET_CHECKS: tuple[Callable[[Sequence[Placed], Known], Iterator[Problem]], ...] = (
    same_id,
    same_text,
    mixed_notes,
    personal_data,
    seen_exam,
)
CONTENT_SET_CHECKS: tuple[Callable[[Sequence[Placed], Known], Iterator[Problem]], ...] = (
    near_text,
    same_opening,
    other_facts,
)
"""Of all dialogues, what has to be read or takes long."""
