"""How a tool is run: what it takes and gives, its time, its tries, its one transaction, and who is speaking."""

from __future__ import annotations

import time
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from demeanor.agent.slots import Slot
from demeanor.reading.learned import LearnedReader
from demeanor.runtime.agreement import Exchange
from demeanor.runtime.tools import Caller, Tool, ToolResult, World, call_tool, fresh_world, load_tools

TODAY = date(2026, 6, 8)
READER = LearnedReader({}, {})
SLOTS = {"deposit": Slot("deposit", "money", unit="EUR")}
TOOLS = '''
from __future__ import annotations
import asyncio, time
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from enum import Enum
from pydantic import BaseModel, Field
from demeanor import ToolRefused, World, tool

class Size(Enum):
    SMALL = "small"
    LARGE = "large"

class Item(BaseModel):
    sku: str
    quantity: int = Field(gt=0)
    size: Size = Size.SMALL

@dataclass
class Receipt:
    total: Decimal
    day: date
    items: list[Item]

async def order(world: World, items: list[Item], deposit: Decimal, on: date | None = None) -> Receipt:
    """Order items.

    Args:
        items: what is ordered
        deposit: paid at once
        on: day of delivery
    """
    await asyncio.sleep(0.01)
    world.sql("INSERT INTO orders (customer) VALUES (:customer)", customer=world.session.facts["customer"])
    return Receipt(deposit + Decimal("0.10"), on or world.today, items)

def rows(world: World):
    """All orders."""
    return {"orders": world.sql("SELECT number, customer FROM orders").fetchall(), "rate": float("nan")}

def wrong(world: World) -> Receipt:
    """Give what the hint does not allow."""
    return {"total": "much"}

@tool(timeout=0.2, retries=0)
async def slow(world: World):
    """Take too long."""
    world.sql("INSERT INTO orders (customer) VALUES ('slow')")
    await asyncio.sleep(30)
    return {}

@tool(timeout=0.2, retries=0)
def stuck(world: World, seconds: float):
    """Take too long and notice nothing."""
    world.sql("INSERT INTO orders (customer) VALUES ('stuck')")
    time.sleep(seconds)
    return {"done": "yes"}

TRIES = []

@tool(retries=2)
def flaky(world: World):
    """Fail twice."""
    TRIES.append(1)
    world.sql("INSERT INTO orders (customer) VALUES ('flaky')")
    if len(TRIES) % 3:
        raise ConnectionError("gone")
    return {"tries": len(TRIES)}

def sign_in(world: World, customer: str):
    """Verify who it is.

    Args:
        customer: number of the customer
    """
    world.session.facts["customer"] = customer
    if customer == "C-0":
        raise ToolRefused("No such customer.")
    return {"hello": customer, "session": world.session.id, "key": world.call_key}
'''


@pytest.fixture
def tools(tmp_path: Path) -> dict[str, Tool]:
    path = tmp_path / "tools.py"
    path.write_text(TOOLS)
    return load_tools(path, SLOTS)


@pytest.fixture
def world(tmp_path: Path) -> World:
    schema, seed = tmp_path / "schema.sql", tmp_path / "seed.sql"
    schema.write_text("CREATE TABLE orders (number INTEGER PRIMARY KEY, customer TEXT);")
    seed.touch()
    return fresh_world(schema, seed, "", TODAY, session=Caller("s-1", {"customer": "C-17"}))


def orders(world: World) -> list[str]:
    return [dict(row)["customer"] for row in world.tables()["orders"]]


def test_lists_objects_enums_and_decimals_go_in_and_come_out(tools: dict[str, Tool], world: World) -> None:
    given = {"items": [{"sku": "A", "quantity": "2"}, {"sku": "B", "quantity": 1, "size": "large"}], "deposit": "12.50"}
    result = call_tool(tools["order"], given, world, SLOTS)
    assert result.content == {
        "total": "12.60",
        "day": "2026-06-08",
        "items": [
            {"sku": "A", "quantity": 2, "size": "small"},
            {"sku": "B", "quantity": 1, "size": "large"},
        ],
    }
    assert result.arguments["deposit"] == str(Decimal("12.5"))
    assert orders(world) == ["C-17"]
    as_text = {**given, "items": '[{"sku": "A", "quantity": 2}]'}
    assert call_tool(tools["order"], as_text, world, SLOTS).content["items"][0]["quantity"] == 2


def test_the_schema_of_an_object_says_its_fields(tools: dict[str, Tool]) -> None:
    shape = tools["order"].schema()["function"]["parameters"]
    assert shape["properties"]["items"] == {
        "type": "array",
        "description": "what is ordered",
        "items": {"$ref": "#/$defs/Item"},
    }
    assert shape["$defs"]["Item"]["properties"]["quantity"] == {"exclusiveMinimum": 0, "type": "integer"}
    assert shape["properties"]["deposit"] == {"type": "string", "description": "paid at once"}
    assert shape["required"] == ["items", "deposit"]
    short = tools["order"].compact_schema()["parameters"]
    assert short["items"] == "what is ordered, list of {sku: str, quantity: int, size: small|large}"
    assert short["on"] == "day of delivery, optional"


@pytest.mark.parametrize(
    ("items", "said"),
    [
        ([{"sku": "A", "quantity": 0}], "0.quantity: input should be greater than 0"),
        ([{"quantity": 1}], "0.sku: field required"),
        ("two of A", "is not list of {sku: str"),
    ],
)
def test_an_object_that_does_not_fit_is_named_by_its_field(
    tools: dict[str, Tool], world: World, items: Any, said: str
) -> None:
    result = call_tool(tools["order"], {"items": items, "deposit": "12"}, world, SLOTS)
    assert said in result.content["error"]
    assert not result.failed


