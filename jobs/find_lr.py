"""The learning rate at which a model learns fastest: a range test, before a long run.

    python -m jobs.find_lr jobs/configs/finetune_lora.yaml model=ID dataset=DIR out=runs/rates

The settings are those of ``jobs.train``, so that the same layers say what is trained; nothing is
kept of the model. ``out`` gets ``find_lr.json`` and ``find_lr.html`` with the curve.
"""

from cluster.command import command
from jobs.settings import FindLrJob


def run(settings: FindLrJob) -> None:
    """Try the rates, and say which to take."""
    from cadvlm.config.train import TrainConfig
    from cadvlm.training.trainer import find_lr
    from cluster.session import session

    with session(settings.cluster):
        found = find_lr(TrainConfig.of(settings), settings.range)
    print(f"the loss falls fastest at optimizer.lr={found.suggested:.2g}")
    print(f"it is lowest at {found.lowest:.2g}, and rises beyond")
    print(f"curve: {settings.out}/find_lr.html")


if __name__ == "__main__":
    command(FindLrJob, run, __doc__)
