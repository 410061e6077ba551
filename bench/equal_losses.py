"""python -m bench.equal_losses [STEPS]: the same losses, whoever computes them.

A model built from numbers learns synthetic parts in fp32 for 50 steps: by ``jobs.train`` on two
workers under ZeRO 0, 1, 2 and 3, and in this process with nothing but torch. The losses of every
step must agree to 1e-5.
"""

from __future__ import annotations

import sys
import tempfile

from bench.plain import Plain, dataset, job, rows
from cadvlm.config.train import TrainConfig

STEPS, TOLERANCE = 50, 1e-5
KEYS = [
    "precision=fp32", "train_vision=true", "batch_size=16", "micro_batch_size=4",
    "optimizer.lr=1e-3", "optimizer.weight_decay=0.01", "log_every_steps=1",
    "validation_samples=0", "checkpoint.every_steps=1000",
]  # fmt: skip


def main(steps: int = STEPS) -> None:
    """Train five times; ends with an error where a loss differs."""
    with tempfile.TemporaryDirectory() as folder:
        keys = [*KEYS, f"dataset={dataset(folder, 20 * steps)}", f"max_steps={steps}"]
        losses, base = {}, f"{folder}/zero-0/base"
        for stage in range(4):
            out, model = f"{folder}/zero-{stage}", [f"model={base}"] if stage else []
            job("jobs.train", [*keys, *model, f"zero_stage={stage}", f"out={out}"])
            losses[f"ZeRO {stage}, 2 workers"] = [row["loss"] for row in rows(out)]
        plain = Plain(TrainConfig.load([*keys, "out=none"]), base)
        expected = [plain.step(step, plain.batches(step)) for step in range(steps)]
    print(f"torch alone: {expected[0]:.4f} -> {expected[-1]:.4f} in {len(expected)} steps")
    worst = 0.0
    for name, found in losses.items():
        apart = max(abs(a - b) for a, b in zip(found, expected, strict=True))
        worst = max(worst, apart)
        print(f"{name}: at most {apart:.1e} apart")
    if worst > TOLERANCE:
        sys.exit(f"losses differ by more than {TOLERANCE}")


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
