"""How alike simulated users speak, without training: python bench/wording.py PROJECT ... [--count 1000]

For each project: as many users who speak the training bank, and the exam's, served by the flow without a mistake; none
of it is written. Values are cut out of each message by the words that carried them; what is left is one form, in any
case and with any signs. Prints Markdown: the share of messages whose form another one of the same set has, of all and
of those with three words or more beside their values ("yes, please" is everybody's), and the share whose form the other
hand has, too.
"""

from __future__ import annotations

import argparse
import random
import re
import sys
from collections import Counter
from collections.abc import Iterable, Iterator
from pathlib import Path

from demeanor import Project
from demeanor.data.synthesize import Plan, Synthesizer, sample_goal
from demeanor.errors import ConfigError
from demeanor.text import words

BANKS = ("training", "exam")
LONG = 3  # words beside the values


def forms(text: str, mentions: Iterable[str]) -> str:
    """A message without its values."""
    for said in sorted(set(mentions), key=len, reverse=True):
        text = re.sub(rf"(?<!\w){re.escape(said)}(?!\w)", " xvalue ", text, flags=re.IGNORECASE)
    return words(text)


def messages(project: Project, bank: str, count: int) -> Iterator[str]:
    """The forms of all messages of `count` users of a bank, in conversations that the flow plays."""
    maker = Synthesizer(Plan(project.space, bank, seed=1))
    made = number = 0
    while made < count:
        rng = random.Random(f"1/{number}")
        number += 1
        try:
            goal = sample_goal(maker.plan, maker.sampler, maker.questions, rng)
        except ConfigError:
            continue
        goal, questions, pages = maker.pages(goal, rng)
        episode = maker.episode(goal, number, rng, questions, pages, slips=0.0)
        made += 1
        for index, move in episode.moves.items():
            yield forms(episode.session.messages[index].content, move.mentions.values())
        if made % 100 == 0:
            print(f"{project.agent.name}, {bank}: {made} of {count}", file=sys.stderr)


def long_enough(form: str) -> bool:
    return len([word for word in form.split() if word != "xvalue"]) >= LONG


def share(part: int, of: int) -> str:
    return f"{part} of {of}, {100 * part / max(of, 1):.1f}%"


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("projects", nargs="+", type=Path)
    parser.add_argument("--count", type=int, default=1000)
    given = parser.parse_args()
    long = f"of {LONG} words or more"
    print(f"| agent | users | said again | {long} | different forms | in the other hand's, too | {long} |")
    print("|---|---|---|---|---|---|---|")
    for folder in given.projects:
        project = Project.open(folder)
        found = {bank: Counter(messages(project, bank, given.count)) for bank in BANKS}
        for bank, other in zip(BANKS, reversed(BANKS), strict=True):
            cells = []
            for counted in (found[bank], Counter({f: n for f, n in found[bank].items() if long_enough(f)})):
                again = sum(n for n in counted.values() if n > 1)
                both = sum(n for form, n in counted.items() if form in found[other])
                cells += [(share(again, counted.total()), share(both, counted.total()))]
            (again_of, both_of), (again_long, both_long) = cells
            users = f"{given.count} {bank}"
            row = [project.agent.name, users, again_of, again_long, len(found[bank]), both_of, both_long]
            print(f"| {' | '.join(map(str, row))} |")


if __name__ == "__main__":
    main()
