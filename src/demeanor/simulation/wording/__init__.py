"""Wording banks: the ways people say things, the agent's ways to answer, and the questions pages can answer."""
