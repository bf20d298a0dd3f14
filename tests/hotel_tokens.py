"""What BookEase's dialogues become, token by token: the ids and masks that its reference adapter was trained on.

`python tests/hotel_tokens.py` writes bench/reference/tokens.json anew. That makes the reference adapter that of another
agent: do it only where an issue has to change what the model reads, and train the reference anew.
"""

from __future__ import annotations

import hashlib
import json
import tempfile
from pathlib import Path
from typing import Any

from demeanor.dialogue import read_dialogues
from demeanor.models.pretrained import read_tokenizer
from demeanor.models.weights import find_weights
from demeanor.project import ProjectFolder, copy_template
from demeanor.runtime.workspace import Workspace
from demeanor.training.examples import make_examples

FILE = Path(__file__).parents[1] / "bench" / "reference" / "tokens.json"
EVERY = 25  # dialogues of each file


def tokens() -> dict[str, Any]:
    """Dialogue -> [tokens, trained tokens, sha256 of ids and mask], with what else decides them."""
    with tempfile.TemporaryDirectory() as folder:
        copy_template("hotel", Path(folder) / "hotel")
        space = Workspace.load(ProjectFolder.find(Path(folder) / "hotel"))
        renderer = space.renderer(read_tokenizer(find_weights(space.agent.base_model)))
        files = sorted(space.folder.dialogues_path.glob("*.jsonl"))
        dialogues = [dialogue for file in files for dialogue in list(read_dialogues(file))[::EVERY]]
        found = {}
        for example in make_examples(space, renderer, dialogues):
            both = json.dumps([list(example.ids), [int(trained) for trained in example.trained]])
            found[example.id] = [len(example.ids), sum(example.trained), hashlib.sha256(both.encode()).hexdigest()]
        return {"renderer": renderer.fingerprint(), "retrieval": space.retriever.name, "dialogues": found}


if __name__ == "__main__":
    FILE.write_text(json.dumps(tokens(), indent=0) + "\n", encoding="utf-8")
