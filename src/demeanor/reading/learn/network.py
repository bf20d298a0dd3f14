"""One encoder reads a message behind the one that it answers; small heads compare its tokens with labels, slots and
tools.

A label has a query of its own: the tokens that answer to it are averaged by how well they do, and judged (per-label
attention, as in CAML, Mullenbach et al. 2018). A slot or tool is read from its description by the same encoder and
compared with every token of the message (as spans are matched with label names in GLiNER, Zaratiana et al. 2023), so
one that was never seen in training is found by its words. What is asked for is judged by the best tokens, what is told
token by token.
"""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor, nn

MATCHES = ("asked", "tool", "corrected")  # judged once a message, by its best tokens
TOKENS = ("told", "begins")  # judged at every token: which slot it tells, if any, and whether it begins to
WIDTH = 96  # of the space in which tokens and descriptions are compared
HIDDEN = 256  # numbers in the hidden layer of a comparison
RARELY = -6.0  # the logit with which comparisons begin: most of them fail


class Acts(nn.Module):
    """Token states -> one logit a label."""

    def __init__(self, width: int, labels: int) -> None:
        super().__init__()
        self.query = nn.Linear(width, labels, bias=False)
        self.judge = nn.Parameter(torch.zeros(labels, width))
        self.bias = nn.Parameter(torch.full((labels,), -2.0))  # most labels are absent
        nn.init.normal_(self.judge, std=0.02)

    def forward(self, states: Tensor, text: Tensor) -> Tensor:
        """states (batch, tokens, width), text (batch, tokens): true at the tokens of the message -> (batch, labels)."""
        weights = self.query(states).masked_fill(~text.unsqueeze(-1), -1e4).softmax(1)
        judged: Tensor = torch.einsum("btl,btw,lw->bl", weights, states, self.judge) + self.bias
        return judged


class Projection(nn.Module):
    """States -> the space in which they are compared: a linear map, and what a hidden layer adds to it."""

    def __init__(self, width: int, roles: int) -> None:
        super().__init__()
        self.straight = nn.Linear(width, roles * WIDTH)
        self.hidden = nn.Linear(width, HIDDEN)
        self.added = nn.Linear(HIDDEN, roles * WIDTH)
        nn.init.zeros_(self.added.weight)
        nn.init.zeros_(self.added.bias)

    def forward(self, states: Tensor) -> Tensor:
        """(..., width) -> (..., roles * WIDTH)."""
        projected: Tensor = self.straight(states) + self.added(torch.relu(self.hidden(states)))
        return projected


class Matches(nn.Module):
    """Token states and descriptions -> a logit for each pair of them, in several roles."""

    def __init__(self, width: int, roles: int) -> None:
        super().__init__()
        self.token = Projection(width, roles)
        self.description = Projection(width, roles)
        self.description.load_state_dict(self.token.state_dict())  # at first what is alike for the encoder matches
        self.bias = nn.Parameter(torch.full((roles,), RARELY))
        self.roles = roles

    def forward(self, states: Tensor, described: Tensor) -> Tensor:
        """states (batch, tokens, width), described (things, width) -> (batch, roles, tokens, things)."""
        tokens = self.token(states).unflatten(-1, (self.roles, WIDTH))
        things = self.description(described).unflatten(-1, (self.roles, WIDTH))
        compared: Tensor = torch.einsum("btrw,srw->brts", tokens, things) / WIDTH**0.5
        return compared + self.bias[:, None, None]


class Network(nn.Module):
    """The encoder with its heads. `encoder`: a BERT of transformers."""

    def __init__(self, encoder: Any, labels: int) -> None:
        super().__init__()
        self.encoder: Any = encoder
        width = int(encoder.config.hidden_size)
        self.acts = Acts(width, labels)
        self.matches = Matches(width, len(MATCHES) + len(TOKENS))
        self.dropout = nn.Dropout(0.1)

    def states(self, ids: Tensor, mask: Tensor, kinds: Tensor) -> Tensor:
        """(batch, tokens, width)."""
        out: Tensor = self.encoder(input_ids=ids, attention_mask=mask, token_type_ids=kinds).last_hidden_state
        thinned: Tensor = self.dropout(out)
        return thinned

    def described(self, ids: Tensor, mask: Tensor, kinds: Tensor) -> Tensor:
        """(things, width): the mean over the tokens of each description."""
        states = self.states(ids, mask, kinds)
        shown = mask.unsqueeze(-1).to(states.dtype)
        mean: Tensor = (states * shown).sum(1) / shown.sum(1)
        return mean


def best(logits: Tensor, text: Tensor) -> Tensor:
    """(batch, roles, tokens, things) -> (batch, roles, things): a soft maximum over the tokens of the message."""
    return logits.masked_fill(~text[:, None, :, None], -1e4).logsumexp(2)
