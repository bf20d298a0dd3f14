"""How alike what simulated users say is, without training: python bench/wording.py PROJECT ... [--count 1000]

For each project: dialogues by self-play (nothing is written), and as many exam scenarios, each played by the flow.
Values are cut out of each user message by the words that carried them; what is left is one form, whatever its case and
signs. Prints Markdown: the share of messages whose form another one of the same set has, and how much of one hand's the
other has.
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


def share(part: int, of: int) -> str:
    return f"{part} of {of}, {100 * part / max(of, 1):.1f}%"


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("projects", nargs="+", type=Path)
    parser.add_argument("--count", type=int, default=1000)
    given = parser.parse_args()
    print("| agent | users | messages | said again | different forms | most said | in the other hand's, too |")
    print("|---|---|---|---|---|---|---|")
    for folder in given.projects:
        project = Project.open(folder)
        found = {bank: Counter(messages(project, bank, given.count)) for bank in BANKS}
        for bank, other in zip(BANKS, reversed(BANKS), strict=True):
            all_of = found[bank].total()
            again = sum(n for n in found[bank].values() if n > 1)
            form, times = found[bank].most_common(1)[0]
            both = sum(n for one, n in found[bank].items() if one in found[other])
            row = [project.agent.name, f"{given.count} {bank}", all_of, share(again, all_of), len(found[bank])]
            row += [f"{form!r}, {times}", share(both, all_of)]
            print(f"| {' | '.join(map(str, row))} |")


if __name__ == "__main__":
    main()
