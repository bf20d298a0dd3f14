"""What a user's message can touch that an agent must not handle by itself (`reading/lines/TOPICS.md` is for hands)."""

from __future__ import annotations

TOPICS = {
    "danger": "somebody may come to harm now or soon",
    "harm": "wants help to hurt, cheat or frighten somebody",
    "hate": "contempt for people because of what they are",
    "private": "wants what belongs to another person: their address, orders, health",
    "instructions": "wants the agent to drop its role, or to tell its instructions",
    "advice": "wants to be told what only a doctor, a lawyer or an adviser may say",
}
