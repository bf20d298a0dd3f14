"""Language models behind one small contract (`model.py`): token ids in, token ids out, one batch of
conversations.

`local.py` runs transformers weights with a cache per conversation, `scripted.py` is the fake that ships,
`weights.py` finds weights by name. Importing this package does not import torch.
"""

from demeanor.models.model import Completion, Model, Request, converse
from demeanor.models.scripted import ByteTokenizer, ScriptedModel
from demeanor.models.weights import Weights, find_weights

__all__ = ["ByteTokenizer", "Completion", "Model", "Request", "ScriptedModel", "Weights", "converse", "find_weights"]
