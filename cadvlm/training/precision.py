"""In which numbers a machine trains best."""

from __future__ import annotations

from typing import Literal

import torch

Precision = Literal["fp32", "autocast", "bf16", "fp16"]


def resolve(setting: Literal["auto"] | Precision, gpu: bool) -> Precision:
    """What ``auto`` stands for on this machine; anything else stands for itself.

    Weights of a model that is small enough for a CPU stay in fp32: it costs nothing there. On a GPU
    memory decides, and DeepSpeed keeps the fp32 copy in the optimizer, sharded.
    """
    if setting != "auto":
        return setting
    if gpu:
        return "bf16" if torch.cuda.is_bf16_supported() else "fp32"
    return "autocast" if _cpu_computes_in_bf16() else "fp32"


def computes_in(precision: Precision) -> torch.dtype:
    """In which numbers a model takes its pictures and multiplies."""
    return torch.bfloat16 if precision == "autocast" else keeps_weights_in(precision)


def keeps_weights_in(precision: Precision) -> torch.dtype:
    """In which numbers the weights are that a model computes with."""
    return {"bf16": torch.bfloat16, "fp16": torch.float16}.get(precision, torch.float32)


def _cpu_computes_in_bf16() -> bool:
    # Older processors can emulate bf16; it is slower than fp32 there.
    capabilities = torch.cpu.get_capabilities()
    return any(capabilities.get(name, False) for name in ("avx512_bf16", "amx_bf16", "bf16"))
