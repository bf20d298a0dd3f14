"""Tools: plain typed Python functions, described to the model and called safely.

A tool is a public function in the user's `tools.py`, plain or async, whose first parameter is `world` (a database
connection, a date, who is speaking; never the wall clock). Its hints and Google docstring are its whole description. An
argument named like a slot carries the user's own words; the slot's resolver turns them into a value before the function
runs. Every other argument is what pydantic reads by its hint.

Whatever the model did wrong, `call_tool` answers with a sentence that the model and a person can act on; it never
raises for it. One call is one transaction: kept when the tool returns, undone when it refuses, breaks or takes too
long. Only the user's files can be wrong in a way that is raised, as ConfigError.
"""

from demeanor.runtime.tools.calling import call_tool, lacking_details, resolved_arguments
from demeanor.runtime.tools.connections import MEMORY
from demeanor.runtime.tools.databases import fresh_world, lasting_world
from demeanor.runtime.tools.loading import load_checks, load_tools
from demeanor.runtime.tools.signature import leaves
from demeanor.runtime.tools.statements import facts_read, statements_in
from demeanor.runtime.tools.tool import Parameter, Tool, ToolRefused, ToolResult, tool
from demeanor.runtime.tools.world import Caller, World, parameters_of

__all__ = [
    "MEMORY",
    "Caller",
    "Parameter",
    "Tool",
    "ToolRefused",
    "ToolResult",
    "World",
    "call_tool",
    "facts_read",
    "fresh_world",
    "lacking_details",
    "lasting_world",
    "leaves",
    "load_checks",
    "load_tools",
    "parameters_of",
    "resolved_arguments",
    "statements_in",
    "tool",
]
