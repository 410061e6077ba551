"""Two evaluations of the same parts: what differs, and whether that could be chance.

python -m jobs.compare a=runs/before b=runs/after out=runs/comparison
"""

from cluster.command import command
from jobs.settings import CompareJob


def run(settings: CompareJob) -> None:
    """Compare, and say what came of it."""
    from cadvlm.config.compare import CompareConfig
    from cadvlm.evaluation.compare import compare
    from cluster.session import session

    with session(settings.cluster):
        summary = compare(CompareConfig.of(settings))
    iou = summary["differences"]["iou"]
    low, high = iou["ci95"]
    print(f"parts: {summary['n']} in both")
    for key, name in (
        ("only_a", "only in a"),
        ("only_b", "only in b"),
        ("unscored", "not judged in one"),
        ("other_reference", "with another reference"),
    ):
        if summary[key]:
            print(f"left out: {len(summary[key])} {name}: {', '.join(summary[key][:5])}")
    print(
        f"mean IoU: {iou['a']:.3f} to {iou['b']:.3f}, {iou['rises']} better, {iou['falls']} worse"
    )
    print(f"difference: {iou['difference']:+.3f} (95 % interval {low:+.3f} to {high:+.3f})")
    print(f"report: {settings.out}/report.html")


if __name__ == "__main__":
    command(CompareJob, run, __doc__)
