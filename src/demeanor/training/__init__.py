"""Training: dialogues as token ids with a mask in, a LoRA adapter out.

`batching.py` decides who is computed together, `objective.py` computes loss and gradients (each shared
beginning once), `train.py` runs the whole with transformers' Trainer around it. Importing this package does
not import torch.
"""

from demeanor.training.batching import MicroBatch, plan_steps, split_step
from demeanor.training.config import Example, Progress, TrainConfig, TrainResult

__all__ = ["Example", "MicroBatch", "Progress", "TrainConfig", "TrainResult", "plan_steps", "split_step"]
