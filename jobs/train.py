"""Samples to a checkpoint.

    python -m jobs.train jobs/configs/finetune_lora.yaml model=ID dataset=DIR out=runs/model
    python -m jobs.train dataset=DIR out=runs/small train_vision=true optimizer.lr=2e-3

On a cluster: ``ray job submit --working-dir . -- python -m jobs.train ...``. A run that was stopped
goes on from its last checkpoint when the same command is given again.
"""

from cluster.command import command
from jobs.settings import TrainJob


def run(settings: TrainJob) -> None:
    """Train, and say what came of it."""
    from cadvlm.config.train import TrainConfig
    from cadvlm.reports.criteria import verdicts
    from cadvlm.storage import Folder
    from cadvlm.training.loop import SUMMARY
    from cadvlm.training.metrics import read
    from cadvlm.training.trainer import fit
    from cluster.cost import line, metered
    from cluster.session import session

    with session(settings.cluster), metered(settings.out):
        final = fit(TrainConfig.of(settings))
    folder = Folder(settings.out)
    summary = folder.read_json(SUMMARY)
    validation = f", validation {summary['val_loss']:.4f}" if "val_loss" in summary else ""
    early = f", ended early: {summary['stopped']}" if "stopped" in summary else ""
    print(f"steps: {summary['step']} ({summary['epoch']:.2f} epochs){early}")
    print(f"loss: {summary['loss']:.4f}{validation}")
    for source, seen in summary["sources"].items():
        print(f"{source}: {seen['share']:.1%} of the samples, {seen['epochs']:.2f} epochs")
    targets = settings.model_dump()["targets"]
    for verdict in verdicts(targets, read(folder)):
        print(f"target {verdict}")
    print(line(settings.out))
    print(f"model: {final}")
    if settings.watch.report:
        print(f"report: {settings.out}/report.html")


if __name__ == "__main__":
    command(TrainJob, run, __doc__)
