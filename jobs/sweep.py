"""Search training settings: each trial is trained, scored and asked what it forgot.

    python -m jobs.sweep tune/configs/forgetting_small.yaml
    python -m jobs.sweep tune/configs/small.yaml out=runs/sweep sweep.search=optuna sweep.trials=20

The same command goes on with a sweep that was stopped; trials that have ended are not run again.
"""

from typing import Any

from cluster.command import command
from jobs.settings import SweepJob


def run(settings: SweepJob) -> None:
    """What trials begin with, the trials, and their front."""
    from cadvlm.data.pipeline import prepare
    from cadvlm.reports import sweep as report
    from cadvlm.storage import Folder
    from cadvlm.training.trainer import fit
    from cluster.cost import line, metered
    from cluster.session import session
    from tune.sweep import sweep

    out = Folder(settings.out)
    settings = placed(settings, out.uri)
    with session(settings.cluster), metered(out.uri):
        for dataset in settings.prepare:
            prepare(dataset)
        if settings.base:
            fit(settings.base)
        summary = sweep(out.uri, settings.train, settings.evaluate, settings.sweep)
    report.write(out)
    _show(summary, out.uri)
    print(line(out.uri))


def placed(settings: SweepJob, out: str) -> SweepJob:
    """The same settings, with the folders that are made here inside ``out``."""
    made = {dataset.out for dataset in settings.prepare}
    if settings.base:
        made.add(settings.base.out)

    def inside(name: str) -> str:
        return f"{out}/{name}" if name in made else name

    def values(keys: dict[str, str | None]) -> dict[str, Any]:
        return {key: inside(name) for key, name in keys.items() if name is not None}

    train, base, probes = settings.train, settings.base, settings.sweep.probes
    prepared = [one.override({"out": inside(one.out)}) for one in settings.prepare]
    changes = values(
        {
            "train.dataset": train.dataset,
            "train.model.path": train.model.path,
            "evaluate.dataset": settings.evaluate.dataset,
            "sweep.probes.captions": probes.captions if probes else None,
            "base.dataset": base.dataset if base else None,
            "base.out": base.out if base else None,
        }
    )
    prepares = [one.model_dump(exclude_unset=True) for one in prepared]
    return settings.override({**changes, "prepare": prepares})


def _show(summary: dict[str, Any], out: str) -> None:
    for row in summary["trials"]:
        scores = {key: round(row[key], 3) for key in summary["objectives"] if key in row}
        print(f"{row['status']}: {row['settings']} {row['error'] or scores}")
    for key, found in summary["correlations"].items():
        for objective, one in found.items():
            if one["rho"] is not None and one["ci95"] is not None:
                low, high = one["ci95"]
                print(f"{objective} with {key}: rank correlation {one['rho']:+.2f} "
                      f"(95 % interval {low:+.2f} to {high:+.2f})")  # fmt: skip
    print(f"front: {len(summary['front'])} trials")
    print(f"recommended ({summary['rule']}): {summary['recommended']['settings']}")
    print(f"best checkpoint: {out}/best")
    print(f"report: {out}/report.html")


if __name__ == "__main__":
    command(SweepJob, run, __doc__)
