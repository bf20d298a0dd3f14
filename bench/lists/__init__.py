"""The lists of words by which messages were read before the reader was learned: the baseline of bench/baseline.py.

They stand as they were when the reader took their place, and are not mended.
"""
