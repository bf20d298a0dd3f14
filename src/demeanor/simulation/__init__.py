"""Conversations without people: users with goals, their wording, scenarios, and the play itself."""
