"""Teach a language model how to behave in conversation, and prove that it does."""

__version__ = "0.1.0"
