"""Databases: trials on a PostgreSQL server, and lasting ones in a file and on a server, used by two at once."""

from __future__ import annotations

import subprocess
import sys
import threading
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from demeanor.agent.slots import Slot
from demeanor.errors import ConfigError
from demeanor.runtime.tools import ToolResult, World, call_tool, fresh_world, lasting_world, load_tools

HOTEL = Path(__file__).parents[1] / "src" / "demeanor" / "templates" / "hotel"
SCRIPTS = (HOTEL / "world" / "schema.sql", HOTEL / "world" / "seed.sql")
NO_SLOTS: dict[str, Slot] = {}
TOOLS = load_tools(HOTEL / "tools.py", NO_SLOTS)
TODAY = date(2026, 6, 8)
STAY = {"check_in": "2026-06-16", "check_out": "2026-06-18", "guests": 2, "room_type": "suite", "hotel": "harbour"}


@pytest.fixture(params=["file", "server"])
def lasting_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """A lasting database: an SQLite file, and a schema of its own on a server."""
    if request.param == "file":
        return f"sqlite:///{tmp_path / 'world.db'}"
    url: str = request.getfixturevalue("postgres_url")
    schema = f"own_{tmp_path.name.replace('-', '_')}".lower()[:50]
    with lasting_world(tmp_path / "none.sql", tmp_path / "none.sql", url, TODAY).db as db:
        db.exec_driver_sql(f"CREATE SCHEMA {schema}")
        db.commit()
    return f"{url}&options=-csearch_path%3D{schema}"


def call(world: World, tool: str, key: str = "", **arguments: Any) -> ToolResult:
    return call_tool(TOOLS[tool], arguments, world, NO_SLOTS, key=key)


def offer(world: World) -> str:
    found = call(world, "search_rooms", **STAY)
    return str(found.content["rooms"][0]["offer"])


def test_a_trial_is_the_same_on_a_server(postgres_url: str) -> None:
    results = []
    for url in ("sqlite://", postgres_url):
        world = fresh_world(*SCRIPTS, "UPDATE rates SET weekend = weekend + 1;", TODAY, url)
        found = call(world, "search_rooms", **STAY)
        booked = call(world, "book_room", "s/1", offer=offer(world), guest_name="Ana Li")
        results.append((found.content, booked.content, sorted(world.tables()), len(world.tables()["nights"])))
        world.close()
    assert results[0] == results[1]


def test_trials_on_a_server_are_apart_and_leave_nothing(postgres_url: str) -> None:
    first, second = (fresh_world(*SCRIPTS, "", TODAY, postgres_url) for _ in range(2))
    first.sql("DELETE FROM nights")
    first.db.commit()
    assert len(first.tables()["nights"]) == 0 < len(second.tables()["nights"])
    first.close()
    second.close()
    with pytest.raises(ConfigError, match="nowhere") as caught:
        fresh_world(*SCRIPTS, "DELETE FROM nowhere;", TODAY, postgres_url)
    assert (caught.value.field, caught.value.line) == ("extra_sql", 1)
    with lasting_world(Path("none"), Path("none"), postgres_url, TODAY).db as db:
        left = "SELECT count(*) FROM pg_namespace WHERE nspname LIKE 'demeanor_trial_%%'"
        assert db.exec_driver_sql(left).scalar_one() == 0


def test_a_lasting_database_is_made_once_and_lasts(lasting_url: str) -> None:
    world = lasting_world(*SCRIPTS, lasting_url, TODAY)
    assert call(world, "book_room", offer=offer(world), guest_name="Ana Li").ok
    before = len(world.tables()["bookings"])
    world.close()
    again = lasting_world(*SCRIPTS, lasting_url, TODAY)
    assert len(again.tables()["bookings"]) == before
    assert not again.can_go_back
    again.close()


