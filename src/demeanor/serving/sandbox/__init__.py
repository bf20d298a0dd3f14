"""The sandbox: talk to the agent, see what it looked up, take turns back, say what it should have said."""

from demeanor.serving.sandbox.sandbox import run_chat

__all__ = ["run_chat"]
