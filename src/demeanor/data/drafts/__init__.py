"""Drafts of what users say in one project: from agent.yaml, from what customers wrote, from a server; for review."""
