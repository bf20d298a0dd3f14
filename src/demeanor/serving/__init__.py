"""The agent where others meet it: the sandbox, and files for other engines."""
