"""One turn of a conversation, and all that it needs: prompt, model, gate, tools, pages."""
