"""Simulated users: what they want (`goal`), and how they say it and answer (`simulated`)."""
