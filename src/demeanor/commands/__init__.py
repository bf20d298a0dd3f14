"""What a project can do: `project.py` names it all, a module a kind of command does the work, each in a run folder."""
