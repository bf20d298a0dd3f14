"""Adapters on a frozen base: peft's LoRA, with its linear layer computed in one piece (`fused.lora_linear`).

peft stays in charge of names, saving, loading and merging; only `forward` differs, and only where it is
plain LoRA in training. Base linears are cast to the compute precision once; autocast would cast them to the
same numbers at every use. Norms that feed linears hand their output on in that precision too, so it is cast
once and not by each reader.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import peft
import torch
from peft.tuners import lora

from demeanor.errors import ConfigError, ModelError
from demeanor.models.pretrained import check_adapter_base, make_rows, read_marks, read_model
from demeanor.models.weights import Weights
from demeanor.training.config import TrainConfig
from demeanor.training.fused import lora_linear, rms_norm

NORMS_BEFORE_LINEARS = ("input_layernorm", "pre_feedforward_layernorm")
PLAIN_NORMS = ("LlamaRMSNorm", "MistralRMSNorm", "Qwen2RMSNorm", "Qwen3RMSNorm", "SmolLM3RMSNorm")
"""Those that are `fused.rms_norm`; Gemma's weights count from 1."""


class FusedLora(lora.Linear):
    """peft's LoRA linear; one adapter, no dropout and not merged is the case computed in one piece."""

    def forward(self, x: torch.Tensor, *args: Any, **kwargs: Any) -> torch.Tensor:
        """x [.., in] -> [.., out]."""
        name = self.active_adapters[0]
        base: Any = self.get_base_layer()
        dropout = getattr(self.lora_dropout[name], "p", 0.0) if name in self.lora_dropout else 0.0
        variant = name in getattr(self, "lora_variant", {})  # DoRA and the like have a forward of their own
        plain = type(base) is torch.nn.Linear  # and not, say, one of 4 bits
        if (
            not plain
            or args
            or kwargs
            or variant
            or self.disable_adapters
            or self.merged
            or dropout
            or base.weight.requires_grad
        ):
            result: torch.Tensor = super().forward(x, *args, **kwargs)
            return result
        down: Any = self.lora_A[name]
        up: Any = self.lora_B[name]
        return lora_linear(x, base.weight, base.bias, down.weight, up.weight, self.scaling[name])


def prepare_model(weights: Weights, config: TrainConfig, start_from: Path | None = None) -> Any:
    """The frozen base with a trainable adapter, fresh or continued, on its device. Rows of the embedding for marks of a
    chosen chat template that the model has not met are trained with it, and saved in the adapter.

    Raises:
        ModelError: unreadable weights, or an adapter that does not fit them.
        FingerprintError: the adapter was trained on other weights.
    """
    device = torch.device(config.device or ("cuda" if torch.cuda.is_available() else "cpu"))
    marks = read_marks(weights)[1]
    if config.load_in_4bit:
        model = _read_in_4_bits(weights, device)
        make_rows(model, marks)
    else:
        model = read_model(weights)[0]
    if start_from is not None:
        check_adapter_base(start_from, weights)
    return adapt(model, config, start_from, marks.trained).to(device)


def adapt(model: Any, config: TrainConfig, start_from: Path | None = None, rows: Sequence[int] = ()) -> Any:
    """The model, frozen, with a trainable adapter in it: fresh, or the one of `start_from`.

    Args:
        rows: of the embedding, and of the output layer, that a fresh adapter trains.

    Raises:
        ModelError: the adapter does not fit.
        ConfigError: no such `targets` in this model.
    """
    model = _fresh(model, config, rows) if start_from is None else _continued(model, config, start_from)
    if config.precision == "bf16":
        _cast_frozen_linears(model)
        _cast_norm_outputs(model)
    return model


def _fused(config: TrainConfig) -> dict[type[torch.nn.Module], type[torch.nn.Module]]:
    return {} if config.load_in_4bit else {torch.nn.Linear: FusedLora}  # peft has its own layer for 4 bits


def _continued(model: Any, config: TrainConfig, start_from: Path) -> Any:
    try:
        settings = peft.PeftConfig.from_pretrained(str(start_from))
        settings._register_custom_module(_fused(config))
        return peft.PeftModel.from_pretrained(model, str(start_from), is_trainable=True, config=settings)
    except (ValueError, KeyError, RuntimeError, OSError) as error:
        raise ModelError(f"cannot continue from this adapter: {error}", file=start_from) from error


