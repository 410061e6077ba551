"""What a run has learnt so far, by the names of its weights, whoever holds which piece of it.

DeepSpeed keeps the weights that learn in fp32, flattened, with Adam's two moments. Which stretch of
them a worker holds depends on the ZeRO stage and on the number of workers. Here every stretch is
cut at the borders of the weights: what any number of workers wrote under any stage puts together
what any other worker needs under another. Frozen weights are no part of it; the base brings them.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from typing import Any, NamedTuple

import torch
import torch.distributed as dist
from safetensors import safe_open
from torch import nn

_MOMENTS = ("exp_avg", "exp_avg_sq")


class Piece(NamedTuple):
    """A stretch of one flattened weight and of its moments, where DeepSpeed keeps them."""

    name: str
    weight: nn.Parameter
    start: int
    """Its first element within the flattened weight."""

    values: dict[str, torch.Tensor]
    """``weight``, ``exp_avg`` and ``exp_avg_sq``, each (n,) in fp32; written to, they change."""


class _Held(NamedTuple):
    master: torch.Tensor
    """What the optimizer steps."""
    offset: int
    """Where the piece begins in it."""
    start: int
    """Where it begins in its own weight."""
    length: int


def pieces(engine: Any) -> Iterator[Piece]:
    """What this worker holds, weight by weight. Before the first step all moments are zero."""
    held = {0: _everything, 3: _of_every_weight}.get(_stage(engine), _of_groups)
    for name, weight in engine.module.named_parameters():
        here = held(engine.optimizer, weight) if weight.requires_grad else None
        if here is not None and here.length > 0:
            state = _adam(engine.optimizer, here.master)
            flat = {"weight": here.master.detach(), **{kind: state[kind] for kind in _MOMENTS}}
            values = {
                kind: tensor.view(-1).narrow(0, here.offset, here.length)
                for kind, tensor in flat.items()
            }
            yield Piece(name, weight, here.start, values)


def _stage(engine: Any) -> int:
    return int(engine.zero_optimization_stage())


def _everything(optimizer: Any, weight: Any) -> _Held:
    return _Held(weight, 0, 0, weight.numel())


def _of_groups(optimizer: Any, weight: Any) -> _Held | None:
    """ZeRO 1 and 2 cut a group's flattened weights into one stretch for each worker."""
    place = weight._hp_mapping
    if place is None:
        return None
    master = optimizer.single_partition_of_fp32_groups[place.param_group_index]
    there, here = place.hp_fragment_address, place.lp_fragment_address
    return _Held(master, there.start, here.start, there.numel)


def _of_every_weight(optimizer: Any, weight: Any) -> _Held:
    """ZeRO 3 cuts every weight; the last stretches are filled up with zeros."""
    group, offset, size = optimizer.grad_position[optimizer.get_param_id(weight)]
    start = size * dist.get_rank()
    length = min(size, weight.ds_numel - start)
    return _Held(optimizer.fp32_partitioned_groups_flat[group], offset, start, length)


def _adam(optimizer: Any, master: torch.Tensor) -> dict[str, torch.Tensor]:
    state: dict[str, torch.Tensor] = _torch(optimizer).state[master]
    if not state:
        state["step"] = torch.zeros((), dtype=torch.float32, device=master.device)
        state |= {name: torch.zeros_like(master) for name in _MOMENTS}
    return state


def _torch(optimizer: Any) -> torch.optim.Optimizer:
    inner: torch.optim.Optimizer = getattr(optimizer, "optimizer", optimizer)
    return inner


def snapshot(engine: Any) -> dict[str, torch.Tensor]:
    """A copy of this worker's pieces in the host's memory, named for :func:`restore`.

    Where all workers hold everything each of them copies its share.
    """
    everywhere = _stage(engine) == 0
    rank, workers = (dist.get_rank(), dist.get_world_size()) if everywhere else (0, 1)
    copied = {}
    for piece in pieces(engine):
        size = len(piece.values["weight"])
        first, last = size * rank // workers, size * (rank + 1) // workers
        for kind, value in piece.values.items():
            key = f"{kind}:{piece.start + first}:{piece.name}"
            copied[key] = value[first:last].to("cpu", copy=True)
    return copied


def updates(engine: Any) -> int:
    """Steps that Adam has taken; fewer than those of the run where fp16 had to skip some."""
    states = _torch(engine.optimizer).state.values()
    return max((int(state["step"]) for state in states if state), default=0)


def restore(engine: Any, files: Sequence[str], steps: int) -> None:
    """Take over what :func:`snapshot` gave all workers of a run. All workers call this together.

    ``files`` are safetensors; ``steps`` is what :func:`updates` said.
    """
    stage, optimizer = _stage(engine), engine.optimizer
    if stage == 3:
        optimizer.checkpoint_event_prologue()  # lets go of small weights that it keeps whole
    with ExitStack() as opened:
        found = defaultdict(list)
        for path in files:
            file = opened.enter_context(safe_open(path, "pt"))
            for key in file.keys():  # noqa: SIM118  # no mapping
                kind, start, name = key.split(":", 2)
                found[kind, name].append((int(start), file.get_slice(key)))
        for piece in pieces(engine):
            for kind, value in piece.values.items():
                _put_together(value, piece.start, found[kind, piece.name])
            if stage == 3:
                part = piece.weight.ds_tensor.data  # type: ignore[attr-defined]
                part[: len(piece.values["weight"])].copy_(piece.values["weight"])
    for state in _torch(optimizer).state.values():
        state["step"].fill_(steps)
    if stage == 3:
        optimizer.checkpoint_event_epilogue()
    elif stage > 0:
        optimizer.update_lp_params()


def _put_together(value: torch.Tensor, start: int, parts: Sequence[tuple[int, Any]]) -> None:
    """Fill a stretch that begins at ``start`` from the parts of any other cut that lie in it."""
    stop, filled = start + len(value), 0
    for begin, part in parts:
        low, high = max(start, begin), min(stop, begin + part.get_shape()[0])
        if low < high:
            value[low - start : high - start].copy_(part[low - begin : high - begin])
            filled += high - low
    assert filled == len(value), "a checkpoint of another model"