@pytest.mark.parametrize(
    ("url", "said"),
    [
        ("nonsense", "not the URL of a database"),
        ("nosuch://host/db", "not the URL of a database"),
        ("sqlite:////no/such/folder/world.db", "cannot connect"),
        ("postgresql+psycopg://nobody:secret@127.0.0.1:1/none", "cannot connect"),
        ("oracle://host/db", "driver of this database is not installed"),
    ],
)
def test_a_url_that_leads_nowhere_is_named(url: str, said: str) -> None:
    with pytest.raises(ConfigError, match=said) as caught:
        lasting_world(*SCRIPTS, url, TODAY)
    assert "secret" not in str(caught.value)


def test_trials_need_a_database_that_keeps_them_apart(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="kept apart"):
        fresh_world(*SCRIPTS, "", TODAY, f"sqlite:///{tmp_path / 'world.db'}")


def test_two_who_book_the_last_room_at_once(lasting_url: str) -> None:
    """Six times, as bench/databases.py does it two hundred times."""
    for turn in range(6):
        world = lasting_world(*SCRIPTS, lasting_url, TODAY)
        world.sql("DELETE FROM nights")
        world.sql("DELETE FROM bookings")
        world.sql("DELETE FROM rooms WHERE hotel = 'harbour' AND room = 'suite' AND number >"
                  " (SELECT min(number) FROM rooms WHERE hotel = 'harbour' AND room = 'suite')")  # fmt: skip
        world.db.commit()
        offers = [offer(world), offer(world)]
        results = at_once(lasting_url, [{"offer": one, "guest_name": f"Guest {turn}"} for one in offers])
        assert sorted(result.ok for result in results) == [False, True]
        assert [r.content for r in results if not r.ok] == [
            {"error": "Sorry, this room has just been taken. Please search again."}
        ]
        assert len(world.tables()["bookings"]) == 1
        world.close()


def at_once(url: str, calls: list[dict[str, Any]]) -> list[ToolResult]:
    """One connection and one thread a call, all let go together."""
    results: list[ToolResult] = []
    start = threading.Barrier(len(calls))

    def guest(arguments: dict[str, Any]) -> None:
        own = lasting_world(*SCRIPTS, url, TODAY)
        start.wait()
        results.append(call(own, "book_room", **arguments))
        own.close()

    threads = [threading.Thread(target=guest, args=(arguments,)) for arguments in calls]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return results


KILLED = """
import os, signal, sys
from datetime import date
from pathlib import Path
from demeanor.runtime.tools import call_tool, lasting_world, load_tools

hotel, url, offer, moment = Path(sys.argv[1]), sys.argv[2], sys.argv[3], sys.argv[4]
world = lasting_world(hotel / "world" / "schema.sql", hotel / "world" / "seed.sql", url, date(2026, 6, 8))
commit = world.db.commit

def die():
    if moment == "after":
        commit()
    os.kill(os.getpid(), signal.SIGKILL)

world.db.commit = die
call_tool(load_tools(hotel / "tools.py", {})["book_room"], {"offer": offer, "guest_name": "Ana Li"}, world, {}, "s/1")
"""


@pytest.mark.parametrize("moment", ["before", "after"])
def test_a_write_that_was_killed_is_done_once_or_not_at_all(lasting_url: str, moment: str) -> None:
    world = lasting_world(*SCRIPTS, lasting_url, TODAY)
    one = offer(world)
    before = len(world.tables()["bookings"])
    done = subprocess.run([sys.executable, "-c", KILLED, str(HOTEL), lasting_url, one, moment], check=False)
    assert done.returncode == -9
    assert len(world.tables()["bookings"]) == before + (moment == "after")
    first = call(world, "book_room", "s/1", offer=one, guest_name="Ana Li")
    assert first.ok
    assert call(world, "book_room", "s/1", offer=one, guest_name="Ana Li").content == first.content
    assert len(world.tables()["bookings"]) == before + 1
    world.close()
