"""The reader is learned from the lines of `reading/lines`: `python -m demeanor.reading.learn`.

lines.py      what hands wrote, checked
network.py    one encoder, and small heads that compare its tokens with labels, slots and tools
fit.py        lines -> weights
calibrate.py  where a probability is sure, on lines of a hand that taught nothing
ship.py       weights -> what runs without torch
"""
