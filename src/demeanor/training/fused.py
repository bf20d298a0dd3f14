"""Three pieces of a training step with their backward passes written out, for what autograd does wastefully.

- `head_loss`: cross entropy behind a frozen output layer: the gradient is taken while the logits are there,
  a block of targets at a time, so logits are never stored.
- `lora_linear`: frozen linear plus low-rank update in one step: one cast, no intermediate sums.
- `rms_norm`: a frozen norm and the cast behind it in one step; a CPU reads its memory half as often.

All are exact: tests compare each with autograd's own in fp64 or fp32. Products are in the inputs'
precision, the loss in fp32.
"""

from __future__ import annotations

from typing import Any

import torch

TARGET_BLOCK = {"cpu": 256, "cuda": 2048}
"""Targets whose logits are there at once: few enough for a CPU's cache, enough to fill a GPU."""


class HeadLoss(torch.autograd.Function):
    """See `head_loss`."""

    @staticmethod
    def forward(
        ctx: Any, hidden: torch.Tensor, weight: torch.Tensor, targets: torch.Tensor, counts: torch.Tensor
    ) -> torch.Tensor:
        total = torch.zeros((), dtype=torch.float32, device=hidden.device)
        slope = torch.empty_like(hidden)
        block = TARGET_BLOCK[hidden.device.type]
        for begin in range(0, len(targets), block):
            here = slice(begin, begin + block)
            part, wanted, count = hidden[here], targets[here, None], counts[here, None]
            logits = torch.mm(part, weight.t()).float()
            logits -= logits.amax(-1, keepdim=True)
            chosen = logits.gather(1, wanted)
            scale = logits.exp_().sum(-1, keepdim=True)
            total += ((scale.log() - chosen) * count).sum()
            logits *= count / scale
            logits.scatter_add_(1, wanted, -count)
            slope[here] = torch.mm(logits.to(weight.dtype), weight)
        ctx.save_for_backward(slope)
        return total

    @staticmethod
    def backward(ctx: Any, *grads: torch.Tensor) -> Any:
        (slope,) = ctx.saved_tensors
        return (slope * grads[0]).to(slope.dtype), None, None, None


def head_loss(hidden: torch.Tensor, weight: torch.Tensor, targets: torch.Tensor, counts: torch.Tensor) -> torch.Tensor:
    """Summed cross entropy of targets [n] given hidden states [n, width] behind a frozen `weight`
    [vocabulary, width]; each counts so many times (fp32 [n])."""
    hidden = hidden.to(weight.dtype)
    result: torch.Tensor = HeadLoss.apply(hidden, weight, targets, counts)  # type: ignore[no-untyped-call]
    return result


class LoraLinear(torch.autograd.Function):
    """See `lora_linear`."""

    @staticmethod
    def forward(
        ctx: Any,
        x: torch.Tensor,
        weight: torch.Tensor,
        bias: torch.Tensor | None,
        down: torch.Tensor,
        up: torch.Tensor,
        scale: float,
    ) -> torch.Tensor:
        flat = x.reshape(-1, x.shape[-1]).to(weight.dtype)
        narrow, wide = down.to(weight.dtype), (up * scale).to(weight.dtype)
        inner = torch.mm(flat, narrow.t())
        out = torch.mm(flat, weight.t()) if bias is None else torch.addmm(bias, flat, weight.t())
        out.addmm_(inner, wide.t())
        ctx.save_for_backward(flat, weight, inner, narrow, wide)
        ctx.scale, ctx.x_type, ctx.lora_type = scale, x.dtype, down.dtype
        return out.view(*x.shape[:-1], -1)

    @staticmethod
    def backward(ctx: Any, *grads: torch.Tensor) -> Any:
        flat, weight, inner, narrow, wide = ctx.saved_tensors
        grad = grads[0].reshape(-1, weight.shape[0]).to(weight.dtype)
        outer = torch.mm(grad, wide)
        d_up = torch.mm(grad.t(), inner).to(ctx.lora_type) * ctx.scale
        d_down = torch.mm(outer.t(), flat).to(ctx.lora_type)
        d_x = None
        if ctx.needs_input_grad[0]:
            d_x = torch.mm(grad, weight).addmm_(outer, narrow).to(ctx.x_type).view(*grads[0].shape[:-1], -1)
        return d_x, None, None, d_down, d_up, None


def lora_linear(
    x: torch.Tensor,
    weight: torch.Tensor,
    bias: torch.Tensor | None,
    down: torch.Tensor,
    up: torch.Tensor,
    scale: float,
) -> torch.Tensor:
    """x @ weight^T + bias + scale * (x @ down^T) @ up^T in the weight's precision.

    `weight` [out, in] is frozen, `down` [rank, in] and `up` [out, rank] get their gradients in their own
    precision.
    """
    result: torch.Tensor = LoraLinear.apply(x, weight, bias, down, up, scale)  # type: ignore[no-untyped-call]
    return result


class RmsNorm(torch.autograd.Function):
    """See `rms_norm`."""

    @staticmethod
    def forward(ctx: Any, x: torch.Tensor, weight: torch.Tensor, eps: float, kind: torch.dtype) -> torch.Tensor:
        flat = x.reshape(-1, x.shape[-1])
        scale = flat.square().mean(-1, keepdim=True).add_(eps).rsqrt_()
        ctx.save_for_backward(flat, weight, scale)
        return (flat * scale).mul_(weight).to(kind).view(x.shape)

    @staticmethod
    def backward(ctx: Any, *grads: torch.Tensor) -> Any:
        flat, weight, scale = ctx.saved_tensors
        inner = grads[0].reshape(flat.shape) * weight
        along = (inner * flat).sum(-1, keepdim=True) * scale.pow(3) / -flat.shape[-1]
        return inner.mul_(scale).addcmul_(flat, along).view(grads[0].shape), None, None, None


def rms_norm(x: torch.Tensor, weight: torch.Tensor, eps: float, kind: torch.dtype) -> torch.Tensor:
    """x / sqrt(mean(x^2) + eps) * weight over the last axis of fp32 `x`, handed on as `kind`; `weight` is frozen."""
    if x.device.type == "cuda":  # one kernel there
        return torch.nn.functional.rms_norm(x, (x.shape[-1],), weight, eps).to(kind)
    result: torch.Tensor = RmsNorm.apply(x, weight, eps, kind)  # type: ignore[no-untyped-call]
    return result
