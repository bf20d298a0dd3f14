"""Training: dialogues as token ids with a mask in, a LoRA adapter out.

`batching.py` decides which dialogues make a step, `tree.py` what they share, `objective.py` computes loss and
gradients (what is shared once), `train.py` runs the whole with transformers' Trainer around it. Importing this
package does not import torch.
"""

from demeanor.training.batching import plan_steps
from demeanor.training.config import Example, Progress, TrainConfig, TrainResult

__all__ = ["Example", "Progress", "TrainConfig", "TrainResult", "plan_steps"]
