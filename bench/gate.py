"""Answers to a question for a yes, through the real Session: how many wrote a row?

    python bench/gate.py FILE... --questions FILE [--show 40]      (bench/material/gate)

Every question becomes a small project of its own: its arguments are slots, one tool writes them into a table. The user
says each value, the agent asks the question as it stands in the file, the user answers, the agent calls. A row in the
table is a yes; bench/material/gate/README.md says what should be one. One JSON object; with --show the answers that
were taken otherwise, with what the gate said.
"""

from __future__ import annotations

import argparse
import json
import tempfile
from collections import Counter
from datetime import date
from keyword import iskeyword
from pathlib import Path
from typing import Any

import yaml

from demeanor import Message, Project
from demeanor.agent.slots import KINDS, format_day
from demeanor.dialogue import ToolCall
from demeanor.evaluation.statistics import rate_interval
from demeanor.models.model import Completion
from demeanor.models.scripted import ByteTokenizer
from demeanor.runtime.prompt import call_text

TODAY = date(2026, 6, 8)


def kind_of(argument: dict[str, Any]) -> str:
    """The type of an argument of the material: the key that holds its value."""
    return next(iter(argument))


def value_of(argument: dict[str, Any]) -> Any:
    return argument[kind_of(argument)]


def known(question: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """The arguments of a question, under names that Python can have."""
    return {f"{name}_" if iskeyword(name) else name: a for name, a in question["arguments"].items()}


def project(question: dict[str, Any], folder: Path) -> Project:
    """A project whose one tool writes the arguments of a question."""
    arguments = known(question)
    slots: dict[str, Any] = {}
    for name, argument in arguments.items():
        slots[name] = {"type": kind_of(argument)}
        slots[name] |= {"past": True} if isinstance(value_of(argument), date) and value_of(argument) < TODAY else {}
        slots[name] |= {"examples": [value_of(argument)]} if kind_of(argument) == "address" else {}
        slots[name] |= {"unit": argument["unit"]} if "unit" in argument else {}
        slots[name] |= {"choices": argument["of"]} if "of" in argument else {}
        slots[name] |= {"pattern": argument["pattern"]} if "pattern" in argument else {}
    steps: list[Any] = [*({"ask": name} for name in slots), {"confirm": "write"}, {"call": "write"}]
    agent = {
        "name": "Clerk",
        "persona": "You are the clerk.",
        "country": "DE",
        "slots": slots,
        "flows": {"do": {"when": "so", "steps": steps}},
    }
    formal = "".join(f", {name}: {KINDS[slot['type']].hint}" for name, slot in slots.items())
    notes = "".join(f"        {name}: it\n" for name in slots)
    tools = (
        "from datetime import date, time\n\n\n"
        f"def write(world{formal}) -> dict[str, str]:\n"
        f'    """Write it down.\n\n    Args:\n{notes}    """\n'
        "    world.sql('INSERT INTO written VALUES (1)')\n    return {'done': 'yes'}\n"
    )
    (folder / "world").mkdir(parents=True)
    (folder / "world" / "schema.sql").write_text("CREATE TABLE written (it INTEGER);\n")
    (folder / "world" / "seed.sql").write_text("")
    (folder / "agent.yaml").write_text(yaml.safe_dump(agent, sort_keys=False))
    (folder / "tools.py").write_text(tools)
    return Project.open(folder)


def said(argument: dict[str, Any]) -> str:
    """A value as its user says it and as the call has it."""
    value = value_of(argument)
    if isinstance(value, bool):
        return "yes" if value else "no"
    return format_day(value) + f" {value.year}" if isinstance(value, date) else str(value)


def written(of: Project, question: dict[str, Any], answer: str) -> tuple[bool, str]:
    """Whether an answer wrote a row, and what the gate said."""
    values = {name: said(argument) for name, argument in known(question).items()}
    world = of.space.new_world(TODAY)
    session = of.space.session(of.space.renderer(ByteTokenizer()), world)
    session.messages += [Message("user", value) for value in values.values()]
    session.messages.append(Message("assistant", question["asks"]))
    session.hear(answer)
    session.receive(Completion((), call_text(ToolCall("write", values)), False))
    rows = world.sql("SELECT count(*) FROM written").fetchone()[0]
    world.close()
    return bool(rows), str(session.calls[-1].result.get("error", ""))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("answers", type=Path, nargs="+")
    parser.add_argument("--questions", type=Path, required=True)
    parser.add_argument("--show", type=int, default=0)
    asked = parser.parse_args()
    questions = {q["id"]: q for q in yaml.safe_load(asked.questions.read_text(encoding="utf-8"))}
    rows = [row for file in asked.answers for row in yaml.safe_load(file.read_text(encoding="utf-8"))]
    wrote: Counter[str] = Counter()
    count: Counter[str] = Counter()
    kinds: Counter[str] = Counter()
    odd: list[str] = []
    with tempfile.TemporaryDirectory() as folder:
        projects = {name: project(q, Path(folder) / name) for name, q in questions.items()}
        for row in rows:
            question = questions[row["question"]]
            yes, why = written(projects[row["question"]], question, row["answer"])
            count[row["label"]] += 1
            wrote[row["label"]] += yes
            if yes != (row["label"] == "yes"):
                kinds[row.get("kind", row["label"])] += 1
                odd.append(f"{row['label']:5} {row['question']:12} {row['answer']!r}  {why[86:]}")
    found = {}
    for label, n in sorted(count.items()):
        interval = rate_interval(wrote[label], n)
        found[label] = {
            "wrote": wrote[label],
            "n": n,
            "interval": [round(x, 3) for x in interval] if interval else None,
        }
    print(json.dumps({**found, "otherwise": dict(kinds.most_common())}))
    print("\n".join(odd[: asked.show]))


if __name__ == "__main__":
    main()