def _fresh(model: Any, config: TrainConfig, rows: Sequence[int]) -> Any:
    settings = peft.LoraConfig(
        r=config.rank,
        lora_alpha=config.alpha,
        lora_dropout=config.dropout,
        target_modules=config.targets if isinstance(config.targets, str) else list(config.targets),
        use_rslora=config.rslora,
        use_dora=config.dora,
        trainable_token_indices=_token_rows(model, rows),
        task_type="CAUSAL_LM",
    )
    settings._register_custom_module(_fused(config))
    try:
        return peft.get_peft_model(model, settings)
    except ValueError as error:
        linear = sorted({n.rsplit(".", 1)[-1] for n, m in model.named_modules() if isinstance(m, torch.nn.Linear)})
        raise ConfigError(
            "no such layers in this model", field="targets", found=config.targets, allowed=["all-linear", *linear]
        ) from error


def _token_rows(model: Any, rows: Sequence[int]) -> dict[str, list[int]] | None:
    """Rows by the layers that hold them, as peft takes them: where the output layer is the embedding, it follows."""
    inside, outside = model.get_input_embeddings(), model.get_output_embeddings()
    layers = (inside,) if inside.weight is outside.weight else (inside, outside)
    names = [name.rsplit(".", 1)[-1] for name, module in model.named_modules() if any(module is one for one in layers)]
    return {name: list(rows) for name in names} if rows else None


def _read_in_4_bits(weights: Weights, device: torch.device) -> Any:
    """The base with its linear layers in nf4, with quantised scales (QLoRA; Dettmers et al. 2023), on its device.

    Raises:
        ModelError: bitsandbytes is missing, or it cannot do this here.
    """
    import transformers

    if find_spec("bitsandbytes") is None:
        raise ModelError("load_in_4bit needs bitsandbytes", fix="pip install 'demeanor[qlora]'")
    how = transformers.BitsAndBytesConfig(  # type: ignore[no-untyped-call]
        load_in_4bit=True,
        bnb_4bit_quant_type="nf4",
        bnb_4bit_use_double_quant=True,
        bnb_4bit_compute_dtype=torch.bfloat16,
    )
    try:
        return transformers.AutoModelForCausalLM.from_pretrained(
            weights.path, dtype=torch.float32, quantization_config=how, device_map={"": device}
        )
    except (OSError, ValueError, KeyError, RuntimeError, ImportError) as error:
        raise ModelError(f"cannot read these weights in 4 bits: {error}", file=weights.path) from error


def count_parameters(model: Any) -> tuple[int, int]:
    """Parameters that are trained, and all of them."""
    sizes = [(weight_count(p), p.requires_grad) for p in model.parameters()]
    return sum(n for n, trained in sizes if trained), sum(n for n, _ in sizes)


def weight_count(parameter: Any) -> int:
    """Weights in a parameter: one of 4 bits holds two in a byte."""
    state = getattr(parameter, "quant_state", None)
    return int(parameter.numel() if state is None else torch.Size(state.shape).numel())


def _cast_frozen_linears(model: Any) -> None:
    for module in model.modules():
        if type(module) is torch.nn.Linear and not module.weight.requires_grad:
            # A new parameter: the output layer may share its weight with the embedding, which stays fp32.
            module.weight = torch.nn.Parameter(module.weight.detach().to(torch.bfloat16), requires_grad=False)
            if module.bias is not None:
                module.bias = torch.nn.Parameter(module.bias.detach().to(torch.bfloat16), requires_grad=False)


def _cast_norm_outputs(model: Any) -> None:
    """Only norms read by linears alone; those added to the residual stream keep its fp32."""
    names = {name.rsplit(".", 1)[-1] for name, _ in model.named_modules()}
    before = set(NORMS_BEFORE_LINEARS)
    if "pre_feedforward_layernorm" not in names:
        before.add("post_attention_layernorm")
    for name, module in model.named_modules():
        if name.rsplit(".", 1)[-1] not in before:
            continue
        if type(module).__name__ in PLAIN_NORMS and module.weight.dtype == torch.float32:
            module.forward = partial(_fused_norm, module)
        else:
            module.register_forward_hook(lambda _module, _inputs, output: output.to(torch.bfloat16))


def _fused_norm(module: Any, x: torch.Tensor) -> torch.Tensor:
    return rms_norm(x.float(), module.weight, module.variance_epsilon, torch.bfloat16)
