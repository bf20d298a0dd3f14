"""The user's folder and what commands leave in it.

A project is a folder with an agent.yaml; every other place in it has one fixed name. Every command that produces
something makes one run with a manifest. Files appear whole or not at all.
"""

from demeanor.project.files import hash_tree, streamed, write_atomic
from demeanor.project.folder import ProjectFolder, hash_inputs
from demeanor.project.promotion import Promotions, Record
from demeanor.project.run import RunFolder
from demeanor.project.template import copy_template, templates

__all__ = [
    "ProjectFolder",
    "Promotions",
    "Record",
    "RunFolder",
    "copy_template",
    "hash_inputs",
    "hash_tree",
    "streamed",
    "templates",
    "write_atomic",
]
