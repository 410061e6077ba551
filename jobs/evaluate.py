"""A checkpoint, or a file of predictions, to scores and a report.

    python -m jobs.evaluate checkpoint=runs/model dataset=runs/dataset out=runs/evaluation
    python -m jobs.evaluate predictions=FILE references=PATH out=runs/evaluation

On a cluster: ``ray job submit --working-dir . -- python -m jobs.evaluate ...``. A run that was
stopped goes on where it was when the same command is given again.
"""

from cluster.command import command
from jobs.settings import EvaluateJob


def run(settings: EvaluateJob) -> None:
    """Evaluate, and say what came of it."""
    from cadvlm.config.evaluate import EvaluateConfig
    from cadvlm.evaluation.evaluate import evaluate
    from cluster.cost import line, metered
    from cluster.session import session

    with session(settings.cluster), metered(settings.out):
        metrics = evaluate(EvaluateConfig.of(settings))
    iou, failures = metrics["iou"], metrics["failures"]
    low, high = iou["ci95"]
    counts = ", ".join(f"{count} {name}" for name, count in failures.items() if count)
    print(f"parts: {metrics['n']} ({metrics['n_missing']} missing)")
    if metrics["n_unscored"]:
        print(f"not judged: {metrics['n_unscored']}, because of their references")
    if metrics.get("n_extra"):
        print(f"left out: {metrics['n_extra']} predictions without a reference")
    print(f"valid solid rate: {metrics['valid_solid_rate']:.3f} ({counts or 'no failures'})")
    print(f"mean IoU: {iou['mean']:.3f} (95 % interval {low:.3f} to {high:.3f})")
    if "control" in metrics:
        print(f"blank picture: {metrics['control']['iou']['mean']:.3f}")
    print(line(settings.out))
    print(f"report: {settings.out}/report.html")


if __name__ == "__main__":
    command(EvaluateJob, run, __doc__)