def test_a_result_is_written_as_json_or_named_with_the_tool(tools: dict[str, Tool], world: World) -> None:
    world.sql("INSERT INTO orders (customer) VALUES ('C-1')")
    world.db.commit()
    assert call_tool(tools["rows"], {}, world, SLOTS).content == {
        "orders": [{"number": 1, "customer": "C-1"}],
        "rate": "NaN",
    }
    wrong = call_tool(tools["wrong"], {}, world, SLOTS)
    assert wrong.failed
    assert "wrong returned what its hint does not allow" in wrong.trace


def test_a_call_that_takes_too_long_is_undone(tools: dict[str, Tool], world: World) -> None:
    result = call_tool(tools["slow"], {}, world, SLOTS)
    assert result.content == {"error": "the tool is down: slow did not answer (TimeoutError)"}
    assert result.failed
    assert orders(world) == []


def test_a_call_that_is_stuck_is_undone_when_it_lets_go(tools: dict[str, Tool], world: World) -> None:
    result = call_tool(tools["stuck"], {"seconds": 1.0}, world, SLOTS)
    assert "did not answer (TimeoutError)" in result.content["error"]
    blocked = call_tool(tools["stuck"], {"seconds": 0.0}, world, SLOTS)  # the call before still holds the database
    assert "the call before still holds the database" in blocked.trace
    world.settle()
    assert orders(world) == []
    assert call_tool(tools["stuck"], {"seconds": 0.0}, world, SLOTS).content == {"done": "yes"}
    assert orders(world) == ["stuck"]


def test_only_a_read_is_tried_again(tools: dict[str, Tool], world: World) -> None:
    assert call_tool(tools["flaky"], {}, world, SLOTS).content == {"tries": 3}
    assert orders(world) == ["flaky"]
    write = call_tool(tools["flaky"], {}, world, SLOTS, key="s-1/call-1")
    assert "did not answer (ConnectionError)" in write.content["error"]
    assert orders(world) == ["flaky"]


def test_a_write_happens_once_under_its_key(tools: dict[str, Tool], world: World) -> None:
    given = {"items": [{"sku": "A", "quantity": 2}], "deposit": "12"}

    def again(key: str, **other: Any) -> ToolResult:
        return call_tool(tools["order"], {**given, **other}, world, SLOTS, key=key)

    first = again("s-1/call-3")
    assert again("s-1/call-3").content == first.content
    assert len(orders(world)) == 1
    again("s-1/call-4")
    again("s-1/call-3", deposit="13")  # other arguments are another call
    assert len(orders(world)) == 3


def test_what_a_refused_call_verified_is_forgotten(tools: dict[str, Tool], world: World) -> None:
    call_tool(tools["sign_in"], {"customer": "C-0"}, world, SLOTS)
    assert world.session.facts == {"customer": "C-17"}
    told = call_tool(tools["sign_in"], {"customer": "C-9"}, world, SLOTS, key="s-1/call-1").content
    assert (told["hello"], told["session"], told["key"].rpartition("/")[0]) == ("C-9", "s-1", "s-1/call-1")
    assert world.session.facts == {"customer": "C-9"}


def test_a_tool_of_two_seconds_takes_two_seconds(tmp_path: Path, world: World) -> None:
    path = tmp_path / "slow.py"
    path.write_text(
        "import asyncio\n\n\nasync def wait(world):\n"
        '    """Wait."""\n    await asyncio.sleep(2)\n    return {"done": "yes"}\n'
    )
    start = time.monotonic()
    assert call_tool(load_tools(path, {})["wait"], {}, world, {}).ok
    assert time.monotonic() - start >= 2


@pytest.mark.parametrize(
    ("question", "written"),
    [
        ("Two of M-1 and one of B-7, delivered on 12 June, deposit 12.50 euros. Shall I order?", True),
        ("Two of M-1 and three of B-7, delivered on 12 June, deposit 12.50 euros. Shall I order?", False),
        ("Two of M-1, delivered on 12 June, deposit 12.50 euros. Shall I order?", False),
        ("Two of M-1 and one of B-7, delivered on 13 June, deposit 12.50 euros. Shall I order?", False),
    ],
)
def test_a_yes_is_to_every_value_of_a_list_of_objects(tools: dict[str, Tool], question: str, written: bool) -> None:
    items = [{"sku": "M-1", "quantity": 2}, {"sku": "B-7", "quantity": 1}]
    values = {"items": tools["order"].parameters["items"].read(items), "deposit": 12.5, "on": date(2026, 6, 12)}
    assert (Exchange(question, "Yes, please.", TODAY, READER).lacks(values, SLOTS, {}) == "") is written


def test_a_tool_may_be_marked_without_more_and_leaves_only_itself(tmp_path: Path, world: World) -> None:
    path = tmp_path / "more.py"
    path.write_text(
        "import sys\nfrom demeanor import tool\n\n\n@tool\ndef leave(world):\n"
        '    """Leave."""\n    sys.exit(3)\n\n\n'
        'def wrong(world) -> dict[str, int]:\n    """Count."""\n    return {"a": "b"}\n'
    )
    found = load_tools(path, {})
    assert "called exit(3)" in call_tool(found["leave"], {}, world, {}).where
    assert call_tool(found["wrong"], {}, world, {}).failed


def test_a_write_that_gives_nothing_back_happens_once_as_well(tmp_path: Path, world: World) -> None:
    path = tmp_path / "quiet.py"
    path.write_text(
        'def note(world):\n    """Write it down."""\n'
        "    world.sql(\"INSERT INTO orders (customer) VALUES ('quiet')\")\n    return {}\n"
    )
    note = load_tools(path, {})["note"]
    for _ in range(2):
        assert call_tool(note, {}, world, {}, key="s-1/note/0").content == {}
    assert orders(world) == ["quiet"]
