"""The README's picture: one scenario of a real evaluation, base beside tuned, as an SVG.

    python bench/recording.py --project proof --base RUN --tuned RUN --to docs/conversation.svg [--scenario ID]

Both are evaluations of the same scenarios. Without --scenario it is the first one whose task the tuned agent did and
the base model did not. What does not fit is left out, a long reply's end or the last messages, and that is said.
"""

from __future__ import annotations

import argparse
import io
from pathlib import Path

from rich.console import Console
from rich.table import Table
from rich.text import Text

from demeanor import Message, Project
from demeanor.evaluation.scorecard import Judged

WIDTH = 120
MESSAGES = 14
LONGEST = 260  # characters of a reply; a ramble is shown by its beginning and its length
# rich's own template asks a server for a font; a picture in a README has no servers.
TEMPLATE = """<svg class="rich-terminal" viewBox="0 0 {width} {height}" xmlns="http://www.w3.org/2000/svg">
<style>
.{unique_id}-matrix {{ font-family: ui-monospace, "DejaVu Sans Mono", Menlo, Consolas, monospace;
  font-size: {char_height}px; line-height: {line_height}px; }}
.{unique_id}-title {{ font-size: 18px; font-weight: bold; font-family: sans-serif; }}
{styles}
</style>
<defs><clipPath id="{unique_id}-clip-terminal">
<rect x="0" y="0" width="{terminal_width}" height="{terminal_height}" /></clipPath>{lines}</defs>
{chrome}
<g transform="translate({terminal_x}, {terminal_y})" clip-path="url(#{unique_id}-clip-terminal)">
{backgrounds}<g class="{unique_id}-matrix">{matrix}</g></g>
</svg>
"""


def told(message: Message) -> Text:
    """A message as a terminal would show it."""
    text = Text()
    if message.role == "user":
        return text.append("user   ", "bold cyan").append(message.content)
    if message.role == "tool":
        return text.append(f"       <- {message.content}", "dim")
    if message.note:
        text.append(f"       [{message.note}]\n", "dim italic")
    said = " ".join(message.content.split())
    whole = f"{said[:LONGEST].rsplit(' ', 1)[0]} ... ({len(said.split())} words)" if len(said) > LONGEST else said
    text.append("agent  ", "bold green").append(whole)
    for call in message.calls:
        text.append(f"\n       -> {call.name} {call.arguments}", "yellow")
    return text


def column(trial: Judged, label: str) -> Text:
    """One conversation, and what came of it."""
    shown = [told(m) for m in trial.messages[:MESSAGES] if m.role != "tool"]
    left = len(trial.messages) - MESSAGES
    end = Text(f"... {left} more messages\n" if left > 0 else "", "dim")
    verdict = {"pass": ("task done: the database shows it", "bold green")}.get(trial.verdict, ("not done", "bold red"))
    return Text("\n").join([Text(f"{label}\n", "bold underline"), *shown, end.append(*verdict)])


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--project", type=Path, required=True)
    parser.add_argument("--base", required=True)
    parser.add_argument("--tuned", required=True)
    parser.add_argument("--scenario")
    parser.add_argument("--to", type=Path, required=True)
    asked = parser.parse_args()
    project = Project.open(asked.project)
    base, tuned = ({t.scenario: t for t in project.run(r).scorecard.transcripts} for r in (asked.base, asked.tuned))
    better = (s for s, t in tuned.items() if t.verdict == "pass" and s in base and base[s].verdict == "fail")
    scenario = asked.scenario or next(better)
    table = Table.grid(padding=(0, 2), expand=True)
    for _ in range(2):
        table.add_column(ratio=1)
    table.add_row(column(base[scenario], "the base model"), column(tuned[scenario], "the same model, tuned"))
    console = Console(width=WIDTH, record=True, file=io.StringIO(), force_terminal=True, color_system="truecolor")
    console.print(table)
    console.save_svg(str(asked.to), title=f"{project.agent.name}: {scenario}", code_format=TEMPLATE)
    print(f"{scenario} -> {asked.to}")


if __name__ == "__main__":
    main()
