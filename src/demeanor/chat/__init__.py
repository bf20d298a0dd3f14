"""The sandbox: talk to the agent, see what it looked up, take turns back, say what it should have said."""

from demeanor.chat.keeping import FLAGS
from demeanor.chat.sandbox import run_chat

__all__ = ["FLAGS", "run_chat"]
