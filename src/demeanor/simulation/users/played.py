"""A user whom a model plays, on any server: told what the user wants, it answers the agent in its own words.

A model may forget its part. What it says is held against what it was told and what the agent said: a number, day or
code that stands in neither, a message that is empty or an essay, the same said over and over. Such a fault is the
user's, and the trial is ungraded.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from demeanor.agent import Agent
from demeanor.agent.moves import UserMove
from demeanor.models.model import Model, Request
from demeanor.reading.claims import Evidence, invented
from demeanor.simulation.users.goal import Goal
from demeanor.simulation.users.simulated import MOST_TURNS, AgentTurn, UserMessage
from demeanor.simulation.wording.questions import Question

STOP = "[LEAVES]"
MOST_WORDS = 120
MOST_TOKENS = 200
INSTRUCTION = """You play a person who writes to the assistant of a business. What you want and what you know:

{told}

Write only what this person writes next: one short message, in plain text. Say what you are asked for and nothing that
you were not told; where you were told nothing, say that you do not mind. When you have what you want, or see that you
cannot get it, write {stop} and nothing else. Today is {today}."""


@dataclass
class PlayedUser:
    """A user in one conversation, played by a model.

    Args:
        told: what the person wants and knows.
        player: gives the model, any that takes messages (see `models.endpoint`), once there is something to say.
        fault: what the model did wrong in its part; '' while it did nothing.
    """

    goal: Goal
    agent: Agent
    told: str
    player: Callable[[], Model]
    name: str = "user"
    outcome: str = "abandoned"
    understood: bool = False
    fault: str = ""
    questions: Mapping[str, Question] = field(default_factory=dict)
    _talk: list[tuple[str, str]] = field(default_factory=list)  # (who, text) in the order of speaking

    def open(self) -> UserMessage:
        """The first message. A model that leaves before it has said a word has a fault."""
        text = self._next()
        if not text and not self.fault:
            self.fault = "the user left before saying anything"
        return UserMessage(text or "...", UserMove(()))

    def reply(self, turn: AgentTurn) -> UserMessage | None:
        self._talk.append(("agent", turn.text))
        if self.fault or len(self._talk) >= 2 * MOST_TURNS:
            return None
        text = self._next()
        if not text:
            self.outcome = self.outcome if self.fault else "done"
            return None
        return UserMessage(text, UserMove(()))

    def _next(self) -> str:
        """What the person says; '' when they leave, or when the model has fallen out of its part."""
        request = Request(self._prompt(), f"{self.name}-user-{len(self._talk)}")
        reply = self.player().generate([request], max_new_tokens=MOST_TOKENS)[0]
        if STOP in reply.text:
            return ""
        text = " ".join(reply.text.split())
        self.fault = self._wrong(text, reply.cut)
        self._talk.append(("user", text))
        return "" if self.fault else text

    def _prompt(self) -> tuple[int, ...]:
        told = INSTRUCTION.format(told=self.told, stop=STOP, today=f"{self.goal.today:%A %-d %B %Y}")
        # To the model that plays the user, the agent is the other one.
        roles = {"agent": "user", "user": "assistant"}
        wire = [{"role": "system", "content": told}]
        wire += [{"role": roles[who], "content": text or "(nothing)"} for who, text in self._talk]
        if wire[-1]["role"] != "user":
            wire.append({"role": "user", "content": "(the assistant is waiting for your message)"})
        return tuple(self.player().tokenizer.apply_chat_template(wire, True, True))

    def _wrong(self, text: str, cut: bool) -> str:
        if not text:
            return "the user said nothing"
        if cut or len(text.split()) > MOST_WORDS:
            return "the user wrote an essay"
        if [t for who, t in self._talk if who == "user"][-2:] == [text, text]:
            return "the user said the same three times"
        seen = (self.told, *(t for who, t in self._talk if who == "agent"))
        claims = invented(self.agent, text, Evidence(seen, True, self.goal.today))
        made_up = [c for c in claims if c.startswith(("number", "date", "code"))]
        return f"the user said what nobody told it: {', '.join(made_up)}" if made_up else ""
