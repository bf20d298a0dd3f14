"""Databases: who gets the last room, what a killed write leaves behind, and whether the exam is the same on PostgreSQL.

    python bench/databases.py [--races 200] [--kills 20] [--exam 326]

One JSON object. Races and kills run on an SQLite file and on a PostgreSQL server that is started for this; the exam's
scenarios are played by the flow itself (tests/policy_model.py), on SQLite in memory and on PostgreSQL, and their
verdicts compared one by one.
"""

from __future__ import annotations

import argparse
import json
import random
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from datetime import date
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parents[1] / "tests"))

import postgres
from demeanor import Project
from demeanor.evaluation.evaluate import Evaluator
from demeanor.evaluation.statistics import rate_interval
from demeanor.runtime.tools import ToolResult, World, call_tool, lasting_world, load_tools
from demeanor.simulation.scenario import load_scenarios
from policy_model import play

HOTEL = Path(__file__).parents[1] / "src" / "demeanor" / "templates" / "hotel"
SCRIPTS = (HOTEL / "world" / "schema.sql", HOTEL / "world" / "seed.sql")
TOOLS = load_tools(HOTEL / "tools.py", {})
TODAY = date(2026, 6, 8)
STAY = {"check_in": "2026-06-16", "check_out": "2026-06-18", "guests": 2, "room_type": "suite", "hotel": "harbour"}
AT_ONCE = 40  # each has a connection of its own
WRITER = """
import sys, time
from datetime import date
from pathlib import Path
from demeanor.runtime.tools import call_tool, lasting_world, load_tools

hotel, url, offer, key = Path(sys.argv[1]), *sys.argv[2:5]
world = lasting_world(hotel / "world" / "schema.sql", hotel / "world" / "seed.sql", url, date(2026, 6, 8))
tool = load_tools(hotel / "tools.py", {})["book_room"]
print("ready", flush=True)
call_tool(tool, {"offer": offer, "guest_name": "Ana Li"}, world, {}, key)
"""


def open_world(url: str) -> World:
    return lasting_world(*SCRIPTS, url, TODAY)


def call(world: World, tool: str, key: str = "", **arguments: Any) -> ToolResult:
    return call_tool(TOOLS[tool], arguments, world, {}, key=key)


def offer(world: World) -> str:
    return str(call(world, "search_rooms", **STAY).content["rooms"][0]["offer"])


def clear(world: World) -> None:
    """One suite is left, and it is free."""
    for statement in (
        "DELETE FROM nights",
        "DELETE FROM bookings",
        "DELETE FROM rooms WHERE hotel = 'harbour' AND room = 'suite' AND number >"
        " (SELECT min(number) FROM rooms WHERE hotel = 'harbour' AND room = 'suite')",
    ):
        world.sql(statement)
    world.db.commit()


def race(url: str) -> str:
    """Two sessions book the last room at once; what came of it."""
    world = open_world(url)
    clear(world)
    offers, results, start = [offer(world), offer(world)], list[ToolResult](), threading.Barrier(2)

    def guest(one: str) -> None:
        own = open_world(url)
        start.wait()
        results.append(call(own, "book_room", f"{one}/call-1", offer=one, guest_name="Ana Li"))
        own.close()

    threads = [threading.Thread(target=guest, args=(one,)) for one in offers]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    rows = world.sql("SELECT count(*) FROM bookings").scalar_one()
    world.close()
    told = sorted("booked" if r.ok else "down" if r.failed else "refused" for r in results)
    return f"{rows} booking, {' and '.join(told)}"


def kill(url: str, rng: random.Random, key: str) -> str:
    """A session is killed in its write and taken up again; what came of it."""
    world = open_world(url)
    clear(world)
    one = offer(world)
    words = [sys.executable, "-c", WRITER, str(HOTEL), url, one, key]
    with subprocess.Popen(words, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        process.stdout.readline()
        time.sleep(rng.uniform(0.0, 0.03))
        process.send_signal(signal.SIGKILL)
    before = world.sql("SELECT count(*) FROM bookings").scalar_one()
    world.db.rollback()
    first = call(world, "book_room", key, offer=one, guest_name="Ana Li")
    again = call(world, "book_room", key, offer=one, guest_name="Ana Li")
    after = world.sql("SELECT count(*) FROM bookings").scalar_one()
    world.close()
    same = first.ok and again.content == first.content
    return f"{before} before, {after} after, the retries say {'the same' if same else 'different things'}"


def exam(project: Project, url: str, count: int) -> list[Any]:
    """The verdicts of the exam's first scenarios."""
    space = project.space
    space.database = url
    scenarios = load_scenarios(space.folder.scenarios_path / "exam", space.agent)[:count]
    evaluator = Evaluator(space)
    batches = [scenarios[k : k + AT_ONCE] for k in range(0, len(scenarios), AT_ONCE)]
    trials = [trial for batch in batches for trial in play(evaluator, batch)[0]]
    return [(t.scenario.id, t.verdicts.task, t.verdicts.expected, sorted(t.verdicts.faults.items())) for t in trials]


def main() -> None:
    """Print what was found."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--races", type=int, default=200)
    parser.add_argument("--kills", type=int, default=20)
    parser.add_argument("--exam", type=int, default=326)
    asked = parser.parse_args()
    rng = random.Random(1)
    with tempfile.TemporaryDirectory() as folder, postgres.server() as server:
        project = Project.init(Path(folder) / "hotel", "hotel")
        urls = {"sqlite": f"sqlite:///{folder}/world.db", "postgresql": server}
        found: dict[str, Any] = {
            "races": {name: Counter(race(url) for _ in range(asked.races)) for name, url in urls.items()},
            "kills": {
                name: Counter(kill(url, rng, f"{name}-{k}/call-1") for k in range(asked.kills))
                for name, url in urls.items()
            },
        }
        here, there = exam(project, "sqlite://", asked.exam), exam(project, server, asked.exam)
    alike = sum(a == b for a, b in zip(here, there, strict=True))
    found["exam"] = {
        "scenarios": len(here),
        "tasks_done": sum(task is True for _, task, *_ in here),
        "same_verdicts": alike,
        "interval": [round(x, 4) for x in rate_interval(alike, len(here))],
    }
    print(json.dumps(found, indent=1))


if __name__ == "__main__":
    main()
