"""Search training settings: each trial is trained and evaluated, the best one is kept.

python -m jobs.sweep tune/configs/small.yaml out=runs/sweep
"""

from cluster.command import command
from jobs.settings import SweepJob


def run(settings: SweepJob) -> None:
    """Run the trials and print the front."""
    from cluster.session import session
    from tune.sweep import sweep

    with session(settings.cluster):
        summary = sweep(settings.out, settings.train, settings.evaluate, settings.sweep)
    for row in summary["trials"]:
        scores = {key: row.get(key) for key in summary["objectives"]}
        print(f"{row['status']}: {row['settings']} {row.get('error') or scores}")
    print(f"recommended: {summary['recommended']['settings']}")
    print(f"best checkpoint: {settings.out}/best")


if __name__ == "__main__":
    command(SweepJob, run, __doc__)
