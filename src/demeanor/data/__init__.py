"""Dialogues: checking them and writing them."""
