"""Evaluation: scenarios, what must hold in them, trials, and how sure the numbers are."""
