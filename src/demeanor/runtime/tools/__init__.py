"""Tools: plain typed Python functions, described to the model and called safely.

A tool is a public function in the user's `tools.py` whose first parameter is `world` (a database connection
and a date, never the wall clock). Its hints and Google docstring are its whole description. An argument named
like a slot carries the user's own words; the slot's resolver turns them into a value before the function
runs.

Whatever the model did wrong, `call_tool` answers with a sentence that the model and a person can act on; it
never raises for it. One call is one transaction: kept when the tool returns, undone when it refuses or
breaks. Only `load_tools` and `fresh_world` raise, and only ConfigError: there the user's files are wrong.
"""

from demeanor.runtime.tools.calling import call_tool, lacking_details
from demeanor.runtime.tools.loading import load_checks, load_tools
from demeanor.runtime.tools.tool import Parameter, Tool, ToolRefused, ToolResult, World
from demeanor.runtime.tools.worlds import fresh_world

__all__ = [
    "Parameter",
    "Tool",
    "ToolRefused",
    "ToolResult",
    "World",
    "call_tool",
    "fresh_world",
    "lacking_details",
    "load_checks",
    "load_tools",
]
