"""From failures to new dialogues."""
