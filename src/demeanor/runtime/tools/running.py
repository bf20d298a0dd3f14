"""One call: a thread of its own, one transaction, a time limit, and at a write a key under which it happens once."""

from __future__ import annotations

import asyncio
import hashlib
import inspect
import json
import threading
import traceback
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from demeanor.errors import ConfigError
from demeanor.runtime.tools.tool import Tool, ToolRefused, ToolResult
from demeanor.runtime.tools.world import World

MOMENT = 1.0  # seconds that a stopped coroutine has to end


def run_tool(tool: Tool, values: Mapping[str, Any], shown: dict[str, Any], world: World, key: str) -> ToolResult:
    """Run a tool on its values; a read that failed for a cause that passes is tried again.

    Args:
        shown: the values as JSON.
        key: of a write; '' for a read.

    Raises:
        ConfigError: the tool uses the database in a way that cannot work.
    """
    tries = 1 if key else 1 + tool.options.retries
    for left in reversed(range(tries)):
        result = _Call(tool, values, shown, world, key and call_key(key, tool, shown)).result()
        if not result.passes or not left:
            break
    return result


def call_key(key: str, tool: Tool, shown: Mapping[str, Any]) -> str:
    """The key of exactly this call: another tool, or other arguments, make it another."""
    said = json.dumps([tool.name, shown], sort_keys=True, ensure_ascii=False)
    return f"{key}/{hashlib.sha256(said.encode(errors='replace')).hexdigest()[:16]}"


class _Call:
    def __init__(self, tool: Tool, values: Mapping[str, Any], shown: dict[str, Any], world: World, key: str) -> None:
        self.tool, self.values, self.shown, self.world, self.key = tool, values, shown, world, key
        self._content: dict[str, Any] = {}
        self._fault: BaseException | None = None
        self._trace = ""
        self._deciding = threading.Lock()
        self._given_up = self._kept = False

    def result(self) -> ToolResult:
        """Run it, and wait as long as it may take."""
        limit = self.tool.options.timeout
        if not self.world.settle(limit):
            return self._failed(TimeoutError("the call before still holds the database"))
        raw = self.world.db.connection.dbapi_connection
        thread = threading.Thread(target=self._work, name=self.tool.name, daemon=True)
        thread.start()
        try:
            thread.join(limit + (MOMENT if inspect.iscoroutinefunction(self.tool.function) else 0))
        finally:  # whoever is interrupted here has given the call up, too
            if thread.is_alive() and self._give_up():
                self.world.running = thread
                stop = getattr(raw, "interrupt", None) or getattr(raw, "cancel", None)
                if stop is not None:
                    stop()
        if self._given_up:
            return self._failed(TimeoutError(f"no answer in {limit:g} seconds"))
        thread.join()
        return self._told()

    def _give_up(self) -> bool:
        """From here on it is not kept; False when it has been kept already."""
        with self._deciding:
            self._given_up = not self._kept
            return self._given_up

    def _work(self) -> None:
        theirs = replace(self.world, call_key=self.key, session=replace(self.world.session))
        theirs.session.facts = dict(self.world.session.facts)
        try:
            kept = self._before(theirs)
            self._content = self._run(theirs) if kept is None else kept
            with self._deciding:
                if self._given_up:
                    raise TimeoutError
                self.world.db.commit()
                self._kept = True
                self.world.session.facts = theirs.session.facts
        except BaseException as fault:
            self._fault, self._trace = fault, traceback.format_exc()
            self.world.db.rollback()

    def _before(self, world: World) -> dict[str, Any] | None:
        """What the same call gave when it was made before."""
        if not self.key:
            return None
        row = world.sql("SELECT result FROM demeanor_calls WHERE call_key = :key", key=self.key).fetchone()
        return dict(json.loads(row[0])) if row else None

    def _run(self, world: World) -> dict[str, Any]:
        given = self.tool.function(world, **self.values)
        if inspect.isawaitable(given):
            given = asyncio.run(_in_time(given, self.tool.options.timeout))
        content = self.tool.shape_result(given)
        if self.key:
            keep = "INSERT INTO demeanor_calls (call_key, tool, result) VALUES (:key, :tool, :result)"
            world.sql(keep, key=self.key, tool=self.tool.name, result=json.dumps(content, ensure_ascii=False))
        return content

    def _told(self) -> ToolResult:
        fault = self._fault
        if fault is None:
            return ToolResult(self._content, arguments=self.shown)
        if isinstance(fault, ToolRefused):
            return ToolResult({"error": str(fault)}, arguments=self.shown)
        if isinstance(fault, SystemExit):  # a tool may leave itself, not the conversation
            return self._failed(RuntimeError(f"the tool called exit({fault.code})"))
        if isinstance(fault, ConfigError) or not isinstance(fault, Exception):
            raise fault
        _refuse_bare_sql(self.tool, fault)
        return self._failed(fault)

    def _failed(self, fault: Exception) -> ToolResult:
        # The exception's own text may hold paths or passwords: it goes to the trace, not to the model.
        sentence = f"the tool is down: {self.tool.name} did not answer ({type(fault).__name__})"
        trace = self._trace or f"{type(fault).__name__}: {fault}\n"
        where = place(self.tool, fault)
        return ToolResult({"error": sentence}, True, self.shown, trace, where, passes=_passes(fault))


async def _in_time(given: Any, seconds: float) -> Any:
    try:
        return await asyncio.wait_for(given, seconds)
    except TimeoutError as late:
        raise TimeoutError(str(late) or f"no answer in {seconds:g} seconds") from None


def place(tool: Tool, fault: BaseException) -> str:
    """The last line of the user's own file that took part: there the mending begins."""
    file, line = _last_line(tool, fault)
    return f"{Path(file).name}:{line}: {type(fault).__name__}: {fault}"


def _last_line(tool: Tool, fault: BaseException) -> tuple[str, int]:
    code = inspect.unwrap(tool.function).__code__
    lines = [row.lineno for row in traceback.extract_tb(fault.__traceback__) if row.filename == code.co_filename]
    return code.co_filename, (lines[-1] if lines else code.co_firstlineno) or 0


def _passes(fault: Exception) -> bool:
    """Whether the next try may do better: no answer in time, a lost connection, a database that is held."""
    from sqlalchemy.exc import DBAPIError, OperationalError

    if isinstance(fault, DBAPIError):
        held = isinstance(fault, OperationalError) and not str(fault.orig).startswith("no such")
        return fault.connection_invalidated or held
    return isinstance(fault, ConnectionError | TimeoutError)


def _refuse_bare_sql(tool: Tool, fault: Exception) -> None:
    from sqlalchemy.exc import ObjectNotExecutableError

    if isinstance(fault, ObjectNotExecutableError):
        file, line = _last_line(tool, fault)
        raise ConfigError(
            "world.db is a SQLAlchemy connection, which takes no bare text",
            file=file,
            line=line,
            field=tool.name,
            fix='world.sql("SELECT price FROM services WHERE service = :name", name=service)',
        ) from None
